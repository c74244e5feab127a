package main_test

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"keyfob/api"
)

// acknowledged are the ids of tokens that clients were told of.
type acknowledged struct {
	mu   sync.Mutex
	ids  map[string]bool
	busy chan struct{} // closed at so many, or when something is wrong
	once sync.Once
}

const busy = 40

// create asks for a token on a connection of its own and takes the reply. It
// answers false once nobody takes connections.
func (a *acknowledged) create(s *serving, bearer, body string) bool {
	conn, err := new(net.Dialer).DialContext(s.Context(), "tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	req, err := http.NewRequestWithContext(s.Context(), http.MethodPost, s.url+"/profile/tokens", strings.NewReader(body))
	if err != nil {
		s.Error(err)
		return false
	}
	req.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + bearer}, "Idempotency-Key": {rand.Text()}}
	err = req.Write(conn)
	var res *http.Response
	if err == nil {
		res, err = http.ReadResponse(bufio.NewReader(conn), req)
	}
	if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrUnexpectedEOF) {
		return false // not a word of an answer: net/http hands on no request that it reads once it stops
	}
	var out api.Issued
	if err == nil {
		var text []byte
		text, err = io.ReadAll(res.Body)
		err = errors.Join(err, res.Body.Close(), json.Unmarshal(text, &out))
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil || res.StatusCode != http.StatusCreated {
		s.Errorf("it was answered %+v, %v", res, err)
		a.once.Do(func() { close(a.busy) })
		return false
	}
	if a.ids[out.Token.ID] = true; len(a.ids) == busy {
		a.once.Do(func() { close(a.busy) })
	}
	return true
}

func (s *serving) signal(sig syscall.Signal) {
	s.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.Fatal(err)
	}
}

// What the server logged as created is what clients were told of, and what is
// there afterwards: nothing that was taken is dropped, nothing acknowledged lost.
func TestStoppingUnderLoadLosesNothing(t *testing.T) {
	p := newPlace(t)
	p.furnish()
	p.run("app", "add", "Robots", "--policy", "AuthenticatedUsers", "--scopes", "read,tokens").ok()
	var k api.Issued
	p.run("token", "create", "--user", "ada", "--app", "Robots", "--scope", "tokens", "--scope", "read", "--json").into(&k)
	s := p.serve("--json", "--drain", "200ms")
	body := `{"appId":"` + k.Token.App.ID + `","scopes":["read"],"expiresAt":"` + k.Token.ExpiresAt.Format(time.RFC3339) + `"}`
	told := &acknowledged{ids: map[string]bool{}, busy: make(chan struct{})}
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			for told.create(s, k.Secret, body) { // until it is away
			}
		})
	}
	<-told.busy
	s.signal(syscall.SIGTERM)
	clients.Wait()
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, s.log)
	}
	logged := 0
	for line := range strings.Lines(s.log.String()) {
		if strings.Contains(line, `"route":"POST /profile/tokens","status":201`) {
			logged++
		}
	}
	t.Logf("%d were created", len(told.ids))
	if logged != len(told.ids) || logged < busy {
		t.Errorf("the server answered %d, clients were told of %d", logged, len(told.ids))
	}
	p.holds(told.ids, 1)
}

// holds demands that these tokens and so many others were created, as the
// records have it.
func (p place) holds(ids map[string]bool, others int) {
	p.Helper()
	found := 0
	for line := range strings.Lines(p.run("audit", "list", "--limit", "0", "--json").ok().stdout) {
		var e api.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			p.Fatalf("%v in %s", err, line)
		}
		switch {
		case e.Action != "token.created":
		case ids[e.Object.ID]:
			found++
		default:
			others--
		}
	}
	if found != len(ids) || others != 0 {
		p.Errorf("of %d acknowledged tokens %d are there, and %d more than expected", len(ids), found, -others)
	}
}

// A person who signals twice does not want to wait.
func TestASecondSignalEndsTheServerAtOnce(t *testing.T) {
	p := newPlace(t)
	s := p.serve("--drain", "1h")
	s.signal(syscall.SIGTERM)
	for {
		if status, _ := s.get("/readyz", ""); status == http.StatusServiceUnavailable {
			break
		}
	}
	if status, _ := s.get("/tools/auto-discovery", ""); status != http.StatusOK {
		t.Errorf("while it stops, a call is answered %d", status)
	}
	s.signal(syscall.SIGTERM)
	err := s.cmd.Wait()
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
		t.Errorf("it ended with %v", err)
	}
}
