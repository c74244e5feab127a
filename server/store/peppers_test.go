package store

import (
	"strings"
	"testing"
	"time"
)

// Everybody who writes waits while it is asked.
func TestWhetherAPepperIsNeededScansNoTokens(t *testing.T) {
	s, _ := someTokens(t)
	spied := &spy{dbtx: s.db}
	if _, _, err := (Queries{db: spied}).PepperNeeded(t.Context(), "p", time.UnixMilli(9)); err != nil {
		t.Fatal(err)
	}
	for _, step := range plan(t, s, spied.queries[0], spied.args[0]) {
		if strings.HasPrefix(step, "SCAN ") && strings.Contains(step, "tokens") {
			t.Error(step)
		}
	}
}

// It agrees with what is counted, whatever keeps a pepper in use.
func TestAPepperIsNeededByWhatIsCountedUnderIt(t *testing.T) {
	s, _ := open(t)
	now := time.UnixMilli(1000)
	run := func(statements ...string) {
		t.Helper()
		for _, statement := range statements {
			if _, err := s.write.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
	}
	run(`INSERT INTO users (id, login, name, is_admin, is_active, created_at) VALUES ('u1', 'ada', 'Ada', TRUE, TRUE, 1)`,
		`INSERT INTO apps (id, name, policy, scopes, enabled, system_user_allowed, created_at) VALUES ('a1', 'app', 'None', 'read', TRUE, FALSE, 1)`,
		`INSERT INTO tokens (id, mac, pepper_id, kind, description, hint, app_id, user_id, scopes, created_at, created_by)
			VALUES ('t1', 'm1', 'p1', 'pat', '', '', 'a1', 'u1', 'read', 1, 'u1')`)
	for name, c := range map[string]struct {
		set           string
		stays, passes bool
	}{
		"a token without an end": {"UPDATE tokens SET created_at = 1", true, false},
		"one that will expire":   {"UPDATE tokens SET expires_at = 1001", true, false},
		"one that has expired":   {"UPDATE tokens SET expires_at = 1000", false, false},
		"one that is revoked":    {"UPDATE tokens SET revoked_at = 5", false, false},
		"one that lives on":      {"UPDATE tokens SET revoked_at = 1001, overlap_ends_at = 1001", true, false},
		"one that lived on":      {"UPDATE tokens SET revoked_at = 1000, overlap_ends_at = 1000", false, false},
		"one under another":      {"UPDATE tokens SET pepper_id = 'p2'", false, false},
		"a client secret":        {"UPDATE apps SET secret_mac = 'm', secret_pepper_id = 'p1'", true, false},
		"an exchanged token": {`INSERT INTO exchanges (id, mac, pepper_id, parent_id, scopes, created_at, expires_at)
			VALUES ('x', 'mx', 'p1', 't1', '', 1, 1001)`, false, true},
		"a kept reply": {"INSERT INTO idempotency (key_hash, request_hash, sealed, expires_at, pepper_id) VALUES ('k', 'r', 's', 1001, 'p1')", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			run(`DELETE FROM exchanges`, `DELETE FROM idempotency`, `UPDATE apps SET secret_mac = NULL`,
				`UPDATE tokens SET expires_at = NULL, revoked_at = NULL, overlap_ends_at = NULL, pepper_id = 'p1'`)
			if c.passes || strings.Contains(c.set, "apps") {
				run(`UPDATE tokens SET revoked_at = 5`)
			}
			run(c.set)
			stays, passes, err := s.PepperNeeded(t.Context(), "p1", now)
			if err != nil || stays != c.stays || passes != c.passes {
				t.Errorf("stays %v, passes %v, %v", stays, passes, err)
			}
			u, err := s.UsesOfPepper(t.Context(), "p1", now)
			if err != nil || stays != (u.Tokens+u.Secrets > 0) || passes != (u.Exchanged+u.Replies > 0) {
				t.Errorf("counted %+v, %v", u, err)
			}
		})
	}
}
