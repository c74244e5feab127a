//go:build e2e

package clients

import (
	"encoding/json"
	"errors"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"keyfob/client"
	"keyfob/client/session"
)

// Refresh tokens at oidc-provider, which rotates them and honours none twice,
// not for a second.

// signedInAt is Ada signed in.
func signedInAt(t *testing.T, issuer string, w *wire) *attack {
	t.Helper()
	a := attacked(t, issuer, w)
	a.signsIn(a.answered(<-a.opened).String())
	return a
}

// kept is the refresh token in the store.
func (a *attack) kept() string {
	a.t.Helper()
	item, err := a.store.Get(a.t.Context(), session.Key(a.issuer, "ada"))
	must(a.t, err)
	var c struct {
		RefreshToken string `json:"refresh_token"`
	}
	must(a.t, json.Unmarshal([]byte(item.Reveal()), &c))
	return c.RefreshToken
}

// renew is an access token in place of the one so far.
func (a *attack) renew() (fresh client.Secret, err error) {
	a.t.Helper()
	old, err := a.session.AccessToken(a.t.Context())
	must(a.t, err)
	a.session.Rejected(a.t.Context(), old)
	return a.session.AccessToken(a.t.Context())
}

// dead sees to it that the provider takes a refresh token no more.
func (a *attack) dead(refresh string) {
	a.t.Helper()
	somebody := oauth2.Config{ClientID: "keyfob-desktop", Endpoint: oauth2.Endpoint{TokenURL: a.issuer + "/token", AuthStyle: oauth2.AuthStyleInParams}}
	_, err := somebody.TokenSource(a.t.Context(), &oauth2.Token{RefreshToken: refresh}).Token()
	if e, ok := errors.AsType[*oauth2.RetrieveError](err); !ok || e.ErrorCode != "invalid_grant" {
		a.t.Errorf("the provider says of a refresh token that is to be dead: %v", err)
	}
}

// RFC 6749, section 6; security requirement 14. That one is stored before its
// access token is used is shown where writing can be watched:
// client/session.TestARefreshTokenIsStoredBeforeItsAccessTokenIsUsed.
func TestEachRefreshTokenOfOIDCProviderTakesThePlaceOfTheOneBefore(t *testing.T) {
	var sent, given, kept []string
	a := signedInAt(t, startProvider(t), &wire{tokens: func(form url.Values, got map[string]any) error {
		refresh, _ := got["refresh_token"].(string)
		sent, given = append(sent, form.Get("refresh_token")), append(given, refresh)
		return nil
	}})
	kept = append(kept, a.kept())
	for range 2 { // the second is by what the session holds of the first
		_, err := a.renew()
		must(t, err)
		kept = append(kept, a.kept())
	}
	if kept[0] == kept[1] || kept[1] == kept[2] {
		t.Error("the refresh token in the store was not replaced")
	}
	if d := cmp.Diff(given, kept); d != "" {
		t.Errorf("given and kept: %s", d)
	}
	if d := cmp.Diff([]string{"", kept[0], kept[1]}, sent); d != "" {
		t.Errorf("sent: %s", d)
	}
}

// RFC 9700, section 4.14.2: somebody else has the old one and uses it.
func TestAnOldRefreshTokenIsRefusedByOIDCProviderAndEndsTheSignIn(t *testing.T) {
	a := signedInAt(t, startProvider(t), &wire{})
	old := a.kept()
	_, err := a.renew()
	must(t, err)
	a.dead(old)
	if _, err := a.renew(); !errors.Is(err, client.ErrSignInExpired) {
		t.Errorf("after the old one was used the new one brings %v", err)
	}
	a.dead(a.kept())
}

// The successor is lost, and what it succeeded is dead: the person is asked,
// and the provider is not asked over and over.
func TestARenewalThatIsLostOnTheWayFromOIDCProviderMeansSigningInAgain(t *testing.T) {
	lose, sent := false, 0
	a := signedInAt(t, startProvider(t), &wire{tokens: func(url.Values, map[string]any) error {
		if !lose {
			return nil
		}
		if sent++; sent == 1 {
			return errors.New("the line is cut")
		}
		return nil
	}})
	lose = true
	_, err := a.renew()
	if !errors.Is(err, client.ErrSignInExpired) {
		t.Errorf("it ends with %v", err)
	}
	if _, err := a.session.AccessToken(t.Context()); !errors.Is(err, client.ErrSignInExpired) || sent != 2 {
		t.Errorf("then with %v; the refresh token was sent %d times", err, sent)
	}
	lose = false
	again := make(chan error, 1)
	go func() { _, err := a.session.SignIn(t.Context()); again <- err }()
	status, page, err := bring(a.answered(<-a.opened).String())
	if err := errors.Join(err, <-again); err != nil {
		t.Errorf("signing in again: %v; the browser shows %d %s", err, status, page)
	}
}
