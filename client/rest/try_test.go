package rest_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"

	"keyfob/client"
	"keyfob/server/store"
	"keyfob/server/tokens"
)

// requirements 16, 18: the new token itself says as whom it works.
func TestATokenIsTestedAsAScriptWouldUseIt(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	ada, bob := w.as("ada", true, nil), w.as("bob", false, nil)
	robot := must(w.Tokens.AddUser(ctx, tokens.Operator(), store.User{Login: "rob+ot@x.example", Name: "Robot", IsActive: true}))(t)
	app := must(ada.AddApp(ctx, client.NewApp{
		Name: "Warehouse", Policy: client.PolicyAuthenticatedUsers, Scopes: []string{"read", "update"}, SystemUserID: robot.ID,
	}))(t)
	reads, secret, err := bob.CreateToken(ctx, client.NewToken{AppID: app.ID, Scopes: []string{"read"}})
	if err != nil {
		t.Fatal(err)
	}
	updates, updating, err := bob.CreateToken(ctx, client.NewToken{AppID: app.ID, Scopes: []string{"update"}})
	if err != nil {
		t.Fatal(err)
	}
	service, serving, err := ada.CreateAppToken(ctx, client.NewToken{AppID: app.ID, Scopes: []string{"read"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		token  client.Token
		secret client.Secret
		want   client.UserRef
	}{
		"a PAT":                  {reads, secret, client.UserRef{ID: reads.ActsAs.ID, Login: "bob", Name: "Name of bob"}},
		"a PAT that cannot read": {updates, updating, client.UserRef{ID: reads.ActsAs.ID, Login: "bob"}},
		"a SAT":                  {service, serving, client.UserRef{ID: robot.ID, Login: "rob+ot@x.example"}},
	} {
		// Asked by ada: with the session's token in place of the secret she would be the answer.
		got, err := ada.TestToken(ctx, c.token, c.secret)
		if err != nil || got != c.want {
			t.Errorf("%s works as %+v, %v; want %+v", name, got, err, c.want)
		}
	}
	if err := bob.RevokeToken(ctx, reads.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := bob.TestToken(ctx, reads, secret); !errors.Is(err, client.ErrNotWorking) {
		t.Errorf("revoked: %v", err)
	}
	if _, err := bob.TestToken(ctx, service, client.NewSecret("enrt_snonsense")); !errors.Is(err, client.ErrNotWorking) {
		t.Errorf("nonsense: %v", err)
	}
	if me := must(bob.Me(ctx))(t); me.Login != "bob" {
		t.Errorf("the sign-in of the one who tests is now %+v", me)
	}
}

func TestAServerThatCannotBeAskedIsSaid(t *testing.T) {
	w := newWorld(t)
	cut := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("connection refused")
	}}
	ada := w.as("ada", true, &http.Client{Transport: cut})
	if _, err := ada.TestToken(t.Context(), client.Token{Kind: client.SAT}, client.NewSecret("x")); !errors.Is(err, client.ErrOffline) {
		t.Errorf("%v", err)
	}
}
