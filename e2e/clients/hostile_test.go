//go:build e2e

package clients

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"keyfob/client"
)

// The desktop at oidc-provider, and what must not sign it in. A provider that
// is certified deviates from nothing: the test is the user agent, or the wire,
// and alters what passes there.

// RFC 6749, section 10.12
func TestOIDCProvidersAnswerWithAWrongStateIsRefused(t *testing.T) {
	a := attacked(t, startProvider(t), &wire{})
	answer := a.answered(<-a.opened)
	for _, state := range []string{"wrong", "", answer.Query().Get("state")[1:]} {
		if status, page, err := bring(with(answer, "state", state)); err != nil || status != http.StatusBadRequest {
			t.Errorf("state %q: the browser shows %d %s, %v", state, status, page, err)
		}
	}
	if n := a.wire.sent(); n > 0 {
		t.Errorf("the code was sent %d times", n)
	}
	a.nobody()
	a.signsIn(answer.String()) // it was waited for
}

// RFC 9207, section 2.4
func TestOIDCProvidersAnswerWithAWrongIssuerIsRefused(t *testing.T) {
	issuer := startProvider(t)
	for _, iss := range []string{"https://evil.example.com", issuer + "/", ""} {
		a := attacked(t, issuer, &wire{})
		answer := a.answered(<-a.opened)
		if got := answer.Query().Get("iss"); got != issuer {
			t.Fatalf("the answer came from %q", got)
		}
		a.refused(with(answer, "iss", iss))
		if n := a.wire.sent(); n > 0 {
			t.Errorf("iss %q: the code was sent %d times", iss, n)
		}
	}
}

func TestOIDCProvidersSecondCallbackIsRefused(t *testing.T) {
	sent, goOn := make(chan bool, 1), make(chan bool)
	var once sync.Once
	a := attacked(t, startProvider(t), &wire{code: func() { once.Do(func() { sent <- true; <-goOn }) }})
	answer := a.answered(<-a.opened).String()
	first := make(chan int, 1)
	go func() { status, _, _ := bring(answer); first <- status }()
	<-sent // and its code is on its way
	if status, page, err := bring(answer); err != nil || status != http.StatusBadRequest {
		t.Errorf("the browser shows %d %s, %v", status, page, err)
	}
	close(goOn)
	must(t, <-a.done)
	if status := <-first; status != http.StatusOK || a.wire.sent() != 1 {
		t.Errorf("the first shows %d; codes sent: %d", status, a.wire.sent())
	}
}

func TestOIDCProvidersLateCallbackFindsNobody(t *testing.T) {
	issuer := startProvider(t)
	a := attacked(t, issuer, &wire{})
	answer := a.answered(<-a.opened).String()
	a.signsIn(answer)
	if status, page, err := bring(answer); err == nil {
		t.Errorf("after the sign-in the browser shows %d %s", status, page)
	}
	late := attacked(t, issuer, &wire{})
	answer = late.answered(<-late.opened).String()
	late.cancel()
	if err := <-late.done; !errors.Is(err, context.Canceled) {
		t.Errorf("given up, it ends with %v", err)
	}
	if status, page, err := bring(answer); err == nil {
		t.Errorf("after it was given up the browser shows %d %s", status, page)
	}
	late.nobody()
	if n := late.wire.sent(); n > 0 {
		t.Errorf("the code was sent %d times", n)
	}
}

// RFC 9700, section 4.4: the answer of another provider, as that gave it, is
// refused before its code is sent anywhere; under the name of the right one its
// code is worth nothing there.
func TestAMixUpOfTwoOIDCProvidersIsRefused(t *testing.T) {
	asked, other := startProvider(t), startProvider(t)
	for _, iss := range []string{other, asked} {
		a := attacked(t, asked, &wire{})
		answer := a.answered(strings.Replace(<-a.opened, asked, other, 1))
		a.refused(with(answer, "iss", iss))
		if n := a.wire.sent(); n > 0 && iss == other {
			t.Errorf("the code was sent %d times", n)
		}
	}
}

// RFC 9700, section 4.8.2: what binds the answer to the question is taken out on
// the way there.
func TestADowngradeOnTheWayToOIDCProviderIsRefused(t *testing.T) {
	issuer := startProvider(t)
	for _, altered := range [][2]string{
		{"code_challenge", ""},
		{"code_challenge", strings.Repeat("x", 43)}, // of somebody else's verifier
		{"code_challenge_method", "plain"},
		{"code_challenge_method", ""},
		{"nonce", ""},
		{"nonce", "other"},
	} {
		a := attacked(t, issuer, &wire{})
		question, err := url.Parse(<-a.opened)
		must(t, err)
		answer := a.answered(with(question, altered[0], altered[1]))
		t.Logf("%q: oidc-provider answers with the error %q", altered, answer.Query().Get("error"))
		a.refused(answer.String())
	}
}

// The same, where it is said what the provider can do.
func TestADowngradeOfWhatOIDCProviderAnnouncesIsRefused(t *testing.T) {
	issuer := startProvider(t)
	for name, methods := range map[string]any{"none": nil, "plain alone": []string{"plain"}} {
		a := attacked(t, issuer, &wire{metadata: func(m map[string]any) {
			if _, ok := m["code_challenge_methods_supported"]; !ok {
				t.Error("oidc-provider announces no PKCE itself")
			}
			m["code_challenge_methods_supported"] = methods
		}})
		a.refusedUnasked(client.ErrSignInRefused, name)
	}
}

// RFC 9700, section 2.1.2: tokens that come by way of the browser.
func TestATokenInOIDCProvidersAnswerIsRefused(t *testing.T) {
	issuer := startProvider(t)
	for _, name := range []string{"access_token", "id_token"} {
		a := attacked(t, issuer, &wire{})
		a.refused(with(a.answered(<-a.opened), name, "any"))
	}
}
