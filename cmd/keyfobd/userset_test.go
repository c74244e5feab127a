package main_test

import (
	"strings"
	"testing"

	"keyfob/api"
)

// The operator keeps a user out, beside a running server, and at once.
func TestAUserIsKeptOutAndLetInByTheCommand(t *testing.T) {
	p := newPlace(t)
	s := p.serve()
	p.furnish()
	p.run("user", "add", "bob").ok()
	var pat api.Issued
	p.run("token", "create", "--user", "bob", "--app", "Scripts", "--scope", "read", "--json").into(&pat)
	for _, c := range []struct {
		flag   string
		status int
	}{{"--active=false", 401}, {"--active", 200}, {"--no-active", 401}, {"--active=true", 200}} {
		p.run("user", "set", "Bob", c.flag).ok()
		if status, _ := s.get("/profile/me", pat.Secret); status != c.status {
			t.Errorf("after %s: %d", c.flag, status)
		}
	}
	var bob api.User
	p.runWith("another word\n", "user", "set", "bob", "--admin", "--name", "Bob B.", "--email", "bob@example.org", "--password-stdin", "--json").into(&bob)
	if !bob.IsAdmin || !bob.IsActive || bob.Name != "Bob B." || bob.Email != "bob@example.org" {
		t.Errorf("changed to %+v", bob)
	}
	p.run("user", "set", "bob", "--admin=false").ok()
	p.run("user", "set", "ada", "--admin=false").says(1, "This is the last active administrator.")
	p.run("user", "set", "ada", "--no-active").says(1, "This is the last active administrator.")
	p.run("user", "set", "eve", "--active").says(1, `There is no user "eve"`)
	p.run("user", "set", "ada").says(2, "Say what to change")
	p.runWith("short\n", "user", "set", "ada", "--password-stdin").says(2, "at least 8 characters")
}

// requirements 65, 66, 72
func TestTheCommandSaysWhatUsersAndTokensHold(t *testing.T) {
	p := newPlace(t)
	p.run("user", "add", "bob").ok()
	var bob api.User
	p.run("user", "set", "bob", "--permission", "policies.list,quotes.*", "--tenant", "north", "--tenant", "south", "--token-limit", "7", "--json").into(&bob)
	p.run("user", "set", "bob", "--tenant=", "--json").into(&bob)
	if strings.Join(bob.Permissions, " ") != "policies.list quotes.*" || len(bob.Tenants) != 0 || bob.TokenLimit != 7 {
		t.Errorf("holds %+v", bob)
	}
	p.run("user", "add", "eva", "--permission", "*.*", "--tenant", "any", "--token-limit", "1", "--json").into(&bob)
	if strings.Join(bob.Permissions, " ")+" "+strings.Join(bob.Tenants, " ") != "*.* any" || bob.TokenLimit != 1 {
		t.Errorf("added with %+v", bob)
	}
	var pat api.Issued
	p.run("--rules", "socotra", "app", "add", "Quotes", "--policy", "AuthenticatedUsers", "--scopes=").ok()
	p.run("--rules", "socotra", "token", "create", "--user", "eva", "--app", "Quotes", "--permission", "quotes.*", "--tenant", "any", "--description", "x", "--json").into(&pat)
	if strings.Join(pat.Token.Permissions, " ")+" "+strings.Join(pat.Token.Tenants, " ") != "quotes.* any" {
		t.Errorf("issued %+v", pat.Token)
	}
	p.run("user", "add", "eve", "--permission", "*.write").says(1, "/permissions: Write a permission like")
}
