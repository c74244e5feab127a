package session_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keyfob/client"
	"keyfob/client/credentials"
	"keyfob/client/rest"
	"keyfob/client/session"
	"keyfob/internal/testserver"
	"keyfob/server/instance"
)

// The ways to sign in.
const (
	byBrowser = "browser"
	byDevice  = "device"
	builtIn   = "built-in"
	byToken   = "token"
)

// ways has a device once: it waits for whole seconds.
var ways = []string{byBrowser, byBrowser, byDevice, builtIn, builtIn, byToken, byToken}

// handOut is where the server stands in for the one inside the program.
const handOut = "/hand-out"

func newKilling(t *testing.T) *killing {
	t.Helper()
	k := &killing{T: t}
	dir := t.TempDir()
	web := httptest.NewUnstartedServer(k)
	address := "http://" + web.Listener.Addr().String()
	in, err := instance.Open(t.Context(), instance.Config{
		Dir: dir, PublicURL: address, Log: slog.New(slog.DiscardHandler),
		Clock: func() time.Time { return time.Now().Add(time.Duration(k.skip.Load())) },
	})
	if err != nil {
		t.Fatal(err)
	}
	k.in, k.database = in, filepath.Join(dir, "keyfob.db")
	k.desk = desk{issuer: address + "/id", folder: t.TempDir(), show: func(p session.DevicePrompt) { k.allow(p.CompleteURL) }}
	web.Start()
	t.Cleanup(func() {
		web.Close()
		if err := in.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	k.ada = (&testserver.Remote{Instance: in, URL: address}).AddUser(t, "ada", "Ada Admin", true)
	k.server, err = rest.Discover(t.Context(), address, http.DefaultClient)
	if err != nil {
		t.Fatal(err)
	}
	k.pasted = k.madeElsewhere()
	return k
}

// madeElsewhere is a token that Ada has made for herself.
func (k *killing) madeElsewhere() string {
	k.Helper()
	s := session.New(session.Config{Issuer: k.issuer, ClientID: clientID, Credentials: &credentials.Memory{}})
	refresh, err := k.handedOut(k.Context())
	if err != nil {
		k.Fatal(err)
	}
	if _, err := s.Adopt(k.Context(), refresh); err != nil {
		k.Fatal(err)
	}
	ada := rest.New(k.server, s, http.DefaultClient)
	app, err := ada.AddApp(k.Context(), client.NewApp{Name: "Warehouse", Policy: client.PolicyAuthenticatedUsers, Scopes: []string{"read"}})
	if err != nil {
		k.Fatal(err)
	}
	_, token, err := ada.CreateToken(k.Context(), client.NewToken{AppID: app.ID, Scopes: []string{"read"}})
	if err != nil {
		k.Fatal(err)
	}
	if err := s.SignOut(k.Context()); err != nil {
		k.Fatal(err)
	}
	return token.Reveal()
}

// ServeHTTP is the server, with a door for the built-in way. A device need not
// wait its five seconds.
func (k *killing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == handOut:
		refresh, err := k.in.SignIn.SignInLocally(r.Context(), k.ada)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, refresh)
	case strings.HasSuffix(r.URL.Path, "/deviceauthorization"):
		k.in.Handler.ServeHTTP(hurried{w}, r)
	default:
		k.in.Handler.ServeHTTP(w, r)
	}
}

type hurried struct{ http.ResponseWriter }

func (h hurried) Write(b []byte) (int, error) {
	return h.ResponseWriter.Write(bytes.Replace(b, []byte(`"interval":5`), []byte(`"interval":1`), 1))
}

// allow is Ada at her phone.
func (k *killing) allow(page string) {
	k.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		k.Fatal(err)
	}
	last, err := testserver.AnswerDevice(&http.Client{Jar: jar}, page, "ada", "allow")
	if err != nil || last.Status != http.StatusOK || !strings.Contains(last.Body, "You can close this tab") {
		k.Errorf("the phone shows %d %s, %v", last.Status, last.Body, err)
	}
}

// startAgain is the start of the built-in server, with the next program: only
// then is nobody left who could still use what it gave.
func (k *killing) startAgain() {
	k.Helper()
	if k.way != builtIn {
		return
	}
	if err := k.in.SignIn.EndUnused(k.Context(), k.ada); err != nil {
		k.Error(err)
	}
}

// keepsToken reports whether what is kept is a pasted token.
func (k *killing) keepsToken() bool {
	k.Helper()
	return stored(k.T, &drawer{folder: k.folder}, k.issuer+"|"+k.ada)["token"] != nil
}

// noTokenIsKept looks for the pasted token in all that the keyring has.
func (k *killing) noTokenIsKept(when string) {
	k.Helper()
	all, err := filepath.Glob(filepath.Join(k.folder, "[0-9a-f]*")) // what was not yet put in is not
	if err != nil {
		k.Fatal(err)
	}
	for _, name := range all {
		if b, err := os.ReadFile(name); err != nil || bytes.Contains(b, []byte(k.pasted)) {
			k.Errorf("%s: a pasted token is kept that nobody knows of: %v", when, err)
		}
	}
}

// own is a token by itself.
type own struct{ token client.Secret }

func (o own) AccessToken(context.Context) (client.Secret, error) { return o.token, nil }

func (own) Rejected(context.Context, client.Secret) {}
