package store

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"keyfob/internal/pgtest"
	"keyfob/server/audit"
)

// What holds on PostgreSQL alone; see TestMain.

func TestPostgresManyProcessesMigrateOnce(t *testing.T) {
	url := pgtest.Database(t)
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			s, err := Open(t.Context(), url)
			if err != nil {
				t.Error(err)
				return
			}
			if err := errors.Join(s.Ping(t.Context()), s.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	s := openAt(t, url)
	var versions, distinct int
	err := s.read.QueryRowContext(t.Context(), `SELECT count(*), count(DISTINCT version_id) FROM goose_db_version`).Scan(&versions, &distinct)
	if err != nil || versions != distinct || versions < 3 {
		t.Errorf("%d versions, %d of them distinct, %v", versions, distinct, err)
	}
}

// What is acknowledged is on the disk, whatever the database's default.
func TestPostgresWritesAreDurable(t *testing.T) {
	url := pgtest.Database(t)
	for _, c := range []struct{ before, want string }{{"off", "on"}, {"remote_write", "remote_write"}} {
		s := openAt(t, url)
		if _, err := s.write.ExecContext(t.Context(), `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = `+c.before+`', current_database()); END $$`); err != nil {
			t.Fatal(err)
		}
		s = openAt(t, url)
		var got string
		if err := s.write.QueryRowContext(t.Context(), `SHOW synchronous_commit`).Scan(&got); err != nil || got != c.want {
			t.Errorf("synchronous_commit was %s and is %s, %v", c.before, got, err)
		}
	}
}

// requirement 9: what the database says has the same meaning as SQLite's.
func TestPostgresErrorsHaveAMeaning(t *testing.T) {
	s := openAt(t, pgtest.Database(t))
	for state, want := range map[string]error{
		"53100": ErrUnavailable, "53300": ErrUnavailable, "57P01": ErrUnavailable, "58030": ErrUnavailable,
		"55P03": ErrUnavailable, "25006": ErrUnavailable, "40001": ErrUnavailable, "08006": ErrUnavailable, "23505": ErrTaken,
	} {
		runs := 0
		err := s.Write(t.Context(), func(tx *Tx) error {
			runs++
			_, err := tx.db.ExecContext(t.Context(), `DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '`+state+`'; END $$`)
			return writeError("test", err)
		})
		if !errors.Is(err, want) {
			t.Errorf("%s means %v", state, err)
		}
		if often := runs > 1; often != (state == "40001") || runs > attempts {
			t.Errorf("%s: %d attempts", state, runs)
		}
	}
	if _, err := Open(t.Context(), "postgres://nobody@/none?host="+t.TempDir()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("no server: %v", err)
	}
	if _, err := Open(t.Context(), "postgres://u:hunter2@localhost:none/"); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a broken URL: %v", err)
	}
}

func TestPostgresTransactionsThatWaitForEachOtherBothSucceed(t *testing.T) {
	s := openAt(t, pgtest.Database(t))
	people := []User{ada(), {ID: "u2", Login: "bob", CreatedAt: ada().CreatedAt}}
	for _, u := range people {
		if err := s.add(t, u); err != nil {
			t.Fatal(err)
		}
	}
	var all, met sync.WaitGroup
	met.Add(2)
	for i := range people {
		all.Go(func() {
			meet := sync.OnceFunc(func() { met.Done(); met.Wait() })
			err := s.Write(t.Context(), func(tx *Tx) error {
				first := tx.Hold(t.Context(), people[i].ID)
				meet()
				return errors.Join(first, tx.Hold(t.Context(), people[1-i].ID),
					tx.InsertEvent(t.Context(), Event{At: time.UnixMilli(1), ActorID: "x", Action: "a", ObjectID: "o", Detail: "{}"}))
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if events, err := s.EventsOf(t.Context(), "o"); err != nil || len(events) != 2 {
		t.Errorf("%d events, %v", len(events), err)
	}
}

// Each row that is read by its key inside a transaction is locked until it
// ends. A new read of that kind must be put here, or say why it needs no lock.
func TestPostgresReadsByKeyHoldTheirRow(t *testing.T) {
	s := openAt(t, pgtest.Database(t))
	now := time.UnixMilli(1)
	key := []byte("key")
	err := s.Write(t.Context(), func(tx *Tx) error {
		return errors.Join(tx.InsertUser(t.Context(), ada()),
			tx.InsertApp(t.Context(), App{ID: "a1", Name: "App", Policy: "None", CreatedAt: now}),
			tx.InsertToken(t.Context(), Token{ID: "t1", MAC: key, Kind: "pat", AppID: "a1", UserID: "u1", CreatedAt: now, CreatedBy: "u1"}),
			tx.InsertReply(t.Context(), Reply{KeyHash: key, RequestHash: key, Sealed: key, ExpiresAt: now}),
			tx.InsertSignIn(t.Context(), SignIn{ID: "s1", UserID: "u1", AuthenticatedAt: now, CreatedAt: now, ExpiresAt: now}),
			tx.InsertSignInCode(t.Context(), SignInCode{Hash: key, UserID: "u1", AuthenticatedAt: now, ExpiresAt: now}),
			tx.InsertRefreshToken(t.Context(), RefreshToken{Hash: key, SignInID: "s1", ExpiresAt: now}),
			tx.InsertDeviceCode(t.Context(), DeviceCode{Hash: key, UserCode: key, ClientID: "desktop", ExpiresAt: now}),
			tx.InsertAccessToken(t.Context(), key, "s1", nil, now))
	})
	if err != nil {
		t.Fatal(err)
	}
	held := map[string]struct {
		key   any
		table string
	}{
		"AppByID": {"a1", "apps"}, "TokenByID": {"t1", "tokens"}, "UserByID": {"u1", "users"}, "UserByLogin": {"ada", "users"},
		"ReplyByKey": {key, "idempotency"}, "SignIn": {"s1", "sign_ins"}, "SignInCode": {key, "sign_in_codes"},
		"SignedIn":     {"s1", "sign_ins"},
		"RefreshToken": {key, "refresh_tokens"}, "AccessToken": {key, "access_tokens"},
		"DeviceCode": {key, "device_codes"}, "DeviceCodeByUserCode": {key, "device_codes"},
	}
	free := []string{
		"Apps", "Tokens", "Users", "EventsOf", "Events", // lists
		"NewestPepperID", "RepliesDue", "PresentedByMAC", "BeyondHead", "ChangesAfter", "ChangesDue", "ExchangedByMAC", "ExchangesDue", // asked outside of transactions only
		"UsesOfPepper", "LiveUnder", "SecretsUnder", "Holders", // each is looked at again before it is changed
		"Peppers", "PepperNeeded", // asked under Hold
		"UnusedSignIns",            // asked at the start of a server that nobody has beside
		"AppDeleted",               // what is deleted stays so
		"OtherAdmin", "LiveTokens", // asked under Hold
		"Setting",                // a token that is asked for while it changes may still be issued as before
		"ExchangesOf",            // asked while the parent is held
		"ChainHead", "ChainRows", // the writers of the log queue
	}
	for method := range reflect.TypeFor[Queries]().Methods() {
		c, ok := held[method.Name]
		if !ok && !slices.Contains(free, method.Name) {
			t.Errorf("does %s hold what it reads?", method.Name)
		}
		if !ok {
			continue
		}
		err := s.Write(t.Context(), func(tx *Tx) error {
			in := []reflect.Value{reflect.ValueOf(tx.Queries), reflect.ValueOf(t.Context()), reflect.ValueOf(c.key), reflect.ValueOf(now)}[:method.Type.NumIn()]
			if err, _ := reflect.TypeAssert[error](method.Func.Call(in)[1]); err != nil {
				return err
			}
			_, err := s.write.ExecContext(t.Context(), fmt.Sprintf(`SELECT 1 FROM %s FOR UPDATE NOWAIT`, c.table))
			if e, ok := errors.AsType[*pgconn.PgError](err); !ok || e.Code != "55P03" {
				t.Errorf("%s: others may change the row: %v", method.Name, err)
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", method.Name, err)
		}
	}
}

// requirement 100: who follows the log by its numbers misses nothing.
func TestPostgresTheLogGrowsAtItsEndOnly(t *testing.T) {
	url := pgtest.Database(t)
	servers := []*Store{openAt(t, url), openAt(t, url)}
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			s := servers[i%2]
			err := s.Write(t.Context(), func(tx *Tx) error {
				e := Event{At: time.UnixMilli(1), ActorID: "x", Action: "a", ObjectID: "o", Detail: fmt.Sprint(i)}
				return errors.Join(tx.InsertEvent(t.Context(), e), tx.Hold(t.Context(), fmt.Sprint("some work ", i%3)), tx.InsertEvent(t.Context(), e))
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	var seen []Event
	for last := false; !last; {
		select {
		case <-done:
			last = true
		default:
		}
		events, err := servers[0].EventsOf(t.Context(), "o")
		if err != nil {
			t.Fatal(err)
		}
		if len(events) < len(seen) || !slices.Equal(events[:len(seen)], seen) {
			t.Fatal("an event appeared before one that was there")
		}
		seen = events
	}
	if len(seen) != 80 {
		t.Errorf("%d events", len(seen))
	}
	verifies(t, servers[0], 80)
	for i := 0; i < len(seen); i += 2 {
		if seen[i].Detail != seen[i+1].Detail {
			t.Error("the events of two transactions are mixed")
		}
	}
}

func verifies(t *testing.T, s *Store, events int64) {
	t.Helper()
	if r, err := audit.Verify(t.Context(), s.Queries, nil); err != nil || r.Break != nil || r.Events != events {
		t.Errorf("%+v, %v", r, err)
	}
}

// The hash is of what the database keeps, also of a text that it refuses.
func TestPostgresWhateverIsWrittenVerifies(t *testing.T) {
	s := openAt(t, pgtest.Database(t))
	texts := []string{"", "\x00", "\xff", "ä\x00\xc3"}
	err := s.Write(t.Context(), func(tx *Tx) error {
		var all error
		for _, text := range texts {
			all = errors.Join(all, tx.InsertEvent(t.Context(), Event{At: time.UnixMilli(1), ActorID: text, Action: text, ObjectID: text, Detail: text}))
		}
		return all
	})
	if err != nil {
		t.Fatal(err)
	}
	verifies(t, s, int64(len(texts)))
	if _, err := s.write.ExecContext(t.Context(), `UPDATE events SET detail = 'x' WHERE seq = 3`); err != nil {
		t.Fatal(err)
	}
	if r, err := audit.Verify(t.Context(), s.Queries, nil); err != nil || r.Break == nil || r.Break.Seq != 3 {
		t.Errorf("an edited row: %+v, %v", r, err)
	}
}

// What there was before the chain is chained once, however many start.
func TestPostgresEventsFromBeforeTheChainAreChained(t *testing.T) {
	url := pgtest.Database(t)
	s := openAt(t, url)
	if _, err := s.write.ExecContext(t.Context(), `INSERT INTO events (at, actor_id, action, object_id, detail)
		SELECT n, 'u1', 'a', 'o', '{}' FROM generate_series(1, 1200) n`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.write.ExecContext(t.Context(), `UPDATE event_chain SET seq = -1, hash = NULL`); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			again, err := Open(t.Context(), url)
			if err != nil {
				t.Error(err)
				return
			}
			err = again.Write(t.Context(), func(tx *Tx) error {
				return tx.InsertEvent(t.Context(), Event{At: time.UnixMilli(1), ActorID: "u1", Action: "a", ObjectID: "o", Detail: "{}"})
			})
			if err := errors.Join(err, again.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	verifies(t, s, 1204)
}

// A number that must not be exceeded, counted under Hold. The
// second transaction begins when the first has counted and not yet written.
func TestPostgresAHeldLimitIsNotExceeded(t *testing.T) {
	url := pgtest.Database(t)
	first, second := openAt(t, url), openAt(t, url)
	full := errors.New("full")
	addOne := func(s *Store, id string, counted func()) error {
		return s.Write(t.Context(), func(tx *Tx) error {
			if err := tx.Hold(t.Context(), "limit"); err != nil {
				return err
			}
			l, err := tx.Users(t.Context(), Order{By: "login", Limit: 1})
			if err != nil {
				return err
			}
			if l.Total > 0 {
				return full
			}
			counted()
			return tx.InsertUser(t.Context(), User{ID: id, Login: id, CreatedAt: time.UnixMilli(1)})
		})
	}
	done := make(chan error, 1)
	err := addOne(first, "u1", func() {
		go func() { done <- addOne(second, "u2", func() {}) }()
		for waits := false; !waits && len(done) == 0; {
			row := first.read.QueryRowContext(t.Context(), `SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)`)
			if err := row.Scan(&waits); err != nil {
				t.Error(err)
				return
			}
		}
	})
	if other := <-done; err != nil || !errors.Is(other, full) {
		t.Errorf("%v and %v", err, other)
	}
}

func TestPostgresADatabaseThatGoesAwayAndComesBack(t *testing.T) {
	c := pgtest.New(t)
	s := openAt(t, c.Database(t))
	if err := s.add(t, ada()); err != nil {
		t.Fatal(err)
	}
	c.Crash(t)
	for range 3 {
		if _, err := s.UserByID(t.Context(), "u1"); !errors.Is(err, ErrUnavailable) {
			t.Errorf("read: %v", err)
		}
		if err := s.add(t, User{ID: "u2", Login: "bob"}); !errors.Is(err, ErrUnavailable) {
			t.Errorf("write: %v", err)
		}
	}
	if s.Ping(t.Context()) == nil {
		t.Error("it answers")
	}
	c.Start(t)
	if u, err := s.UserByID(t.Context(), "u1"); err != nil || !reflect.DeepEqual(u, ada()) {
		t.Errorf("what was acknowledged: %+v, %v", u, err)
	}
	if err := s.add(t, User{ID: "u2", Login: "bob", CreatedAt: ada().CreatedAt}); err != nil {
		t.Errorf("back again: %v", err)
	}
}
