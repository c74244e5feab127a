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
	p.run("user", "add", "eve", "--permission", "*.write").says(1, "Permissions: Write a permission like")
}

// Names that look like others, or turn the screen's text around, are kept out where the operator types them too.
func TestTheCommandNamesTheCharacterThatCannotBeSeen(t *testing.T) {
	p := newPlace(t)
	p.run("user", "add", "eve", "--name", "Eve\u202eadmin").says(1, "Name: Character 4 cannot be seen and turns the text around (U+202E). Delete it.")
	p.run("user", "add", "eve", "--name", "Eve\a").says(1, "Name: Character 4 cannot be seen (U+0007). Delete it.")
	p.run("user", "add", "eve", "--email", "eve\u200b@example.org").says(1, "Email: Character 4 cannot be seen (U+200B). Delete it.")
	p.run("user", "add", "a\u200bda", "--name", "Ada").says(1, "Login: Character 2 cannot be seen (U+200B). Delete it.")
	p.run("user", "add", "eve adams").says(1, "Login: Use at most 128 characters, and no spaces.")
	p.run("app", "add", "Scri\u2060pts").says(1, "Name: Character 5 cannot be seen (U+2060). Delete it.")
}
