package api

// Capabilities is what a server demands of tokens and what it can do: GET
// /capabilities. A client draws its forms from this document alone.
type Capabilities struct {
	Server    ServerInfo         `json:"server"`
	Rules     Rules              `json:"rules"`
	Scopes    []Scope            `json:"scopes" doc:"The catalogue, least first."`
	Grants    Grants             `json:"grants"`
	Limits    []Limit            `json:"limits"`
	Abilities map[string]Ability `json:"abilities" doc:"Optional abilities by name: createPat, createSat, rotate, bulkRevoke, find, exchange, events, users, policy, deviceFlow."`
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
	List   string     `json:"list" enum:"own,tenant" doc:"Whose tokens GET /profile/tokens has: the caller's, or all of the caller's tenants."`
	Prefix string     `json:"prefix" doc:"Of every secret. {tenant} stands for the id of its tenant."`

	Exchange          bool   `json:"exchange" doc:"A token may be exchanged for a short-lived one, where the ability exchange is there too."`
	ReadScope         string `json:"readScope" doc:"The scope that a token needs for this server's own reading calls; empty: none."`
	ActivationSeconds int    `json:"activationSeconds" doc:"A new token may be refused for so long; 0: it works at once."`
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
	DefaultSeconds int64 `json:"defaultSeconds" doc:"What a form begins with; 0: nothing is proposed."`
	MaxSeconds     int64 `json:"maxSeconds" doc:"The stricter of the rules and the administrators' policy; 0: no maximum."`

	Recommended string `json:"recommended" enum:"no,yes,strongly" doc:"Whether a client should advise to set one."`
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

// Grants says what a token must carry, and what the caller has to give.
type Grants struct {
	Model       string   `json:"model" enum:"scopes,permissions" doc:"scopes: at least one, within the application's. permissions: at least one, in at least one tenant, all held by its owner; scopes may be absent."`
	PerTenant   bool     `json:"perTenant" doc:"Each token belongs to exactly one tenant."`
	Permissions []string `json:"permissions" doc:"What the caller holds now."`
	Tenants     []string `json:"tenants" doc:"The tenants that the caller is assigned to now."`
}

// Limit is a number of live tokens that may not be exceeded.
type Limit struct {
	Per  string `json:"per" enum:"user,tenant"`
	Max  int    `json:"max"`
	Used int    `json:"used" doc:"By this caller, or by the tenant. A token that was rotated does not count, the one that replaced it does."`

	Tenant string `json:"tenant,omitempty" doc:"Which one, where the limit is for each."`
}

// Ability says whether the server can do an optional thing for this caller.
type Ability struct {
	State  string `json:"state" enum:"yes,no,denied"`
	Reason string `json:"reason,omitempty"`
}
