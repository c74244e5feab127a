package rules

import "time"

const (
	day         = 24 * time.Hour
	defaultName = "erp"
)

// presets by name. Each makes its rules anew, so that nobody shares a slice.
var presets = map[string]func() Rules{"erp": erp, "digitalhub": digitalhub, "lucanet": lucanet, "socotra": socotra}

// Names are the presets' names.
func Names() []string { return []string{"erp", "digitalhub", "lucanet", "socotra"} }

// requirements 1, 53, 62, 81
func erp() Rules {
	return Rules{
		Preset: "erp", Prefix: "enrt_", Grants: GrantScopes, List: ListOwn, ReadScope: "read",
		Label:  Label{MaxLength: 128},
		Expiry: Expiry{Never: true, Recommended: RecommendNo, Default: Duration{365 * day}},
		Revoke: Revoke{Verb: VerbRevoke},
		Scopes: append([]Scope{
			{Name: "read", Label: "Read", Description: "Read data as the identity of the token."},
			{Name: "update", Label: "Update", Description: "Change data as the identity of the token."},
		}, ownScopes()...),
	}
}

// requirements 54, 58, 61, 101
func digitalhub() Rules {
	return Rules{
		Preset: "digitalhub", Prefix: "dhp_", Grants: GrantScopes, List: ListOwn, ReadScope: "profile", Exchange: true,
		Label:  Label{Required: true, MinLength: 1, MaxLength: 255},
		Expiry: Expiry{Never: true, Recommended: RecommendNo},
		Revoke: Revoke{Verb: VerbDelete},
		Scopes: append([]Scope{
			{Name: "profile", Label: "Profile", Description: "Read who the owner of the token is."},
			{Name: "openid", Label: "OpenID", Description: "Act as the owner where an identity is asked for."},
			{Name: "credentials", Label: "Credentials", Description: "Obtain short-lived credentials in exchange for the token.", Broad: true},
		}, ownScopes()...),
	}
}

// requirements 2, 41, 46, 55, 74, 82, 91, 92, 100. No scope implies another:
// um:bulk alone opens neither single reads nor single writes.
func lucanet() Rules {
	return Rules{
		Preset: "lucanet", Prefix: "pat_" + tenantMark + "_", Grants: GrantScopes, List: ListTenant, ReadScope: "um:read", Activation: Duration{time.Minute},
		Label:  Label{Required: true, MinLength: 8, MaxLength: 128},
		Expiry: Expiry{Never: true, Recommended: RecommendYes},
		Limit:  Limit{PerTenant: 25},
		Revoke: Revoke{Verb: VerbRevoke, Promise: Duration{time.Minute}, StaysListed: true},
		Scopes: append([]Scope{
			{Name: "um:read", Label: "Read", Description: "Call the endpoints that read users."},
			{Name: "um:write", Label: "Write", Description: "Call the endpoints that change users."},
			{Name: "um:bulk", Label: "Read and write", Description: "Call the endpoints that work on many users at once.", Broad: true},
		}, ownScopes()...),
	}
}

// requirements 58, 65 to 67, 71 to 73. What a token may do are permissions;
// scopes are for this server's own calls.
func socotra() Rules {
	return Rules{
		Preset: "socotra", Prefix: "socp_", Grants: GrantPermissions, List: ListOwn,
		Label:  Label{Required: true, MinLength: 1, MaxLength: 128, Unique: true},
		Expiry: Expiry{Never: true, Recommended: RecommendStrongly},
		Limit:  Limit{PerUser: 3, RaisedPerUser: 10},
		Revoke: Revoke{Verb: VerbDelete},
		Scopes: ownScopes(),
	}
}

// ownScopes are those that the server itself looks at.
func ownScopes() []Scope {
	return []Scope{
		{Name: ScopeTokens, Label: "Manage tokens", Description: "List, issue, rotate and revoke the personal access tokens of its owner, within its own scopes and time.", Broad: true},
		{Name: ScopeIntrospect, Label: "Introspect", Description: "Ask what other tokens of the application are worth.", Broad: true},
	}
}
