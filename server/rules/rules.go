// Package rules says what a token server demands of tokens: their labels,
// lifetimes, numbers and scopes, how they end and what their secrets look
// like. It only tells; package server/tokens keeps them.
//
// There are four presets, one for each system that Keyfob follows:
//
//	erp         scopes within the application's; the default
//	digitalhub  named tokens that can be exchanged for short-lived ones
//	lucanet     named tokens of a tenant, with a limit for all of them
//	socotra     permissions and tenants that the user holds, three tokens each
//
// Load gives one by its name, or reads rules of one's own from a file that
// begins with one of them and says what is different.
package rules

import (
	"slices"
	"strings"
	"time"

	"keyfob/api"
)

// Rules is what is demanded of tokens. A zero Duration is none, unless its
// field says otherwise. The zero Rules mean the preset erp: see OrDefault.
type Rules struct {
	Preset   string  `toml:"preset"`   // the preset's name, or Custom
	Prefix   string  `toml:"prefix"`   // of every secret; {tenant} in it is the token's tenant
	Grants   string  `toml:"grants"`   // GrantScopes or GrantPermissions: what a token must carry
	List     string  `toml:"list"`     // ListOwn or ListTenant: whose tokens a user sees
	Exchange bool    `toml:"exchange"` // for a short-lived token (RFC 8693)
	Label    Label   `toml:"label"`
	Expiry   Expiry  `toml:"expiry"`
	Limit    Limit   `toml:"limit"`
	Revoke   Revoke  `toml:"revoke"`
	Scopes   []Scope `toml:"scopes"` // the catalogue, least first

	// ReadScope is what a token needs to read with this server's own calls,
	// such as who it acts as; empty: no scope is needed.
	ReadScope string `toml:"readScope"`
	// Activation is how long a client should expect that a new token takes
	// until it works. Here it works at once (requirement 100).
	Activation Duration `toml:"activation"`
}

// Names of what Rules can say.
const (
	Custom = "custom" // rules of one's own

	GrantScopes      = "scopes"
	GrantPermissions = "permissions"

	ListOwn    = "own"
	ListTenant = "tenant"

	VerbRevoke = "Revoke"
	VerbDelete = "Delete"

	RecommendNo       = "no"
	RecommendYes      = "yes"
	RecommendStrongly = "strongly"

	// ScopeTokens lets a PAT manage the PATs of its owner, and ScopeIntrospect
	// a SAT ask what other tokens of its application are worth. The server
	// itself looks at them, wherever a catalogue has them.
	ScopeTokens     = "tokens"
	ScopeIntrospect = "introspect"
)

// Duration is a time.Duration that is read from and written as text such as
// 365d or 24h.
type Duration struct{ time.Duration }

// Label is about a token's description. Lengths are in characters, after
// trimming.
type Label struct {
	Required  bool `toml:"required"`
	MinLength int  `toml:"minLength"`
	MaxLength int  `toml:"maxLength"`
	Unique    bool `toml:"unique"` // among the live PATs of one user
}

// Expiry is about a token's lifetime.
type Expiry struct {
	Never       bool     `toml:"never"`       // a token may live for ever
	Recommended string   `toml:"recommended"` // RecommendNo, RecommendYes or RecommendStrongly: to set one
	Default     Duration `toml:"default"`     // what a form begins with
	Max         Duration `toml:"max"`
}

// Limit is how many live tokens there may be; 0: any number.
type Limit struct {
	PerUser       int `toml:"perUser"`       // PATs
	RaisedPerUser int `toml:"raisedPerUser"` // the most that PerUser may be raised to for one user
	PerTenant     int `toml:"perTenant"`     // PATs and SATs
}

// Revoke is about the end of a token.
type Revoke struct {
	Verb        string   `toml:"verb"`        // VerbRevoke or VerbDelete
	Promise     Duration `toml:"promise"`     // the longest that it may take; here it works at once
	StaysListed bool     `toml:"staysListed"` // in the default list
}

// Scope is one entry of the catalogue.
type Scope struct {
	Name        string   `toml:"name"`
	Label       string   `toml:"label"`
	Description string   `toml:"description"`
	Broad       bool     `toml:"broad"`   // no form preselects it
	Implies     []string `toml:"implies"` // who has it has these too
}

// OrDefault is r, or erp for the zero Rules.
func (r Rules) OrDefault() Rules {
	if r.Preset == "" {
		return erp()
	}
	return r
}

// tenantMark stands in a prefix for the id of a token's tenant.
const tenantMark = "{tenant}"

// SecretPrefix begins the secret of a token that belongs to tenant, which may
// be empty (requirement 2).
func (r Rules) SecretPrefix(tenant string) string {
	if tenant == "" {
		return strings.ReplaceAll(r.Prefix, tenantMark+"_", "")
	}
	return strings.ReplaceAll(r.Prefix, tenantMark, tenant)
}

// PerTenant reports whether each token belongs to exactly one tenant.
func (r Rules) PerTenant() bool {
	return r.List == ListTenant || r.Limit.PerTenant > 0 || strings.Contains(r.Prefix, tenantMark)
}

// ScopeNames are the names of the catalogue, least first.
func (r Rules) ScopeNames() []string {
	names := make([]string, len(r.Scopes))
	for i, s := range r.Scopes {
		names[i] = s.Name
	}
	return names
}

// Catalogue is the scopes on the wire.
func (r Rules) Catalogue() []api.Scope {
	out := make([]api.Scope, len(r.Scopes))
	for i, s := range r.Scopes {
		out[i] = api.Scope{Name: s.Name, Label: s.Label, Description: s.Description, Broad: s.Broad, Implies: append([]string{}, s.Implies...)}
	}
	return out
}

// Holding is all that one who has the scopes names holds: these, and what they
// imply, and so on.
func (r Rules) Holding(names []string) []string {
	out := slices.Clone(names)
	for i := 0; i < len(out); i++ { // grows while it is read
		at := slices.IndexFunc(r.Scopes, func(s Scope) bool { return s.Name == out[i] })
		if at < 0 {
			continue
		}
		for _, implied := range r.Scopes[at].Implies {
			if !slices.Contains(out, implied) {
				out = append(out, implied)
			}
		}
	}
	return out
}
