package rest

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/go-resty/resty/v2"

	"keyfob/api"
	"keyfob/client"
	"keyfob/client/internal/transport"
)

const (
	retries = 2
	minWait = 250 * time.Millisecond
	// maxWait is the longest that a person is kept waiting for a repeat. A
	// server that asks for more gets no repeat; the error says how long.
	maxWait = 10 * time.Second

	idempotencyKey = "Idempotency-Key"
)

func newResty(hc *http.Client) *resty.Client {
	return resty.NewWithClient(transport.Client(hc)).
		SetLogger(quiet{}). // the default prints addresses to stderr
		SetResponseBodyLimit(transport.MaxReply).
		SetHeader("Accept", "application/json, application/problem+json").
		SetRetryCount(retries).
		SetRetryWaitTime(minWait).
		SetRetryMaxWaitTime(maxWait).
		SetRetryAfter(func(_ *resty.Client, r *resty.Response) (time.Duration, error) {
			return retryAfter(r.Header(), time.Now()), nil
		}).
		AddRetryCondition(mayRepeat)
}

// mayRepeat says whether sending again can do no harm and may help.
func mayRepeat(r *resty.Response, err error) bool {
	if r == nil || r.Request == nil {
		return false
	}
	switch r.Request.Method {
	case http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete:
	default:
		if r.Request.Header.Get(idempotencyKey) == "" {
			return false
		}
	}
	if err != nil {
		return isTransient(err)
	}
	switch r.StatusCode() {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return retryAfter(r.Header(), time.Now()) <= maxWait
	}
	return false
}

// retryAfter reads Retry-After in both its forms (RFC 9110, section 10.2.3);
// 0 when it is absent or makes no sense.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if n, err := strconv.Atoi(v); err == nil {
		// A year is as good as forever, and cannot overflow.
		return time.Duration(min(max(n, 0), 365*24*3600)) * time.Second
	}
	if t, err := http.ParseTime(v); err == nil {
		return max(t.Sub(now), 0)
	}
	return 0
}

// request is one call; body is encoded as JSON.
type request struct {
	method, url string
	body        any
	attempt     string // the Idempotency-Key
}

func call[W, D any](ctx context.Context, c *Client, r request, from func(W) D) (D, error) {
	var none D
	body, err := c.do(ctx, r)
	if err != nil {
		return none, err
	}
	var w W
	if err := decode(body, &w); err != nil {
		return none, err
	}
	return from(w), nil
}

// issue creates a token as wish asks for it. The reply's bytes are wiped once
// they are read.
func (c *Client) issue(ctx context.Context, u string, wish any, attempt string) (client.Token, client.Secret, error) {
	if attempt == "" {
		attempt = client.NewAttempt()
	}
	body, err := c.do(ctx, request{method: http.MethodPost, url: u, body: wish, attempt: attempt})
	if err != nil {
		return client.Token{}, client.Secret{}, err
	}
	defer clear(body)
	var w api.Issued
	if err := decode(body, &w); err != nil {
		return client.Token{}, client.Secret{}, err
	}
	if w.Secret == "" || w.Token.ID == "" {
		return client.Token{}, client.Secret{}, garbled("a create without token or secret")
	}
	return tokenFrom(w.Token), client.NewSecret(w.Secret), nil
}

// decode reads a 2xx reply. The decoder's own words are dropped: they may
// quote the reply.
func decode(body []byte, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return garbled("not the expected JSON")
	}
	return nil
}

// do sends r and gives the body of its 2xx reply.
func (c *Client) do(ctx context.Context, r request) ([]byte, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.life, cancel)()
	for attempt := 1; ; attempt++ {
		token, err := c.auth.AccessToken(ctx)
		if err != nil {
			return nil, err
		}
		resp, err := c.send(ctx, r, token)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode() == http.StatusUnauthorized {
			c.auth.Rejected(ctx, token)
			if attempt == 1 {
				continue
			}
		}
		return accept(resp)
	}
}

func (c *Client) send(ctx context.Context, r request, token client.Secret) (*resty.Response, error) {
	req := c.resty.R().SetContext(ctx).SetHeader("Authorization", "Bearer "+token.Reveal())
	if r.attempt != "" {
		req.SetHeader(idempotencyKey, r.attempt)
	}
	if r.body != nil {
		// Encoded here, so that a repeat sends the same bytes.
		b, err := json.Marshal(r.body)
		if err != nil {
			return nil, err
		}
		req.SetHeader("Content-Type", "application/json").SetBody(b)
	}
	resp, err := req.Execute(r.method, r.url)
	if err != nil {
		return nil, transportError(ctx, err)
	}
	return resp, nil
}

// accept gives the body of a good reply and the error of any other.
func accept(r *resty.Response) ([]byte, error) {
	code := r.StatusCode()
	if code == http.StatusNoContent {
		return nil, nil
	}
	if code < 200 || code > 299 {
		return nil, statusError(code, r.Header(), r.Body())
	}
	if !isJSON(r.Header(), "application/json") {
		return nil, garbled("a reply that is no JSON")
	}
	return r.Body(), nil
}

func isJSON(h http.Header, want string) bool {
	t, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && t == want
}

// quiet drops what resty would print: it holds addresses and replies.
type quiet struct{}

func (quiet) Errorf(string, ...any) {}
func (quiet) Warnf(string, ...any)  {}
func (quiet) Debugf(string, ...any) {}
