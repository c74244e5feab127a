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
	return s.revoke(ctx, c.User.ID, nil, func(tx *store.Tx) (store.Token, error) { return tx.TokenByID(ctx, id) })
}

// RevokePresented ends the token whose secret is shown: whoever holds a leaked
// one may end it. It answers nil for any other, as RFC 7009 section 2.2 has
// it. The change log names who issued the token (requirement 22).
func (s *Service) RevokePresented(ctx context.Context, presented, from string) error {
	return s.revokePresented(ctx, "", presented, from)
}

// RevokeForApp is RevokePresented asked by an application, as for Introspect.
// The token of another is to it as one that is unknown.
func (s *Service) RevokeForApp(ctx context.Context, by Caller, presented string) error {
	appID, err := introspector(by)
	if err != nil {
		return err
	}
	return s.revokePresented(ctx, appID, presented, by.From)
}

// revokePresented ends what is presented, if it is of the app, or of any where
// appID is empty.
func (s *Service) revokePresented(ctx context.Context, appID, presented, from string) error {
	p, err := s.lookUp(ctx, presented)
	if _, unknown := errors.AsType[*Error](err); unknown || err == nil && appID != "" && p.App.ID != appID {
		return nil
	}
	if err != nil {
		return err
	}
	detail := map[string]any{"presented": true, "from": from}
	if p.Exchanged != nil {
		return s.revokeExchanged(ctx, &p.Presented, detail)
	}
	return s.revoke(ctx, p.Token.CreatedBy, detail, func(*store.Tx) (store.Token, error) { return p.Token, nil })
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
