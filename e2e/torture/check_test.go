package torture

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"keyfob/api"
)

// tally is what a test found over all its runs.
type tally struct {
	runs, acknowledged, unanswered int64

	mu                            sync.Mutex
	lost, ghosts, revived, breaks int
	unavailable, failed           int // 503; any other 5xx
	findings                      []string
}

func (s *tally) found(what *int, format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*what++
	s.findings = append(s.findings, fmt.Sprintf(format, args...))
}

// answered notes a refusal.
func (s *tally) answered(status int, body string) {
	switch {
	case status == http.StatusServiceUnavailable && strings.Contains(body, `"`+api.CodeUnavailable+`"`):
		s.mu.Lock()
		defer s.mu.Unlock()
		s.unavailable++
	case status >= 500:
		s.found(&s.failed, "it answered %d %s", status, body)
	}
}

// report prints the test's one line and fails it unless all is well. While the
// fault lasts the server may say that it is unavailable, if mayRefuse.
func (s *tally) report(t *testing.T, fault string, mayRefuse bool) {
	t.Helper()
	t.Logf("%s: runs %d, acknowledged %d, unanswered %d, lost %d, ghosts %d, revived %d, chain breaks %d, 5xx %d (and 503 while it lasted: %d)",
		fault, s.runs, s.acknowledged, s.unanswered, s.lost, s.ghosts, s.revived, s.breaks, s.failed, s.unavailable)
	if s.unavailable > 0 && !mayRefuse {
		t.Errorf("it refused %d calls", s.unavailable)
	}
	for i, f := range s.findings {
		if i < 10 {
			t.Error(f)
		}
	}
	if s.runs == 0 || s.acknowledged == 0 {
		t.Error("nothing was tried")
	}
}

// check compares the server with the model: what is there, then what becomes
// of the attempts without an answer when they are made again.
func (w *world) check() {
	w.Helper()
	w.runs++
	w.acknowledged += w.acks.Swap(0)
	there, err := w.list()
	if err != nil {
		w.Fatal("the server that came back: ", err)
	}
	known := map[string]bool{}
	for _, k := range w.workers {
		for _, t := range k.all {
			known[t.id] = true
			w.checkRecord(t, there, k.open)
		}
	}
	w.settle(known)
	if extra := len(there) - w.given; extra > len(known) {
		w.found(&w.ghosts, "there are %d tokens, %d were asked for", extra, len(known))
	}
	for id := range there {
		if there[id].Description != "" && !known[id] {
			w.found(&w.ghosts, "token %s was not asked for", id)
		}
	}
	w.checkSecrets()
	w.checkLog()
}

// checkRecord looks at one token, as it was found before anything was repeated.
func (w *world) checkRecord(t *token, there map[string]api.Token, open *attempt) {
	r, ok := there[t.id]
	undecided := open != nil && open.of == t
	switch {
	case !ok:
		w.found(&w.lost, "token %s is lost", t.id)
	case t.dead && r.Status != "revoked":
		w.found(&w.revived, "token %s is %s and was revoked", t.id, r.Status)
	case !t.dead && r.Status != "active" && !undecided:
		w.found(&w.ghosts, "token %s is %s; nobody was told so", t.id, r.Status)
	case t.rotated && r.ReplacedBy == nil:
		w.found(&w.lost, "the rotation of token %s is lost", t.id)
	}
}

// settle makes the open attempts again. Each must be acknowledged, also if the
// first one meets a connection to a database that went away meanwhile.
func (w *world) settle(known map[string]bool) {
	w.Helper()
	for _, k := range w.workers {
		if k.open == nil {
			continue
		}
		w.unanswered++
		made := k.open
		for begun, err := time.Now(), k.attempt(made); err != nil; err = k.attempt(made) {
			if time.Since(begun) > patience {
				w.Fatalf("the same attempt again: %v", err)
			}
		}
		if made.kind != revoke {
			known[k.all[len(k.all)-1].id] = true
		}
	}
}

// checkSecrets presents every secret.
func (w *world) checkSecrets() {
	w.Helper()
	for _, k := range w.workers {
		for _, t := range k.all {
			works, err := w.works(t.secret)
			switch {
			case err != nil:
				w.Fatal(err)
			case works && t.dead:
				w.found(&w.revived, "the secret of token %s works and it was revoked", t.id)
			case !works && !t.dead:
				w.found(&w.lost, "the secret of token %s does not work", t.id)
			}
		}
	}
}

// checkLog verifies the change log and compares it with the records: each
// change is in it once.
func (w *world) checkLog() {
	w.Helper()
	if _, err := w.try("audit", "verify"); err != nil {
		w.found(&w.breaks, "audit verify: %v", err)
	}
	logged := map[string]int{}
	lines := bufio.NewScanner(strings.NewReader(w.run("audit", "list", "--limit", "0", "--json")))
	for lines.Scan() {
		var e api.Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			w.Fatal(err)
		}
		if e.Actor.Login == "ada" {
			logged[e.Action+" "+e.Object.ID]++
		}
	}
	want := map[string]int{}
	for _, k := range w.workers {
		for _, t := range k.all {
			want["token.created "+t.id] = 1
			if t.rotated {
				want["token.rotated "+t.id] = 1
			} else if t.dead {
				want["token.revoked "+t.id] = 1
			}
		}
	}
	if !maps.Equal(want, logged) {
		w.found(&w.breaks, "the change log does not fit the records: %s", differences(want, logged))
	}
}

func differences(want, got map[string]int) string {
	var out []string
	for what := range want {
		if got[what] != want[what] {
			out = append(out, fmt.Sprintf("%s: %d times", what, got[what]))
		}
	}
	for what := range got {
		if want[what] == 0 {
			out = append(out, what+": not asked for")
		}
	}
	return strings.Join(out, ", ")
}
