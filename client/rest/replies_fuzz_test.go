package rest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"keyfob/client"
)

// known are the errors that a reply can mean.
var known = []error{
	client.ErrGarbled, client.ErrSignInExpired, client.ErrDenied, client.ErrNotFound, client.ErrConflict, client.ErrInvalid,
	client.ErrLimit, client.ErrBusy, client.ErrServer, client.ErrTimeout, client.ErrNotWorking, client.ErrOffline,
}

// always answers every request alike.
type always struct {
	status int
	kind   string
	body   []byte
}

func (a always) RoundTrip(r *http.Request) (*http.Response, error) {
	h := http.Header{"Content-Type": {a.kind}, "Retry-After": {"999"}} // nothing is asked again
	return &http.Response{StatusCode: a.status, Header: h, Body: io.NopCloser(bytes.NewReader(a.body)), Request: r, ProtoMajor: 1, ProtoMinor: 1}, nil
}

// reading tries the calls that read a reply.
func reading(ctx context.Context, c *Client) map[string]error {
	out := map[string]error{"RevokeToken": c.RevokeToken(ctx, "t")}
	_, out["Me"] = c.Me(ctx)
	_, out["Capabilities"] = c.Capabilities(ctx)
	_, out["ProfileApps"] = c.ProfileApps(ctx)
	_, out["ProfileTokens"] = c.ProfileTokens(ctx)
	_, out["Apps"] = c.Apps(ctx)
	_, out["App"] = c.App(ctx, "a")
	_, out["AppTokens"] = c.AppTokens(ctx, "a")
	_, out["Users"] = c.Users(ctx)
	_, out["FindToken"] = c.FindToken(ctx, client.NewSecret("x"))
	_, out["TestToken"] = c.TestToken(ctx, client.Token{ID: "t"}, client.NewSecret("x"))
	return out
}

// Whatever a server answers has a meaning, ends, and is not quoted where the
// server's words are not for people.
func FuzzReplies(f *testing.F) {
	f.Add(0, true, []byte(`{"items":[{"id":"t1","status":"active","expiresAt":"2026-01-01T00:00:00Z"}],"nextCursor":"n"}`))
	f.Add(0, true, []byte(`{"rules":{"revoke":{"verb":"Delete"}},"grants":{"model":"scopes"},"limits":[{"per":"user","max":1}],"abilities":{"find":{"state":"no"}}}`))
	f.Add(1, true, []byte(`{"token":{"id":"t1"},"secret":"enrt_1"}`))
	f.Add(1, true, []byte(`{"secret":"enrt_1"}`))
	f.Add(222, false, []byte(`{"code":"invalid","detail":"No.","errors":[{"pointer":"/scopes/0","code":"unknown"}]}`))
	f.Add(209, false, []byte(`{"code":"limit_reached"}`))
	f.Add(102, true, []byte(`null`))
	f.Fuzz(func(t *testing.T, beyond200 int, fine bool, body []byte) {
		kind := "application/problem+json"
		if fine {
			kind = "application/json"
		}
		c := New(at("http://127.0.0.1:9"), &source{}, &http.Client{Transport: always{200 + (beyond200&0x1ff)%400, kind, body}})
		defer c.Close()
		for name, err := range reading(t.Context(), c) {
			meant(t, name, err, body)
		}
		token, secret, err := c.CreateToken(t.Context(), client.NewToken{Attempt: "a"})
		meant(t, "CreateToken", err, body)
		rotated, other, err2 := c.RotateToken(t.Context(), "t", client.Rotation{Attempt: "a"})
		meant(t, "RotateToken", err2, body)
		if (err == nil) != (token.ID != "" && secret.Reveal() != "") || (err2 == nil) != (rotated.ID != "" && other.Reveal() != "") {
			t.Errorf("issued: %v, %v", err, err2)
		}
	})
}

// meant demands that an error is one of those known, and quotes no reply that
// was not understood.
func meant(t *testing.T, call string, err error, reply []byte) {
	t.Helper()
	if err != nil && !slices.ContainsFunc(known, func(k error) bool { return errors.Is(err, k) }) {
		t.Errorf("%s: %v", call, err)
	}
	if errors.Is(err, client.ErrGarbled) && len(reply) > 8 && strings.Contains(err.Error(), string(reply)) {
		t.Errorf("%s quotes the reply: %v", call, err)
	}
}
