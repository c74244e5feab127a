package store

import (
	"context"
	"database/sql"
	"strconv"
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
	SecretPepperID    string // what that is under
	CreatedAt         time.Time
}

// AppRecord is an app with what a list shows beside it.
type AppRecord struct {
	App
	SystemUser UserRef // zero: none set
	PATs, SATs int     // live tokens, up to LiveMost
	AtLeast    bool    // there are more
}

const appColumns = `a.id, COALESCE(a.deleted_name, a.name), a.policy, a.enabled, a.scopes, a.system_user_allowed, a.system_user_id, a.secret_mac, a.secret_pepper_id, a.created_at`

// AppByID answers ErrNotFound if there is none, or it was deleted.
func (q Queries) AppByID(ctx context.Context, id string) (App, error) {
	var s appScan
	err := q.one(ctx, `SELECT `+appColumns+` FROM apps a WHERE a.id = $1 AND a.deleted_name IS NULL`+q.hold, id).Scan(s.dest()...)
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

// LiveMost is up to where the live tokens of an app are counted.
const LiveMost = 1000

// liveSQL counts the tokens of the app called a that work at a time, each part
// of them up to LiveMost.
func liveSQL(kind, at string) string {
	most := strconv.Itoa(LiveMost + 1)
	of := `SELECT 1 FROM tokens t WHERE t.app_id = a.id AND t.kind = '` + kind + `' AND `
	var counts []string
	for _, part := range worksParts("t", at) {
		counts = append(counts, `(SELECT COUNT(*) FROM (`+of+part+` LIMIT `+most+`) n)`)
	}
	return strings.Join(counts, " + ")
}

// Apps lists apps with their counts of tokens live at now: exact up to
// LiveMost of a kind, and that number where there are more.
func (q Queries) Apps(ctx context.Context, f AppFilter, now time.Time, order Order) (List[AppRecord], error) {
	var cond conditions
	at := cond.arg(now.UnixMilli())
	cond.add("CAST(", at, " AS BIGINT) >= 0") // so that counting the rows has the same parameters
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
		columns: appColumns + `, COALESCE(s.login, ''), COALESCE(s.name, ''), ` + liveSQL("pat", at) + `, ` + liveSQL("sat", at),
		from:    `apps a LEFT JOIN users s ON s.id = a.system_user_id`,
		id:      "a.id",
		sorts:   AppSorts,
		scan:    scanAppRecord,
	}.page(ctx, q.db, cond, order)
}

// InsertApp adds a; ErrTaken if its name is.
func (t *Tx) InsertApp(ctx context.Context, a App) error {
	_, err := t.db.ExecContext(ctx,
		`INSERT INTO apps (id, name, policy, enabled, scopes, system_user_allowed, system_user_id, secret_mac, secret_pepper_id, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		a.ID, a.Name, a.Policy, a.Enabled, strings.Join(a.Scopes, " "), a.SystemUserAllowed, orNull(a.SystemUserID), a.SecretMAC, a.SecretPepperID, millis(a.CreatedAt))
	return writeError("app", err)
}

// UpdateApp writes all of a but its id and creation; ErrTaken if its name is.
func (t *Tx) UpdateApp(ctx context.Context, a App) error {
	_, err := t.alter(ctx, "app", a.ID,
		`UPDATE apps SET name = $1, policy = $2, enabled = $3, scopes = $4, system_user_allowed = $5, system_user_id = $6, secret_mac = $7,
			secret_pepper_id = $8 WHERE id = $9`,
		a.Name, a.Policy, a.Enabled, strings.Join(a.Scopes, " "), a.SystemUserAllowed, orNull(a.SystemUserID), a.SecretMAC, a.SecretPepperID, a.ID)
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
	return []any{&s.a.ID, &s.a.Name, &s.a.Policy, &s.a.Enabled, &s.scopes, &s.a.SystemUserAllowed, &s.systemUser, &s.a.SecretMAC, &s.a.SecretPepperID, &s.created}
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
	r.AtLeast = r.PATs > LiveMost || r.SATs > LiveMost
	r.PATs, r.SATs = min(r.PATs, LiveMost), min(r.SATs, LiveMost)
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
