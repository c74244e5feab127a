//go:build e2e

package clients

import (
	"bytes"
	"context"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// steps are what openid-client must say that it has done.
var steps = []string{
	"discovery by OpenID Connect",
	"discovery by RFC 8414",
	"code and PKCE through the login pages, with nonce and iss",
	"a code is good once",
	"userinfo",
	"device flow",
	"introspection by Basic",
	"introspection by the form",
	"introspection refuses a wrong secret",
	"token exchange",
	"the exchanged token is the same person",
	"token exchange refuses a scope that the token lacks",
	"token exchange refuses another audience",
	"revocation of the exchanged token by the app",
	"refresh with rotation",
	"a refresh token that was used twice ends the sign-in",
	"revocation of a sign-in",
}

// RFC 6749, 7636, 7009, 7662, 8414, 8628, 8693, 9207; OpenID Connect Core and
// Discovery, by a certified client.
func TestOpenIDClientGetsAlong(t *testing.T) {
	in, err := json.Marshal(newWorld(t))
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	node := exec.CommandContext(ctx, "node", "openid-client.mjs")
	var said, complaints bytes.Buffer
	node.Stdin, node.Stdout, node.Stderr = bytes.NewReader(in), &said, &complaints
	if err := node.Run(); err != nil {
		t.Fatalf("%v (`make test` installs what is missing)\nafter: %s\n%s", err, said.String(), complaints.String())
	}
	if d := cmp.Diff(steps, strings.Split(strings.TrimSpace(said.String()), "\n")); d != "" {
		t.Error(d)
	}
}
