package rest_test

import (
	"errors"
	"testing"

	"keyfob/client"
)

func TestAnAdministratorFindsWhoseTokenASecretIs(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	ada, bob := w.as("ada", true, nil), w.as("bob", false, nil)
	app := warehouse(t, ada)
	token, secret, err := bob.CreateToken(ctx, client.NewToken{Description: "Nightly", AppID: app.ID, Scopes: []string{"read"}})
	if err != nil {
		t.Fatal(err)
	}
	if found, err := ada.FindToken(ctx, secret); err != nil || found.ID != token.ID || found.User.Login != "bob" {
		t.Errorf("%+v, %v", found, err)
	}
	if _, err := ada.FindToken(ctx, client.NewSecret("enrt_pnothing")); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("one that was never issued: %v", err)
	}
	if _, err := bob.FindToken(ctx, secret); !errors.Is(err, client.ErrDenied) {
		t.Errorf("somebody else: %v", err)
	}
}
