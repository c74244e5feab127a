// Package client is a token server as the desktop sees it: the records, the
// errors and what may be asked, free of how it is asked. It imports neither
// Fyne nor HTTP.
//
// A Token is the record of a personal access token (PAT, acts as a user) or a
// service access token (SAT, acts as an application). It never holds its
// value: that is a Secret, which exists once, is returned beside the record by
// the call that creates it, and prints as [redacted].
//
// Package client/rest asks a server over REST, client/session signs in and
// client/credentials keeps what signs in. Views declare the two to four
// methods that they need, in their own words; rest.Client has them all.
package client

import (
	"slices"
	"time"
)

// Kind is what a token acts as.
type Kind string

// The kinds.
const (
	PAT Kind = "pat"
	SAT Kind = "sat"
)

// Policy says who may issue tokens for an application.
type Policy string

// The AccessTokens policies (requirement 25).
const (
	PolicyNone               Policy = "None"
	PolicyAuthenticatedUsers Policy = "AuthenticatedUsers"
	PolicyAdministratorsOnly Policy = "AdministratorsOnly"
)

// Policies are all policies, the strictest first.
var Policies = []Policy{PolicyNone, PolicyAdministratorsOnly, PolicyAuthenticatedUsers}

// Status is what a token is worth now. It is derived, never stored.
type Status int

// The statuses.
const (
	Active Status = iota
	Expired
	Revoked
)

// UserRef names a user; its zero value names nobody.
type UserRef struct{ ID, Login, Name string }

// AppRef names a trusted application.
type AppRef struct{ ID, Name string }

// Token is the record of a PAT or SAT. Times are in UTC; a zero time means
// never.
type Token struct {
	ID           string
	Kind         Kind
	Description  string
	Hint         string // the last four characters of the secret
	App          AppRef
	User         UserRef // the owner of a PAT
	ActsAs       UserRef // zero: a SAT whose application has no System User
	Scopes       []string
	CreatedAt    time.Time
	CreatedBy    UserRef
	ExpiresAt    time.Time
	LastUsedAt   time.Time
	LastUsedFrom string
	RevokedAt    time.Time
	RevokedBy    UserRef
	Replaces     string
	ReplacedBy   string

	OverlapEndsAt time.Time // when one that was rotated will be revoked
}

// Status derives the token's status at now.
func (t Token) Status(now time.Time) Status {
	switch {
	case !t.RevokedAt.IsZero(), !t.OverlapEndsAt.IsZero() && !now.Before(t.OverlapEndsAt):
		return Revoked
	case !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt):
		return Expired
	}
	return Active
}

// EndsAt is when the token stops working if nobody ends it before: at its expiry, or
// with the overlap of its rotation. The zero time: never.
func (t Token) EndsAt() time.Time {
	if t.ExpiresAt.IsZero() || !t.OverlapEndsAt.IsZero() && t.OverlapEndsAt.Before(t.ExpiresAt) {
		return t.OverlapEndsAt
	}
	return t.ExpiresAt
}

// NewToken is the wish for a token. AppID is what it is issued for. A zero
// ExpiresAt asks for one that never expires.
type NewToken struct {
	Description string
	AppID       string
	ExpiresAt   time.Time
	Scopes      []string

	// Attempt makes repeating the wish harmless: the server answers the same
	// Attempt with the same token. Make it with NewAttempt, once per dialog.
	Attempt string
}

// Me is the signed-in user.
type Me struct {
	ID, Login, Name, Email string
	IsAdmin                bool
	Instance               string
}

// App is a trusted application.
type App struct {
	ID                string
	Name              string
	Policy            Policy
	Enabled           bool
	Scopes            []string // the most that its tokens may carry
	SystemUserAllowed bool
	SystemUser        UserRef // zero: none set
	CreatedAt         time.Time
	PATs, SATs        int // live ones
}

// NewApp is the wish for a trusted application.
type NewApp struct {
	Name         string
	Policy       Policy
	Scopes       []string
	SystemUserID string // empty: none
}

// AppChange changes an application; nil fields stay as they are.
type AppChange struct {
	Policy       *Policy
	Enabled      *bool
	SystemUserID *string // empty: remove the System User
}

// User is a user as an administrator sees one.
type User struct {
	ID, Login, Name, Email string
	IsAdmin, IsActive      bool
}

// Scope is one entry of the server's catalogue.
type Scope struct {
	Name, Label, Description string
	Broad                    bool // never preselected
}

// Capabilities is what the server demands of tokens and what it can do.
type Capabilities struct {
	ServerName, ServerVersion, Instance string

	Label  LabelRule
	Expiry ExpiryRule
	Revoke RevokeRule
	Scopes []Scope // least first
	Limits []Limit

	Activation time.Duration // a new token may be refused for so long; 0: it works at once
}

// LabelRule is about a token's description. Lengths are in characters after
// trimming; a MaxLength of 0 sets no bound.
type LabelRule struct {
	Required             bool
	MinLength, MaxLength int
}

// ExpiryRule is about a token's lifetime; a zero Max sets no bound.
type ExpiryRule struct {
	NeverAllowed bool
	Default, Max time.Duration
}

// RevokeRule is about a token's end. Within is how soon it works: 0 at once.
type RevokeRule struct {
	Verb        string // Revoke or Delete
	Within      time.Duration
	StaysListed bool
}

// Limit bounds the live tokens per user or tenant.
type Limit struct {
	Per       string
	Max, Used int
}

// ScopesOf are the catalogue's entries for names, in the catalogue's order;
// a name that it lacks follows at the end as itself.
func (c Capabilities) ScopesOf(names []string) []Scope {
	var out []Scope
	for _, s := range c.Scopes {
		if slices.Contains(names, s.Name) {
			out = append(out, s)
		}
	}
	for _, n := range names {
		if !slices.ContainsFunc(c.Scopes, func(s Scope) bool { return s.Name == n }) {
			out = append(out, Scope{Name: n, Label: n, Broad: true})
		}
	}
	return out
}
