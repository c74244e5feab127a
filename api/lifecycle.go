package api

import "time"

// Rotation replaces a token by a new one that is the same but for its secret
// and its time: POST /profile/tokens/{id}/rotate, /manager/tokens/{id}/rotate.
type Rotation struct {
	ExpiresAt      *time.Time `json:"expiresAt,omitempty" nullable:"true" doc:"Null or absent: as long from now as the old one was to live, or never if it never expires."`
	OverlapSeconds int        `json:"overlapSeconds,omitempty" minimum:"0" maximum:"604800" doc:"How long the old one lives on, at most seven days and never beyond its own expiry. 0 or absent: it is revoked at once."`
}

// Revocation ends many tokens: POST /manager/tokens/revoke. It names them by
// IDs, or else selects the active ones that fit all the rest.
type Revocation struct {
	IDs           []string   `json:"ids,omitempty" maxItems:"1000"`
	AppID         string     `json:"appId,omitempty" maxLength:"64"`
	UserID        string     `json:"userId,omitempty" maxLength:"64" doc:"The owner: selects PATs."`
	CreatedBefore *time.Time `json:"createdBefore,omitempty"`
	UnusedSince   *time.Time `json:"unusedSince,omitempty" doc:"Neither used nor created since."`
	DryRun        bool       `json:"dryRun,omitempty" doc:"Only say what would happen."`
}

// Results of a Revocation for one token.
const (
	ResultRevoked  = "revoked"
	ResultAlready  = "already"   // it was revoked before
	ResultNotFound = "not_found" // there is no such token
)

// Revoked is the reply to a Revocation. All of it happened, or none.
type Revoked struct {
	Items  []RevokedToken `json:"items" doc:"At most 1000."`
	More   bool           `json:"more" doc:"More tokens fit: ask again for the next ones."`
	Total  int            `json:"total" doc:"Tokens that were named or fit, over all calls to come."`
	DryRun bool           `json:"dryRun"`
}

// RevokedToken says what a Revocation did, or with dryRun would do, to one
// token.
type RevokedToken struct {
	ID     string `json:"id"`
	Result string `json:"result" enum:"revoked,already,not_found"`
}

// FoundSecret asks whose secret was found: POST /manager/tokens/find. The
// answer is the token's record.
type FoundSecret struct {
	Secret string `json:"secret" minLength:"1" maxLength:"512" doc:"What was found, in the body so that no address and no log has it."`
}

// NewUser adds a user: POST /manager/users.
type NewUser struct {
	Login    string `json:"login,omitempty" doc:"Up to 128 characters that can be seen, none of them a space."`
	Name     string `json:"name,omitempty" doc:"The login when absent. One line of characters that can be seen."`
	Email    string `json:"email,omitempty"`
	IsAdmin  bool   `json:"isAdmin,omitempty"`
	IsActive *bool  `json:"isActive,omitempty" doc:"True when absent."`
	Password string `json:"password,omitempty" minLength:"8" maxLength:"256" doc:"Without one, the user cannot sign in with a password."`

	Permissions []string `json:"permissions,omitempty" maxItems:"200" doc:"Such as policies.list, policies.* or *.*."`
	Tenants     []string `json:"tenants,omitempty" maxItems:"200"`
	TokenLimit  int      `json:"tokenLimit,omitempty" doc:"0 or absent: as the rules say."`
}

// UserChange changes a user: PATCH /manager/users/{id}. What is absent stays
// as it is; a list that is there takes the place of the whole old one. A new
// password, or an end of isActive, ends all sign-ins.
type UserChange struct {
	Name     *string `json:"name,omitempty"`
	Email    *string `json:"email,omitempty"`
	IsAdmin  *bool   `json:"isAdmin,omitempty"`
	IsActive *bool   `json:"isActive,omitempty"`
	Password *string `json:"password,omitempty" minLength:"8" maxLength:"256"`

	Permissions *[]string `json:"permissions,omitempty" maxItems:"200"`
	Tenants     *[]string `json:"tenants,omitempty" maxItems:"200"`
	TokenLimit  *int      `json:"tokenLimit,omitempty"`
}
