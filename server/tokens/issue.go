package tokens

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"keyfob/api"
	"keyfob/server/rules"
	"keyfob/server/secret"
	"keyfob/server/store"
)

// CreatePAT issues a PAT to the caller (requirement 17). A PAT with the scope
// tokens may ask too, within its own bounds. The operator names the user in
// want.UserID. The same idempotencyKey with the same wish answers with
// the same token and secret for ten minutes; an empty key promises nothing.
func (s *Service) CreatePAT(ctx context.Context, c Caller, want api.NewToken, idempotencyKey string) (api.Issued, error) {
	if err := keeper(c); err != nil {
		return api.Issued{}, err
	}
	a, err := s.newAttempt(c, idempotencyKey, c.by(api.KindPAT), want)
	if err != nil {
		return api.Issued{}, err
	}
	return s.issue(ctx, c, a, func(tx *store.Tx, c Caller) (allowed, error) {
		owner, fields, err := ownerOf(ctx, tx, c, want.UserID)
		if err != nil {
			return allowed{}, err
		}
		app, appFields, err := appFor(ctx, tx, want.AppID, owner)
		if err != nil {
			return allowed{}, err
		}
		fields = append(fields, appFields...)
		t, tokenFields := s.wished(want, app)
		fields = append(append(fields, s.checkLabel(t.Description)...), tokenFields...)
		var grantFields []api.FieldError
		t.Permissions, t.Tenants, grantFields = s.granted(want, owner)
		fields = append(fields, grantFields...)
		if fields = append(fields, bounded(c, t)...); len(fields) > 0 {
			return allowed{}, invalid(fields...)
		}
		t.Kind, t.AppID, t.UserID = api.KindPAT, app.ID, owner.ID
		return allowed{t, app, owner}, nil
	})
}

// CreateSAT issues a SAT for an app, whose System User it will act as. It
// needs an administrator, whatever the policy (requirement 28).
func (s *Service) CreateSAT(ctx context.Context, c Caller, appID string, want api.NewToken, idempotencyKey string) (api.Issued, error) {
	if err := administrator(c); err != nil {
		return api.Issued{}, err
	}
	a, err := s.newAttempt(c, idempotencyKey, api.KindSAT+"\x00"+appID, want)
	if err != nil {
		return api.Issued{}, err
	}
	return s.issue(ctx, c, a, func(tx *store.Tx, c Caller) (allowed, error) {
		if err := administrator(c); err != nil {
			return allowed{}, err
		}
		app, err := tx.AppByID(ctx, appID)
		if errors.Is(err, store.ErrNotFound) {
			return allowed{}, notFound()
		}
		if err != nil {
			return allowed{}, err
		}
		if err := permits(app, c.User); err != nil {
			return allowed{}, err
		}
		holder, err := systemUser(ctx, tx, app)
		if err != nil {
			return allowed{}, err
		}
		t, fields := s.wished(want, app)
		fields = append(s.checkLabel(t.Description), fields...)
		var grantFields []api.FieldError
		t.Permissions, t.Tenants, grantFields = s.granted(want, holder)
		fields = append(fields, grantFields...)
		if want.UserID != "" {
			fields = append(fields, api.FieldError{Pointer: "/userId", Code: api.FieldForeign, Detail: "A service access token belongs to no user."})
		}
		if want.AppID != "" && want.AppID != appID {
			fields = append(fields, api.FieldError{Pointer: "/appId", Code: api.FieldForeign, Detail: "The application is the one in the address."})
		}
		if len(fields) > 0 {
			return allowed{}, invalid(fields...)
		}
		t.Kind, t.AppID = api.KindSAT, app.ID
		return allowed{t, app, holder}, nil
	})
}

// decision is the token that a caller, as they are now, is allowed.
type decision func(*store.Tx, Caller) (allowed, error)

// allowed is a token that may be issued for app, to act as holder.
type allowed struct {
	store.Token
	app    store.App
	holder store.User
}

// record is the token as a list has it, once by has issued it.
func (a allowed) record(by store.User) store.TokenRecord {
	r := store.TokenRecord{
		Token: a.Token, AppName: a.app.Name, Creator: refTo(by), HeldPermissions: a.holder.Permissions, HeldTenants: a.holder.Tenants,
	}
	r.Scopes = listed(r.Scopes)
	if a.Kind == api.KindSAT {
		r.SystemUser = refTo(a.holder)
	} else {
		r.Owner = refTo(a.holder)
	}
	return r
}

func refTo(u store.User) store.UserRef { return store.UserRef{ID: u.ID, Login: u.Login, Name: u.Name} }

// issue makes the token that decide allows, with its secret, or repeats the
// reply to an earlier attempt; then follows what goes with a new token. All of
// it happens in one transaction: no change of policy slips in between.
func (s *Service) issue(ctx context.Context, c Caller, a *attempt, decide decision, then ...func(*store.Tx, store.Token) error) (api.Issued, error) {
	now := s.now()
	var out api.Issued
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		c, err := s.again(ctx, tx, c)
		if err != nil {
			return err
		}
		var rec store.TokenRecord
		r, found, err := a.earlier(ctx, tx, now)
		switch {
		case err != nil:
		case found:
			rec, err = oneToken(ctx, tx.Queries, store.TokenFilter{ID: r.tokenID})
		default:
			if r, rec, err = s.insert(ctx, tx, c, now, decide, then); err == nil {
				err = a.keep(ctx, tx, r, now)
			}
		}
		if err != nil {
			return err
		}
		out = api.Issued{Token: s.tokenOf(rec, now), Secret: r.secret.Reveal()}
		return nil
	})
	if err != nil {
		return api.Issued{}, err
	}
	return out, nil
}

func (s *Service) insert(ctx context.Context, tx *store.Tx, c Caller, now time.Time, decide decision, then []func(*store.Tx, store.Token) error) (r reply, rec store.TokenRecord, err error) {
	to, err := decide(tx, c)
	if err != nil {
		return r, rec, err
	}
	t := &to.Token
	if err := s.demanded(ctx, tx, *t, now); err != nil {
		return r, rec, err
	}
	value := secret.New(s.Rules.SecretPrefix(s.tenantOf(*t)), t.Kind)
	t.ID, t.CreatedAt, t.CreatedBy = newID(), now, c.User.ID
	under := s.peppers.Load().current
	t.MAC, t.PepperID, t.Hint = under.MAC(value.Reveal()), under.id, value.Hint()
	if err := tx.UnderPepper(ctx, under.id); err != nil {
		return r, rec, err
	}
	if err := tx.InsertToken(ctx, *t); err != nil {
		return r, rec, err
	}
	detail := map[string]any{"kind": t.Kind, "appId": t.AppID, "userId": t.UserID, "scopes": t.Scopes, "expiresAt": orNil(t.ExpiresAt)}
	if t.Permissions != nil {
		detail["permissions"] = t.Permissions
	}
	if t.Tenants != nil {
		detail["tenants"] = t.Tenants
	}
	if t.Replaces != "" {
		detail["replaces"] = t.Replaces
	}
	if err := record(ctx, tx, now, c.User.ID, "token.created", t.ID, c.via(detail)); err != nil {
		return r, rec, err
	}
	for _, do := range then {
		if err := do(tx, *t); err != nil {
			return r, rec, err
		}
	}
	return reply{tokenID: t.ID, secret: value}, to.record(c.User), nil
}

// ownerOf is the caller, or for the operator the user that is named, as they
// are now.
func ownerOf(ctx context.Context, tx *store.Tx, c Caller, userID string) (store.User, []api.FieldError, error) {
	if !c.operator() {
		if userID != "" && userID != c.User.ID {
			return c.User, []api.FieldError{{Pointer: "/userId", Code: api.FieldForeign, Detail: "A personal access token is issued to its caller only."}}, nil
		}
		return c.User, nil, nil
	}
	u, err := tx.UserByID(ctx, userID)
	if errors.Is(err, store.ErrNotFound) || err == nil && !u.IsActive {
		return u, []api.FieldError{{Pointer: "/userId", Code: api.FieldUnknown, Detail: "There is no such active user."}}, nil
	}
	return u, nil, err
}

// appFor is the app that a PAT is wanted for. A policy that refuses is an
// error at once: what else is wrong would tell about an app that is not open.
func appFor(ctx context.Context, tx *store.Tx, id string, owner store.User) (store.App, []api.FieldError, error) {
	if id == "" {
		return store.App{}, []api.FieldError{{Pointer: "/appId", Code: api.FieldRequired, Detail: "Choose a trusted application."}}, nil
	}
	app, err := tx.AppByID(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return app, []api.FieldError{{Pointer: "/appId", Code: api.FieldUnknown, Detail: "There is no such trusted application."}}, nil
	}
	if err != nil {
		return app, nil, err
	}
	return app, nil, permits(app, owner)
}

// permits applies the AccessTokens policy (requirements 26 to 29).
func permits(app store.App, u store.User) error {
	switch {
	case app.Policy == api.PolicyAuthenticatedUsers:
	case app.Policy == api.PolicyAdministratorsOnly && u.IsAdmin:
	case app.Policy == api.PolicyAdministratorsOnly:
		return refuse(api.CodePolicyAdmins, "Only administrators may issue tokens for this application.")
	default:
		return refuse(api.CodePolicyNone, "No tokens may be issued for this application.")
	}
	if !app.Enabled {
		return refuse(api.CodeAppDisabled, "This application is disabled.")
	}
	return nil
}

// systemUser is whom a SAT of app acts as.
func systemUser(ctx context.Context, tx *store.Tx, app store.App) (store.User, error) {
	no := refuse(api.CodeNoSystemUser, "The application has no System User that a service access token could act as.")
	if !app.SystemUserAllowed || app.SystemUserID == "" {
		return store.User{}, no
	}
	u, err := tx.UserByID(ctx, app.SystemUserID)
	if err == nil && !u.IsActive {
		return u, no
	}
	return u, err
}

// wished checks what is asked of a token for app and makes it, without an
// identity yet. An app without an id is unknown: its scopes are not checked.
func (s *Service) wished(want api.NewToken, app store.App) (store.Token, []api.FieldError) {
	var fields []api.FieldError
	bad := func(pointer, code, detail string) {
		fields = append(fields, api.FieldError{Pointer: pointer, Code: code, Detail: detail})
	}
	t := store.Token{Description: strings.TrimSpace(want.Description), Scopes: s.inOrder(want.Scopes)}
	if want.ExpiresAt != nil {
		t.ExpiresAt = want.ExpiresAt.UTC().Truncate(time.Millisecond)
		if !t.ExpiresAt.After(s.now()) {
			bad("/expiresAt", api.FieldPast, "Choose a time to come.")
		} else if t.ExpiresAt.Year() > 9999 {
			bad("/expiresAt", api.FieldFormat, "Choose a time before the year 10000, in UTC.")
		}
	}
	switch {
	case len(want.Scopes) == 0 && s.Rules.Grants == rules.GrantPermissions:
	case len(want.Scopes) == 0:
		bad("/scopes", api.FieldRequired, "Choose at least one scope.")
	case slices.ContainsFunc(want.Scopes, outside(s.Rules.ScopeNames())):
		bad("/scopes", api.FieldUnknown, "There is no such scope.")
	case app.ID != "" && slices.ContainsFunc(want.Scopes, outside(app.Scopes)):
		bad("/scopes", api.FieldTooMuch, "The application does not allow this scope.")
	}
	return t, fields
}

// outside reports of a scope whether it is out of bounds.
func outside(bounds []string) func(scope string) bool {
	return func(scope string) bool { return !slices.Contains(bounds, scope) }
}
