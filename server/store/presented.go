package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"
)

// Presented is all that decides what a presented secret is worth, and who its
// user is. The rest of the records is not read: this is asked more often than
// all else, and each column has its price. So of the token there is no
// description, hint, use, revoker or lineage; of the app no name, policy or
// creation; of the user no password, limit or creation.
type Presented struct {
	Token Token
	App   *App
	User  *User // whom it acts as: the owner, or the app's System User; zero: none

	Exchanged *Exchanged // what was presented, where Token is only its parent
}

// presentedColumns are packed: the driver asks SQLite for name and type of each
// column at each read, which takes as long as finding the row.
var presentedColumns = `t.mac, a.secret_mac, ` + packed("t.id", "t.pepper_id", "t.kind", "t.app_id", "t.user_id", "t.scopes",
	"t.created_at", "t.created_by", "t.expires_at", "t.revoked_at", "t.overlap_ends_at", "t.permissions", "t.tenants",
	"a.enabled", "a.scopes", "a.system_user_allowed", "a.secret_pepper_id",
	"u.id", "u.login", "u.name", "u.email", "u.preferred_language", "u.is_admin", "u.is_active", "u.permissions", "u.tenants")

const presentedFrom = ` JOIN apps a ON a.id = t.app_id LEFT JOIN users u ON u.id = COALESCE(t.user_id, a.system_user_id) WHERE `

// MAC is what was kept of the presented value.
func (p Presented) MAC() []byte {
	if p.Exchanged != nil {
		return p.Exchanged.MAC
	}
	return p.Token.MAC
}

// PepperID names the pepper that MAC is under.
func (p Presented) PepperID() string {
	if p.Exchanged != nil {
		return p.Exchanged.PepperID
	}
	return p.Token.PepperID
}

// PresentedByMAC looks a token up by the MACs of its value, one for each
// pepper: while it moves from one to another it is found all the same.
// ErrNotFound if there is none.
func (q Queries) PresentedByMAC(ctx context.Context, macs ...[]byte) (Presented, error) {
	var s presentedScan
	which, args := oneOf("t.mac", macs)
	err := q.one(ctx, `SELECT `+presentedColumns+` FROM tokens t`+presentedFrom+which, args...).Scan(s.dest()...)
	if err != nil {
		return Presented{}, readError("token", err)
	}
	return s.presented()
}

// ExchangedByMAC looks an exchanged token up as PresentedByMAC does, with its
// parent, the parent's app and whom that acts as, as they are now; ErrNotFound
// if there is none.
func (q Queries) ExchangedByMAC(ctx context.Context, macs ...[]byte) (Presented, error) {
	var (
		x                         Exchanged
		scopes                    string
		created, expires, revoked sql.NullInt64
		s                         presentedScan
	)
	dest := []any{&x.ID, &x.MAC, &x.PepperID, &x.ParentID, &scopes, &created, &expires, &revoked}
	which, args := oneOf("x.mac", macs)
	err := q.one(ctx, `SELECT x.id, x.mac, x.pepper_id, x.parent_id, x.scopes, x.created_at, x.expires_at, x.revoked_at,
		`+presentedColumns+` FROM exchanges x JOIN tokens t ON t.id = x.parent_id`+presentedFrom+which, args...).Scan(slices.Concat(dest, s.dest())...)
	if err != nil {
		return Presented{}, readError("exchanged token", err)
	}
	x.Scopes, x.CreatedAt, x.ExpiresAt, x.RevokedAt = strings.Fields(scopes), instant(created), instant(expires), instant(revoked)
	p, err := s.presented()
	p.Exchanged = &x
	return p, err
}

// presentedScan receives presentedColumns.
type presentedScan struct {
	mac, secretMAC []byte
	packed         string
}

func (s *presentedScan) dest() []any { return []any{&s.mac, &s.secretMAC, &s.packed} }

func (s *presentedScan) presented() (Presented, error) {
	f := unpacking{left: s.packed}
	p := Presented{
		Token: Token{
			MAC: s.mac, ID: f.text(), PepperID: f.text(), Kind: f.text(), AppID: f.text(), UserID: f.text(), Scopes: strings.Fields(f.text()),
			CreatedAt: f.instant(), CreatedBy: f.text(), ExpiresAt: f.instant(), RevokedAt: f.instant(), OverlapEndsAt: f.instant(),
			Permissions: words(f.text()), Tenants: words(f.text()),
		},
		App: &App{
			SecretMAC: s.secretMAC, Enabled: f.yes(), Scopes: strings.Fields(f.text()), SystemUserAllowed: f.yes(), SecretPepperID: f.text(),
		},
		User: &User{
			ID: f.text(), Login: f.text(), Name: f.text(), Email: f.text(), PreferredLanguage: f.text(),
			IsAdmin: f.yes(), IsActive: f.yes(), Permissions: words(f.text()), Tenants: words(f.text()),
		},
	}
	p.App.ID = p.Token.AppID
	return p, f.end()
}
