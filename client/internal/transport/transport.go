// Package transport is what client/rest and client/session must agree on when
// they speak HTTP: which addresses may be spoken to at all, how an HTTP client
// is made safe for credentials, and what a failed exchange means in the terms
// of package client.
package transport

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Timeout bounds one exchange, from dialling to the last byte of the reply.
const Timeout = 15 * time.Second

// MaxReply bounds a reply's body, in bytes.
const MaxReply = 8 << 20

// Client is a copy of hc that is fit to carry credentials: it follows no
// redirect (a redirect to another port of this computer would hand them to
// another program), keeps no cookies and gives up in time. A nil hc starts
// from the default transport.
func Client(hc *http.Client) *http.Client {
	if hc == nil {
		hc = &http.Client{}
	}
	c := *hc
	c.Jar = nil
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if c.Timeout == 0 {
		c.Timeout = Timeout
	}
	return &c
}

// Bounded is Client for libraries that read whatever comes: a reply is read
// whole, at most MaxReply bytes of it, before they see it, so that what goes
// wrong on the way shows as an error of the exchange.
func Bounded(hc *http.Client) *http.Client {
	c := Client(hc)
	next := c.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	c.Transport = bounded{next}
	return c
}

var errTooLarge = errors.New("reply too large")

type bounded struct{ next http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxReply+1))
	if err != nil {
		return nil, err
	}
	if len(body) > MaxReply {
		return nil, errTooLarge
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// IsLoopback reports whether host (without port) surely is this computer: a
// loopback literal or localhost.
func IsLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

// Confidential reports whether what is sent to u cannot be read on the way:
// https, or http that does not leave this computer.
func Confidential(u *url.URL) bool {
	return u.Scheme == "https" || u.Scheme == "http" && IsLoopback(u.Hostname())
}
