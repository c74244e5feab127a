package session

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"keyfob/client"
	"keyfob/client/internal/transport"
)

// signInTime is how long the browser may take.
const signInTime = 5 * time.Minute

// SignIn signs in through the system's browser and waits until the person is
// through, at most five minutes; cancel ctx to give up. It fails with
// client.ErrSignInRefused (the server or the person said no, or the answer was
// not for this question), ErrTimeout, ErrOffline, ErrCertificate,
// ErrNotAServer or ErrNoBrowser. A Session that has an account signs in with
// no other until SignOut: ErrOtherAccount, and what was signed in is ended.
func (s *Session) SignIn(ctx context.Context) (Identity, error) {
	ctx, cancel := context.WithTimeout(ctx, signInTime)
	defer cancel()
	m, err := s.discover(ctx)
	if err != nil {
		return Identity{}, err
	}
	if !slices.Contains(m.PKCE, "S256") { // RFC 9700, section 2.1.1: else it may be ignored
		return Identity{}, refused("the server does not announce PKCE with S256")
	}
	q := question{state: random(), nonce: random(), verifier: oauth2.GenerateVerifier(), meta: m}
	l, err := listen(ctx, s.cfg.LoopbackHost, q.state)
	if err != nil {
		return Identity{}, err
	}
	defer l.close()
	q.oauth = s.oauth(m, l.redirect)
	// OpenID Connect Core, section 11: else offline_access is not granted.
	consent := oauth2.SetAuthURLParam("prompt", "consent")
	ask := q.oauth.AuthCodeURL(q.state, oidc.Nonce(q.nonce), oauth2.S256ChallengeOption(q.verifier), consent)
	if err := s.cfg.OpenBrowser(ask); err != nil {
		return Identity{}, fmt.Errorf("%w: %w", client.ErrNoBrowser, err)
	}
	select {
	case a := <-l.answers:
		who, err := s.finish(ctx, q, a.query)
		a.outcome <- err
		return who, err
	case <-ctx.Done():
		return Identity{}, transport.Error(ctx, ctx.Err())
	}
}

// question is what one sign-in sent out and must find in the answer.
type question struct {
	state, nonce, verifier string

	meta  *metadata
	oauth *oauth2.Config
}

// finish turns the answer that the browser brought into a sign-in.
func (s *Session) finish(ctx context.Context, q question, answer url.Values) (Identity, error) {
	code, err := readAnswer(answer, q.state, s.cfg.Issuer, q.meta.IssInAnswer)
	if err != nil {
		return Identity{}, err
	}
	a := s.begin(ctx, attempt{Code: code, Verifier: q.verifier, Redirect: q.oauth.RedirectURL})
	raw, err := q.oauth.Exchange(s.oauthContext(ctx), code, oauth2.VerifierOption(q.verifier))
	if err = tokenError(ctx, err); err != nil {
		if errors.Is(err, client.ErrSignInExpired) {
			err = refused("the server does not take its own code")
		}
		return Identity{}, s.without(ctx, a, err)
	}
	t := s.tokensOf(raw)
	if err := s.checkNonce(ctx, q, raw); err != nil {
		return Identity{}, errors.Join(err, s.turnDown(ctx, a, t))
	}
	return s.arrive(ctx, a, t)
}

// readAnswer is the code in the answer to a question with state. With an iss
// (RFC 9207) it must be the issuer's; without, mustIss refuses.
func readAnswer(v url.Values, state, issuer string, mustIss bool) (code string, err error) {
	for _, name := range []string{"state", "code", "iss", "error"} {
		if len(v[name]) > 1 { // RFC 6749, section 3.1
			return "", refused("an answer with two values for " + name)
		}
	}
	// RFC 9700, section 2.1.2: tokens come from the token endpoint alone.
	if slices.ContainsFunc([]string{"access_token", "refresh_token", "id_token"}, v.Has) {
		return "", refused("an answer with a token in the address")
	}
	if subtle.ConstantTimeCompare([]byte(v.Get("state")), []byte(state)) != 1 {
		return "", refused("an answer to another question")
	}
	iss, has := v["iss"]
	if has && iss[0] != issuer || !has && mustIss {
		return "", refused("an answer from another issuer")
	}
	switch e := v.Get("error"); e {
	case "":
	case "access_denied": // RFC 6749, section 4.1.2.1: here the person pressed Cancel
		return "", client.ErrSignInStopped
	case "server_error", "temporarily_unavailable":
		return "", fmt.Errorf("%w: %s", client.ErrServer, e)
	default:
		return "", refused(word(e))
	}
	if v.Get("code") == "" {
		return "", refused("an answer without code")
	}
	return v.Get("code"), nil
}

// checkNonce demands an ID token that was made for this very question
// (OpenID Connect Core, section 3.1.3.7).
func (s *Session) checkNonce(ctx context.Context, q question, t *oauth2.Token) error {
	raw, ok := t.Extra("id_token").(string)
	if !ok {
		return fmt.Errorf("%w: no ID token", client.ErrGarbled)
	}
	id, err := s.verify(ctx, q.meta, raw)
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(q.nonce)) != 1 {
		return refused("an ID token for another question")
	}
	return nil
}

func refused(why string) error { return fmt.Errorf("%w: %s", client.ErrSignInRefused, why) }

// random is 256 bits.
func random() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}
