//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"keyfob/client"
	"keyfob/client/connect"
	keyring "keyfob/client/credentials"
	"keyfob/internal/local"
	"keyfob/internal/testserver"
)

const (
	issued  = 1000 // by the desktop's own client, over HTTP
	onGlass = 3    // by the window
	// password signs in; it is a canary too.
	password = "canary-password-0123456789-abcdefghij"
)

// Security requirements 1, 7, 15 and 16: nothing that a run leaves, and nothing that
// others see of it, has a secret, a token, a password or a key.
func TestNothingThatARunLeavesHasASecret(t *testing.T) {
	d := newDesktop(t, true)
	server := d.serve()
	d.folder("config/issuer")
	issuing := make(chan haul, 1)
	go func() { issuing <- d.issue(server) }() // meanwhile the window is at work

	p := d.open()
	d.useBuiltIn()
	var canaries []string
	for i := range onGlass {
		canaries = append(canaries, d.issueOnScreen(fmt.Sprint("Canary ", i)))
	}
	d.sees("Canary 0", fmt.Sprint("Canary ", onGlass-1), "Create user access token") // the list
	canaries = append(canaries, d.keptCredential(), d.indexKey())
	canaries = append(canaries, d.secretOnScreen("The last one"))
	d.looks("Hold to show", "The clipboard is cleared in")
	byClient := <-issuing
	must(t, byClient.err)
	builtIn := d.issueBuiltIn()
	must(t, builtIn.err)
	canaries = slices.Concat(canaries, byClient.secrets, builtIn.secrets, []string{password})

	d.looksAtScreens(canaries)
	n := newNet(canaries)
	d.looksAtProcesses(n)
	d.crash(p)
	for _, found := range d.filesIn(n) {
		t.Errorf("%s has a secret", found)
	}
	labels := regexp.MustCompile(`(?m)^secret = .*$`).ReplaceAllString(d.do("sh", "-c", "secret-tool search --all --unlock service Keyfob 2>&1"), "")
	if n.catches([]byte(labels)) || !strings.Contains(labels, "label = ") {
		t.Errorf("in the keyring stands, beside what is secret:\n%s", labels)
	}

	planted := d.write("cache/planted", "x"+string(forms(canaries[len(canaries)/2])[3])+"y")
	if found := d.filesIn(n); len(found) != 1 || found[0] != planted {
		t.Errorf("of one that was planted the search finds %q", found)
	}
}

// The same, of what a person types in: a token of theirs, and the passphrase of
// the file that keeps it.
func TestNothingThatARunLeavesHasWhatWasTypedIn(t *testing.T) {
	const words = "canary passphrase 0123456789"
	d := newDesktop(t, withoutKeyring)
	server := d.serve()
	keyfobd := func(args ...string) string {
		return d.do(program(t, "keyfobd"), append([]string{"--data", filepath.Join(d.home, "server")}, args...)...)
	}
	keyfobd("app", "add", "Desktop", "--policy", "AuthenticatedUsers", "--scopes", "read,tokens")
	pasted := regexp.MustCompile(`enrt_p\w+`).FindString(keyfobd("token", "create", "--app", "Desktop", "--scope", "read,tokens", "--user", "canary"))

	p := d.open("--server", server)
	d.sees("Another server", "Keep in an encrypted file")
	d.press("Tab", "Tab", "Tab", "Return") // from the address to keeping
	d.typeText(words)
	d.press("Tab")
	d.typeText(words)
	d.press("Return")
	d.sees("kept in your encrypted file")
	d.press("Tab", "Tab") // from the address, where the focus went on, to the other ways
	d.press("Return", "Down", "Down", "Return")
	d.typeText(pasted)
	d.press("Return")
	d.sees("Signed in as canary", "Sign-in kept in an encrypted file")

	canaries := []string{pasted, words, password}
	d.looksAtScreens(canaries)
	n := newNet(canaries)
	d.looksAtProcesses(n)
	d.crash(p)
	for _, found := range d.filesIn(n) {
		t.Errorf("%s has a secret", found)
	}
}

// crash ends the program in the way that leaves the most behind.
func (d *desktop) crash(p *process) {
	d.t.Helper()
	must(d.t, p.cmd.Process.Signal(syscall.SIGQUIT)) // crash files belong to it
	<-p.ended
	eventually(d.t, "there is a crash file", func() error {
		all, err := filepath.Glob(filepath.Join(d.home, "state", "keyfob", "crashes", "*"))
		if err == nil && len(all) == 0 {
			err = errors.New("not yet")
		}
		return err
	})
}

// serve starts keyfobd with a user and an application, and answers its address.
func (d *desktop) serve(flags ...string) string {
	d.t.Helper()
	address, _ := d.serveFor("canary", "Canary", "Canaries", flags...)
	return address
}

// serveFor is serve for others; it answers also the server's process.
func (d *desktop) serveFor(login, name, app string, flags ...string) (string, *process) {
	d.t.Helper()
	data := filepath.Join(d.home, "server")
	run := func(in string, args ...string) *process {
		return d.start("keyfobd", strings.NewReader(in), append([]string{program(d.t, "keyfobd"), "--data", data}, args...)...)
	}
	<-run(password, "user", "add", login, "--name", name, "--password-stdin").ended
	<-run("", "app", "add", app, "--policy", "AuthenticatedUsers", "--scopes", "read").ended
	serving := run("", append([]string{"serve", "--listen", "127.0.0.1:0"}, flags...)...)
	var address []string
	eventually(d.t, "the server says where it listens", func() error {
		if address = listens.FindStringSubmatch(d.log("keyfobd")); address == nil {
			return errors.New("not yet")
		}
		return nil
	})
	return "http://" + address[1], serving
}

var listens = regexp.MustCompile(`msg=serving .*address=(127\.0\.0\.1:\d+) `)

// haul is what was issued, and what signed in for it.
type haul struct {
	secrets []string
	err     error
}

// issue creates tokens as the window does, but without it, and answers their
// secrets, the credential of the sign-in and its access tokens.
func (d *desktop) issue(server string) (h haul) {
	ctx, kept, heard := d.t.Context(), &keyring.Memory{}, &listener{tokens: map[string]bool{}}
	connector := connect.New(connect.Config{
		Dir: filepath.Join(d.home, "config", "issuer"), Credentials: kept, HTTP: &http.Client{Transport: heard},
		OpenBrowser: func(address string) error {
			go func() { // beside the program, as a browser is
				_, _ = testserver.LogIn(address, url.Values{"login": {"canary"}, "password": {password}})
			}()
			return nil
		},
	})
	conn, err := connector.SignIn(ctx, connect.Wish{Address: server})
	if err != nil {
		return haul{err: err}
	}
	return issueBy(ctx, conn, issued, kept, heard)
}

// issueBuiltIn is issue at a server that is built in, as the window starts and
// signs in at its own: what passes between those two cannot be heard.
func (d *desktop) issueBuiltIn() haul {
	d.t.Helper()
	ctx, kept, heard := d.t.Context(), &keyring.Memory{}, &listener{tokens: map[string]bool{}}
	server := local.New(d.folder("built-in/data"), "test")
	connector := connect.New(connect.Config{
		Dir: d.folder("built-in/config"), BuiltIn: server, Credentials: kept, HTTP: &http.Client{Transport: heard},
	})
	conn, err := connector.UseBuiltIn(ctx)
	if err != nil {
		return haul{err: errors.Join(err, server.Close(ctx))}
	}
	h := issueBy(ctx, conn, onGlass, kept, heard)
	h.err = errors.Join(h.err, server.Close(ctx))
	return h
}

// issueBy creates n tokens with a connection.
func issueBy(ctx context.Context, conn *connect.Connection, n int, kept *keyring.Memory, heard *listener) (h haul) {
	apps, err := conn.ProfileApps(ctx)
	for i := 0; i < n && err == nil; i++ {
		var s client.Secret
		_, s, err = conn.CreateToken(ctx, client.NewToken{
			Attempt: client.NewAttempt(), AppID: apps[0].ID, Description: fmt.Sprint("canary ", i), Scopes: []string{"read"},
		})
		h.secrets = append(h.secrets, s.Reveal())
	}
	if err != nil {
		return haul{err: err}
	}
	credential, err := kept.Get(ctx, conn.Server.Issuer+"|"+conn.Subject)
	if err != nil || len(heard.tokens) == 0 {
		return haul{err: errors.Join(err, errors.New("no access token was heard"))}
	}
	h.secrets = append(h.secrets, slices.Collect(maps.Keys(heard.tokens))...)
	refresh, err := refreshToken(credential.Reveal())
	return haul{append(h.secrets, refresh), err}
}

// listener hears the access tokens that pass; one call at a time.
type listener struct{ tokens map[string]bool }

func (l *listener) RoundTrip(r *http.Request) (*http.Response, error) {
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		l.tokens[token] = true
	}
	return http.DefaultTransport.RoundTrip(r)
}

func refreshToken(item string) (string, error) {
	var c struct {
		RefreshToken string `json:"refresh_token"`
	}
	err := json.Unmarshal([]byte(item), &c)
	if err == nil && len(c.RefreshToken) < 16 {
		err = errors.New("there is no refresh token in the credential")
	}
	return c.RefreshToken, err
}

// issueOnScreen creates a token by keyboard and answers its secret.
func (d *desktop) issueOnScreen(description string) string {
	d.t.Helper()
	secret := d.secretOnScreen(description)
	d.leaveSecret()
	return secret
}

// leaveSecret closes the dialog with a secret.
func (d *desktop) leaveSecret() {
	d.t.Helper()
	d.press("Escape", "Return", "space", "Return") // the question whether it is stored, back, ticked, done
	d.seesNo("copied and securely stored")
}

// keptCredential is the refresh token that the keyring has.
func (d *desktop) keptCredential() string {
	d.t.Helper()
	token, err := refreshToken(d.inKeyring(`\{.*refresh_token.*\}`))
	must(d.t, err)
	return token
}

// indexKey is the key of the index of issued tokens, which the keyring has.
func (d *desktop) indexKey() string {
	d.t.Helper()
	return d.inKeyring(`[0-9a-f]{64}`)
}

// inKeyring is the secret in the keyring that a pattern describes.
func (d *desktop) inKeyring(pattern string) string {
	d.t.Helper()
	kept := d.do("secret-tool", "search", "--all", "--unlock", "service", "Keyfob")
	item := regexp.MustCompile(`(?m)^secret = (` + pattern + `)$`).FindStringSubmatch(kept)
	if item == nil {
		d.t.Fatalf("the keyring has no %s", pattern)
	}
	return item[1]
}

// looks reads a screen that is never at rest, as it counts down.
func (d *desktop) looks(texts ...string) {
	d.t.Helper()
	eventually(d.t, fmt.Sprintf("the screen shows %q", texts), func() error {
		picture, err := d.picture()
		if err != nil {
			return err
		}
		text, err := recognise(picture)
		d.read = append(d.read, text)
		for _, want := range texts {
			if !within(squash(text), squash(want)) {
				err = fmt.Errorf("%q is not to be read: %s", want, text)
			}
		}
		return err
	})
}

// looksAtScreens looks for canaries in all that was read on the screen.
func (d *desktop) looksAtScreens(canaries []string) {
	d.t.Helper()
	for _, text := range d.read {
		p := newPage(text)
		if i := slices.IndexFunc(canaries, func(c string) bool { return p.shows(c[8:min(len(c), 32)]) }); i >= 0 {
			d.t.Errorf("canary %d can be read on the screen:\n%s", i, text)
		}
	}
	d.t.Logf("%d screens were read", len(d.read))
}

// looksAtProcesses looks at what all users see of ours.
func (d *desktop) looksAtProcesses(n net) {
	d.t.Helper()
	seen := 0
	all, err := filepath.Glob("/proc/[0-9]*")
	must(d.t, err)
	for _, process := range all {
		command, _ := os.ReadFile(filepath.Join(process, "cmdline"))
		if !bytes.Contains(command, []byte("keyfob")) {
			continue
		}
		seen++
		environment, _ := os.ReadFile(filepath.Join(process, "environ")) // closed to all but root
		if n.catches(command) || n.catches(environment) {
			d.t.Errorf("%s shows a secret: %.60q", process, command)
		}
	}
	if seen < 3 { // the window, its watcher, the server
		d.t.Errorf("%d processes of ours are seen", seen)
	}
}

// filesIn are the files below the home, and among the logs, that hold a canary.
func (d *desktop) filesIn(n net) []string {
	d.t.Helper()
	var found []string
	for _, root := range []string{d.home, d.logs} {
		must(d.t, filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
			if err != nil || !e.Type().IsRegular() {
				return ignoreGone(err)
			}
			content, err := os.ReadFile(path)
			if n.catches(content) {
				found = append(found, path)
			}
			return ignoreGone(err)
		}))
	}
	return found
}
