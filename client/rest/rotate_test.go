package rest_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"keyfob/client"
	"keyfob/client/rest"
)

// requirements 5, 14, 79
func TestAUserRotatesATokenAndTheOldOneLivesOnForTheOverlap(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	lossy := &lossy{}
	ada, bob := w.as("ada", true, nil), w.as("bob", false, &http.Client{Transport: lossy})
	app := warehouse(t, ada)
	old, oldSecret, err := bob.CreateToken(ctx, client.NewToken{Description: "Nightly", AppID: app.ID, Scopes: []string{"read"}, Attempt: client.NewAttempt()})
	if err != nil {
		t.Fatal(err)
	}
	lossy.drop.Store(1) // the reply is lost, and asked for again
	before := time.Now()
	next, secret, err := bob.RotateToken(ctx, old.ID, client.Rotation{Overlap: time.Hour - time.Millisecond, Attempt: client.NewAttempt()})
	if err != nil || lossy.dropped.Load() != 1 {
		t.Fatalf("%v, %d replies lost", err, lossy.dropped.Load())
	}
	want := old
	want.Replaces = old.ID
	if diff := cmp.Diff(want, next, cmpopts.IgnoreFields(client.Token{}, "ID", "Hint", "CreatedAt")); diff != "" {
		t.Error(diff)
	}
	for _, s := range []client.Secret{oldSecret, secret} {
		if got := w.whoIs(s.Reveal()); got != http.StatusOK {
			t.Errorf("a call in the overlap: %d", got)
		}
	}
	was := byID(t, bob, old.ID)
	if ends := was.OverlapEndsAt.Sub(before); !was.Replaced(time.Now()) || was.ReplacedBy != next.ID || ends < time.Hour-time.Second || ends > time.Hour+time.Minute {
		t.Errorf("the old one is %+v", was)
	}
}

// requirements 79, 85
func TestWhatCannotBeRotatedIsSaid(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	ada, bob := w.as("ada", true, nil), w.as("bob", false, nil)
	wish := client.NewToken{AppID: warehouse(t, ada).ID, Scopes: []string{"read"}}
	old, _, err := bob.CreateToken(ctx, wish)
	if err != nil {
		t.Fatal(err)
	}
	next, _, err := bob.RotateToken(ctx, old.ID, client.Rotation{})
	if err != nil {
		t.Fatal(err)
	}
	try := func(name string, rotate func(context.Context, string, client.Rotation) (client.Token, client.Secret, error), id string, r client.Rotation, want error, wantCode string) {
		t.Helper()
		_, secret, err := rotate(ctx, id, r)
		if !errors.Is(err, want) || code(err) != wantCode || secret.Reveal() != "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	try("rotated before", bob.RotateToken, old.ID, client.Rotation{}, client.ErrConflict, "token_replaced")
	try("another's", ada.RotateToken, next.ID, client.Rotation{}, client.ErrNotFound, "not_found")
	try("as an administrator", bob.RotateAppToken, next.ID, client.Rotation{}, client.ErrDenied, "denied")
	try("no id", bob.RotateToken, "", client.Rotation{}, client.ErrNotFound, "")
	try("too long an overlap", bob.RotateToken, next.ID, client.Rotation{Overlap: client.OverlapMax + time.Second}, client.ErrInvalid, "invalid")
	if err := bob.RevokeToken(ctx, next.ID); err != nil {
		t.Fatal(err)
	}
	try("revoked", bob.RotateToken, next.ID, client.Rotation{}, client.ErrConflict, "token_revoked")
}

// requirements 14, 80, 81
func TestAnAdministratorRotatesAnyTokenAtOnce(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	ada, bob := w.as("ada", true, nil), w.as("bob", false, nil)
	app := warehouse(t, ada)
	old, oldSecret, err := bob.CreateToken(ctx, client.NewToken{AppID: app.ID, Scopes: []string{"read"}})
	if err != nil {
		t.Fatal(err)
	}
	expires := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	next, secret, err := ada.RotateAppToken(ctx, old.ID, client.Rotation{ExpiresAt: expires})
	if err != nil {
		t.Fatal(err)
	}
	if next.User.Login != "bob" || next.CreatedBy.Login != "ada" || !next.ExpiresAt.Equal(expires) {
		t.Errorf("the new one is %+v", next)
	}
	if was := byID(t, bob, old.ID); was.Status(time.Now()) != client.Revoked || !was.OverlapEndsAt.IsZero() || was.RevokedBy.Login != "ada" {
		t.Errorf("the old one is %+v", was)
	}
	if a, b := w.whoIs(oldSecret.Reveal()), w.whoIs(secret.Reveal()); a != http.StatusUnauthorized || b != http.StatusOK {
		t.Errorf("calls with the old and the new one: %d, %d", a, b)
	}
}

func byID(t *testing.T, c *rest.Client, id string) client.Token {
	t.Helper()
	for _, token := range must(c.ProfileTokens(t.Context()))(t) {
		if token.ID == id {
			return token
		}
	}
	t.Fatalf("no token %s", id)
	return client.Token{}
}
