package tokens

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"keyfob/server/store"
)

// RevokeOwn ends a token that OwnTokens would list, at once and for good
// (requirement 80). Ending it again changes nothing. Any other is CodeNotFound
// (requirement 79).
func (s *Service) RevokeOwn(ctx context.Context, c Caller, id string) error {
	if err := keeper(c); err != nil {
		return err
	}
	return s.revoke(ctx, c.User.ID, c.via(nil), func(tx *store.Tx) (store.Token, error) {
		c, err := s.again(ctx, tx, c)
		if err != nil {
			return store.Token{}, err
		}
		t, err := tx.TokenByID(ctx, id)
		if err == nil && !s.theirs(c, t) {
			return t, store.ErrNotFound
		}
		return t, err
	})
}

// RevokeAny ends any token; it needs an administrator (requirement 80).
func (s *Service) RevokeAny(ctx context.Context, c Caller, id string) error {
	if err := administrator(c); err != nil {
		return err
	}
	return s.revoke(ctx, c.User.ID, nil, func(tx *store.Tx) (store.Token, error) {
		if err := s.stillAdministers(ctx, tx, c); err != nil {
			return store.Token{}, err
		}
		return tx.TokenByID(ctx, id)
	})
}

// RevokePresented ends the token whose secret is shown: whoever holds a leaked
// one may end it. It answers nil for any other, as RFC 7009 section 2.2 has
// it. The change log names who issued the token (requirement 22).
func (s *Service) RevokePresented(ctx context.Context, presented, from string) error {
	p, ok, err := s.revocable(ctx, presented)
	if !ok {
		return err
	}
	issuer := p.Token.CreatedBy
	if p.Exchanged != nil {
		issuer = p.User.ID
	}
	return s.revokePresented(ctx, p, issuer, map[string]any{"presented": true, "from": from})
}

// RevokeForApp is RevokePresented asked by an application, as for Introspect.
// The token of another is to it as one that is unknown. The change log names
// the application, and who issued the SAT if it asks by one.
func (s *Service) RevokeForApp(ctx context.Context, by Caller, presented string) error {
	appID, err := introspector(by)
	if err != nil {
		return err
	}
	p, ok, err := s.revocable(ctx, presented)
	if !ok || p.App.ID != appID {
		return err
	}
	actor := store.ActorApp
	if by.Token != nil {
		actor = by.Token.CreatedBy
	}
	return s.revokePresented(ctx, p, actor, map[string]any{"presented": true, "from": by.From, "application": appID})
}

// revocable looks up what is presented. That it is unknown is no error.
func (s *Service) revocable(ctx context.Context, presented string) (p *found, ok bool, err error) {
	p, err = s.lookUp(ctx, presented)
	if _, unknown := errors.AsType[*Error](err); unknown {
		return nil, false, nil
	}
	return p, err == nil, err
}

func (s *Service) revokePresented(ctx context.Context, p *found, actor string, detail map[string]any) error {
	if p.Exchanged != nil {
		return s.revokeExchanged(ctx, &p.Presented, actor, detail)
	}
	return s.revoke(ctx, actor, detail, func(*store.Tx) (store.Token, error) { return p.Token, nil })
}

func (s *Service) revoke(ctx context.Context, actor string, detail map[string]any, find func(*store.Tx) (store.Token, error)) error {
	now := s.now()
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		t, err := find(tx)
		if errors.Is(err, store.ErrNotFound) {
			return notFound()
		}
		if err != nil {
			return err
		}
		ended, err := tx.RevokeToken(ctx, t.ID, now, actor)
		if err != nil || !ended {
			return err
		}
		return record(ctx, tx, now, actor, "token.revoked", t.ID, detail)
	})
}

// record writes the change log's row of a change.
func record(ctx context.Context, tx *store.Tx, at time.Time, actor, action, object string, detail map[string]any) error {
	if detail == nil {
		detail = map[string]any{}
	}
	text, err := json.Marshal(detail)
	if err != nil {
		return fmt.Errorf("tokens: writing the change log: %w", err)
	}
	return tx.InsertEvent(ctx, store.Event{At: at, ActorID: actor, Action: action, ObjectID: object, Detail: string(text)})
}
