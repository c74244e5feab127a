// Package signin is the token server's OpenID provider: where a person signs
// in with login name and password, in the browser, and where the desktop
// program turns that into tokens.
//
// The way of a sign-in: the desktop opens /connect/authorize in the browser
// with a PKCE challenge; the browser is sent to the login page; the right
// password sends it on to the desktop's loopback port with a code, good once
// and for a minute; the desktop redeems it at /connect/token for an access
// token (opaque, 15 minutes) and a refresh token, which is replaced at each
// use. All that follows from one password is one store.SignIn: ending it ends
// everything at once, because every access token is looked up.
//
// The protocol is github.com/zitadel/oidc's package op. Its Provider parses
// and checks; what it leaves to its storage, and what it is too lax about, is
// done here: see engine.go for the list. An authorization code and a refresh
// token are consumed in the transaction that creates what they are good for.
package signin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"keyfob/server/origin"
	"keyfob/server/password"
	"keyfob/server/store"
)

// Lifetimes.
const (
	codeLife    = time.Minute         // RFC 9700 and ASVS 10.4.3 want it short
	accessLife  = 15 * time.Minute    // a refresh away from being noticed as stale
	refreshLife = 30 * 24 * time.Hour // without use
	signInLife  = 90 * 24 * time.Hour // then the password is asked for again
	graceLife   = 30 * time.Second    // for asking again when a reply was lost
)

// ErrNoUser says that SignInLocally was asked for a user who is unknown or inactive.
var ErrNoUser = errors.New("signin: no such active user")

// Config is what a Provider works with.
type Config struct {
	Store   *store.Store
	Issuer  string           // <public URL>/id; http only on a loopback address
	KeyFile string           // made, with mode 0600, if it is missing
	Clock   func() time.Time // nil: time.Now
	Log     *slog.Logger     // nil: none

	Exchange bool // the caller answers token exchanges (RFC 8693) in front of Handler
}

// Provider is the OpenID provider. It is safe for concurrent use.
type Provider struct {
	store    *store.Store
	issuer   string
	base     *url.URL // the issuer
	keys     *keys
	clock    func() time.Time
	log      *slog.Logger
	engine   *engine
	throttle *throttle
	tries    tries
	refusals *refusals
	guesses  *budget // of user codes
	starts   *budget // of devices
	failures *budget // of programs
	exchange bool    // for the discovery document
	pause    func(context.Context, time.Duration) error
	verify   func(ctx context.Context, phc, password string) (bool, error)
	nobody   string // what the password of an unknown user is verified against
}

// New opens the key file and makes the provider.
func New(_ context.Context, c Config) (*Provider, error) {
	base, err := parseIssuer(c.Issuer)
	if err != nil {
		return nil, err
	}
	p := &Provider{
		store: c.Store, issuer: c.Issuer, base: base,
		clock: c.Clock, log: c.Log, throttle: newThrottle(), refusals: newRefusals(), pause: pause, exchange: c.Exchange,
		guesses: newGuesses(), starts: newStarts(), failures: newFailures(),
		verify: password.Verify, nobody: password.Unmatchable(),
	}
	if p.clock == nil {
		p.clock = time.Now
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	if p.keys, err = loadKeys(c.KeyFile); err != nil {
		return nil, err
	}
	p.engine, err = newEngine(p)
	return p, err
}

// parseIssuer demands an absolute https URL, or http on a loopback address,
// without anything that would make two spellings of it.
func parseIssuer(issuer string) (*url.URL, error) {
	u, err := url.Parse(issuer)
	if err != nil {
		return nil, errors.New("signin: the issuer is no URL")
	}
	switch {
	case u.Host == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(issuer, "/"):
		return nil, fmt.Errorf("signin: the issuer %s must be a URL with a host and a path that does not end in /", u.Redacted())
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return u, nil
	}
	return nil, fmt.Errorf("signin: the issuer %s must be https, or http on 127.0.0.1", issuer)
}

func loopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// Handler serves all that the discovery document names, except introspection
// and revocation, which are the caller's, and the login pages. It wants the
// issuer's path stripped:
//
//	mux.Handle("/id/", http.StripPrefix("/id", provider.Handler()))
func (p *Provider) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("GET /connect/keys", p.publicKeys)
	mux.HandleFunc("GET /connect/authorize", p.authorize)
	mux.HandleFunc("POST /connect/authorize", p.authorize)
	mux.HandleFunc("POST /connect/token", p.token)
	mux.HandleFunc("POST /connect/deviceauthorization", p.startDevice)
	mux.HandleFunc("GET /connect/userinfo", p.userinfo)
	mux.HandleFunc("POST /connect/userinfo", p.userinfo)
	mux.HandleFunc("GET /connect/endsession", p.endSession)
	mux.HandleFunc("POST /connect/endsession", p.endSession)
	mux.HandleFunc("GET /login", p.loginPage)
	mux.Handle("POST /login", p.sameOrigin(http.HandlerFunc(p.login)))
	mux.HandleFunc("GET /device", p.devicePage)
	mux.Handle("POST /device", p.sameOrigin(http.HandlerFunc(p.enterCode)))
	mux.HandleFunc("GET /device/confirm", p.consentPage)
	mux.Handle("POST /device/confirm", p.sameOrigin(http.HandlerFunc(p.consent)))
	mux.HandleFunc("GET /signed-out", p.signedOutPage)
	mux.Handle("GET /static/", static())
	mux.HandleFunc("/", p.noSuchPage)
	return mux
}

// SignInLocally signs a user in without browser and password, for the server
// that is built into the desktop program, and answers the refresh token. The
// error is ErrNoUser for a user who is unknown or inactive.
func (p *Provider) SignInLocally(ctx context.Context, userID string) (refreshToken string, err error) {
	now := p.now()
	refresh := random()
	err = p.store.Write(ctx, func(tx *store.Tx) error {
		user, err := tx.UserByID(ctx, userID)
		switch {
		case errors.Is(err, store.ErrNotFound), err == nil && !user.IsActive:
			return ErrNoUser
		case err != nil:
			return err
		}
		s := newSignIn(user.ID, DesktopClient, scopes, now, now)
		return errors.Join(
			tx.PurgeSignIns(ctx, now),
			tx.InsertSignIn(ctx, s),
			tx.InsertRefreshToken(ctx, newRefreshToken(refresh, s, now)),
			record(ctx, tx, now, user.ID, "signin.started", user.ID, map[string]any{"local": true}))
	})
	if err != nil {
		return "", err
	}
	return refresh, nil
}

// EndUnused ends the sign-ins of a user whose refresh token nobody has used. It is for the start of a server inside a program, before anybody is given
// another: such a token died with the program, and nobody knows it.
func (p *Provider) EndUnused(ctx context.Context, userID string) error {
	return p.store.Write(ctx, func(tx *store.Tx) error {
		ids, err := tx.UnusedSignIns(ctx, userID, refreshLife, p.now())
		for _, id := range ids {
			err = errors.Join(err, p.end(ctx, tx, id, byNobody))
		}
		return err
	})
}

// Revoke ends what is presented, if it is one of the provider's own: an access
// token alone; a refresh token, used or not, with the whole sign-in (RFC 7009,
// section 2.1). Who holds a token may end it.
func (p *Provider) Revoke(ctx context.Context, presented string) (found bool, err error) {
	err = p.store.Write(ctx, func(tx *store.Tx) error {
		found = false // it may run again
		r, err := tx.RefreshToken(ctx, digest(presented))
		if err == nil {
			found = true
			return p.end(ctx, tx, r.SignInID, bySignOut)
		}
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		hash, ok := p.accessHash(presented)
		if !ok {
			return nil
		}
		_, err = tx.AccessToken(ctx, hash)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		found = err == nil
		return errors.Join(err, tx.DeleteAccessToken(ctx, hash))
	})
	return found && err == nil, err
}

// Authenticate finds the access token that a caller presents, with its sign-in
// and user. It is false for one that is unknown, expired or ended, or whose user
// is no longer active; the error is the database's.
func (p *Provider) Authenticate(ctx context.Context, presented string) (store.AccessToken, bool, error) {
	hash, ok := p.accessHash(presented)
	if !ok {
		return store.AccessToken{}, false, nil
	}
	a, err := p.store.AccessToken(ctx, hash)
	now := p.now()
	switch {
	case errors.Is(err, store.ErrNotFound):
		return store.AccessToken{}, false, nil
	case err != nil:
		return store.AccessToken{}, false, err
	case !now.Before(a.ExpiresAt) || !a.SignIn.Live(now) || !a.User.IsActive:
		return store.AccessToken{}, false, nil
	}
	return a, true, nil
}

// accessHash is the key of an access token's row. The library makes the token
// of the row's secret and the user, sealed; what it did not seal costs no read.
func (p *Provider) accessHash(presented string) ([]byte, bool) {
	if len(presented) > 512 {
		return nil, false
	}
	text, err := p.keys.tokens.Decrypt(presented)
	secret, _, ok := strings.Cut(text, ":")
	return digest(secret), err == nil && ok
}

// now is the time as the store keeps it, so that an instant read back is equal.
func (p *Provider) now() time.Time { return p.clock().UTC().Truncate(time.Millisecond) }

func newSignIn(userID, client string, scopes []string, authenticated, now time.Time) store.SignIn {
	return store.SignIn{
		ID: uuid.NewString(), UserID: userID, ClientID: client, Scopes: scopes,
		AuthenticatedAt: authenticated, CreatedAt: now, ExpiresAt: now.Add(signInLife),
	}
}

// pause waits, unless ctx ends first.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// network is where a try comes from: an IPv4 address, or an IPv6 customer.
func network(remoteAddr string) string {
	at, err := netip.ParseAddrPort(remoteAddr)
	if err != nil {
		return remoteAddr
	}
	p := origin.Network(at.Addr())
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}
