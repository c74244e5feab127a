package store

import (
	"context"
	"slices"
	"time"
)

// Statuses by which tokens are filtered; they are derived, never kept.
const (
	Active  = "active"
	Expired = "expired"
	Revoked = "revoked"
)

// TokenRecord is a token with the names that a list shows.
type TokenRecord struct {
	Token
	AppName    string
	Owner      UserRef // of a PAT
	SystemUser UserRef // of the app, if it may be used now
	Creator    UserRef
	Revoker    UserRef

	HeldPermissions, HeldTenants []string // by whom it acts as, now
}

// TokenFilter selects tokens; its zero value selects all.
type TokenFilter struct {
	ID            string
	Kind          string
	AppID         string
	UserID        string   // the owner
	Tenants       []string // it belongs to any of them, and to no other
	Status        []string // any of them, at Now
	Now           time.Time
	Query         string // in description, app, owner or hint
	ExpiresBefore time.Time
	UnusedSince   time.Time // neither used nor created since
	CreatedBefore time.Time
}

// TokenSorts are the orders of Tokens.
var TokenSorts = Sorts{
	"createdAt":   timeKey("t.created_at"),
	"expiresAt":   endKey("t.expires_at"),
	"lastUsedAt":  endKey("t.last_used_at"),
	"description": textKey("t.description_key"),
}

// Tokens lists tokens. Where there are very many, see countMost.
func (q Queries) Tokens(ctx context.Context, f TokenFilter, order Order) (List[TokenRecord], error) {
	order.alone = f.ID != ""
	return listing[TokenRecord]{
		what: "tokens",
		columns: tokenColumns + `, COALESCE(a.deleted_name, a.name),
			COALESCE(o.id, ''), COALESCE(o.login, ''), COALESCE(o.name, ''),
			COALESCE(s.id, ''), COALESCE(s.login, ''), COALESCE(s.name, ''),
			COALESCE(c.login, ''), COALESCE(c.name, ''),
			COALESCE(r.login, ''), COALESCE(r.name, ''),
			COALESCE(o.permissions, s.permissions, ''), COALESCE(o.tenants, s.tenants, '')`,
		from: `tokens t JOIN apps a ON a.id = t.app_id
			LEFT JOIN users o ON o.id = t.user_id
			LEFT JOIN users s ON s.id = a.system_user_id AND a.system_user_allowed
			LEFT JOIN users c ON c.id = t.created_by
			LEFT JOIN users r ON r.id = t.revoked_by`,
		table: "tokens t", counted: "createdAt",
		id:    "t.id",
		sorts: TokenSorts,
		scan:  scanTokenRecord,
	}.pageOfAll(ctx, q.db, f.lists(order.By), order)
}

// lists are those that the tokens are in: one for each tenant, if it is asked
// for some. Each has an index for each sort.
func (f TokenFilter) lists(sort string) (lists []conditions) {
	if f.Tenants == nil {
		return []conditions{f.conditions(sort, conditions{})}
	}
	for _, tenant := range slices.Compact(slices.Sorted(slices.Values(f.Tenants))) {
		var list conditions
		list.ofTenant(tenant)
		lists = append(lists, f.conditions(sort, list))
	}
	return lists
}

// ofTenant demands what belongs to the tenant alone. It says that this is one,
// so that it can be found by the indexes that have no others.
func (c *conditions) ofTenant(tenant string) {
	c.add("t.tenants = ", c.arg(tenant), " AND t.tenants <> ''")
}

// conditions narrows cond, which is a tenant's list or empty. It keeps columns
// that are not sorted by from leading SQLite to an index of another order:
// COALESCE does that.
func (f TokenFilter) conditions(sort string, cond conditions) conditions {
	user, app, created := "COALESCE(t.user_id, '')", "COALESCE(t.app_id, '')", "COALESCE(t.created_at, 0)"
	ofTenant := len(cond.sql) > 0
	cond.equal("t.id", f.ID)
	switch {
	case ofTenant:
		cond.endOfList()
		cond.equal(user, f.UserID)
		cond.equal(app, f.AppID)
	case f.UserID != "": // has fewer tokens than most apps
		cond.equal("t.user_id", f.UserID)
		cond.endOfList()
		cond.equal(app, f.AppID)
	default:
		cond.equal("t.app_id", f.AppID)
		cond.endOfList()
	}
	if sort == "createdAt" {
		created = "t.created_at"
	}
	cond.equal("t.kind", f.Kind)
	if f.Status != nil {
		cond.status(f.Status, f.Now)
	}
	if f.Query != "" {
		cond.contains(f.Query, "t.description", "COALESCE(a.deleted_name, a.name)", "t.hint", "COALESCE(o.login, '')", "COALESCE(o.name, '')")
	}
	if !f.ExpiresBefore.IsZero() {
		cond.add("COALESCE(t.expires_at, 9223372036854775807) < ", cond.arg(f.ExpiresBefore.UnixMilli()))
	}
	if !f.UnusedSince.IsZero() {
		since := cond.arg(f.UnusedSince.UnixMilli())
		cond.add("COALESCE(t.last_used_at, t.created_at) < ", since, " AND ", created, " < ", since) // no use is before the creation
	}
	if !f.CreatedBefore.IsZero() {
		cond.add(created, " < ", cond.arg(f.CreatedBefore.UnixMilli()))
	}
	return cond
}

// status demands one of the statuses as they are at now.
func (c *conditions) status(statuses []string, now time.Time) {
	at := c.arg(now.UnixMilli())
	expr := "CASE WHEN " + revokedSQL(at) + " THEN '" + Revoked + "' WHEN t.expires_at <= " + at +
		" THEN '" + Expired + "' ELSE '" + Active + "' END"
	c.in(expr, statuses)
}

func scanTokenRecord(row scanner) (TokenRecord, error) {
	var (
		s tokenScan
		r TokenRecord

		permissions, tenants string
	)
	err := row.Scan(append(s.dest(), &r.AppName,
		&r.Owner.ID, &r.Owner.Login, &r.Owner.Name, &r.SystemUser.ID, &r.SystemUser.Login, &r.SystemUser.Name,
		&r.Creator.Login, &r.Creator.Name, &r.Revoker.Login, &r.Revoker.Name,
		&permissions, &tenants)...)
	r.Token, r.HeldPermissions, r.HeldTenants = s.token(), words(permissions), words(tenants)
	r.Creator.ID, r.Revoker.ID = r.CreatedBy, r.RevokedBy
	return r, readError("token", err)
}
