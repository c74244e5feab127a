package main_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"keyfob/api"
	"keyfob/internal/pgtest"
)

// known is a line of pepper list.
type known struct {
	ID, State                    string
	Tokens, ClientSecrets, Ended int
}

func (p place) peppers() map[string]known {
	p.Helper()
	var all []known
	p.run("pepper", "list", "--json").into(&all)
	byState := map[string]known{}
	for _, k := range all {
		byState[k.State] = k
	}
	return byState
}

// traffic is what never stops while a pepper is exchanged: tokens that are
// presented, introspected by an app's client secret, and made.
type traffic struct {
	*testing.T
	servers []*serving
	client  *url.Userinfo
	keeper  string
	appID   string

	mu      sync.Mutex
	secrets []string

	calls, made, failures atomic.Int64
	over                  chan struct{}
	ending                sync.Once
	busy                  sync.WaitGroup
	mayFail               atomic.Bool // connections, while a server is killed; an answer never
}

func (p place) traffic(servers ...*serving) *traffic {
	p.Helper()
	t := &traffic{T: p.T, servers: servers, over: make(chan struct{})}
	var app api.App
	p.run("app", "add", "Robots", "--policy", "AuthenticatedUsers", "--scopes", "read,tokens", "--json").into(&app)
	var client struct{ ClientID, ClientSecret string }
	p.run("app", "secret", "Robots", "--json").into(&client)
	t.appID, t.client = app.ID, url.UserPassword(client.ClientID, client.ClientSecret)
	token := func(scopes ...string) string {
		args := []string{"token", "create", "--user", "ada", "--app", "Robots"}
		for _, s := range scopes {
			args = append(args, "--scope", s)
		}
		return strings.TrimSpace(p.run(args...).ok().stdout)
	}
	t.keeper = token("read", "tokens")
	t.secrets = []string{t.keeper}
	for range 5 {
		t.secrets = append(t.secrets, token("read"))
	}
	p.Cleanup(t.stop)
	return t
}

// secret is one of those that were made, each in its turn.
func (t *traffic) secret(n int) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.secrets[n%len(t.secrets)]
}

func (t *traffic) start() {
	for i, s := range t.servers {
		t.busy.Go(func() { t.forever(func(n int) { t.present(s, t.secret(n)) }) })
		t.busy.Go(func() { t.forever(func(n int) { t.introspect(s, t.secret(n)) }) })
		t.busy.Go(func() {
			t.forever(func(n int) { t.create(s, t.servers[(i+1)%len(t.servers)], n) })
		})
	}
}

func (t *traffic) forever(do func(n int)) {
	for n := 0; ; n++ {
		select {
		case <-t.over:
			return
		case <-time.After(2 * time.Millisecond): // others work on this machine, too
			do(n)
		}
	}
}

func (t *traffic) stop() {
	t.ending.Do(func() { close(t.over) })
	t.busy.Wait()
}

func (t *traffic) call(s *serving, method, path string, header http.Header, body string, want int) string {
	req, err := http.NewRequest(method, s.url+path, strings.NewReader(body)) //nolint:noctx // ends with the server
	if err != nil {
		t.Error(err)
		return ""
	}
	req.Header = header
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		if !t.mayFail.Load() {
			t.failures.Add(1)
			t.Error(err)
		}
		return ""
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != want {
		t.failures.Add(1)
		t.Errorf("%s %s: %d %.200s", method, path, res.StatusCode, text)
	}
	t.calls.Add(1)
	return string(text)
}

func (t *traffic) present(s *serving, secret string) {
	t.call(s, http.MethodGet, "/profile/me", http.Header{"Authorization": {"Bearer " + secret}}, "", http.StatusOK)
}

func (t *traffic) introspect(s *serving, secret string) {
	req := http.Request{Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}}
	word, _ := t.client.Password()
	req.SetBasicAuth(t.client.Username(), word)
	said := t.call(s, http.MethodPost, "/id/connect/introspect", req.Header, url.Values{"token": {secret}}.Encode(), http.StatusOK)
	if said != "" && !strings.Contains(said, `"active":true`) {
		t.failures.Add(1)
		t.Errorf("introspection: %s", said)
	}
}

// create makes a token, twice with one key, and presents it elsewhere. There
// are so many that each is presented often.
func (t *traffic) create(s, elsewhere *serving, n int) {
	if t.made.Load() >= 300 {
		t.present(elsewhere, t.secret(n))
		return
	}
	header := http.Header{"Authorization": {"Bearer " + t.keeper}, "Content-Type": {"application/json"}, "Idempotency-Key": {fmt.Sprintf("%s-%d-and-sixteen-more", s.url, n)}}
	body := fmt.Sprintf(`{"appId":%q,"scopes":["read"],"expiresAt":%q}`, t.appID, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	var secrets [2]string
	for i, at := range []*serving{s, elsewhere} {
		text := t.answered(func() string { return t.call(at, http.MethodPost, "/profile/tokens", header, body, http.StatusCreated) })
		var made api.Issued
		if text == "" || json.Unmarshal([]byte(text), &made) != nil {
			return
		}
		secrets[i] = made.Secret
	}
	if secrets[0] != secrets[1] {
		t.failures.Add(1)
		t.Error("one attempt made two tokens")
	}
	t.made.Add(1)
	t.mu.Lock()
	t.secrets = append(t.secrets, secrets[0])
	t.mu.Unlock()
	t.present(elsewhere, secrets[0])
}

// answered repeats a call that a killed server did not answer: it may have made a
// token, which nobody else would ever present.
func (t *traffic) answered(call func() string) string {
	for {
		before := t.mayFail.Load()
		text := call()
		if text != "" || !before && !t.mayFail.Load() {
			return text
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// until waits for what is to become true.
func (p place) until(what string, done func() bool) {
	p.Helper()
	for begun := time.Now(); !done(); {
		if time.Since(begun) > 2*time.Minute {
			p.Fatalf("%s: it does not come", what)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// security requirement 18: the operator's way, beside a server that is killed in
// the middle of it.
func TestThePepperIsExchangedUnderTraffic(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.furnish()
	s := p.serve()
	load := p.traffic(s)
	load.start()
	p.run("pepper", "use", "0123456789abcdef").says(1, "There is no such pepper")
	var made struct {
		ID    string
		Found bool
	}
	p.run("pepper", "new", "--json").into(&made)
	first := p.peppers()["current"].ID
	if again := p.run("pepper", "new").ok(); !strings.Contains(again.stdout, made.ID) {
		t.Errorf("asked again it says %s", again.stdout)
	}
	p.run("pepper", "retire", first).says(1, "the current pepper cannot be retired")
	p.run("pepper", "use", made.ID).ok()
	p.run("pepper", "new").says(1, "is still old: retire it first")
	p.run("pepper", "retire", first).says(1, "Nothing was changed. What works only by this pepper")

	load.mayFail.Store(true) // it is killed in the middle, and comes back at the same address
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = s.cmd.Wait()
	again := p.serve("--listen", strings.TrimPrefix(s.url, "http://"))
	http.DefaultClient.CloseIdleConnections() // to the one that was killed
	load.mayFail.Store(false)
	p.until("all has moved", func() bool { left := p.peppers()["old"]; return left.Tokens+left.ClientSecrets == 0 })
	load.stop()
	// Replies and what was made lately are needed for minutes yet: by force they are not.
	p.run("pepper", "retire", first, "--force").ok()
	if got := p.peppers(); got["retired"].ID != first || got["current"].ID != made.ID || got["current"].Tokens < 6 {
		t.Errorf("at the end: %+v", got)
	}
	if err := os.Remove(filepath.Join(p.dir, "pepper")); err != nil {
		t.Fatal(err)
	}
	for _, secret := range load.secrets {
		load.present(again, secret)
		load.introspect(again, secret)
	}
	load.verdict(p)
	again.stop()
	if err := os.Remove(filepath.Join(p.dir, "pepper."+made.ID)); err != nil {
		t.Fatal(err)
	}
	p.run("serve", "--listen", "127.0.0.1:0").says(1, "the pepper is not the one")
	if _, err := os.Stat(filepath.Join(p.dir, "pepper")); err == nil {
		t.Error("it made another pepper instead")
	}
}

// verdict says how it went.
func (t *traffic) verdict(p place) {
	t.Helper()
	p.run("audit", "verify").ok()
	if list := p.run("audit", "list", "--limit", "0").ok().stdout; !strings.Contains(list, "pepper.used") || !strings.Contains(list, "pepper.retired") {
		t.Error("the change log does not tell of it")
	}
	t.Logf("exchange of a pepper: calls %d, tokens made %d, failures %d", t.calls.Load(), t.made.Load(), t.failures.Load())
	if t.calls.Load() < 100 || t.made.Load() == 0 {
		t.Error("there was no traffic")
	}
}

// Each server has files of its own: none may be left behind.
func TestThePepperIsExchangedAtSeveralServers(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.database = pgtest.Database(t)
	p.furnish()
	s := p.serve()
	other := p.beside()
	other.database = p.database
	load := p.traffic(s, other.serve())
	load.start()
	var made struct{ ID string }
	p.run("pepper", "new", "--json").into(&made)
	first := p.peppers()["current"].ID
	r := p.run("pepper", "use", made.ID)
	r.says(1, "These servers do not hold the pepper yet: ")
	if !strings.Contains(r.stderr, other.dir) || strings.Contains(r.stderr, p.dir) {
		t.Errorf("it names %s", r.stderr)
	}
	text, err := os.ReadFile(filepath.Join(p.dir, "pepper."+made.ID))
	if err == nil {
		err = os.WriteFile(filepath.Join(other.dir, "pepper."+made.ID), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	other.run("pepper", "use", made.ID).ok()
	p.until("all has moved", func() bool { left := p.peppers()["old"]; return left.Tokens+left.ClientSecrets == 0 })
	p.run("pepper", "retire", first, "--force").ok()
	for _, at := range []place{p, other} {
		if err := os.Remove(filepath.Join(at.dir, "pepper")); err != nil {
			t.Fatal(err)
		}
	}
	for begun := load.calls.Load(); load.calls.Load() < begun+500; {
		time.Sleep(20 * time.Millisecond)
	}
	load.stop()
	load.verdict(p)
}
