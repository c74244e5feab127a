package signin

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"keyfob/server/store"
)

// A device without a browser of its own signs in by the device authorization
// grant (RFC 8628): it asks here for two codes, shows the short one, and polls
// /connect/token with the long one until a person has typed the short one
// into a browser anywhere, signed in and allowed it (devicepage.go). The
// library's handlers for it are not used: they tell the time by the wall, can
// not consume a code in the transaction that makes its tokens, and take
// failures of the database for a refusal.
const (
	deviceLife = 10 * time.Minute
	pollEvery  = 5 * time.Second
)

// deviceReply is RFC 8628, section 3.2.
type deviceReply struct {
	DeviceCode string `json:"device_code"`
	UserCode   string `json:"user_code"`
	Page       string `json:"verification_uri"`
	PageFilled string `json:"verification_uri_complete"`
	ExpiresIn  int    `json:"expires_in"`
	Interval   int    `json:"interval"`
}

// startDevice answers POST /connect/deviceauthorization.
func (p *Provider) startDevice(w http.ResponseWriter, r *http.Request) {
	problem := readTokenForm(w, r)
	if problem == nil {
		problem = deviceClient(r)
	}
	asked := strings.Fields(r.PostForm.Get("scope"))
	if problem == nil && !slices.Contains(asked, oidc.ScopeOpenID) {
		problem = oidc.ErrInvalidScope().WithDescription("the scope openid is required")
	}
	if problem != nil {
		p.refuse(w, problem)
		return
	}
	if wait, ok := p.starts.take(network(r.RemoteAddr), p.now()); !ok {
		tooMany(w, wait)
		return
	}
	granted := slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return !slices.Contains(asked, s) })
	code, userCode, err := p.newDevice(r.Context(), granted)
	if err != nil {
		p.unavailable(w, r, "letting a device wait", err)
		return
	}
	page := p.issuer + "/device"
	writeJSON(w, http.StatusOK, deviceReply{
		DeviceCode: code, UserCode: showUserCode(userCode), Page: page,
		PageFilled: page + "?user_code=" + url.QueryEscape(showUserCode(userCode)),
		ExpiresIn:  int(deviceLife.Seconds()), Interval: int(pollEvery.Seconds()),
	})
}

// deviceClient demands the one client, which is public: it has nothing to
// authenticate with, and must not seem to (RFC 8628, section 3.1).
func deviceClient(r *http.Request) *oidc.Error {
	switch {
	case r.PostForm.Get("client_id") == "" && r.Header.Get("Authorization") == "":
		return oidc.ErrInvalidRequest().WithDescription("client_id is missing")
	case r.PostForm.Get("client_id") != DesktopClient || r.Header.Get("Authorization") != "" || r.PostForm.Has("client_secret"):
		return oidc.ErrInvalidClient().WithDescription("unknown client, or credentials of a client that has none")
	}
	return nil
}

// newDevice makes a pair of codes. That a user code is taken is a matter of
// one in hundreds of millions, so a few tries are enough.
func (p *Provider) newDevice(ctx context.Context, scopes []string) (code, userCode string, err error) {
	for range 3 {
		code, userCode = random(), newUserCode()
		now := p.now()
		err = p.store.Write(ctx, func(tx *store.Tx) error {
			return errors.Join(
				tx.PurgeSignIns(ctx, now),
				tx.InsertDeviceCode(ctx, store.DeviceCode{
					Hash: digest(code), UserCode: p.keys.hideUserCode(userCode), ClientID: DesktopClient, Scopes: scopes,
					ExpiresAt: now.Add(deviceLife),
				}))
		})
		if !errors.Is(err, store.ErrTaken) {
			break
		}
	}
	return code, userCode, err
}

// deviceToken answers a device that polls /connect/token (RFC 8628, section
// 3.4): with its tokens, or with why there are none.
func (p *Provider) deviceToken(w http.ResponseWriter, r *http.Request) {
	problem := deviceClient(r)
	if problem == nil && r.PostForm.Get("device_code") == "" {
		problem = oidc.ErrInvalidRequest().WithDescription("device_code is missing")
	}
	if problem != nil {
		p.refuseOften(w, r, problem)
		return
	}
	c := new(call)
	ctx := p.within(r.Context(), c)
	tokens, err := p.redeemDevice(ctx, r.PostForm.Get("device_code"))
	known, ok := errors.AsType[*oidc.Error](err)
	switch {
	case c.failed != nil:
		p.unavailable(w, r, "redeeming a device code", c.failed)
	case ok:
		p.refuseOften(w, r, known)
	case err != nil:
		p.unavailable(w, r, "redeeming a device code", err)
	default:
		writeJSON(w, http.StatusOK, tokens)
	}
}

func (p *Provider) redeemDevice(ctx context.Context, code string) (*oidc.AccessTokenResponse, error) {
	s := &storage{p}
	a, err := s.deviceRequest(ctx, code)
	if err != nil {
		return nil, err
	}
	client, err := s.GetClientByClientID(ctx, a.GetClientID())
	if err != nil {
		return nil, err
	}
	return op.CreateTokenResponse(ctx, a, client, p.engine, true, "", "")
}

// deviceRequest finds what a device code was allowed. The error is one of RFC
// 8628, section 3.5, or invalid_grant; a code's second use ends what its first
// one began, as with an authorization code.
func (s *storage) deviceRequest(ctx context.Context, code string) (*authRequest, error) {
	c, err := s.p.store.DeviceCode(ctx, digest(code))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, oidc.ErrInvalidGrant()
	case err != nil:
		return nil, s.fail(ctx, err)
	case !c.ConsumedAt.IsZero():
		return nil, s.secondUse(ctx, &authRequest{code: codeOf(c), device: true})
	case !s.p.now().Before(c.ExpiresAt):
		return nil, oidc.ErrExpiredDeviceCode()
	case c.DecidedAt.IsZero():
		return nil, s.poll(ctx, c)
	case !c.Allowed:
		return nil, oidc.ErrAccessDenied()
	}
	return &authRequest{code: codeOf(c), device: true}, nil
}

// poll tells a device to wait, or to ask less often. Whether five seconds have
// gone by is decided in the database, so that it holds over all servers; a
// device that asks again too soon costs no write.
func (s *storage) poll(ctx context.Context, c store.DeviceCode) *oidc.Error {
	now, turn := s.p.now(), false
	since := now.Add(-pollEvery)
	if c.PolledAt.After(since) {
		return oidc.ErrSlowDown()
	}
	err := s.p.store.Write(ctx, func(tx *store.Tx) (err error) {
		turn, err = tx.PollDeviceCode(ctx, c.Hash, since, now)
		return err
	})
	switch {
	case err != nil:
		return s.fail(ctx, err)
	case !turn:
		return oidc.ErrSlowDown()
	}
	return oidc.ErrAuthorizationPending()
}

// codeOf shows an allowed device code as what redeem makes tokens of.
func codeOf(c store.DeviceCode) store.SignInCode {
	return store.SignInCode{
		Hash: c.Hash, UserID: c.UserID, ClientID: c.ClientID, Scopes: c.Scopes, AuthenticatedAt: c.AuthenticatedAt,
		ExpiresAt: c.ExpiresAt, ConsumedAt: c.ConsumedAt, SignInID: c.SignInID,
	}
}

// consume marks the code of a as redeemed for a sign-in.
func (a *authRequest) consume(ctx context.Context, tx *store.Tx, signIn string, now time.Time) (bool, error) {
	if a.device {
		return tx.ConsumeDeviceCode(ctx, a.code.Hash, signIn, now)
	}
	return tx.ConsumeSignInCode(ctx, a.code.Hash, signIn, now)
}

// again is the code of a as it is now.
func (a *authRequest) again(ctx context.Context, tx *store.Tx) (store.SignInCode, error) {
	if !a.device {
		return tx.SignInCode(ctx, a.code.Hash)
	}
	c, err := tx.DeviceCode(ctx, a.code.Hash)
	return codeOf(c), err
}

// pendingDevice finds the device that waits with a user code. It is false if
// none does, or not any more.
func (p *Provider) pendingDevice(ctx context.Context, userCode string) (store.DeviceCode, bool, error) {
	c, err := p.store.DeviceCodeByUserCode(ctx, p.keys.hideUserCode(userCode))
	if errors.Is(err, store.ErrNotFound) {
		return c, false, nil
	}
	return c, err == nil && c.DecidedAt.IsZero() && p.now().Before(c.ExpiresAt), err
}

// decide keeps what a person decided about the device of q, with its row in
// the change log. It is false if there is nothing to decide any more.
func (p *Provider) decide(ctx context.Context, q *request, allowed bool, from string) (decided bool, err error) {
	now := p.now()
	code := p.keys.hideUserCode(q.UserCode)
	action := "signin.started"
	if !allowed {
		action = "signin.denied"
	}
	err = p.store.Write(ctx, func(tx *store.Tx) error {
		decided = false // it may run again
		user, err := tx.UserByID(ctx, q.UserID)
		if err != nil || !q.still(user) {
			return absent(err)
		}
		c, err := tx.DeviceCodeByUserCode(ctx, code)
		if err != nil || !bytes.Equal(c.Hash, q.Device) {
			return absent(err)
		}
		decided, err = tx.DecideDeviceCode(ctx, store.DeviceCode{
			UserCode: code, Allowed: allowed, UserID: q.UserID, AuthenticatedAt: q.SignedInAt, DecidedAt: now,
		})
		if err != nil || !decided {
			return err
		}
		return record(ctx, tx, now, q.UserID, action, q.UserID, map[string]any{"client": q.ClientID, "device": true, "from": from})
	})
	return decided && err == nil, err
}
