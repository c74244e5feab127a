package tokens

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"keyfob/server/secret"
	"keyfob/server/store"
)

// What is kept of a secret is its MAC under a pepper. To exchange the pepper
// while servers work, two are held for a while: what is made is kept under the
// current one, what is presented may be under either. What is found under the
// old one is noted, and moved to the current one with the next last uses.
//
// Which is which is in the database, and the servers follow it; what they are
// is in files, brought to each server by hand: whoever has the database, and
// the old pepper, does not have the new one by that.

// pepperEvery is how often a server looks which pepper is the current one.
const pepperEvery = 2 * time.Second

// ErrOtherPepper says that a pepper is not here under which secrets are kept.
var ErrOtherPepper = errors.New("the pepper is not the one that the tokens were issued under: put the file back that belongs to this database")

// peppers are those that a server holds. They do not change.
type peppers struct {
	current heldPepper
	other   *heldPepper // new or old; nil: none
	missing string      // id of the current one of the database, which is not here
}

type heldPepper struct {
	secret.Pepper
	id string
}

func withID(p secret.Pepper) heldPepper { return heldPepper{p, p.ID()} }

// all are the current one, then the other one.
func (p *peppers) all() []heldPepper {
	if p.other == nil {
		return []heldPepper{p.current}
	}
	return []heldPepper{p.current, *p.other}
}

// of is the one with that id; nil: it is not here.
func (p *peppers) of(id string) *heldPepper {
	if p.current.id == id {
		return &p.current
	}
	if p.other != nil && p.other.id == id {
		return p.other
	}
	return nil
}

// macs are a text's, in the order of all.
func (p *peppers) macs(text string) [][]byte {
	var out [][]byte
	for _, one := range p.all() {
		out = append(out, one.MAC(text))
	}
	return out
}

// fits reports whether what is kept of presented under a pepper is mac.
func (p *peppers) fits(presented, pepperID string, mac []byte) bool {
	under := p.of(pepperID)
	return under != nil && hmac.Equal(mac, under.MAC(presented))
}

// among reports the same of the macs of what was presented.
func (p *peppers) among(macs [][]byte, pepperID string, mac []byte) bool {
	if p.current.id == pepperID {
		return hmac.Equal(mac, macs[0])
	}
	return p.otherID() == pepperID && p.other != nil && hmac.Equal(mac, macs[1])
}

// refused is why a secret that is found nowhere is worth nothing: where the
// current pepper is missing, nobody knows whether it is.
func (p *peppers) refused() error {
	if p.missing != "" {
		return fmt.Errorf("%w: the pepper %s is not here", store.ErrUnavailable, p.missing)
	}
	return unauthenticated()
}

// toMove notes that presented was kept under another pepper than the current
// one.
func (s *Service) toMove(in *moves, at *peppers, id, presented, pepperID string, mac []byte) {
	if pepperID != at.current.id && at.missing == "" {
		in.note(store.Move{ID: id, From: pepperID, To: at.current.id, Old: mac, New: at.current.MAC(presented)})
	}
}

// moves are what is to be kept under the current pepper, by id.
type moves struct {
	mu   sync.Mutex
	byID map[string]store.Move
}

func (m *moves) note(one store.Move) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.byID == nil {
		m.byID = map[string]store.Move{}
	}
	m.byID[one.ID] = one
}

func (m *moves) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.byID)
}

// some are at most so many of those to the current pepper. Others are dropped:
// the pepper changed since.
func (m *moves) some(to string, most int) map[string]store.Move {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make(map[string]store.Move, min(len(m.byID), most))
	for id, one := range m.byID {
		if one.To != to {
			delete(m.byID, id)
			continue
		}
		if len(out) == most {
			break
		}
		out[id] = one
	}
	return out
}

func (m *moves) forget(written map[string]store.Move) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id := range written {
		delete(m.byID, id)
	}
}

// OpenPeppers finds out which peppers the records need, and follows that from
// now on. It answers ErrOtherPepper where secrets would be refused that work:
// call it at the start, so that a lost pepper is noticed at once. The first
// call on new records notes the Pepper of this Service as theirs.
func (s *Service) OpenPeppers(ctx context.Context) error {
	rows, err := s.Store.Peppers(ctx)
	if err == nil && len(rows) == 0 {
		rows, err = s.adopt(ctx)
	}
	if err != nil {
		return err
	}
	if _, err := s.holdPeppers(rows); err != nil {
		return err
	}
	at := s.peppers.Load()
	if at.missing != "" {
		return fmt.Errorf("%w (%s)", ErrOtherPepper, at.missing)
	}
	for _, r := range rows {
		if r.State == store.PepperOld && at.of(r.ID) == nil && !s.WithoutOld {
			if err := s.unneeded(ctx, r.ID); err != nil {
				return err
			}
		}
	}
	me := &store.Holder{ServerID: newID(), Name: s.Server}
	if err := s.tell(ctx, rows, me); err != nil { // before it serves: who asks now learns of it
		s.Log.WarnContext(ctx, "it was not told which peppers are here; it is tried again", "after", pepperEvery, "error", err)
	}
	s.done.Go(func() { s.followPeppers(me) })
	return nil
}

// unneeded is ErrOtherPepper if anything works that is under an old pepper.
func (s *Service) unneeded(ctx context.Context, id string) error {
	u, err := s.Store.UsesOfPepper(ctx, id, s.now())
	if err == nil && u.Tokens+u.Secrets > 0 {
		return fmt.Errorf("%w (%s, which %d tokens and %d client secrets still need)", ErrOtherPepper, id, u.Tokens, u.Secrets)
	}
	return err
}

// adopt notes the first pepper of these records.
func (s *Service) adopt(ctx context.Context) (rows []store.Pepper, err error) {
	id, err := s.Store.NewestPepperID(ctx)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	if err == nil && s.peppers.Load().of(id) == nil {
		return nil, ErrOtherPepper
	}
	err = s.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.Hold(ctx, "peppers"); err != nil {
			return err
		}
		if rows, err = tx.Peppers(ctx); err != nil || len(rows) > 0 {
			return err
		}
		first := store.Pepper{ID: s.peppers.Load().current.id, State: store.PepperCurrent, Since: s.now()}
		rows = []store.Pepper{first}
		return errors.Join(tx.SetPepper(ctx, first), tx.AdoptSecrets(ctx, first.ID))
	})
	return rows, err
}

// holdPeppers takes the peppers that rows name, and reports whether that is a
// change. What is in memory needs no file any more.
func (s *Service) holdPeppers(rows []store.Pepper) (bool, error) {
	at := s.peppers.Load()
	current, other := wantedPeppers(rows)
	same := at.missing == "" && at.current.id == current
	if same && at.otherID() == other {
		return false, nil
	}
	here, err := s.reachable(at)
	if err != nil {
		return false, err
	}
	next := &peppers{current: at.current, missing: current}
	for _, p := range here {
		switch p.id {
		case current:
			next.current, next.missing = p, ""
		case other:
			next.other = &p
		}
	}
	if same && next.otherID() == at.otherID() {
		return false, nil // a new one that did not come yet
	}
	if next.missing != "" {
		next.other = at.other // as before: what it held still works
	}
	s.peppers.Store(next)
	s.caches.forget() // what is remembered may be under one that is gone
	return true, nil
}

func wantedPeppers(rows []store.Pepper) (current, other string) {
	for _, r := range rows {
		switch r.State {
		case store.PepperCurrent:
			current = r.ID
		case store.PepperNew, store.PepperOld:
			other = r.ID
		}
	}
	return current, other
}

// otherID is empty if there is no other one.
func (p *peppers) otherID() string {
	if p.other == nil {
		return ""
	}
	return p.other.id
}

// reachable are those in memory and those in files.
func (s *Service) reachable(at *peppers) ([]heldPepper, error) {
	here := at.all()
	if s.Peppers == nil {
		return here, nil
	}
	files, err := s.Peppers()
	for _, p := range files {
		here = append(here, withID(p))
	}
	return here, err
}

func (s *Service) followPeppers(me *store.Holder) {
	tick := time.NewTicker(pepperEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.running.Done():
			return
		case <-tick.C:
		}
		if err := s.lookAtPeppers(s.running, me); err != nil && s.running.Err() == nil {
			s.Log.Warn("it is not known which pepper is the current one; it is tried again", "after", pepperEvery, "error", err)
		}
	}
}

// lookAtPeppers does what the database says about peppers, and tells.
func (s *Service) lookAtPeppers(ctx context.Context, server *store.Holder) error {
	rows, err := s.Store.Peppers(ctx)
	if err != nil {
		return err
	}
	changed, err := s.holdPeppers(rows)
	if err != nil {
		return err
	}
	at := s.peppers.Load()
	if at.missing != "" {
		s.Log.Error("the current pepper is not here; put its file into the data directory", "pepper", at.missing)
	} else if changed {
		s.Log.Info("the peppers changed", "current", at.current.id, "held", len(at.all()))
	}
	return s.tell(ctx, rows, server)
}

// tell tells which peppers are here, while there is a new one.
func (s *Service) tell(ctx context.Context, rows []store.Pepper, server *store.Holder) error {
	if server.Name == "" || !slices.ContainsFunc(rows, func(r store.Pepper) bool { return r.State == store.PepperNew }) {
		return nil
	}
	server.Holds = nil
	for _, p := range s.peppers.Load().all() {
		server.Holds = append(server.Holds, p.id)
	}
	server.Beat++
	return s.Store.Write(ctx, func(tx *store.Tx) error { return tx.Tell(ctx, *server) })
}

// PepperMissing reports whether the current pepper is not here: secrets that
// work cannot be told from those that do not.
func (s *Service) PepperMissing() bool { return s.peppers.Load().missing != "" }
