package session

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"keyfob/client"
	"keyfob/client/credentials"
)

// credential is the item in the store: what signs one account in at one
// server, and enough to say whose it is without asking the server.
//
// It holds a RefreshToken, or a Token that was pasted, or neither when the
// account has signed out. Ending are refresh tokens that the server has yet to
// be told the end of: one item holds both, so that no crash can leave the one
// without the other.
type credential struct {
	V            int       `json:"v"`
	Issuer       string    `json:"issuer"`
	Subject      string    `json:"sub"`
	Login        string    `json:"login"`
	Name         string    `json:"name"`
	RefreshToken string    `json:"refresh_token,omitempty"`
	Token        string    `json:"token,omitempty"`
	Ending       []string  `json:"ending,omitempty"`
	Attempt      string    `json:"attempt,omitempty"` // the sign-in that it came of (attempt.go)
	Created      time.Time `json:"created"`
}

const credentialVersion = 1

// Key is the name of an account's item in the store. It is readable on purpose: a
// person finds it in the keyring's own program.
func Key(issuer, subject string) string { return issuer + "|" + subject }

// live reports whether c signs anybody in.
func (c credential) live() bool { return c.RefreshToken != "" || c.Token != "" }

// sealed is c as the store takes it. What matters least goes first when it is
// too big: the names, which only save a question to the server, then what is
// ending, the oldest first.
func (c credential) sealed(now time.Time) client.Secret {
	c.V, c.Created = credentialVersion, now.UTC()
	b := encode(c)
	if len(b) > credentials.MaxSize {
		c.Login, c.Name = "", ""
		b = encode(c)
	}
	for len(b) > credentials.MaxSize && len(c.Ending) > 0 && (c.live() || len(c.Ending) > 1) {
		c.Ending = c.Ending[1:]
		b = encode(c)
	}
	defer clear(b)
	return client.NewSecret(string(b))
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return nil // strings and a time of this century always encode
	}
	return b
}

// decodeCredential reads what sealed wrote. Anything else is as good as no
// credential.
func decodeCredential(s client.Secret, issuer, subject string) (credential, error) {
	var c credential
	err := json.Unmarshal([]byte(s.Reveal()), &c)
	switch {
	case err != nil, c.V != credentialVersion, c.Issuer != issuer, c.Subject != subject,
		c.RefreshToken != "" && c.Token != "",
		!c.live() && len(c.Ending) == 0,
		slices.Contains(c.Ending, ""):
		return credential{}, fmt.Errorf("%w: the stored one is not readable", credentials.ErrNotFound)
	}
	return c, nil
}
