package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"keyfob/client"
	"keyfob/client/internal/transport"
)

const (
	grantDevice = "urn:ietf:params:oauth:grant-type:device_code"

	usualInterval = 5 * time.Second // RFC 8628, section 3.2
	slowerBy      = 5 * time.Second // section 3.5
	longestWait   = time.Minute
	longestCode   = time.Hour
)

// DevicePrompt is what a person needs to sign in from another device: they
// open URL there and type UserCode. CompleteURL, if the server has one, holds
// the code already, for a QR code or a link.
type DevicePrompt struct {
	UserCode, URL, CompleteURL string
	Expires                    time.Time
}

// SignInByDevice signs in without a browser on this computer (RFC 8628): show
// is called once with what the person does elsewhere, and must not block; then
// the server is asked until they have done it. It fails with
// client.ErrCodeExpired (nobody did it in time), client.ErrSignInRefused (they
// or the server said no), and as SignIn does. Cancel ctx to give up.
func (s *Session) SignInByDevice(ctx context.Context, show func(DevicePrompt)) (Identity, error) {
	m, err := s.discover(ctx)
	if err != nil {
		return Identity{}, err
	}
	if m.Device == "" {
		return Identity{}, refused("the server offers no sign-in by device")
	}
	asked := s.cfg.Clock()
	d, err := s.askForCodes(ctx, m)
	if err != nil {
		return Identity{}, err
	}
	expires := asked.Add(d.lifetime())
	ctx, cancel := context.WithTimeoutCause(ctx, d.lifetime(), client.ErrCodeExpired)
	defer cancel()
	show(DevicePrompt{UserCode: d.UserCode, URL: d.Page, CompleteURL: d.PageFilled, Expires: expires})
	a := s.begin(ctx, attempt{Device: d.DeviceCode})
	raw, err := s.awaitPerson(ctx, m, d)
	if err != nil {
		return Identity{}, s.without(ctx, a, err)
	}
	return s.arrive(ctx, a, s.tokensOf(raw))
}

// deviceAnswer is RFC 8628, section 3.2.
type deviceAnswer struct {
	DeviceCode string `json:"device_code"`
	UserCode   string `json:"user_code"`
	Page       string `json:"verification_uri"`
	PageFilled string `json:"verification_uri_complete"`
	ExpiresIn  int64  `json:"expires_in"`
	Interval   int64  `json:"interval"`
}

func (d deviceAnswer) lifetime() time.Duration {
	return min(time.Duration(min(d.ExpiresIn, 1<<20))*time.Second, longestCode)
}

func (d deviceAnswer) interval() time.Duration {
	if d.Interval <= 0 {
		return usualInterval
	}
	return min(time.Duration(min(d.Interval, 1<<20))*time.Second, longestWait)
}

func (s *Session) askForCodes(ctx context.Context, m *metadata) (deviceAnswer, error) {
	form := url.Values{"client_id": {s.cfg.ClientID}, "scope": {strings.Join(scopes, " ")}}
	status, body, err := s.post(ctx, m.Device, form)
	switch {
	case err != nil:
		return deviceAnswer{}, err
	case status != http.StatusOK:
		return deviceAnswer{}, deviceRefused(status, body)
	}
	return readDeviceAnswer(body)
}

// readDeviceAnswer takes only what can be shown: a page that a browser may
// open without danger, and a code of printable characters.
func readDeviceAnswer(body []byte) (deviceAnswer, error) {
	garbled := fmt.Errorf("%w: device authorization", client.ErrGarbled)
	var d deviceAnswer
	if json.Unmarshal(body, &d) != nil || d.DeviceCode == "" || !showable(d.UserCode, 64) || d.ExpiresIn <= 0 {
		return deviceAnswer{}, garbled
	}
	for _, page := range []string{d.Page, d.PageFilled} {
		if page == "" && d.Page != "" {
			continue
		}
		u, err := url.Parse(page)
		if err != nil || u.Host == "" || u.User != nil || !showable(page, 2048) {
			return deviceAnswer{}, garbled
		}
		if !transport.Confidential(u) {
			return deviceAnswer{}, fmt.Errorf("%w: the page for devices", client.ErrInsecure)
		}
	}
	return d, nil
}

func showable(s string, most int) bool {
	hidden := func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }
	return s != "" && len(s) <= most && !strings.ContainsFunc(s, hidden)
}

// deviceRefused is the meaning of a reply to askForCodes that is no answer.
func deviceRefused(status int, body []byte) error {
	var e struct {
		Error string `json:"error"`
	}
	switch {
	case status == http.StatusTooManyRequests:
		return client.ErrBusy
	case status >= 500:
		return fmt.Errorf("%w: device authorization, status %d", client.ErrServer, status)
	case json.Unmarshal(body, &e) == nil && e.Error != "":
		return refused("device authorization said " + word(e.Error))
	}
	return fmt.Errorf("%w: device authorization, status %d", client.ErrGarbled, status)
}

// awaitPerson asks for the tokens until there is an answer (RFC 8628, section
// 3.5). A server that is slow or away is asked half as often each time.
func (s *Session) awaitPerson(ctx context.Context, m *metadata, d deviceAnswer) (*oauth2.Token, error) {
	wait := d.interval()
	for {
		select {
		case <-ctx.Done():
			return nil, overtime(ctx)
		case <-time.After(wait):
		}
		t, err := s.pollOnce(ctx, m, d.DeviceCode)
		var slower time.Duration
		if slower, err = verdict(err, wait); err != nil || t != nil {
			return t, err
		}
		wait = slower
	}
}

// pollOnce is one question. The library's own loop knows no back-off.
func (s *Session) pollOnce(ctx context.Context, m *metadata, code string) (*oauth2.Token, error) {
	ask := clientcredentials.Config{
		ClientID: s.cfg.ClientID, TokenURL: m.oidc.Endpoint().TokenURL, AuthStyle: oauth2.AuthStyleInParams,
		EndpointParams: url.Values{"grant_type": {grantDevice}, "device_code": {code}},
	}
	t, err := ask.Token(s.oauthContext(ctx))
	if err != nil && ctx.Err() != nil {
		return nil, overtime(ctx)
	}
	if e, ok := errors.AsType[*oauth2.RetrieveError](err); ok && (e.Response.StatusCode == http.StatusBadRequest || e.ErrorCode == "slow_down") {
		return nil, err
	}
	return t, tokenError(ctx, err)
}

// verdict is what an answer means: nil and how long to wait before the next
// question, or the end.
func verdict(err error, wait time.Duration) (time.Duration, error) {
	for _, e := range []error{client.ErrTimeout, client.ErrOffline, client.ErrServer, client.ErrBusy} {
		if errors.Is(err, e) {
			return min(2*wait, longestWait), nil
		}
	}
	e, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return wait, err
	}
	switch e.ErrorCode {
	case "authorization_pending":
		return wait, nil
	case "slow_down":
		return wait + slowerBy, nil
	case "expired_token":
		return 0, client.ErrCodeExpired
	case "access_denied":
		return 0, fmt.Errorf("%w: %w", client.ErrSignInRefused, client.ErrSignInStopped)
	}
	return 0, refused("token endpoint said " + word(e.ErrorCode))
}

// overtime is why ctx ended: given up, or the code's time is up.
func overtime(ctx context.Context) error {
	if errors.Is(context.Cause(ctx), client.ErrCodeExpired) {
		return client.ErrCodeExpired
	}
	return transport.Error(ctx, ctx.Err())
}

// post sends a form and reads what comes back.
func (s *Session) post(ctx context.Context, endpoint string, form url.Values) (status int, body []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, nil, client.ErrGarbled
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	resp, err := s.http.Do(req)
	if err != nil {
		return 0, nil, transport.Error(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err = io.ReadAll(resp.Body)
	return resp.StatusCode, body, transport.Error(ctx, err)
}
