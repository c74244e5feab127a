package credentials_test

import (
	"context"
	"errors"
	"testing"

	"keyfob/client"
	"keyfob/client/credentials"
	"keyfob/internal/fakesecrets"
)

func TestALockedKeyringIsNotMadeToAskUnasked(t *testing.T) {
	address := fakesecrets.Bus(t)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
	service := fakesecrets.Start(t, address, fakesecrets.Faults{})
	k := credentials.NewKeyring("keyfob test")
	if err := k.Set(t.Context(), "a", client.NewSecret("old")); err != nil {
		t.Fatal(err)
	}
	quiet := credentials.Unasked(t.Context())
	if got, err := k.Get(quiet, "a"); err != nil || got.Reveal() != "old" {
		t.Errorf("open: %v, %v", got, err)
	}
	service.Set(fakesecrets.Faults{Locked: true}) // a person would say yes
	for name, err := range map[string]error{
		"get":    func() error { _, err := k.Get(context.WithoutCancel(quiet), "a"); return err }(),
		"set":    k.Set(quiet, "a", client.NewSecret("new")),
		"delete": k.Delete(quiet, "a"),
	} {
		if !errors.Is(err, credentials.ErrAsks) || !errors.Is(err, credentials.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := k.Get(t.Context(), "a"); err != nil || got.Reveal() != "old" {
		t.Errorf("asked: %v, %v", got, err)
	}
}

// What a keyring has that was refused may be a sign-in that works, and nobody has
// ended it.
func TestNothingIsDeletedUnseenFromAKeyringThatWasRefused(t *testing.T) {
	address := fakesecrets.Bus(t)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
	service := fakesecrets.Start(t, address, fakesecrets.Faults{})
	k := credentials.NewKeyring("keyfob test")
	set(t, k, "old")
	service.Set(fakesecrets.Faults{Locked: true, Answer: fakesecrets.No})
	f := credentials.NewFallback(k)
	set(t, f, "new")                              // dismissed, so it is in memory
	service.Set(fakesecrets.Faults{Locked: true}) // a person would say yes now
	if err := f.Delete(t.Context(), "a"); !errors.Is(err, credentials.ErrAsks) {
		t.Errorf("deleted: %v", err)
	}
	wantHeld(t, service, "old")
	wantShadowed(t, f)
	set(t, f, "new")
	wantShadowed(t, f, "old") // asked
	if err := f.Delete(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	wantHeld(t, service)
}
