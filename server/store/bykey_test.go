package store

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// upgradeByKey is the migration that keeps apps and users by their key.
const upgradeByKey = 16

// A server that is killed when that is done, and before it is noted, does it again.
func TestKeepingAppsAndUsersByKeyCanBeDoneTwice(t *testing.T) {
	db, place, _ := early(t, upgradeByKey-1)
	insertFirst(t, db)
	text, err := migrations.ReadFile("migrations/sqlite/00016_by_key.sql")
	if err != nil {
		t.Fatal(err)
	}
	up, _, _ := strings.Cut(string(text), "-- +goose Down")
	if _, err := db.ExecContext(t.Context(), up); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s := openAt(t, place)
	checkFirst(t, s)
	// What refers to them is checked again.
	for _, wrong := range []string{`UPDATE tokens SET user_id = 'nobody'`, `UPDATE tokens SET app_id = 'none'`, `DELETE FROM users`, `DELETE FROM apps`} {
		if _, err := s.write.ExecContext(t.Context(), wrong); err == nil {
			t.Errorf("%s: not refused", wrong)
		}
	}
}

// Each is one walk down its own tree, but for the token: its index and its row.
func TestACheckReadsEachRecordByItsKey(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "keyfob.db"))
	if err != nil {
		t.Fatal(err)
	}
	steps := plan(t, s, `SELECT `+presentedColumns+` FROM tokens t`+presentedFrom+`t.mac = $1`, []any{[]byte("1")})
	want := []string{
		"SEARCH t USING INDEX sqlite_autoindex_tokens_2 (mac=?)", "SEARCH a USING PRIMARY KEY (id=?)", "SEARCH u USING PRIMARY KEY (id=?) LEFT-JOIN",
	}
	if err := s.Close(); err != nil || !slices.Equal(steps, want) {
		t.Errorf("%v\n%s", err, strings.Join(steps, "\n"))
	}
}
