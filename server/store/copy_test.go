package store

import (
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"keyfob/internal/pgtest"
	"keyfob/server/audit"
)

// early opens a new database as an earlier version left it, on the engine of
// this run of the tests. It answers the newest version too.
func early(t *testing.T, version int64) (db *sql.DB, place string, newest int64) {
	t.Helper()
	place = pgtest.Place(t, filepath.Join(t.TempDir(), "keyfob.db"))
	dialect, folder := goose.DialectSQLite3, "migrations/sqlite"
	var err error
	if IsURL(place) {
		dialect, folder = goose.DialectPostgres, "migrations/postgres"
		config, parseErr := pgx.ParseConfig(place)
		if parseErr != nil {
			t.Fatal(parseErr)
		}
		db = stdlib.OpenDB(*config)
	} else if db, err = sqlitePool(place, "immediate", 1, 0); err != nil {
		t.Fatal(err)
	}
	files, err := migrations.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	all := fstest.MapFS{}
	for _, f := range files {
		text, err := migrations.ReadFile(folder + "/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		all[f.Name()] = &fstest.MapFile{Data: text}
	}
	p, err := goose.NewProvider(dialect, db, all, goose.WithSlog(slog.New(slog.DiscardHandler)))
	if err == nil {
		_, err = p.UpTo(t.Context(), version)
	}
	if err != nil {
		t.Fatal(err)
	}
	sources := p.ListSources()
	return db, place, sources[len(sources)-1].Version
}

// first are rows as the first version wrote them.
var first = []string{
	`INSERT INTO users (id, login, name, is_admin, is_active, created_at) VALUES ('u1', 'ada', 'Ada', TRUE, TRUE, 1)`,
	`INSERT INTO apps (id, name, policy, enabled, scopes, system_user_allowed, system_user_id, created_at) VALUES ('a1', 'App', 'None', TRUE, 'read', TRUE, 'u1', 1)`,
	`INSERT INTO tokens (id, mac, pepper_id, kind, description, hint, app_id, user_id, scopes, created_at, created_by, revoked_at, revoked_by, replaced_by)
		VALUES ('t1', '1', 'p', 'pat', 'd', 'h', 'a1', 'u1', 'read', 1, 'u1', 2, 'u1', NULL)`,
	`INSERT INTO tokens (id, mac, pepper_id, kind, description, hint, app_id, user_id, scopes, created_at, created_by, replaces)
		VALUES ('t2', '2', 'p', 'pat', 'd', 'h', 'a1', 'u1', 'read', 1, 'u1', 't1')`,
	`UPDATE tokens SET replaced_by = 't2' WHERE id = 't1'`,
}

// insertFirst inserts them; each token's MAC is its id.
func insertFirst(t *testing.T, db dbtx) {
	t.Helper()
	for _, statement := range first {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{"t1", "t2"} {
		if _, err := db.ExecContext(t.Context(), `UPDATE tokens SET mac = $1 WHERE id = $2`, []byte(id), id); err != nil {
			t.Fatal(err)
		}
	}
}

// firstEvents are rows of the change log before it was chained.
const firstEvents = `INSERT INTO events (at, actor_id, action, object_id, detail) VALUES (1, 'u1', 'a', 't1', '{}'), (2, 'u1', 'b', 't2', '{}')`

// requirement 30 of the notes on security: whichever version wrote a database,
// after the upgrade its active tokens are active and its revoked ones revoked.
func TestADatabaseOfEachEarlierVersionIsBroughtUpToDate(t *testing.T) {
	newest := int64(1)
	for version := int64(1); version <= newest; version++ {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			db, place, last := early(t, version)
			newest = last
			insertFirst(t, db)
			if version < 3 {
				if _, err := db.ExecContext(t.Context(), firstEvents); err != nil {
					t.Fatal(err)
				}
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			checkFirst(t, openAt(t, place))
		})
	}
}

func checkFirst(t *testing.T, s *Store) {
	t.Helper()
	now := time.UnixMilli(10)
	ended, endedErr := s.PresentedByMAC(t.Context(), []byte("t1"))
	live, liveErr := s.PresentedByMAC(t.Context(), []byte("t2"))
	record, recordErr := s.TokenByID(t.Context(), "t1")
	if err := errors.Join(endedErr, liveErr, recordErr); err != nil {
		t.Fatal(err)
	}
	if !ended.Token.Revoked(now) || record.ReplacedBy != "t2" || live.Token.Revoked(now) || live.User.Login != "ada" || !live.App.Enabled {
		t.Errorf("%+v\n%+v", ended, live)
	}
	if r, err := audit.Verify(t.Context(), s.Queries, nil); err != nil || r.Break != nil {
		t.Errorf("%+v, %v", r, err)
	}
}

// furnished is a store with rows of every kind in it.
func furnished(t *testing.T, place string) *Store {
	t.Helper()
	s := openAt(t, place)
	err := s.Write(t.Context(), func(tx *Tx) error {
		insertFirst(t, tx.db)
		if _, err := tx.db.ExecContext(t.Context(), `UPDATE apps SET secret_mac = $1, name = $2`, []byte{0, 255, 1}, `Ä "quoted" \ name`); err != nil {
			return err
		}
		for i := range 450 { // more than are written together
			e := Event{At: time.UnixMilli(int64(i)), ActorID: "u1", Action: "a", ObjectID: "t1", Detail: "{}"}
			if err := tx.InsertEvent(t.Context(), e); err != nil {
				return err
			}
		}
		return tx.InsertSignIn(t.Context(), SignIn{ID: "s", UserID: "u1", ClientID: "c", AuthenticatedAt: time.UnixMilli(1), CreatedAt: time.UnixMilli(1), ExpiresAt: time.UnixMilli(1)})
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// records are all rows of a table as text, in some order of their own.
func records(t *testing.T, s *Store, table string) []string {
	t.Helper()
	columns, err := s.columns(t.Context(), table)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := s.read.QueryContext(t.Context(), `SELECT `+strings.Join(columns, ", ")+` FROM `+table) //nolint:gosec // G202: our own names
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	out := []string{}
	for rows.Next() {
		row, err := scanAny(rows)
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		for i, c := range columns {
			text += fmt.Sprintf("%s=%v ", c, row[i])
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return out
}

// requirement 30 of the notes on security: a copy is the same on either
// engine, and back.
func TestACopyHasTheSameRecords(t *testing.T) {
	file := func() string { return filepath.Join(t.TempDir(), "keyfob.db") }
	s := furnished(t, pgtest.Place(t, file()))
	portable := openAt(t, file())
	back := openAt(t, pgtest.Place(t, file()))
	note := Event{At: time.UnixMilli(7), ActorID: ActorServer, Action: "server.restored"}
	if err := errors.Join(portable.CopyFrom(t.Context(), s, nil), back.CopyFrom(t.Context(), portable, &note)); err != nil {
		t.Fatal(err)
	}
	for _, table := range copied {
		want := records(t, s, table)
		if diff := cmp.Diff(want, records(t, portable, table)); diff != "" {
			t.Errorf("%s, there: %s", table, diff)
		}
		if table != "events" && table != "event_chain" && !cmp.Equal(want, records(t, back, table)) {
			t.Errorf("%s, and back: %s", table, records(t, back, table))
		}
	}
	if n := len(records(t, back, "sign_ins")); n != 0 {
		t.Errorf("%d sign-ins were copied", n)
	}
	r, err := audit.Verify(t.Context(), back.Queries, nil)
	if err != nil || r.Break != nil || r.Events != 451 {
		t.Errorf("the change log: %+v, %v", r, err)
	}
	if err := portable.Intact(t.Context()); err != nil {
		t.Error(err)
	}
	if err := back.CopyFrom(t.Context(), s, nil); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("over records that were there: %v", err)
	}
}

// Whoever adds a table says whether a copy has it.
func TestACopyMindsEveryTable(t *testing.T) {
	s, place := open(t)
	query := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
	if IsURL(place) {
		query = `SELECT tablename FROM pg_tables WHERE schemaname = current_schema()`
	}
	rows, err := s.read.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		if name != "goose_db_version" && !slices.Contains(append(slices.Clone(copied), transient...), name) {
			t.Errorf("the table %s is neither copied nor transient", name)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

func TestADamagedFileIsNotIntact(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyfob.db")
	s := furnished(t, path)
	if _, err := s.write.ExecContext(t.Context(), `PRAGMA writable_schema = ON`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.write.ExecContext(t.Context(), `UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE name = 'users') WHERE name = 'apps'`); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(t.Context(), path)
	if err != nil {
		return // found already
	}
	if err := again.Intact(t.Context()); err == nil {
		t.Error("nothing was found")
	}
	_ = again.Close()
}
