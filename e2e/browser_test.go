//go:build e2e

package e2e

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"keyfob/internal/testserver"
)

// installBrowser gives the desktop a browser that waits for logIn.
func (d *desktop) installBrowser() {
	d.t.Helper()
	file := d.write("bin/xdg-open", "#!/bin/sh\nprintf %s \"$1\" >\"$HOME/opening\" && mv \"$HOME/opening\" \"$HOME/opened\"\n")
	must(d.t, os.Chmod(file, 0o700))
	d.env = append(d.env, "PATH="+filepath.Dir(file)+":"+os.Getenv("PATH"))
}

// sentTo waits until the program sends the browser somewhere, and answers where.
func (d *desktop) sentTo() string {
	d.t.Helper()
	note := filepath.Join(d.home, "opened")
	var address []byte
	eventually(d.t, "the browser is opened", func() (err error) {
		address, err = os.ReadFile(note)
		return err
	})
	must(d.t, os.Remove(note))
	return string(address)
}

// logIn signs in where the program sent the browser.
func (d *desktop) logIn(login, password string) {
	d.t.Helper()
	_, err := testserver.LogIn(d.sentTo(), url.Values{"login": {login}, "password": {password}})
	must(d.t, err)
}

// wire is a proxy before a server that notes what is secret of all that passes.
type wire struct {
	*httptest.Server
	behind *url.URL // the server; nil: not known yet
	passes func()   // called before a request or an answer goes on

	mu    sync.Mutex
	noted map[string][]string // by what it is
}

// newWire listens already: the server must know by which address it is reached.
func newWire(t *testing.T) *wire {
	w := &wire{noted: map[string][]string{}, passes: func() {}}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(w.behind)
			r.Out.Host = r.In.Host
		},
		ModifyResponse: w.answered,
		ErrorLog:       log.New(io.Discard, "", 0), // of programs that are killed
	}
	w.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.asked(r)
		proxy.ServeHTTP(rw, r)
	}))
	t.Cleanup(w.Close)
	return w
}

func (w *wire) asked(r *http.Request) {
	defer w.passes()
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		w.note("bearer", token)
	}
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	form, formErr := url.ParseQuery(string(body))
	if err != nil || formErr != nil {
		return
	}
	for _, name := range []string{"code", "code_verifier"} {
		if form.Has(name) {
			w.note(name, form.Get(name))
		}
	}
}

// tokenField is one of a token endpoint's answer that is a secret.
var tokenField = regexp.MustCompile(`"(access_token|refresh_token|id_token)":\s*"([^"]+)"`)

func (w *wire) answered(r *http.Response) error {
	defer w.passes()
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	for _, field := range tokenField.FindAllStringSubmatch(string(body), -1) {
		w.note(field[1], field[2])
	}
	return err
}

func (w *wire) note(what, value string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Contains(w.noted[what], value) {
		w.noted[what] = append(w.noted[what], value)
	}
}

// secrets are all that was noted, of each kind one at least.
func (w *wire) secrets() (all []string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, kind := range []string{"bearer", "code", "code_verifier", "access_token", "refresh_token", "id_token"} {
		if len(w.noted[kind]) == 0 {
			err = errors.Join(err, errors.New("no "+kind+" has passed"))
		}
		all = append(all, w.noted[kind]...)
	}
	return all, err
}

// The canary test, of a sign-in in the window: all that passes between that and
// the server, the window's own access tokens too.
func TestNothingThatARunLeavesHasWhatSignsTheWindowIn(t *testing.T) {
	d := newDesktop(t, true)
	d.installBrowser()
	w := newWire(t)
	behind, err := url.Parse(d.serve("--public-url", w.URL))
	must(t, err)
	w.behind = behind

	p := d.open("--server", w.URL)
	d.sees("Another server", "Sign in with the browser", "kept in your keyring")
	d.press("Return")
	d.logIn("canary", password)
	d.sees("Signed in as canary", "No tokens yet", "Sign-in kept in your keyring")
	d.press("ctrl+n")
	d.sees("New user access token", "Canaries", "Generate token")
	d.typeText("Nightly export")
	d.press("Return")
	d.sees("copied and securely stored")
	d.leaveSecret()

	canaries, err := w.secrets()
	must(t, err)
	if kept := d.keptCredential(); !slices.Contains(canaries, kept) {
		t.Error("the credential in the keyring has not passed")
	}
	canaries = append(canaries, password)
	d.looksAtScreens(canaries)
	n := newNet(canaries)
	d.looksAtProcesses(n)
	d.crash(p)
	for _, found := range d.filesIn(n) {
		t.Errorf("%s has a secret", found)
	}
	planted := d.write("cache/planted", canaries[0])
	if found := d.filesIn(n); len(found) != 1 || found[0] != planted {
		t.Errorf("of one that was planted the search finds %q", found)
	}
}
