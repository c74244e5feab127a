package store

import (
	"context"
	"time"
)

// LiveFilter selects tokens that work at Now: neither revoked nor expired. One
// that was rotated and lives on does not count while the one that replaced it
// does.
type LiveFilter struct {
	UserID      string // the owner
	Tenant      string // the one that each belongs to
	Description string
	Now         time.Time
}

// LiveTokens counts tokens. Decide by it only while holding what it counts.
func (q Queries) LiveTokens(ctx context.Context, f LiveFilter) (n int, err error) {
	var cond conditions
	cond.equal("t.user_id", f.UserID)
	if f.Tenant != "" {
		cond.ofTenant(f.Tenant)
	}
	cond.equal("t.description", f.Description)
	at := cond.arg(f.Now.UnixMilli())
	cond.add(worksSQL("t", at), " AND (t.replaced_by IS NULL OR NOT EXISTS (SELECT 1 FROM tokens n WHERE n.id = t.replaced_by AND ", worksSQL("n", at), "))")
	err = q.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM tokens t`+cond.where(), cond.args...).Scan(&n)
	return n, readError("tokens", err)
}

// worksSQL is whether a row of tokens works at the parameter now.
func worksSQL(t, now string) string {
	return "(" + t + ".revoked_at IS NULL OR COALESCE(" + t + ".overlap_ends_at, -1) > " + now + ") AND (" + t + ".expires_at IS NULL OR " + t + ".expires_at > " + now + ")"
}
