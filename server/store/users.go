package store

import (
	"context"
	"database/sql"
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
}

// UserRef names a user; its zero value nobody.
type UserRef struct{ ID, Login, Name string }

const userColumns = `id, login, name, email, preferred_language, is_admin, is_active, password_hash, created_at`

// UserByID answers ErrNotFound if there is none.
func (q Queries) UserByID(ctx context.Context, id string) (User, error) {
	return scanUser(q.db.QueryRowContext(ctx, `SELECT `+userColumns+` FROM users WHERE id = $1`+q.holdShare, id))
}

// UserByLogin answers ErrNotFound if there is none. Logins are kept in lower
// case; the caller folds.
func (q Queries) UserByLogin(ctx context.Context, login string) (User, error) {
	return scanUser(q.db.QueryRowContext(ctx, `SELECT `+userColumns+` FROM users WHERE login = $1`+q.holdShare, login))
}

// UserSorts are the orders of Users.
var UserSorts = Sorts{
	"login":     textKey("login"),
	"name":      textKey("name"),
	"createdAt": timeKey("created_at"),
}

// Users lists all users.
func (q Queries) Users(ctx context.Context, order Order) (List[User], error) {
	l := listing[User]{what: "users", columns: userColumns, from: "users", id: "id", sorts: UserSorts, scan: scanUser}
	return l.page(ctx, q.db, conditions{}, order)
}

// InsertUser adds u; ErrTaken if its login is.
func (t *Tx) InsertUser(ctx context.Context, u User) error {
	_, err := t.db.ExecContext(ctx,
		`INSERT INTO users (`+userColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		u.ID, u.Login, u.Name, u.Email, u.PreferredLanguage, u.IsAdmin, u.IsActive, u.PasswordHash, millis(u.CreatedAt))
	return writeError("user", err)
}

func scanUser(row scanner) (User, error) {
	var (
		u       User
		created sql.NullInt64
	)
	err := row.Scan(&u.ID, &u.Login, &u.Name, &u.Email, &u.PreferredLanguage, &u.IsAdmin, &u.IsActive, &u.PasswordHash, &created)
	u.CreatedAt = instant(created)
	return u, readError("user", err)
}
