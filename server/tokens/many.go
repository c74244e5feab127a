package tokens

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"keyfob/api"
	"keyfob/server/store"
)

// manyMax is how many tokens one call of RevokeMany ends at most.
const manyMax = 1000

// RevokeMany ends the tokens that are named, or the active ones that fit, up
// to 1000 in one transaction, with a row in the change log for each. It needs
// an administrator. What has expired is not selected: it has ended already.
func (s *Service) RevokeMany(ctx context.Context, c Caller, want api.Revocation) (api.Revoked, error) {
	if err := administrator(c); err != nil {
		return api.Revoked{}, err
	}
	if err := checkRevocation(want); err != nil {
		return api.Revoked{}, err
	}
	if want.UnusedSince != nil {
		if err := s.flush(ctx); err != nil { // else a token in use could be taken for unused
			return api.Revoked{}, err
		}
	}
	now := s.now()
	out := api.Revoked{DryRun: want.DryRun}
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		if err := s.stillAdministers(ctx, tx, c); err != nil {
			return err
		}
		ids, err := s.selected(ctx, tx, want, now, &out)
		if err != nil {
			return err
		}
		out.Items = make([]api.RevokedToken, len(ids))
		for i, id := range ids {
			if out.Items[i], err = revokeOne(ctx, tx, c, id, now, want.DryRun); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return api.Revoked{}, err
	}
	return out, nil
}

func checkRevocation(want api.Revocation) error {
	filtered := want.AppID != "" || want.UserID != "" || want.CreatedBefore != nil || want.UnusedSince != nil
	switch {
	case len(want.IDs) == 0 && !filtered:
		return invalid(api.FieldError{Pointer: "/ids", Code: api.FieldRequired, Detail: "Name tokens, or at least one thing that they have in common."})
	case len(want.IDs) > 0 && filtered:
		return invalid(api.FieldError{Pointer: "/ids", Code: api.FieldFormat, Detail: "Name tokens, or say what they have in common, not both."})
	case len(want.IDs) > manyMax:
		return invalid(api.FieldError{Pointer: "/ids", Code: api.FieldTooLong, Detail: "Name at most 1000 tokens in one call."})
	}
	return nil
}

// selected are the ids of the tokens that want is about, the oldest first or
// as they are named. It notes in out how many there are.
func (s *Service) selected(ctx context.Context, tx *store.Tx, want api.Revocation, now time.Time, out *api.Revoked) ([]string, error) {
	var ids []string
	if len(want.IDs) > 0 {
		for _, id := range want.IDs {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
		out.Total = len(ids)
		return ids, nil
	}
	f := store.TokenFilter{AppID: want.AppID, UserID: want.UserID, Status: []string{store.Active}, Now: now}
	if want.CreatedBefore != nil {
		f.CreatedBefore = *want.CreatedBefore
	}
	if want.UnusedSince != nil {
		f.UnusedSince = *want.UnusedSince
	}
	l, err := tx.Tokens(ctx, f, store.Order{By: "createdAt", Limit: manyMax, Exact: true})
	if err != nil {
		return nil, err
	}
	for _, r := range l.Items {
		ids = append(ids, r.ID)
	}
	out.Total, out.More = l.Total, l.Next != nil
	return ids, nil
}

func revokeOne(ctx context.Context, tx *store.Tx, c Caller, id string, now time.Time, dryRun bool) (api.RevokedToken, error) {
	out := api.RevokedToken{ID: id, Result: api.ResultRevoked}
	t, err := tx.TokenByID(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		out.Result = api.ResultNotFound
		return out, nil
	case err != nil:
		return out, err
	case t.Ended():
		out.Result = api.ResultAlready
		return out, nil
	case dryRun:
		return out, nil
	}
	if _, err := tx.RevokeToken(ctx, id, now, c.User.ID); err != nil {
		return out, err
	}
	return out, record(ctx, tx, now, c.User.ID, "token.revoked", id, map[string]any{"many": true})
}

// FindToken is the record of the token whose secret was found somewhere,
// whatever its status; CodeNotFound for any other text. It needs an
// administrator. A wrong checksum costs no read, and the secret goes nowhere.
func (s *Service) FindToken(ctx context.Context, c Caller, found string) (api.Token, error) {
	if err := administrator(c); err != nil {
		return api.Token{}, err
	}
	p, err := s.lookUp(ctx, strings.TrimSpace(found)) // as it was pasted
	if _, unknown := errors.AsType[*Error](err); unknown {
		return api.Token{}, notFound()
	}
	if err != nil {
		return api.Token{}, err
	}
	now := s.now()
	var out api.Token
	err = s.Store.Write(ctx, func(tx *store.Tx) error {
		if err := s.stillAdministers(ctx, tx, c); err != nil {
			return err
		}
		r, err := oneToken(ctx, tx.Queries, store.TokenFilter{ID: p.Token.ID})
		if err != nil {
			return err
		}
		out = s.tokenOf(r, now)
		return record(ctx, tx, now, c.User.ID, "token.found", r.ID, nil)
	})
	if err != nil {
		return api.Token{}, err
	}
	return out, nil
}
