package connect_test

import (
	"errors"
	"net/http"
	"net/url"
	"path/filepath"
	"testing"

	"keyfob/client"
	"keyfob/client/connect"
)

// A browser that may know another account of the server is told to ask who it
// is, in the first sign-in and in those that renew it; and always for what a
// refresh token takes.
func TestABrowserThatKnowsAnotherAccountIsToldToAsk(t *testing.T) {
	d, remote := newDesk(t), people(t)
	var sent []string
	c := connect.New(connect.Config{
		Dir: filepath.Join(d.dir, "config"), BuiltIn: d.own, Credentials: d.kept, HTTP: &http.Client{},
		OpenBrowser: func(address string) error {
			u, err := url.Parse(address)
			if err != nil {
				return err
			}
			sent = append(sent, u.Query().Get("prompt"))
			return d.browse(address)
		},
	})
	ada := d.signInAs(t, c, remote.URL, "ada")
	if err := ada.SignInAgain(t.Context(), connect.Part{}); err != nil { // alone: the browser need not ask
		t.Fatal(err)
	}
	bob := d.signInAs(t, c, remote.URL, "bob")
	d.refreshToken(t, bob)
	if err := bob.SignInAgain(t.Context(), connect.Part{}); err != nil {
		t.Fatal(err)
	}
	d.login = "bob"
	if err := ada.SignInAgain(t.Context(), connect.Part{}); !errors.Is(err, client.ErrOtherAccount) {
		t.Errorf("as another: %v", err)
	}
	want := []string{"consent", "consent", "login consent", "login consent", "login consent"}
	if len(sent) != len(want) {
		t.Fatalf("sent %q", sent)
	}
	for i := range want {
		if sent[i] != want[i] {
			t.Errorf("sign-in %d was asked with prompt %q, want %q", i, sent[i], want[i])
		}
	}
}
