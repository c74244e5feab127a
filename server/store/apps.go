package store

import (
	"context"
	"database/sql"
	"strings"
	"time"
)

// App is a row of apps.
type App struct {
	ID                string
	Name              string
	Policy            string
	Enabled           bool
	Scopes            []string
	SystemUserAllowed bool
	SystemUserID      string // empty: none set
	SecretMAC         []byte // of the client secret; nil: the app has none
	CreatedAt         time.Time
}

// AppRecord is an app with what a list shows beside it.
type AppRecord struct {
	App
	SystemUser UserRef // zero: none set
	PATs, SATs int     // live tokens
}

const appColumns = `a.id, COALESCE(a.deleted_name, a.name), a.policy, a.enabled, a.scopes, a.system_user_allowed, a.system_user_id, a.secret_mac, a.created_at`

// AppByID answers ErrNotFound if there is none, or it was deleted.
func (q Queries) AppByID(ctx context.Context, id string) (App, error) {
	var s appScan
	err := q.db.QueryRowContext(ctx, `SELECT `+appColumns+` FROM apps a WHERE a.id = $1 AND a.deleted_name IS NULL`+q.hold, id).Scan(s.dest()...)
	return s.app(), readError("app", err)
}

// AppSorts are the orders of Apps.
var AppSorts = Sorts{
	"name":      textKey("lower(a.name)"),
	"createdAt": timeKey("a.created_at"),
}

// AppFilter selects apps; its zero value selects all.
type AppFilter struct {
	ID       string
	Policies []string // any of them
	Enabled  bool     // only enabled ones
}

// Apps lists apps with their counts of tokens live at now.
func (q Queries) Apps(ctx context.Context, f AppFilter, now time.Time, order Order) (List[AppRecord], error) {
	var cond conditions
	// In FROM, not among the columns, so that counting the rows has the same parameters.
	at := cond.arg(now.UnixMilli())
	counts := `(SELECT app_id, SUM(CASE WHEN kind = 'pat' THEN 1 ELSE 0 END) AS pats, COUNT(*) AS live FROM tokens t
		WHERE NOT ` + revokedSQL(at) + ` AND (expires_at IS NULL OR expires_at > ` + at + `)`
	if f.ID != "" {
		counts += ` AND app_id = ` + cond.arg(f.ID) // count this one only
	}
	counts += ` GROUP BY app_id) n`
	cond.add("a.deleted_name IS NULL")
	cond.equal("a.id", f.ID)
	if f.Policies != nil {
		cond.in("a.policy", f.Policies)
	}
	if f.Enabled {
		cond.add("a.enabled")
	}
	return listing[AppRecord]{
		what:    "apps",
		columns: appColumns + `, COALESCE(s.login, ''), COALESCE(s.name, ''), COALESCE(n.pats, 0), COALESCE(n.live - n.pats, 0)`,
		from:    `apps a LEFT JOIN users s ON s.id = a.system_user_id LEFT JOIN ` + counts + ` ON n.app_id = a.id`,
		id:      "a.id",
		sorts:   AppSorts,
		scan:    scanAppRecord,
	}.page(ctx, q.db, cond, order)
}

// InsertApp adds a; ErrTaken if its name is.
func (t *Tx) InsertApp(ctx context.Context, a App) error {
	_, err := t.db.ExecContext(ctx,
		`INSERT INTO apps (id, name, policy, enabled, scopes, system_user_allowed, system_user_id, secret_mac, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		a.ID, a.Name, a.Policy, a.Enabled, strings.Join(a.Scopes, " "), a.SystemUserAllowed, orNull(a.SystemUserID), a.SecretMAC, millis(a.CreatedAt))
	return writeError("app", err)
}

// UpdateApp writes all of a but its id and creation; ErrTaken if its name is.
func (t *Tx) UpdateApp(ctx context.Context, a App) error {
	_, err := t.alter(ctx, "app", a.ID,
		`UPDATE apps SET name = $1, policy = $2, enabled = $3, scopes = $4, system_user_allowed = $5, system_user_id = $6, secret_mac = $7
		WHERE id = $8`,
		a.Name, a.Policy, a.Enabled, strings.Join(a.Scopes, " "), a.SystemUserAllowed, orNull(a.SystemUserID), a.SecretMAC, a.ID)
	return err
}

// appScan receives appColumns.
type appScan struct {
	a          App
	scopes     string
	systemUser sql.NullString
	created    sql.NullInt64
}

func (s *appScan) dest() []any {
	return []any{&s.a.ID, &s.a.Name, &s.a.Policy, &s.a.Enabled, &s.scopes, &s.a.SystemUserAllowed, &s.systemUser, &s.a.SecretMAC, &s.created}
}

func (s *appScan) app() App {
	s.a.Scopes = strings.Fields(s.scopes)
	s.a.SystemUserID = s.systemUser.String
	s.a.CreatedAt = instant(s.created)
	return s.a
}

func scanAppRecord(row scanner) (AppRecord, error) {
	var (
		s appScan
		r AppRecord
	)
	err := row.Scan(append(s.dest(), &r.SystemUser.Login, &r.SystemUser.Name, &r.PATs, &r.SATs)...)
	r.App = s.app()
	r.SystemUser.ID = r.SystemUserID
	return r, readError("app", err)
}

// orNull is s as kept: nil if empty.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
