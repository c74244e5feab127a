//go:build e2e

package clients

import (
	"context"
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"keyfob/client"
	"keyfob/client/credentials"
)

// What oidc-provider itself made, but not for the sign-in that waits.

// OpenID Connect Core, section 3.1.3.7, step 11; security requirement 12: the
// question is altered on its way, and the ID token answers what was asked.
func TestAnIDTokenThatOIDCProviderSignedWithAnotherNonceIsRefused(t *testing.T) {
	issuer := startProvider(t)
	var idToken, refresh string
	a := attacked(t, issuer, &wire{tokens: func(_ url.Values, got map[string]any) error {
		idToken, _ = got["id_token"].(string)
		refresh, _ = got["refresh_token"].(string)
		return nil
	}})
	question, err := url.Parse(<-a.opened)
	must(t, err)
	a.refusedFor("an ID token for another question", a.answered(with(question, "nonce", "other")).String())
	provider, err := oidc.NewProvider(t.Context(), issuer)
	must(t, err)
	signed, err := provider.Verifier(&oidc.Config{ClientID: "keyfob-desktop"}).Verify(t.Context(), idToken)
	must(t, err)
	if signed.Subject != "ada" || signed.Nonce != "other" {
		t.Errorf("oidc-provider signed the nonce %q for %s", signed.Nonce, signed.Subject)
	}
	a.dead(refresh) // nor is anything left there
	if _, err := a.store.Get(t.Context(), issuer+"|signing in"); !errors.Is(err, credentials.ErrNotFound) {
		t.Errorf("a note of the sign-in is left: %v", err)
	}
}

// OpenID Connect Core, section 3.1.3.7, steps 2 and 3: signed for the same
// question by the same key (the providers of a test share it), and with the
// same nonce.
func TestAnIDTokenOfOIDCProviderForSomebodyElseIsRefused(t *testing.T) {
	issuer, other := startProvider(t), startProvider(t)
	for _, of := range []struct{ provider, program string }{{other, "keyfob-desktop"}, {issuer, "another-program"}} {
		code := make(chan string, 1)
		a := attacked(t, issuer, &wire{tokens: func(sent url.Values, got map[string]any) (err error) {
			got["id_token"], err = idTokenOf(of.provider, of.program, <-code, sent)
			return err
		}})
		question, err := url.Parse(<-a.opened)
		must(t, err)
		code <- a.answered(strings.Replace(with(question, "client_id", of.program), issuer, of.provider, 1)).Query().Get("code")
		a.refusedFor("the ID token is not for us", a.answered(question.String()).String())
	}
}

// idTokenOf is what a provider signs for a program that sends what the desktop
// sent, with another code.
func idTokenOf(provider, program, code string, sent url.Values) (string, error) {
	c := oauth2.Config{
		ClientID: program, RedirectURL: sent.Get("redirect_uri"),
		Endpoint: oauth2.Endpoint{TokenURL: provider + "/token", AuthStyle: oauth2.AuthStyleInParams},
	}
	t, err := c.Exchange(context.Background(), code, oauth2.VerifierOption(sent.Get("code_verifier")))
	if err != nil {
		return "", err
	}
	idToken, _ := t.Extra("id_token").(string)
	return idToken, nil
}

// OpenID Connect Core, section 3.1.3.7, step 6: all else is as it was signed.
func TestAnIDTokenOfOIDCProviderWithoutItsSignatureIsRefused(t *testing.T) {
	issuer := startProvider(t)
	part := base64.RawURLEncoding.EncodeToString
	for name, forge := range map[string]func(head, claims, signature string) string{
		"no signature":   func(head, claims, _ string) string { return head + "." + claims + "." },
		"none is needed": func(_, claims, _ string) string { return part([]byte(`{"alg":"none"}`)) + "." + claims + "." },
		"for another sub": func(head, claims, signature string) string {
			return head + "." + named(claims, "eve") + "." + signature
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := attacked(t, issuer, &wire{tokens: func(_ url.Values, got map[string]any) error {
				idToken, _ := got["id_token"].(string)
				parts := strings.SplitN(idToken, ".", 3)
				got["id_token"] = forge(parts[0], parts[1], parts[2])
				return nil
			}})
			a.refusedFor("the ID token is not for us", a.answered(<-a.opened).String())
		})
	}
}

// named is the claims of an ID token with another name for Ada.
func named(claims, other string) string {
	text, err := base64.RawURLEncoding.DecodeString(claims)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(text), `"ada"`, `"`+other+`"`, 1)))
}

// RFC 9700, section 4.5: the code of another sign-in at the same provider, that
// came to the same address, under the state of the one that waits. PKCE is left.
func TestOIDCProvidersCodeOfAnotherSignInIsRefused(t *testing.T) {
	issuer := startProvider(t)
	a, b := attacked(t, issuer, &wire{}), attacked(t, issuer, &wire{})
	other, err := url.Parse(<-a.opened)
	must(t, err)
	question, err := url.Parse(<-b.opened)
	must(t, err)
	own := b.answered(question.String())
	stolen := a.answered(with(other, "redirect_uri", question.Query().Get("redirect_uri")))
	b.refusedFor("the server does not take its own code", with(own, "code", stolen.Query().Get("code")))
	if n := b.wire.sent(); n != 1 {
		t.Errorf("the code was sent %d times", n)
	}
}

// RFC 6749, section 3.1: no parameter stands twice, and the code is not missing.
func TestOIDCProvidersAnswerWithMoreOrLessThanOneOfEachIsRefused(t *testing.T) {
	issuer := startProvider(t)
	for name, alter := range map[string]func(answer *url.URL) string{
		"no code":             func(a *url.URL) string { return with(a, "code", "") },
		"two codes":           func(a *url.URL) string { return a.String() + "&code=other" },
		"two states":          func(a *url.URL) string { return a.String() + "&state=other" },
		"two issuers":         func(a *url.URL) string { return a.String() + "&iss=https://evil.example.com" },
		"a code and an error": func(a *url.URL) string { return with(a, "error", "invalid_request") },
	} {
		t.Run(name, func(t *testing.T) {
			a := attacked(t, issuer, &wire{})
			a.refused(alter(a.answered(<-a.opened)))
			if n := a.wire.sent(); n > 0 {
				t.Errorf("a code was sent %d times", n)
			}
		})
	}
}

// OpenID Connect Discovery, section 4.3; security requirement 13: oidc-provider
// answers at these too, and says itself that it has another name.
func TestOIDCProviderUnderAnotherNameThanItsIssuerIsRefused(t *testing.T) {
	issuer := startProvider(t)
	for _, name := range []string{issuer + "/", strings.Replace(issuer, "127.0.0.1", "localhost", 1)} {
		a := attacked(t, name, &wire{})
		a.refusedUnasked(client.ErrNotAServer, name)
	}
}
