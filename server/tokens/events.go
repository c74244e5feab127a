package tokens

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"keyfob/api"
	"keyfob/server/audit"
	"keyfob/server/store"
)

// EventFilter selects events of the change log; its zero value selects all.
type EventFilter struct {
	From, To time.Time // from, and before
	Actor    string    // a user's id or login, operator, server or unknown
	Action   string
	ObjectID string
	Query    string // in action, change or a name
}

// Events lists the change log to administrators, the newest first.
func (s *Service) Events(ctx context.Context, c Caller, f EventFilter, p PageRequest) (api.EventPage, error) {
	if err := administrator(c); err != nil {
		return api.EventPage{}, err
	}
	return s.events(ctx, store.EventFilter{}, f, p)
}

// OwnEvents lists what the caller did, and what was done to the caller and to
// their tokens.
func (s *Service) OwnEvents(ctx context.Context, c Caller, f EventFilter, p PageRequest) (api.EventPage, error) {
	if err := interactive(c); err != nil {
		return api.EventPage{}, err
	}
	return s.events(ctx, store.EventFilter{UserID: c.User.ID}, f, p)
}

func (s *Service) events(ctx context.Context, f store.EventFilter, want EventFilter, p PageRequest) (api.EventPage, error) {
	o, err := p.order(store.EventSorts, "-at")
	if err != nil {
		return api.EventPage{}, err
	}
	f.From, f.To, f.Action, f.ObjectID, f.Query = want.From, want.To, want.Action, want.ObjectID, want.Query
	if f.ActorID, err = s.actorID(ctx, want.Actor); err != nil {
		return api.EventPage{}, err
	}
	l, err := s.Store.Events(ctx, f, o)
	if err != nil {
		return api.EventPage{}, err
	}
	page := pageOf(l, o, eventOf)
	return api.EventPage{Items: page.Items, NextCursor: page.NextCursor}, nil
}

// actorID is the id of a user who is named by login.
func (s *Service) actorID(ctx context.Context, actor string) (string, error) {
	if actor == "" {
		return "", nil
	}
	u, err := s.Store.UserByLogin(ctx, strings.ToLower(actor))
	if errors.Is(err, store.ErrNotFound) {
		return actor, nil
	}
	return u.ID, err
}

// actorNames are the actors that are no users.
var actorNames = map[string]string{
	operatorID: "Operator", store.ActorServer: "The server", store.ActorUnknown: "Unknown", store.ActorApp: "An application",
}

// eventOf is a record on the wire.
func eventOf(r store.EventRecord) api.Event {
	actor := api.UserRef{ID: r.ActorID, Login: r.Actor.Login, Name: r.Actor.Name}
	if name, ok := actorNames[r.ActorID]; ok {
		actor.Login, actor.Name = r.ActorID, name
	}
	return api.Event{
		Seq: r.Seq, At: r.At, Actor: actor, Action: r.Action, User: userRef(r.User), Changes: changesOf(r.Detail),
		Object: api.EventObject{Kind: r.ObjectKind, ID: r.ObjectID, Name: r.ObjectName},
	}
}

// changesOf reads a detail, as record wrote it: a value for each field, or its
// old and its new one.
func changesOf(detail string) []api.EventChange {
	var fields map[string]any
	if err := json.Unmarshal([]byte(detail), &fields); err != nil {
		return []api.EventChange{} // it was spoiled: Verify tells
	}
	changes := make([]api.EventChange, 0, len(fields))
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		change := api.EventChange{Field: field}
		if both, ok := fields[field].(map[string]any); ok {
			change.Old, change.New = shown(both["old"]), shown(both["new"])
		} else {
			change.New = shown(fields[field])
		}
		changes = append(changes, change)
	}
	return changes
}

// shown is a value of a detail as text; nil for none.
func shown(v any) *string {
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		return orNil(v)
	case []any:
		words := make([]string, len(v))
		for i, item := range v {
			if text := shown(item); text != nil {
				words[i] = *text
			}
		}
		return orNil(strings.Join(words, " "))
	}
	text, _ := json.Marshal(v) // cannot fail: it was read from JSON
	return orNil(string(text))
}

// VerifyEvents recomputes the change log's hash chain and compares it with the
// signed checkpoints, for administrators. What does not fit is in the reply.
func (s *Service) VerifyEvents(ctx context.Context, c Caller) (api.Verified, error) {
	if err := administrator(c); err != nil {
		return api.Verified{}, err
	}
	s.verifying.Lock() // one at a time: it reads all there is
	defer s.verifying.Unlock()
	if err := ctx.Err(); err != nil {
		return api.Verified{}, err
	}
	var (
		signed []audit.Signed
		err    error
	)
	if s.Checkpoints != nil {
		signed, err = s.Checkpoints()
	}
	r := audit.Report{}
	if damaged, ok := errors.AsType[*audit.Break](err); ok {
		r.Break = damaged
	} else if err != nil {
		return api.Verified{}, err
	} else if r, err = audit.Verify(ctx, s.Store, signed); err != nil {
		return api.Verified{}, err
	}
	s.broken.Store(r.Break != nil)
	return verifiedOf(r), nil
}

// ChangeLogBroken reports whether the last VerifyEvents found the chain broken.
func (s *Service) ChangeLogBroken() bool { return s.broken.Load() }

// verifiedOf is a report on the wire.
func verifiedOf(r audit.Report) api.Verified {
	v := api.Verified{OK: r.Break == nil, Events: r.Events, Hash: r.Head.Hash.String(), Checkpoints: r.Checkpoints, Restored: []api.EventRestore{}}
	for _, once := range r.Restores {
		told := api.EventRestore{At: once.At, BackupAt: once.Backup, Seq: once.Seq}
		if once.Lost > 0 {
			told.LostSeq = new(once.Lost)
		}
		v.Restored = append(v.Restored, told)
	}
	if r.Last != nil {
		v.Last = &api.EventCheckpoint{Seq: r.Last.Seq, At: r.Last.At}
	}
	if b := r.Break; b != nil {
		v.Broken = &api.EventBreak{Seq: b.Seq, Reason: b.Reason, Detail: b.Error()}
	}
	return v
}
