package main_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"keyfob/api"
)

// program is the real keyfobd, built once, as it is shipped: without cgo.
var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "keyfobd-*")
	if err != nil {
		panic(err)
	}
	program = filepath.Join(dir, "keyfobd")
	build := exec.Command("go", "build", "-ldflags", "-X main.version=9.8.7", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building keyfobd: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// place is a data directory to run keyfobd on.
type place struct {
	*testing.T
	dir      string
	database string // URL; empty: that of the environment, or in dir
}

func newPlace(t *testing.T) place {
	t.Helper()
	return place{T: t, dir: filepath.Join(t.TempDir(), "data")}
}

type result struct {
	place
	code           int
	stdout, stderr string
}

func (p place) run(args ...string) result { return p.runWith("", args...) }

func (p place) runWith(stdin string, args ...string) result {
	p.Helper()
	cmd := p.command(args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		p.Fatal(err)
	} else if ok && exit.ExitCode() < 0 {
		p.Fatalf("keyfobd %v: %v", args, err)
	}
	return result{p, cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

func (p place) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(p.Context(), program, args...)
	cmd.Env = append(os.Environ(), "KEYFOBD_DATA="+p.dir)
	if p.database != "" {
		cmd.Env = append(cmd.Env, "KEYFOBD_DATABASE="+p.database)
	}
	return cmd
}

func (r result) ok() result {
	r.Helper()
	if r.code != 0 {
		r.Fatalf("exit code %d: %s", r.code, r.stderr)
	}
	return r
}

// says demands an exit code and a part of the sentence, in one line.
func (r result) says(code int, text string) {
	r.Helper()
	if r.code != code || !strings.Contains(r.stderr, text) || r.stdout != "" {
		r.Errorf("exit code %d, want %d and %q\n%s%s", r.code, code, text, r.stdout, r.stderr)
	}
	if strings.Contains(r.stderr, "goroutine") {
		r.Error("it panicked")
	}
}

func (r result) into(v any) {
	r.Helper()
	if err := json.Unmarshal([]byte(r.ok().stdout), v); err != nil {
		r.Fatalf("%v in %q", err, r.stdout)
	}
}

// serving is a running keyfobd serve.
type serving struct {
	place
	cmd *exec.Cmd
	url string
	log *bytes.Buffer

	metrics string // URL, with --json and --metrics-listen
}

func (p place) serve(args ...string) *serving {
	p.Helper()
	s := &serving{place: p, cmd: p.command(append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...), log: new(bytes.Buffer)}
	s.cmd.Stderr = s.log
	out, err := s.cmd.StdoutPipe()
	if err == nil {
		err = s.cmd.Start()
	}
	if err != nil {
		p.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		_ = s.cmd.Wait()
		p.Fatalf("no URL: %v\n%s", err, s.log)
	}
	if s.url = strings.TrimSpace(line); slices.Contains(args, "--json") {
		var out struct{ URL, Metrics string }
		if err := json.Unmarshal([]byte(line), &out); err != nil {
			p.Errorf("with --json it printed %s", line)
		}
		s.url, s.metrics = out.URL, out.Metrics
	}
	p.Cleanup(func() { _ = s.cmd.Process.Kill() })
	return s
}

func (s *serving) get(path, bearer string) (int, string) {
	s.Helper()
	req, err := http.NewRequestWithContext(s.Context(), http.MethodGet, s.url+path, nil)
	if err != nil {
		s.Fatal(err)
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	return s.do(req)
}

func (s *serving) do(req *http.Request) (int, string) {
	s.Helper()
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// furnish adds a user and an app, as an operator does first.
func (p place) furnish() {
	p.Helper()
	p.runWith("correct horse\n", "user", "add", "ada", "--name", "Ada Admin", "--email", "ada@example.org", "--admin", "--password-stdin").ok()
	p.run("app", "add", "Scripts", "--policy", "AuthenticatedUsers", "--scopes", "read,update,introspect", "--system-user", "ada").ok()
}

// The operator's main path; requirements 1, 16.
func TestTokenMadeByTheCommandWorksAtTheServer(t *testing.T) {
	p := newPlace(t)
	p.furnish()
	r := p.run("token", "create", "--user", "ada", "--app", "Scripts", "--scope", "read").ok()
	secret := strings.TrimSuffix(r.stdout, "\n")
	if !strings.HasPrefix(secret, "enrt_p") || len(secret) != 54 || strings.ContainsAny(secret, " \n") || r.stderr != "" {
		t.Errorf("the secret is not alone on standard output: %q, %q", r.stdout, r.stderr)
	}
	s := p.serve()
	if status, body := s.get("/tools/auto-discovery", ""); status != 200 || !strings.Contains(body, s.url+"/id") {
		t.Errorf("discovery: %d %s", status, body)
	}
	if status, body := s.get("/profile/me", secret); status != 200 || !strings.Contains(body, `"login":"ada"`) {
		t.Errorf("who am I: %d %s", status, body)
	}
	if status, _ := s.get("/capabilities", secret); status != 200 {
		t.Errorf("capabilities: %d", status)
	}
}

// Requirement 81: the command beside a running server, with no delay.
func TestCommandsWorkBesideTheServerAndAtOnce(t *testing.T) {
	p := newPlace(t)
	s := p.serve()
	p.furnish()
	var pat, sat api.Issued
	p.run("token", "create", "--user", "ada", "--app", "scripts", "--scope", "read", "--scope", "update", "--expires", "24h", "--description", "laptop", "--json").into(&pat)
	p.run("token", "create", "--sat", "--app", "Scripts", "--scope", "introspect", "--expires", "never", "--json").into(&sat)
	if sat.Token.ExpiresAt != nil || pat.Token.ExpiresAt == nil || time.Until(*pat.Token.ExpiresAt) > 24*time.Hour || pat.Token.Description != "laptop" {
		t.Errorf("made %+v and %+v", pat.Token, sat.Token)
	}
	if got := s.introspect(sat.Secret, pat.Secret); !strings.Contains(got, `"username":"ada"`) {
		t.Errorf("introspection: %s", got)
	}
	for range 5 { // a cache that is filled would show now
		if status, _ := s.get("/profile/me", pat.Secret); status != 200 {
			t.Fatalf("who am I: %d", status)
		}
	}
	p.run("token", "revoke", pat.Token.ID).ok()
	if status, _ := s.get("/profile/me", pat.Secret); status != 401 {
		t.Errorf("after revocation: %d", status)
	}
	if got := s.introspect(sat.Secret, pat.Secret); got != `{"active":false}` {
		t.Errorf("introspection: %s", got)
	}
}

func (s *serving) introspect(by, token string) string {
	s.Helper()
	req, err := http.NewRequestWithContext(s.Context(), http.MethodPost, s.url+"/id/connect/introspect", strings.NewReader(url.Values{"token": {token}}.Encode()))
	if err != nil {
		s.Fatal(err)
	}
	req.Header = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Authorization": {"Bearer " + by}}
	_, body := s.do(req)
	return body
}

func TestClientSecretMadeByTheCommandIntrospects(t *testing.T) {
	p := newPlace(t)
	p.furnish()
	var client struct{ ClientID, ClientSecret string }
	p.run("app", "secret", "Scripts", "--json").into(&client)
	s := p.serve()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/id/connect/introspect", strings.NewReader("token=x"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(client.ClientID, client.ClientSecret)
	if status, body := s.do(req); status != 200 || body != `{"active":false}` {
		t.Errorf("introspection: %d %s", status, body)
	}
}

func TestSecondServerOnTheSameDataSaysSo(t *testing.T) {
	p := newPlace(t)
	first := p.serve()
	p.run("serve", "--listen", "127.0.0.1:0").says(1, "Another program is serving this data directory.")
	_ = first.cmd.Process.Kill()
	_ = first.cmd.Wait()
	p.serve() // a crash leaves no stale lock
}

// SIGTERM: finish, write what is in memory, exit 0. The last use is kept.
func TestServerStopsInOrder(t *testing.T) {
	p := newPlace(t)
	p.furnish()
	var pat api.Issued
	p.run("token", "create", "--user", "ada", "--app", "Scripts", "--scope", "read", "--json").into(&pat)
	s := p.serve("--json")
	if status, _ := s.get("/profile/me", pat.Secret); status != 200 {
		t.Fatalf("who am I: %d", status)
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, s.log)
	}
	for line := range strings.Lines(s.log.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("with --json it logged %s", line)
		}
	}
	db, err := os.ReadFile(filepath.Join(p.dir, "keyfob.db"))
	if err != nil || !bytes.Contains(db, []byte("127.0.0.1")) {
		t.Errorf("the last use is not in the database (%v)", err)
	}
}

// Requirements 6, 7, 8: what an operator's work leaves behind.
func TestNothingLeftBehindHoldsASecret(t *testing.T) {
	p := newPlace(t)
	p.furnish()
	secret := strings.TrimSpace(p.run("token", "create", "--user", "ada", "--app", "Scripts", "--scope", "read").ok().stdout)
	s := p.serve()
	s.get("/profile/me", secret)
	s.get("/"+secret, "")
	s.askToken("grant_type=refresh_token&client_id=keyfob-desktop&refresh_token=" + secret)
	found := 0
	root := os.DirFS(p.dir)
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		found++
		text, err := fs.ReadFile(root, path)
		if bytes.Contains(text, []byte(secret[6:40])) || bytes.Contains(text, []byte("correct horse")) {
			t.Errorf("a secret is in %s", d.Name())
		}
		return err
	})
	if err != nil || found < 4 {
		t.Errorf("%d files searched: %v", found, err)
	}
	if info, err := os.Stat(p.dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the data directory: %v, %v", info.Mode(), err)
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	for line := range strings.Lines(s.log.String()) { // its own words only, not a library's
		if !strings.HasPrefix(line, "time=") || strings.Contains(line, "request error") {
			t.Errorf("the log has %s", line)
		}
	}
	if strings.Contains(s.log.String(), secret[6:40]) || !strings.Contains(s.log.String(), "/profile/me") {
		t.Errorf("the log: %s", s.log)
	}
}

// askToken makes a request at the token endpoint that is refused.
func (s *serving) askToken(form string) {
	s.Helper()
	req, err := http.NewRequestWithContext(s.Context(), http.MethodPost, s.url+"/id/connect/token", strings.NewReader(form))
	if err != nil {
		s.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if status, body := s.do(req); status != http.StatusBadRequest {
		s.Errorf("the token endpoint: %d %s", status, body)
	}
}

func TestMistakesAreSaidInASentence(t *testing.T) {
	p := newPlace(t)
	p.furnish()
	rulesFile := filepath.Join(t.TempDir(), "own.toml")
	if err := os.WriteFile(rulesFile, []byte("[expiry]\nmaximum = \"1d\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	token := func(more ...string) []string {
		return append([]string{"token", "create", "--app", "Scripts", "--scope", "read"}, more...)
	}
	for _, c := range []struct {
		name string
		args []string
		code int
		text string
	}{
		{"nothing", nil, 2, "expected one of"},
		{"no such command", []string{"sing"}, 2, "unexpected argument"},
		{"no such flag", []string{"version", "--loud"}, 2, "unknown flag"},
		{"unknown rules", []string{"serve", "--rules", "acme"}, 2, "choose one of erp, digitalhub, lucanet, socotra"},
		{"rules with a mistake", []string{"serve", "--rules", rulesFile}, 2, "own.toml:2: expiry.maximum: there is no such key"},
		{"a file of rules with a mistake", []string{"rules", "check", rulesFile}, 1, "own.toml:2: expiry.maximum: there is no such key"},
		{"rules that are not there", []string{"rules", "show", "acme"}, 1, "choose one of"},
		{"a policy that is none", []string{"policy", "--max-expiry", "soon"}, 2, "--max-expiry must be"},
		{"open to the network", []string{"serve", "--listen", "0.0.0.0:0"}, 2, "--public-url https://"},
		{"open to all", []string{"serve", "--listen", ":0"}, 2, "--public-url https://"},
		{"plain http beyond", []string{"serve", "--public-url", "http://tokens.example.org"}, 2, "must begin with https://"},
		{"plain http before a proxy", []string{"serve", "--listen", "0.0.0.0:0", "--public-url", "http://127.0.0.1"}, 2, "must begin with https://"},
		{"a public URL with a path", []string{"serve", "--public-url", "https://example.org/keyfob"}, 2, "without a path"},
		{"a listen address that is none", []string{"serve", "--listen", "here"}, 2, "--listen must be like"},
		{"a taken login", []string{"user", "add", "ADA"}, 1, "This login is taken."},
		{"a taken name", []string{"app", "add", "Scripts"}, 1, "This name is taken."},
		{"no such user", token("--user", "eve"), 1, `There is no user "eve"`},
		{"no such app", []string{"token", "create", "--user", "ada", "--app", "Nothing", "--scope", "read"}, 1, `There is no application "Nothing"`},
		{"no such scope", []string{"token", "create", "--user", "ada", "--app", "Scripts", "--scope", "fly"}, 1, "Scopes: There is no such scope."},
		{"neither user nor SAT", token(), 2, "--user"},
		{"both user and SAT", token("--user", "ada", "--sat"), 2, "can't be used together"},
		{"a past expiry", token("--user", "ada", "--expires=-1h"), 2, "--expires must be"},
		{"an expiry that is none", token("--user", "ada", "--expires", "soon"), 2, "--expires must be"},
		{"too many days", token("--user", "ada", "--expires", "99999999999999d"), 2, "--expires must be"},
		{"no such token", []string{"token", "revoke", "x"}, 1, "There is no"},
	} {
		t.Run(c.name, func(*testing.T) { p.run(c.args...).says(c.code, c.text) })
	}
	p.runWith("short\n", "user", "add", "eve", "--password-stdin").says(2, "at least 8 characters")
	secret := "enrt_p" + strings.Repeat("x", 48)
	if r := p.run("token", "revoke", "1", secret); r.code != 2 || strings.Contains(r.stderr, secret) {
		t.Errorf("a token pasted in the wrong place is repeated: %s", r.stderr)
	}
}

// Who mistypes a directory or a file finds nothing new there.
func TestAnEmptyPlaceIsSaidToBeEmptyAndStaysIt(t *testing.T) {
	p := newPlace(t)
	for _, args := range [][]string{
		{"pepper", "list"},
		{"pepper", "new"},
		{"pepper", "retire", "x"},
		{"audit", "verify"},
		{"audit", "list"},
		{"app", "secret", "Scripts"},
		{"user", "set", "ada", "--active=false"},
		{"token", "create", "--user", "ada", "--app", "Scripts", "--scope", "read"},
		{"token", "revoke", "x"},
		{"backup", filepath.Join(t.TempDir(), "backup.tar")},
	} {
		p.run(args...).says(1, "There are no records here yet.")
	}
	p.run("restore", filepath.Join(t.TempDir(), "backup.tar")).says(1, "There is no file")
	p.run("restore", t.TempDir()).says(1, "There is no file")
	if _, err := os.Stat(p.dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the place is not as it was: %v", err)
	}
}

func TestDataThatCannotBeUsedIsSaidInASentence(t *testing.T) {
	p := newPlace(t)
	if err := os.WriteFile(p.dir, nil, 0o600); err != nil { // a file where the directory should be
		t.Fatal(err)
	}
	p.run("serve", "--listen", "127.0.0.1:0").says(1, "The data directory cannot be written to.")
	p.run("user", "add", "ada").says(1, "The data directory cannot be written to.")
}

func TestVersionIsThatOfTheBuild(t *testing.T) {
	p := newPlace(t)
	if r := p.run("version").ok(); r.stdout != "keyfobd 9.8.7\n" {
		t.Errorf("%q", r.stdout)
	}
	if r := p.run("version", "--json").ok(); r.stdout != `{"version":"9.8.7"}`+"\n" {
		t.Errorf("%q", r.stdout)
	}
	if r := p.run("--help").ok(); !strings.Contains(r.stdout, "token create") {
		t.Errorf("%q", r.stdout)
	}
	if _, err := os.Stat(p.dir); err == nil {
		t.Error("asking for the version made a data directory")
	}
}
