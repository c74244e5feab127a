package store

import (
	"context"
	"strings"
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
	cond.equal("COALESCE(t.description, '')", f.Description) // not by an index of all, also the ended
	at := cond.arg(f.Now.UnixMilli())
	cond.add("(t.replaced_by IS NULL OR NOT EXISTS (SELECT 1 FROM tokens n WHERE n.id = t.replaced_by AND ", worksSQL("n", at), "))")
	var counts []string
	for _, part := range worksParts("t", at) {
		counts = append(counts, `(SELECT COUNT(*) FROM tokens t`+cond.where()+` AND `+part+`)`)
	}
	err = q.db.QueryRowContext(ctx, `SELECT `+strings.Join(counts, " + "), cond.args...).Scan(&n)
	return n, readError("tokens", err)
}

// worksSQL is whether a row of tokens works at the parameter now.
func worksSQL(t, now string) string {
	return "(" + t + ".revoked_at IS NULL OR COALESCE(" + t + ".overlap_ends_at, -1) > " + now + ") AND (" + t + ".expires_at IS NULL OR " + t + ".expires_at > " + now + ")"
}

// worksParts are worksSQL in parts, so that each of them is an index walk that
// leaves out what has expired: the tokens that never end, those that end later,
// and those that were rotated and live on.
func worksParts(t, now string) []string {
	return []string{
		t + ".revoked_at IS NULL AND " + t + ".expires_at IS NULL",
		t + ".revoked_at IS NULL AND " + t + ".expires_at > " + now,
		t + ".revoked_at IS NOT NULL AND " + t + ".overlap_ends_at > " + now + " AND (" + t + ".expires_at IS NULL OR " + t + ".expires_at > " + now + ")",
	}
}
