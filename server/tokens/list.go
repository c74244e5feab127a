package tokens

import (
	"context"
	"errors"
	"slices"
	"time"

	"keyfob/api"
	"keyfob/server/rules"
	"keyfob/server/store"
)

// TokenFilter selects tokens of a list. No Status: active and expired
// ones, and those revoked where the rules keep them listed.
type TokenFilter struct {
	Status        []string
	Kind          string
	AppID         string
	Query         string // in description, application, owner or hint
	ExpiresBefore time.Time
	UnusedSince   time.Time
}

// OwnTokens lists the caller's PATs over all apps (requirement 37), or all
// tokens of the caller's tenants, where the rules say so (requirement 41).
func (s *Service) OwnTokens(ctx context.Context, c Caller, f TokenFilter, p PageRequest) (api.Page[api.Token], error) {
	if err := keeper(c); err != nil {
		return api.Page[api.Token]{}, err
	}
	if s.overTenants(c) {
		return s.tokens(ctx, store.TokenFilter{Tenants: tenantsOf(c)}, f, p)
	}
	return s.tokens(ctx, store.TokenFilter{UserID: c.User.ID}, f, p)
}

// overTenants reports whether the caller lists and ends all tokens of their
// tenants. A program keeps to those of its owner.
func (s *Service) overTenants(c Caller) bool {
	return s.Rules.List == rules.ListTenant && c.Interactive() && len(tenantsOf(c)) > 0
}

// theirs reports whether the caller may see and end a token as their own.
func (s *Service) theirs(c Caller, t store.Token) bool {
	return t.Kind == api.KindPAT && t.UserID == c.User.ID || s.overTenants(c) && slices.Contains(tenantsOf(c), tenantOf(t))
}

// OwnToken is one token that OwnTokens would list, whatever its status.
func (s *Service) OwnToken(ctx context.Context, c Caller, id string) (api.Token, error) {
	if err := keeper(c); err != nil {
		return api.Token{}, err
	}
	if id == "" {
		return api.Token{}, notFound()
	}
	r, err := oneToken(ctx, s.Store.Queries, store.TokenFilter{ID: id})
	if errors.Is(err, store.ErrNotFound) || err == nil && !s.theirs(c, r.Token) {
		return api.Token{}, notFound()
	}
	if err != nil {
		return api.Token{}, err
	}
	return s.tokenOf(r, s.now()), nil
}

// AppTokens lists all tokens of an app, PATs and SATs, to administrators
// (requirement 40), also when the app has been deleted.
func (s *Service) AppTokens(ctx context.Context, c Caller, appID string, f TokenFilter, p PageRequest) (api.Page[api.Token], error) {
	if err := administrator(c); err != nil {
		return api.Page[api.Token]{}, err
	}
	if err := s.knownApp(ctx, appID); err != nil {
		return api.Page[api.Token]{}, err
	}
	f.AppID = appID
	return s.tokens(ctx, store.TokenFilter{}, f, p)
}

func (s *Service) tokens(ctx context.Context, f store.TokenFilter, want TokenFilter, p PageRequest) (api.Page[api.Token], error) {
	o, err := p.order(store.TokenSorts, "-createdAt")
	if err != nil {
		return api.Page[api.Token]{}, err
	}
	now := s.now()
	f.Status, f.Now, f.Kind, f.AppID, f.Query = want.Status, now, want.Kind, want.AppID, want.Query
	f.ExpiresBefore, f.UnusedSince = want.ExpiresBefore, want.UnusedSince
	if err := s.checkFilter(&f); err != nil {
		return api.Page[api.Token]{}, err
	}
	if o.By == "lastUsedAt" || !f.UnusedSince.IsZero() {
		// The store sorts and filters by what it knows. If it cannot learn more
		// now, the list is a little behind.
		if err := s.flush(ctx); err != nil {
			s.Log.Warn("last uses not written before a list", "error", err)
		}
	}
	l, err := s.Store.Tokens(ctx, f, o)
	if err != nil {
		return api.Page[api.Token]{}, err
	}
	return pageOf(l, o, func(r store.TokenRecord) api.Token { return s.tokenOf(r, now) }), nil
}

// checkFilter also says which tokens are listed by default (requirement 46).
func (s *Service) checkFilter(f *store.TokenFilter) error {
	if len(f.Status) == 0 {
		f.Status = []string{store.Active, store.Expired}
		if s.Rules.Revoke.StaysListed {
			f.Status = append(f.Status, store.Revoked)
		}
	}
	var fields []api.FieldError
	known := []string{store.Active, store.Expired, store.Revoked}
	if slices.ContainsFunc(f.Status, func(s string) bool { return !slices.Contains(known, s) }) {
		fields = append(fields, api.FieldError{Pointer: "status", Code: api.FieldUnknown, Detail: "Use active, expired or revoked."})
	}
	if f.Kind != "" && f.Kind != api.KindPAT && f.Kind != api.KindSAT {
		fields = append(fields, api.FieldError{Pointer: "kind", Code: api.FieldUnknown, Detail: "Use pat or sat."})
	}
	if len(fields) > 0 {
		return invalid(fields...)
	}
	return nil
}

// oneToken reads the one record that f selects; store.ErrNotFound if none.
func oneToken(ctx context.Context, q store.Queries, f store.TokenFilter) (store.TokenRecord, error) {
	l, err := q.Tokens(ctx, f, store.Order{By: "createdAt", Limit: 1})
	if err != nil {
		return store.TokenRecord{}, err
	}
	if len(l.Items) == 0 {
		return store.TokenRecord{}, store.ErrNotFound
	}
	return l.Items[0], nil
}

// tokenOf is a record on the wire, with its status at now.
func (s *Service) tokenOf(r store.TokenRecord, now time.Time) api.Token {
	s.used.merge(&r.Token)
	t := api.Token{
		ID: r.ID, Kind: r.Kind, Description: r.Description, Hint: r.Hint,
		App: api.AppRef{ID: r.AppID, Name: r.AppName}, User: userRef(r.Owner), ActsAs: userRef(r.Owner),
		Scopes: r.Scopes, CreatedAt: r.CreatedAt, CreatedBy: *userRef(r.Creator), ExpiresAt: orNil(r.ExpiresAt),
		LastUsedAt: orNil(r.LastUsedAt), LastUsedFrom: orNil(r.LastUsedFrom),
		Replaces: orNil(r.Replaces), ReplacedBy: orNil(r.ReplacedBy),
		Status: api.StatusActive,
	}
	if r.Permissions != nil || r.Tenants != nil {
		permissions, tenants := effective(r.Token, store.User{Permissions: r.HeldPermissions, Tenants: r.HeldTenants})
		t.Permissions, t.Tenants, t.Effective = r.Permissions, r.Tenants, &api.Effective{Permissions: listed(permissions), Tenants: listed(tenants)}
	}
	if r.Kind == api.KindSAT {
		t.ActsAs = userRef(r.SystemUser)
	}
	if r.Revoked(now) {
		t.RevokedAt, t.RevokedBy = orNil(r.RevokedAt), userRef(r.Revoker)
	} else {
		t.OverlapEndsAt = orNil(r.OverlapEndsAt)
	}
	switch {
	case t.RevokedAt != nil:
		t.Status = api.StatusRevoked
	case expired(r.Token, now):
		t.Status = api.StatusExpired
	}
	return t
}

// userRef is u on the wire; nil for nobody.
func userRef(u store.UserRef) *api.UserRef {
	if u.ID == "" {
		return nil
	}
	if name, ok := actorNames[u.ID]; ok {
		return &api.UserRef{ID: u.ID, Login: u.ID, Name: name}
	}
	return &api.UserRef{ID: u.ID, Login: u.Login, Name: u.Name}
}

// orNil is v on the wire; nil for the zero value.
func orNil[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
