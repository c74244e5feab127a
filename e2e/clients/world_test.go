//go:build e2e

package clients

import (
	"bytes"
	"context"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"

	"keyfob/api"
	"keyfob/server/instance"
	"keyfob/server/password"
	"keyfob/server/rules"
	"keyfob/server/store"
	"keyfob/server/tokens"
)

// world is a real server on which Ada has a token that can be exchanged.
type world struct {
	Issuer string `json:"issuer"`
	Server string `json:"server"` // its address
	Ada    person `json:"ada"`
	PAT    string `json:"pat"` // with the scopes profile and openid
	App    app    `json:"app"` // whose token it is
}

type person struct {
	ID       string `json:"id"`
	Login    string `json:"login"`
	Password string `json:"password"`
}

type app struct {
	ID     string `json:"id"`
	Secret string `json:"secret"`
}

func newWorld(t *testing.T) *world {
	t.Helper()
	web := httptest.NewUnstartedServer(nil)
	w := &world{Server: "http://" + web.Listener.Addr().String(), Ada: person{Login: "ada", Password: "correct horse battery staple"}}
	w.Issuer = w.Server + "/id"
	digitalhub, err := rules.Load("digitalhub")
	must(t, err)
	log := new(logs)
	in, err := instance.Open(t.Context(), instance.Config{
		Dir: filepath.Join(t.TempDir(), "data"), PublicURL: w.Server, Name: "Test", Version: "1", Rules: digitalhub,
		Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	must(t, err)
	web.Config.Handler = in.Handler
	web.Start()
	t.Cleanup(func() {
		web.Close()
		if err := in.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("closing: %v", err)
		}
		if t.Failed() {
			t.Log(log.text.String())
		}
	})
	w.furnish(t, in.Tokens)
	return w
}

func (w *world) furnish(t *testing.T, s *tokens.Service) {
	t.Helper()
	hash, err := password.Hash(t.Context(), w.Ada.Password)
	must(t, err)
	ada, err := s.AddUser(t.Context(), tokens.Operator(), store.User{Login: w.Ada.Login, Name: "Ada Admin", IsActive: true, PasswordHash: hash})
	must(t, err)
	a, err := s.AddApp(t.Context(), tokens.Operator(), api.NewApp{Name: "Scripts", Policy: api.PolicyAuthenticatedUsers, Scopes: []string{"profile", "openid"}})
	must(t, err)
	secret, err := s.NewAppSecret(t.Context(), tokens.Operator(), a.ID)
	must(t, err)
	pat, err := s.CreatePAT(t.Context(), tokens.Operator(), api.NewToken{Description: "Laptop", AppID: a.ID, UserID: ada.ID, Scopes: []string{"profile", "openid"}}, "")
	must(t, err)
	w.Ada.ID, w.App, w.PAT = ada.ID, app{a.ID, secret.Reveal()}, pat.Secret
}

// logs is what the server logged.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
