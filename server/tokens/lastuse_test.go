package tokens

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"keyfob/api"
	"keyfob/server/secret"
	"keyfob/server/store"
)

// requirement 39
func TestAUseShowsAtOnceAndIsWrittenLater(t *testing.T) {
	f := newFixture(t)
	issued := f.pat(f.user, f.app(api.PolicyAuthenticatedUsers))
	shown := func() api.Token { return try(f.OwnToken(t.Context(), f.user, issued.Token.ID))(t) }
	kept := func() store.Token { return try(f.Store.TokenByID(t.Context(), issued.Token.ID))(t) }
	equal(t, shown().LastUsedAt, (*time.Time)(nil))
	equal(t, shown().LastUsedFrom, (*string)(nil))

	try(f.CheckToken(t.Context(), issued.Secret, "192.0.2.7"))(t)
	equal(t, shown().LastUsedAt, new(start))
	equal(t, shown().LastUsedFrom, new("192.0.2.7"))
	equal(t, kept().LastUsedAt, time.Time{})

	if err := f.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	equal(t, kept().LastUsedAt, start)
	equal(t, kept().LastUsedFrom, "192.0.2.7")
	equal(t, len(f.used.unwritten()), 0)
	equal(t, shown().LastUsedAt, new(start))
}

func TestTheLatestUseWins(t *testing.T) {
	f := newFixture(t)
	issued := f.pat(f.user, f.app(api.PolicyAuthenticatedUsers))
	f.used.note(issued.Token.ID, start.Add(2*time.Second), "b")
	f.used.note(issued.Token.ID, start.Add(time.Second), "a")
	if err := f.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.used.note(issued.Token.ID, start.Add(time.Second), "a")
	if err := f.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := try(f.OwnToken(t.Context(), f.user, issued.Token.ID))(t)
	equal(t, got.LastUsedAt, new(start.Add(2*time.Second)))
	equal(t, got.LastUsedFrom, new("b"))
}

func TestAUseThatCannotBeWrittenIsKeptForTheNextTime(t *testing.T) {
	f := newFixture(t)
	issued := f.pat(f.user, f.app(api.PolicyAuthenticatedUsers))
	try(f.CheckToken(t.Context(), issued.Secret, "192.0.2.7"))(t)
	ctx, cancel := cancelled(t)
	defer cancel()
	if err := f.flush(ctx); err == nil {
		t.Fatal("written without a database")
	}
	if err := f.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	equal(t, try(f.Store.TokenByID(t.Context(), issued.Token.ID))(t).LastUsedAt, start)
}

func TestAUseDuringAFlushIsNotLost(t *testing.T) {
	var l lastUses
	l.note("written", start, "a")
	l.note("used again", start, "a")
	for _, id := range l.unwritten() {
		u := l.of(id)
		if id == "used again" {
			l.note(id, start.Add(time.Second), "b")
		}
		l.written(id, u)
	}
	equal(t, l.unwritten(), []string{"used again"})
	equal(t, l.of("used again").from, "b")
}

func TestARefusedTokenWasNotUsed(t *testing.T) {
	f := newFixture(t)
	issued := f.pat(f.user, f.app(api.PolicyAuthenticatedUsers))
	if err := f.RevokeOwn(t.Context(), f.user, issued.Token.ID); err != nil {
		t.Fatal(err)
	}
	_, err := f.CheckToken(t.Context(), issued.Secret, "192.0.2.7")
	f.refused(err, api.CodeUnauthenticated)
	equal(t, len(f.used.unwritten()), 0)
}

// Many uses at once take a processor from the checks for long.
func TestHousekeepingWritesManyUsesBitByBit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := try(store.Open(t.Context(), filepath.Join(t.TempDir(), "keyfob.db")))(t)
		s := &Service{Config: Config{Store: db}}
		s.peppers.Store(&peppers{})
		for i := range 2000 {
			s.used.note(fmt.Sprint(i), start, "192.0.2.7")
		}
		var left atomic.Int64
		begun := time.Now()
		time.AfterFunc(flushOver/2, func() { left.Store(int64(len(s.used.unwritten()))) })
		unless(t, s.flushWithin(t.Context(), flushOver, s.used.due()))
		if took, left := time.Since(begun), left.Load(); took < flushOver*9/10 || took > flushOver || left < 900 || left > 1100 {
			t.Errorf("written in %v; half of that time left %d of 2000", took, left)
		}
		equal(t, len(s.used.unwritten()), 0)
		unless(t, db.Close())
	})
}

// requirement 39
func TestATokenInConstantUseIsWrittenOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, ctx := t.TempDir(), context.Background()
		db := try(store.Open(ctx, filepath.Join(dir, "keyfob.db")))(t)
		s := New(Config{Store: db, Pepper: try(secret.LoadPepper(filepath.Join(dir, "pepper")))(t)})
		u := try(s.AddUser(ctx, Operator(), store.User{Login: "ada", IsActive: true}))(t)
		app := try(s.AddApp(ctx, Operator(), api.NewApp{Name: "App", Policy: api.PolicyAuthenticatedUsers, Scopes: []string{"read"}}))(t)
		issued := try(s.CreatePAT(ctx, Operator(), api.NewToken{AppID: app.ID, UserID: u.ID, Scopes: []string{"read"}}, "0123456789abcdef"))(t)
		var written time.Time
		kept := func() time.Time { return try(db.TokenByID(ctx, issued.Token.ID))(t).LastUsedAt }
		for begun := time.Now(); time.Since(begun) < 10*time.Minute; time.Sleep(time.Second) {
			try(s.CheckToken(ctx, issued.Secret, "192.0.2.7"))(t)
			synctest.Wait()
			if now := kept(); now != written {
				if !written.IsZero() && now.Sub(written) < time.Minute {
					t.Errorf("written anew after %v", now.Sub(written))
				}
				written = now
			}
			if behind := s.now().Sub(written); behind > 2*time.Minute && time.Since(begun) > flushEvery {
				t.Fatalf("%v behind", behind)
			}
		}
		last := s.now()
		time.Sleep(2 * time.Minute)
		if behind := last.Sub(kept()); behind > time.Second {
			t.Errorf("the last use was never written: %v behind", behind)
		}
		unless(t, errors.Join(s.Close(ctx), db.Close()))
	})
}

// What is known of tokens that were written takes no more room than it may.
func TestWhichTokensRestIsNotKnownOfAllOfThem(t *testing.T) {
	var l lastUses
	for i := range restMost + 100 {
		l.note(fmt.Sprint(i), start, "192.0.2.7")
	}
	for _, id := range l.due() {
		l.written(id, l.of(id))
	}
	known := func() (n int) {
		for i := range l.parts {
			n += len(l.parts[i].byID)
		}
		return n
	}
	if n := known(); n > restMost || n < restMost*9/10 {
		t.Errorf("known of %d tokens", n)
	}
	for range restLeast + restSpread {
		l.due()
	}
	equal(t, known(), 0)
}

// requirement 39; also sealed replies whose time is over go without a call.
func TestHousekeepingWritesUsesAndPurgesRepliesWithinTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		ctx := context.Background()
		db := try(store.Open(ctx, filepath.Join(dir, "keyfob.db")))(t)
		s := New(Config{Store: db, Pepper: try(secret.LoadPepper(filepath.Join(dir, "pepper")))(t)})
		u := try(s.AddUser(ctx, Operator(), store.User{Login: "ada", IsActive: true}))(t)
		app := try(s.AddApp(ctx, Operator(), api.NewApp{Name: "App", Policy: api.PolicyAuthenticatedUsers, Scopes: []string{"read"}}))(t)
		issued := try(s.CreatePAT(ctx, Operator(), api.NewToken{AppID: app.ID, UserID: u.ID, Scopes: []string{"read"}}, "0123456789abcdef"))(t)
		try(s.CheckToken(ctx, issued.Secret, "192.0.2.7"))(t)
		at := s.now()

		time.Sleep(flushEvery + time.Second)
		synctest.Wait()
		equal(t, try(db.TokenByID(ctx, issued.Token.ID))(t).LastUsedAt, at)

		time.Sleep(replyLife)
		synctest.Wait()
		equal(t, try(db.RepliesDue(ctx, s.now().Add(replyLife)))(t), false)

		try(s.CheckToken(ctx, issued.Secret, "192.0.2.8"))(t)
		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
		equal(t, try(db.TokenByID(ctx, issued.Token.ID))(t).LastUsedFrom, "192.0.2.8")
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A stop has its time; what it wrote until then is kept, and it is no failure.
func TestAStopThatHasNoTimeLeftSaysWhatItLeaves(t *testing.T) {
	f := newFixture(t)
	var log strings.Builder
	f.Log = slog.New(slog.NewTextHandler(&log, nil))
	f.used.note(f.pat(f.user, f.app(api.PolicyAuthenticatedUsers)).Token.ID, start, "192.0.2.7")
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Close(over); err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "left=1") {
		t.Errorf("it logged %s", &log)
	}
	if err := f.Close(t.Context()); err != nil || f.used.unwritten() != nil {
		t.Errorf("with time: %v, left %v", err, f.used.unwritten())
	}
}
