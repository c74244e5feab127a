package api

// Capabilities is what a server demands of tokens and what it can do: GET
// /capabilities. A client draws its forms from this document alone.
type Capabilities struct {
	Server    ServerInfo         `json:"server"`
	Rules     Rules              `json:"rules"`
	Scopes    []Scope            `json:"scopes" doc:"The catalogue, least first."`
	Limits    []Limit            `json:"limits"`
	Abilities map[string]Ability `json:"abilities" doc:"Optional abilities by name: rotate, bulkRevoke, find, exchange, events, users."`
}

// ServerInfo names the server.
type ServerInfo struct {
	Name     string `json:"name"`
	Version  string `json:"version"`
	Instance string `json:"instance"`
}

// Rules is what the server demands of a token.
type Rules struct {
	Preset string     `json:"preset" doc:"erp, digitalhub, lucanet, socotra or custom."`
	Label  LabelRule  `json:"label"`
	Expiry ExpiryRule `json:"expiry"`
	Revoke RevokeRule `json:"revoke"`
	List   string     `json:"list" enum:"own,tenant"`
	Prefix string     `json:"prefix"`
}

// LabelRule is about a token's description.
type LabelRule struct {
	Required  bool `json:"required"`
	MinLength int  `json:"minLength" doc:"In characters, after trimming."`
	MaxLength int  `json:"maxLength"`
	Unique    bool `json:"unique" doc:"Among the live tokens of one user."`
}

// ExpiryRule is about a token's lifetime.
type ExpiryRule struct {
	NeverAllowed   bool  `json:"neverAllowed"`
	DefaultSeconds int64 `json:"defaultSeconds"`
	MaxSeconds     int64 `json:"maxSeconds" doc:"0: no maximum."`
}

// RevokeRule is about the end of a token.
type RevokeRule struct {
	Verb           string `json:"verb" enum:"Revoke,Delete"`
	PromiseSeconds int    `json:"promiseSeconds" doc:"0: at once."`
	StaysListed    bool   `json:"staysListed" doc:"A revoked token stays in the default list."`
}

// Scope is one entry of the catalogue.
type Scope struct {
	Name        string `json:"name"`
	Label       string `json:"label"`
	Description string `json:"description"`
	Broad       bool   `json:"broad" doc:"Never preselected by a client."`

	Implies []string `json:"implies" doc:"Who has this scope has these too."`
}

// Limit is a number of live tokens that may not be exceeded.
type Limit struct {
	Per  string `json:"per" enum:"user,tenant"`
	Max  int    `json:"max"`
	Used int    `json:"used"`
}

// Ability says whether the server can do an optional thing for this caller.
type Ability struct {
	State  string `json:"state" enum:"yes,no,denied"`
	Reason string `json:"reason,omitempty"`
}
