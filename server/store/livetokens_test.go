package store

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// requirements 71 to 74: what has expired costs nothing when the rest is counted.
func TestLiveTokensAreCountedWithoutLookingAtThoseThatExpired(t *testing.T) {
	s, _ := someTokens(t)
	for index, f := range map[string]LiveFilter{"user": {UserID: "u1"}, "tenant": {Tenant: "x"}} {
		f.Now = time.UnixMilli(9)
		named := f
		named.Description = "Use 3"
		spied := &spy{dbtx: s.db}
		_, err1 := (Queries{db: spied}).LiveTokens(t.Context(), f)
		_, err2 := (Queries{db: spied}).LiveTokens(t.Context(), named)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		walks := 0
		for i, query := range spied.queries {
			for _, step := range plan(t, s, query, spied.args[i]) {
				if !strings.Contains(step, " t ") {
					continue
				}
				walks++
				if !strings.Contains(step, "INDEX tokens_by_"+index+"_end (") && !strings.Contains(step, "INDEX tokens_overlapping_by_"+index+" ") {
					t.Errorf("of a %s: %s", index, step)
				}
			}
		}
		if walks != 6 {
			t.Errorf("%d walks over a %s's tokens", walks, index)
		}
	}
}
