package builtin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"keyfob/api"
	"keyfob/server/builtin"
	"keyfob/server/instance"
	"keyfob/server/signin"
)

// desk is a person's built-in server, started as the desktop starts it.
type desk struct {
	*testing.T
	dir string
	*builtin.Server
}

func config(dir string) builtin.Config {
	return builtin.Config{Dir: dir, Version: "1", User: builtin.User{Login: `HOME\Ada`, Name: "Ada Admin"}}
}

func start(t *testing.T, dir string) desk {
	t.Helper()
	s, err := builtin.Start(t.Context(), config(dir))
	if err != nil {
		t.Fatal(err)
	}
	return desk{t, dir, s}
}

func (d desk) stop() {
	d.Helper()
	if err := d.Close(context.WithoutCancel(d.Context())); err != nil {
		d.Error(err)
	}
}

// signedIn gives an access token by the one click.
func (d desk) signedIn() string {
	d.Helper()
	refresh, err := d.SignIn(d.Context())
	if err != nil {
		d.Fatal(err)
	}
	var out struct {
		AccessToken string `json:"access_token"`
	}
	d.send(http.MethodPost, "/id/connect/token", "", "application/x-www-form-urlencoded", url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {refresh}, "client_id": {signin.DesktopClient},
	}.Encode(), &out)
	return out.AccessToken
}

// Of those that an earlier program was given, one that was killed too soon never
// got to use its own: else it would work for as long as a sign-in lives.
func TestASignInThatNobodyUsedEndsAtTheNextStart(t *testing.T) {
	dir := t.TempDir()
	d := start(t, dir)
	kept := d.renew(d.renew(d.signIn()))
	lost := d.signIn()
	d.stop()
	d = start(t, dir)
	defer d.stop()
	if d.renew(kept) == "" {
		t.Error("the sign-in that was used has ended")
	}
	if d.renew(lost) != "" {
		t.Error("the sign-in that nobody used still works")
	}
}

// What shows that a sign-in was used is purged in time: it goes on all the same.
func TestASignInThatWasUsedLongAgoGoesOn(t *testing.T) {
	var later atomic.Int64
	c := config(t.TempDir())
	c.Clock = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	startAgain := func() desk {
		s, err := builtin.Start(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		return desk{t, c.Dir, s}
	}
	d := startAgain()
	first := d.signIn()
	later.Add(int64(20 * 24 * time.Hour))
	kept := d.renew(first)
	later.Add(int64(11 * 24 * time.Hour))
	d.signIn() // purges what has expired
	d.stop()
	d = startAgain()
	defer d.stop()
	if d.renew(kept) == "" {
		t.Error("it has ended")
	}
}

// signIn gives a refresh token by the one click, unused.
func (d desk) signIn() string {
	d.Helper()
	refresh, err := d.SignIn(d.Context())
	if err != nil {
		d.Fatal(err)
	}
	return refresh
}

// renew is the next refresh token, if the server gives one.
func (d desk) renew(refresh string) string {
	d.Helper()
	var out struct {
		RefreshToken string `json:"refresh_token"`
	}
	d.send(http.MethodPost, "/id/connect/token", "", "application/x-www-form-urlencoded", url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {refresh}, "client_id": {signin.DesktopClient},
	}.Encode(), &out)
	return out.RefreshToken
}

func (d desk) send(method, path, bearer, kind, body string, into any) int {
	d.Helper()
	req, err := http.NewRequestWithContext(d.Context(), method, d.URL()+path, strings.NewReader(body))
	if err != nil {
		d.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		d.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		d.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		d.Fatalf("%v in %d %s", err, res.StatusCode, text)
	}
	return res.StatusCode
}

func (d desk) apps(bearer string) (apps []api.App) {
	d.Helper()
	var page api.Page[api.App]
	d.send(http.MethodGet, "/manager/apps", bearer, "", "", &page)
	return page.Items
}

func TestOneClickSignsThePersonInAsAdministratorWithEverythingReady(t *testing.T) {
	d := start(t, filepath.Join(t.TempDir(), "a", "keyfob"))
	defer d.stop()
	bearer := d.signedIn()
	var me api.Me
	d.send(http.MethodGet, "/profile/me", bearer, "", "", &me)
	if me.Login != "ada" || me.Name != "Ada Admin" || !me.IsAdmin || me.Instance != "Built-in server" {
		t.Errorf("signed in as %+v", me)
	}
	apps := d.apps(bearer)
	if len(apps) != 1 || apps[0].Name != "Local scripts" || apps[0].Policy != api.PolicyAuthenticatedUsers || strings.Join(apps[0].Scopes, " ") != "read update" || apps[0].SystemUser != nil {
		t.Errorf("ready: %+v", apps)
	}
	var issued api.Issued
	if status := d.send(http.MethodPost, "/profile/tokens", bearer, "application/json", `{"appId":"`+apps[0].ID+`","scopes":["read"]}`, &issued); status != http.StatusCreated {
		t.Errorf("creating a token: %d", status)
	}
}

func TestEverythingIsStillThereAfterARestart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keyfob")
	d := start(t, dir)
	address, bearer := d.URL(), d.signedIn()
	app := d.apps(bearer)[0]
	var changed api.App
	d.send(http.MethodPatch, "/manager/apps/"+app.ID, bearer, "application/json", `{"name":"Mine","policy":"None"}`, &changed)
	d.stop()

	again := start(t, dir)
	defer again.stop()
	if again.URL() != address {
		t.Errorf("the address was %s and is %s", address, again.URL())
	}
	apps := again.apps(bearer) // still signed in
	if len(apps) != 1 || apps[0].Name != "Mine" || apps[0].Policy != api.PolicyNone {
		t.Errorf("what the person changed was seeded again: %+v", apps)
	}
	var me api.Me
	if again.send(http.MethodGet, "/profile/me", again.signedIn(), "", "", &me); me.Login != "ada" {
		t.Errorf("signed in as %+v", me)
	}
}

func TestItListensOnThisMachineOnly(t *testing.T) {
	d := start(t, filepath.Join(t.TempDir(), "keyfob"))
	defer d.stop()
	u, err := url.Parse(d.URL())
	if err != nil || u.Hostname() != "127.0.0.1" || u.Scheme != "http" {
		t.Fatalf("%s (%v)", d.URL(), err)
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		ip := a.(*net.IPNet).IP
		if ip.To4() == nil || ip.IsLoopback() {
			continue
		}
		if conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", net.JoinHostPort(ip.String(), u.Port())); err == nil {
			_ = conn.Close()
			t.Errorf("it answers on %s", ip)
		}
	}
}

func TestATakenPortIsNoObstacle(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keyfob")
	d := start(t, dir)
	u, err := url.Parse(d.URL())
	if err != nil {
		t.Fatal(err)
	}
	d.stop()
	other, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	again := start(t, dir)
	moved := again.URL()
	if moved == d.URL() {
		t.Fatal("two programs on one port")
	}
	again.signedIn()
	again.stop()
	third := start(t, dir) // and stays where it went
	defer third.stop()
	if third.URL() != moved {
		t.Errorf("moved again, from %s to %s", moved, third.URL())
	}
}

func TestTheWantedPortIsTakenAtTheFirstStart(t *testing.T) {
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := ln.Addr().(*net.TCPAddr).Port
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	c := config(filepath.Join(t.TempDir(), "keyfob"))
	c.Port = port
	s, err := builtin.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	d := desk{t, c.Dir, s}
	defer d.stop()
	if want := "http://127.0.0.1:" + strconv.Itoa(port); d.URL() != want {
		t.Errorf("%s, want %s", d.URL(), want)
	}
}

func TestSecondStartOnTheSameDataIsRefused(t *testing.T) {
	d := start(t, filepath.Join(t.TempDir(), "keyfob"))
	if _, err := builtin.Start(t.Context(), config(d.dir)); !errors.Is(err, instance.ErrInUse) {
		t.Errorf("answered %v", err)
	}
	d.signedIn() // the first one does not mind
	d.stop()
	again := start(t, d.dir)
	again.stop()
}

func TestAnUnusableDirectoryIsErrNotWritable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "below")} {
		if _, err := builtin.Start(t.Context(), config(dir)); !errors.Is(err, instance.ErrNotWritable) {
			t.Errorf("%s: %v", dir, err)
		}
	}
}

// A damaged note costs the address at most: the person is found again.
func TestADamagedNoteLosesNothing(t *testing.T) {
	d := start(t, filepath.Join(t.TempDir(), "keyfob"))
	d.stop()
	if err := os.WriteFile(filepath.Join(d.dir, "builtin.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	again := start(t, d.dir)
	defer again.stop()
	if apps := again.apps(again.signedIn()); len(apps) != 1 {
		t.Errorf("%d apps", len(apps))
	}
}

func TestTheDataDirectoryIsItsOwnersAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // access lists, not modes
	}
	d := start(t, filepath.Join(t.TempDir(), "keyfob"))
	defer d.stop()
	refresh, err := d.SignIn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	root := os.DirFS(d.dir)
	err = fs.WalkDir(root, ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", e.Name(), info.Mode())
		}
		if err == nil && !e.IsDir() {
			text, err := fs.ReadFile(root, path)
			if bytes.Contains(text, []byte(refresh)) {
				t.Errorf("the refresh token is in %s", e.Name())
			}
			return err
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
