package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-resty/resty/v2"

	"keyfob/api"
	"keyfob/client"
	"keyfob/client/internal/transport"
)

// This file is the one place where what came back, or did not, gets its
// meaning as an error of package client.

func garbled(what string) error { return fmt.Errorf("%w: %s", client.ErrGarbled, what) }

// transportError is for an exchange that failed without a reply.
func transportError(ctx context.Context, err error) error {
	if errors.Is(err, resty.ErrResponseBodyTooLarge) {
		return garbled("a reply that is too large")
	}
	return transport.Error(ctx, err)
}

// isTransient says whether the same exchange may work a moment later.
func isTransient(err error) bool {
	return transport.CertificateReason(err) == nil &&
		!errors.Is(err, resty.ErrResponseBodyTooLarge) &&
		!errors.Is(err, http.ErrSchemeMismatch) &&
		!errors.Is(err, context.Canceled)
}

// statusError is for a reply that is not 2xx. The server's own words are kept
// when it speaks RFC 9457; its code decides before the status does.
func statusError(status int, h http.Header, body []byte) error {
	kind := kindOfStatus(status)
	if kind == nil {
		return garbled(fmt.Sprintf("status %d", status))
	}
	p := &client.Problem{
		Kind:       kind,
		Code:       fmt.Sprintf("http_%d", status),
		RequestID:  clip(h.Get("X-Request-Id")),
		RetryAfter: retryAfter(h, time.Now()),
	}
	var w api.Problem
	if !isJSON(h, "application/problem+json") || json.Unmarshal(body, &w) != nil {
		return p
	}
	if w.Code != "" {
		p.Code = clip(w.Code)
	}
	if w.RequestID != "" {
		p.RequestID = clip(w.RequestID)
	}
	if w.Code == api.CodeLimit {
		p.Kind = client.ErrLimit
	}
	p.Detail = clip(w.Detail)
	for _, f := range w.Errors {
		p.Fields = append(p.Fields, client.FieldError{
			Field: fieldName(f.Pointer), Code: clip(f.Code), Detail: clip(f.Detail),
		})
	}
	return p
}

// kindOfStatus is nil for a status that no server of ours answers with.
func kindOfStatus(status int) error {
	switch status {
	case http.StatusUnauthorized:
		return client.ErrSignInExpired
	case http.StatusForbidden:
		return client.ErrDenied
	case http.StatusNotFound, http.StatusGone:
		return client.ErrNotFound
	case http.StatusConflict:
		return client.ErrConflict
	case http.StatusTooManyRequests:
		return client.ErrBusy
	case http.StatusRequestTimeout:
		return client.ErrTimeout
	}
	switch status / 100 {
	case 4:
		return client.ErrInvalid
	case 5:
		return client.ErrServer
	}
	return nil
}

// fieldName is the last name in a JSON pointer (RFC 6901): /expiresAt is
// expiresAt, /scopes/0 is scopes.
func fieldName(pointer string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
	return clip(strings.NewReplacer("~1", "/", "~0", "~").Replace(name))
}

// clip keeps a server's words to a length that a screen can show.
func clip(s string) string {
	const most = 500
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
