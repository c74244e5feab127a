//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"keyfob/client"
	"keyfob/client/connect"
	keyring "keyfob/client/credentials"
	"keyfob/internal/testserver"
)

const (
	issued  = 1000 // by the desktop's own client, over HTTP
	onGlass = 3    // by the window
	// password signs in; it is a canary too.
	password = "canary-password-0123456789-abcdefghij"
)

// Security requirements 1, 7, 15 and 16: nothing that a run leaves, and nothing that
// others see of it, has a secret, a refresh token or a password.
func TestNothingThatARunLeavesHasASecret(t *testing.T) {
	d := newDesktop(t, true)
	server := d.serve()
	canaries := append(d.issue(server), password)

	p := d.open()
	d.useBuiltIn()
	for i := range onGlass {
		canaries = append(canaries, d.issueOnScreen(fmt.Sprint("Canary ", i)))
	}
	canaries = append(canaries, d.keptCredential())
	canaries = append(canaries, d.secretOnScreen("The last one"))
	picture, err := d.picture() // it counts down, and so is never at rest
	must(t, err)
	text, err := recognise(picture)
	must(t, err)
	text = squash(text)
	if !strings.Contains(text, squash("Hold to show")) {
		t.Errorf("the screen is not read: %s", text)
	}
	for _, c := range canaries {
		if within(text, squash(c[8:min(len(c), 32)])) {
			t.Error("a secret can be read on the screen")
		}
	}

	n := newNet(canaries)
	d.looksAtProcesses(n)
	must(t, p.cmd.Process.Signal(syscall.SIGQUIT)) // crash files belong to it
	<-p.ended
	eventually(t, "there is a crash file", func() error {
		all, err := filepath.Glob(filepath.Join(d.home, "state", "keyfob", "crashes", "*"))
		if err == nil && len(all) == 0 {
			err = errors.New("not yet")
		}
		return err
	})
	for _, found := range d.filesIn(n) {
		t.Errorf("%s has a secret", found)
	}
	labels := regexp.MustCompile(`(?m)^secret = .*$`).ReplaceAllString(d.do("sh", "-c", "secret-tool search --all --unlock service Keyfob 2>&1"), "")
	if n.catches([]byte(labels)) || !strings.Contains(labels, "label = ") {
		t.Errorf("in the keyring stands, beside what is secret:\n%s", labels)
	}

	planted := d.write("cache/planted", "x"+string(forms(canaries[issued/2])[3])+"y")
	if found := d.filesIn(n); len(found) != 1 || found[0] != planted {
		t.Errorf("of one that was planted the search finds %q", found)
	}
}

// serve starts keyfobd with a user and an application, and answers its address.
func (d *desktop) serve() string {
	d.t.Helper()
	data := filepath.Join(d.home, "server")
	run := func(in string, args ...string) *process {
		return d.start("keyfobd", strings.NewReader(in), append([]string{program(d.t, "keyfobd"), "--data", data}, args...)...)
	}
	<-run(password, "user", "add", "canary", "--name", "Canary", "--password-stdin").ended
	<-run("", "app", "add", "Canaries", "--policy", "AuthenticatedUsers", "--scopes", "read").ended
	run("", "serve", "--listen", "127.0.0.1:0")
	var address string
	eventually(d.t, "the server says where it is", func() error {
		address = regexp.MustCompile(`(?m)^http://127\.0\.0\.1:\d+`).FindString(d.log("keyfobd"))
		if address == "" {
			return errors.New("not yet")
		}
		return nil
	})
	return address
}

// issue creates tokens as the window does, but without it, and answers their
// secrets and the credential of the sign-in.
func (d *desktop) issue(server string) []string {
	d.t.Helper()
	ctx := d.t.Context()
	kept := &keyring.Memory{}
	connector := connect.New(connect.Config{
		Dir: d.folder("config/issuer"), Credentials: kept, HTTP: &http.Client{},
		OpenBrowser: func(address string) error {
			go func() { // beside the program, as a browser is
				_, _ = testserver.LogIn(address, url.Values{"login": {"canary"}, "password": {password}})
			}()
			return nil
		},
	})
	conn, err := connector.SignIn(ctx, connect.Wish{Address: server})
	must(d.t, err)
	apps, err := conn.ProfileApps(ctx)
	must(d.t, err)
	var out []string
	for i := range issued {
		_, s, err := conn.CreateToken(ctx, client.NewToken{
			Attempt: client.NewAttempt(), AppID: apps[0].ID, Description: fmt.Sprint("canary ", i), Scopes: []string{"read"},
		})
		must(d.t, err)
		out = append(out, s.Reveal())
	}
	credential, err := kept.Get(ctx, conn.Server.Issuer+"|"+conn.Subject)
	must(d.t, err)
	return append(out, refreshToken(d.t, credential.Reveal()))
}

func refreshToken(t *testing.T, item string) string {
	t.Helper()
	var c struct {
		RefreshToken string `json:"refresh_token"`
	}
	must(t, json.Unmarshal([]byte(item), &c))
	if len(c.RefreshToken) < 16 {
		t.Fatal("there is no refresh token in the credential")
	}
	return c.RefreshToken
}

// issueOnScreen creates a token by keyboard and answers its secret.
func (d *desktop) issueOnScreen(description string) string {
	d.t.Helper()
	secret := d.secretOnScreen(description)
	d.press("Escape", "Return", "space", "Return") // the question whether it is stored, back, ticked, done
	d.seesNo("copied and securely stored")
	return secret
}

// keptCredential is the refresh token that the keyring has.
func (d *desktop) keptCredential() string {
	d.t.Helper()
	kept := d.do("secret-tool", "search", "--all", "--unlock", "service", "Keyfob")
	item := regexp.MustCompile(`(?m)^secret = (\{.*refresh_token.*\})$`).FindStringSubmatch(kept)
	if item == nil {
		d.t.Fatal("the keyring has no credential")
	}
	return refreshToken(d.t, item[1])
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

// net finds any of many texts, in any of their forms, in one pass: by the first
// bytes of each form.
type net map[[mesh]byte][][]byte

const mesh = 12

func newNet(texts []string) net {
	n := net{}
	for _, text := range texts {
		for _, form := range forms(text) {
			key := [mesh]byte(form)
			n[key] = append(n[key], form)
		}
	}
	return n
}

func (n net) catches(content []byte) bool {
	for i := range max(len(content)-mesh+1, 0) {
		for _, form := range n[[mesh]byte(content[i:])] {
			if bytes.HasPrefix(content[i:], form) {
				return true
			}
		}
	}
	return false
}

func TestTheNetCatchesEveryForm(t *testing.T) {
	texts := []string{"enrt_p0123456789abcdefghijABCDEFGHIJ", "enrt_p0123456789abcdefghijABCDEFGHIK", "another secret?&/ of 1"}
	n := newNet(texts)
	for _, text := range texts {
		for _, form := range forms(text) {
			if !n.catches(append([]byte("\x00before"), form...)) {
				t.Errorf("not caught: %q", form)
			}
		}
	}
	if n.catches([]byte("enrt_p0123456789abcdefghijABCDEFGHI, another secret? of 1")) {
		t.Error("caught what is none")
	}
}
