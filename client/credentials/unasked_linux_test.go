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
