package store

import (
	"context"
	"time"
)

// LiveFilter selects tokens that work at Now by themselves: neither revoked nor
// expired. One that was rotated does not count, also while it lives on: the one
// that replaced it does.
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
	cond.equal("t.tenants", f.Tenant)
	cond.equal("t.description", f.Description)
	cond.add("t.revoked_at IS NULL AND t.replaced_by IS NULL AND (t.expires_at IS NULL OR t.expires_at > ", cond.arg(f.Now.UnixMilli()), ")")
	err = q.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM tokens t`+cond.where(), cond.args...).Scan(&n)
	return n, readError("tokens", err)
}
