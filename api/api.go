// Package api is the wire between the desktop and a token server: the JSON
// bodies of every call, once, for both sides. The server serves these structs
// and generates openapi.yaml from them; the client decodes into them.
//
// The rules of the wire: times are RFC 3339 in UTC with Z; a time that does
// not apply is null, never a zero date; unknown fields are ignored; errors are
// application/problem+json (RFC 9457); every list is paged with limit and an
// opaque cursor. No record holds a secret: only Issued carries one, beside the
// record, in the reply to a create.
//
// The struct tags doc, enum, minLength and so on are read by the server's
// OpenAPI generator. They are only strings: this package imports nothing of it.
package api

import "time"

// Kinds of token.
const (
	KindPAT = "pat" // acts as the user it was issued to
	KindSAT = "sat" // acts as the System User of its application
)

// AccessTokens policies of a trusted application.
const (
	PolicyNone               = "None"
	PolicyAuthenticatedUsers = "AuthenticatedUsers"
	PolicyAdministratorsOnly = "AdministratorsOnly"
)

// Statuses of a token, derived at the moment of the reply.
const (
	StatusActive  = "active"
	StatusExpired = "expired"
	StatusRevoked = "revoked"
)

// Page is one page of a list. Of a list with more than 1,000 rows that is
// filtered, one call looks at three times as many as it may answer, or at 100: a
// page may hold fewer rows than asked for, or none, though there is a next one,
// and the total is a lower bound.
type Page[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"nextCursor,omitempty" doc:"Pass as cursor for the next page; absent on the last. A page may be short, or empty, and not be the last."`
	Total      int    `json:"total" doc:"Rows that match over all pages; exact if the list has up to 1,000 rows before it is filtered, else a lower bound."`

	TotalAtLeast bool `json:"totalAtLeast,omitempty" doc:"The total is a lower bound."`
}

// AppRef names a trusted application.
type AppRef struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// UserRef names a user.
type UserRef struct {
	ID    string `json:"id"`
	Login string `json:"login"`
	Name  string `json:"name"`
}

// Token is the record of a PAT or SAT. It never holds the secret.
type Token struct {
	ID           string     `json:"id"`
	Kind         string     `json:"kind" enum:"pat,sat"`
	Description  string     `json:"description"`
	Hint         string     `json:"hint" doc:"The last four characters of the secret."`
	App          AppRef     `json:"app"`
	User         *UserRef   `json:"user" doc:"The owner of a PAT; null for a SAT."`
	ActsAs       *UserRef   `json:"actsAs" doc:"Whom a call with it acts as; null for a SAT whose application has no System User now."`
	Scopes       []string   `json:"scopes"`
	CreatedAt    time.Time  `json:"createdAt"`
	CreatedBy    UserRef    `json:"createdBy"`
	ExpiresAt    *time.Time `json:"expiresAt" doc:"Null: never."`
	LastUsedAt   *time.Time `json:"lastUsedAt" doc:"Null: never used."`
	LastUsedFrom *string    `json:"lastUsedFrom"`
	RevokedAt    *time.Time `json:"revokedAt"`
	RevokedBy    *UserRef   `json:"revokedBy"`
	Replaces     *string    `json:"replaces"`
	ReplacedBy   *string    `json:"replacedBy"`
	Status       string     `json:"status" enum:"active,expired,revoked"`

	Permissions []string   `json:"permissions,omitempty" doc:"As granted. Never more than this."`
	Tenants     []string   `json:"tenants,omitempty" doc:"As granted. Never more than this."`
	Effective   *Effective `json:"effective,omitempty" doc:"What of permissions and tenants works now: what the user whom it acts as still holds. Absent for a token that was granted neither."`

	OverlapEndsAt *time.Time `json:"overlapEndsAt" doc:"When a token that was rotated will be revoked, as long as that is to come; else null."`
}

// Effective is what a token is worth now.
type Effective struct {
	Permissions []string `json:"permissions"`
	Tenants     []string `json:"tenants"`
}

// NewToken asks for a PAT: POST /profile/tokens. For a SAT the application is
// in the path and AppID is absent.
type NewToken struct {
	Description string     `json:"description,omitempty" doc:"Where it is used, so that it can be told apart later. One line of characters that can be seen: none that controls, formats or turns the text around."`
	AppID       string     `json:"appId,omitempty"`
	ExpiresAt   *time.Time `json:"expiresAt,omitempty" nullable:"true" doc:"Null or absent: never."`
	Scopes      []string   `json:"scopes,omitempty"`
	UserID      string     `json:"userId,omitempty" doc:"Only the caller's own id is accepted: a PAT is always issued to its caller."`

	Permissions []string  `json:"permissions,omitempty" maxItems:"200" doc:"Where the rules grant permissions: at least one, each of which the user whom the token acts as holds now. Who holds policies.* may grant that or policies.list."`
	Tenants     []string  `json:"tenants,omitempty" maxItems:"200" doc:"Where the rules grant permissions: at least one. Where a token belongs to one tenant: that one; absent, the only one that the user is assigned to."`
	Roles       *[]string `json:"roles,omitempty" doc:"Always refused: a token cannot be given roles."`
}

// Issued is the reply to a create: the record and, this once, its secret.
type Issued struct {
	Token  Token  `json:"token"`
	Secret string `json:"secret" doc:"Shown in this reply only. It cannot be read again."`
}

// Me is who the caller is: GET /profile/me.
type Me struct {
	ID                string            `json:"id"`
	Login             string            `json:"login"`
	Name              string            `json:"name"`
	Email             string            `json:"email"`
	IsAdmin           bool              `json:"isAdmin"`
	IsActive          bool              `json:"isActive"`
	PreferredLanguage string            `json:"preferredLanguage"`
	PictureURL        string            `json:"pictureUrl"`
	Instance          string            `json:"instance"`
	Links             map[string]string `json:"links"`
}

// App is a trusted application.
type App struct {
	ID                string      `json:"id"`
	Name              string      `json:"name"`
	Policy            string      `json:"policy" enum:"None,AuthenticatedUsers,AdministratorsOnly"`
	Enabled           bool        `json:"enabled"`
	Scopes            []string    `json:"scopes" doc:"The most that a token of this application may carry."`
	SystemUserAllowed bool        `json:"systemUserAllowed"`
	SystemUser        *UserRef    `json:"systemUser"`
	CreatedAt         time.Time   `json:"createdAt"`
	Tokens            TokenCounts `json:"tokens"`
}

// TokenCounts counts the live tokens of an application, up to 1000 of a kind.
type TokenCounts struct {
	PAT int `json:"pat"`
	SAT int `json:"sat"`

	AtLeast bool `json:"atLeast,omitempty" doc:"There are more of a kind than 1000."`
}

// NewApp adds a trusted application: POST /manager/apps.
type NewApp struct {
	Name              string   `json:"name,omitempty" doc:"One line of characters that can be seen: none that controls, formats or turns the text around."`
	Policy            string   `json:"policy,omitempty" doc:"None when absent."`
	Scopes            []string `json:"scopes,omitempty"`
	SystemUserAllowed bool     `json:"systemUserAllowed,omitempty"`
	SystemUserID      string   `json:"systemUserId,omitempty"`
}

// AppChange changes a trusted application: PATCH /manager/apps/{id}. What is
// absent stays as it is; an empty systemUserId removes the System User.
type AppChange struct {
	Name              *string   `json:"name,omitempty"`
	Policy            *string   `json:"policy,omitempty"`
	Enabled           *bool     `json:"enabled,omitempty"`
	Scopes            *[]string `json:"scopes,omitempty"`
	SystemUserAllowed *bool     `json:"systemUserAllowed,omitempty"`
	SystemUserID      *string   `json:"systemUserId,omitempty"`
}

// User is a user as an administrator sees one.
type User struct {
	ID        string    `json:"id"`
	Login     string    `json:"login"`
	Name      string    `json:"name"`
	Email     string    `json:"email"`
	IsAdmin   bool      `json:"isAdmin"`
	IsActive  bool      `json:"isActive"`
	CreatedAt time.Time `json:"createdAt"`

	Permissions []string `json:"permissions" doc:"What the user holds now, such as policies.list; policies.* is all of policies, *.* all there is."`
	Tenants     []string `json:"tenants" doc:"The tenants that the user is assigned to now."`
	TokenLimit  int      `json:"tokenLimit" doc:"How many live tokens the user may have, where the rules have a limit for each user; 0: as many as the rules say."`
}

// Discovery is where a client starts: GET /tools/auto-discovery. Its field
// names are capitalised on the wire, as the systems it comes from have them.
type Discovery struct {
	WebSites []WebSite `json:"WebSites"`
}

// Site types of a Discovery.
const (
	SiteID              = "ID"              // Url is the OpenID issuer
	SiteUserProfile     = "UserProfile"     // Url is the root of /profile
	SiteInstanceManager = "InstanceManager" // Url is the root of /manager
)

// WebSite is one entry of a Discovery.
type WebSite struct {
	Type   string `json:"Type"`
	Status string `json:"Status" doc:"Working, NotWorking or Unknown."`
	URL    string `json:"Url"`
}

// Introspection is the reply of RFC 7662, section 2.2. An inactive token is
// exactly {"active":false}.
type Introspection struct {
	Active    bool   `json:"active"`
	Scope     string `json:"scope,omitempty"`
	ClientID  string `json:"client_id,omitempty"`
	Username  string `json:"username,omitempty"`
	TokenType string `json:"token_type,omitempty"`
	Exp       int64  `json:"exp,omitempty"`
	Iat       int64  `json:"iat,omitempty"`
	Sub       string `json:"sub,omitempty"`
	Aud       string `json:"aud,omitempty"`
	Iss       string `json:"iss,omitempty"`
	Jti       string `json:"jti,omitempty"`
	Kind      string `json:"kind,omitempty"`

	Permissions []string `json:"permissions,omitzero" doc:"What works now of what was granted. Absent: it was never granted any. Not of RFC 7662, as kind."`
	Tenants     []string `json:"tenants,omitzero" doc:"The same."`
}
