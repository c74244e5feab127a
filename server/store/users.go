package store

import (
	"context"
	"database/sql"
	"strings"
	"time"
)

// User is a row of users.
type User struct {
	ID                string
	Login             string
	Name              string
	Email             string
	PreferredLanguage string
	IsAdmin           bool
	IsActive          bool
	PasswordHash      string // PHC string; empty: no password
	CreatedAt         time.Time
	Permissions       []string // held now, such as policies.list
	Tenants           []string // assigned now
	TokenLimit        int      // of live tokens, where the rules have a limit for each user; 0: theirs
	SignOuts          int      // how often all sign-ins were ended: EndSignIns
}

// UserRef names a user; its zero value nobody.
type UserRef struct{ ID, Login, Name string }

const userColumns = `u.id, u.login, u.name, u.email, u.preferred_language, u.is_admin, u.is_active, u.password_hash, u.created_at,
	u.permissions, u.tenants, u.token_limit, u.sign_outs`

// UserByID answers ErrNotFound if there is none.
func (q Queries) UserByID(ctx context.Context, id string) (User, error) {
	return scanUser(q.one(ctx, `SELECT `+userColumns+` FROM users u WHERE u.id = $1`+q.holdShare, id))
}

// UserByLogin answers ErrNotFound if there is none. Logins are kept in lower
// case; the caller folds.
func (q Queries) UserByLogin(ctx context.Context, login string) (User, error) {
	return scanUser(q.db.QueryRowContext(ctx, `SELECT `+userColumns+` FROM users u WHERE u.login = $1`+q.holdShare, login))
}

// UserSorts are the orders of Users.
var UserSorts = Sorts{
	"login":     textKey("login"),
	"name":      textKey("name"),
	"createdAt": timeKey("created_at"),
}

// Users lists all users.
func (q Queries) Users(ctx context.Context, order Order) (List[User], error) {
	l := listing[User]{what: "users", columns: userColumns, from: "users u", id: "u.id", sorts: UserSorts, scan: scanUser}
	return l.page(ctx, q.db, conditions{}, order)
}

// InsertUser adds u; ErrTaken if its login is.
func (t *Tx) InsertUser(ctx context.Context, u User) error {
	_, err := t.db.ExecContext(ctx,
		`INSERT INTO users (id, login, name, email, preferred_language, is_admin, is_active, password_hash, created_at,
			permissions, tenants, token_limit)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		u.ID, u.Login, u.Name, u.Email, u.PreferredLanguage, u.IsAdmin, u.IsActive, u.PasswordHash, millis(u.CreatedAt),
		strings.Join(u.Permissions, " "), strings.Join(u.Tenants, " "), u.TokenLimit)
	return writeError("user", err)
}

func scanUser(row scanner) (User, error) {
	var s userScan
	err := row.Scan(s.dest()...)
	return s.user(), readError("user", err)
}

// userScan receives userColumns.
type userScan struct {
	id, login, name, email, language, password, permissions, tenants sql.NullString
	admin, active                                                    sql.NullBool
	created, limit, signOuts                                         sql.NullInt64
}

func (s *userScan) dest() []any {
	return []any{
		&s.id, &s.login, &s.name, &s.email, &s.language, &s.admin, &s.active, &s.password, &s.created,
		&s.permissions, &s.tenants, &s.limit, &s.signOuts,
	}
}

func (s *userScan) user() User {
	return User{
		ID: s.id.String, Login: s.login.String, Name: s.name.String, Email: s.email.String, PreferredLanguage: s.language.String,
		IsAdmin: s.admin.Bool, IsActive: s.active.Bool, PasswordHash: s.password.String, CreatedAt: instant(s.created),
		Permissions: words(s.permissions.String), Tenants: words(s.tenants.String), TokenLimit: int(s.limit.Int64),
		SignOuts: int(s.signOuts.Int64),
	}
}

// words is a list as kept; nil for an empty one.
func words(kept string) []string {
	if kept == "" {
		return nil
	}
	return strings.Fields(kept)
}
