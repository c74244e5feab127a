package client_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"keyfob/client"
)

// requirement 47: expired is derived from the clock, at expiresAt and not after it
func TestAStatusFollowsTheClock(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		token client.Token
		want  client.Status
	}{
		"never expires":          {client.Token{}, client.Active},
		"expires later":          {client.Token{ExpiresAt: now.Add(1)}, client.Active},
		"expires now":            {client.Token{ExpiresAt: now}, client.Expired},
		"expired":                {client.Token{ExpiresAt: now.Add(-1)}, client.Expired},
		"revoked":                {client.Token{RevokedAt: now.Add(-1)}, client.Revoked},
		"revoked, would be live": {client.Token{RevokedAt: now.Add(-1), ExpiresAt: now.Add(1)}, client.Revoked},
		"revoked, then expired":  {client.Token{RevokedAt: now.Add(-2), ExpiresAt: now.Add(-1)}, client.Revoked},
		"expires in another zone": {
			client.Token{ExpiresAt: now.In(time.FixedZone("", 3600))}, client.Expired,
		},
	} {
		if got := tc.token.Status(now); got != tc.want {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}

// requirement 85: there is no way back
func TestATokenThatHasEndedStaysSo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := func(name string) time.Time {
			return time.Unix(rapid.Int64Range(0, 4e9).Draw(t, name), 0)
		}
		token := client.Token{ExpiresAt: at("expires")}
		if rapid.Bool().Draw(t, "revoked") {
			token.RevokedAt = at("revokedAt")
		}
		now := at("now")
		later := now.Add(time.Duration(rapid.Int64Range(0, 1e9).Draw(t, "later")) * time.Second)
		if token.Status(now) != client.Active && token.Status(later) != token.Status(now) {
			t.Fatalf("%+v: %v at %v, then %v at %v", token, token.Status(now), now, token.Status(later), later)
		}
	})
}

func TestScopesComeInTheOrderOfTheCatalogue(t *testing.T) {
	read, update := client.Scope{Name: "read", Label: "Read"}, client.Scope{Name: "update", Label: "Update"}
	caps := client.Capabilities{Scopes: []client.Scope{read, update}}
	for _, tc := range []struct {
		names []string
		want  []client.Scope
	}{
		{nil, nil},
		{[]string{"update", "read"}, []client.Scope{read, update}},
		{[]string{"gone", "read"}, []client.Scope{read, {Name: "gone", Label: "gone", Broad: true}}},
	} {
		if diff := cmp.Diff(tc.want, caps.ScopesOf(tc.names)); diff != "" {
			t.Errorf("%v: %s", tc.names, diff)
		}
	}
}

func TestAProblemIsItsKindAndKeepsItsDetailsOutOfLogs(t *testing.T) {
	p := &client.Problem{Kind: client.ErrDenied, Code: "policy_none", Detail: "for people", RequestID: "r1"}
	err := fmt.Errorf("creating: %w", p)
	if !errors.Is(err, client.ErrDenied) || errors.Is(err, client.ErrInvalid) {
		t.Errorf("%v is of another kind", err)
	}
	if got, ok := errors.AsType[*client.Problem](err); !ok || got != p {
		t.Error("the problem is not found")
	}
	if s := err.Error(); !strings.Contains(s, "policy_none") || !strings.Contains(s, "r1") || strings.Contains(s, "for people") {
		t.Errorf("logged as %q", s)
	}
}
