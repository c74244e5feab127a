package session

import (
	"encoding/json"
	"fmt"
	"time"

	"keyfob/client"
	"keyfob/client/credentials"
)

// credential is the item in the store: what signs one account in at one
// server, and enough to say whose it is without asking the server.
type credential struct {
	V            int       `json:"v"`
	Issuer       string    `json:"issuer"`
	Subject      string    `json:"sub"`
	Login        string    `json:"login"`
	Name         string    `json:"name"`
	RefreshToken string    `json:"refresh_token"`
	Created      time.Time `json:"created"`
}

const credentialVersion = 1

// key is readable on purpose: a person finds it in the keyring's own program.
func key(issuer, subject string) string { return issuer + "|" + subject }

func credentialOf(who Identity, refresh client.Secret, now time.Time) client.Secret {
	c := credential{
		V: credentialVersion, Issuer: who.Issuer, Subject: who.Subject, Login: who.Login, Name: who.Name,
		RefreshToken: refresh.Reveal(), Created: now.UTC().Truncate(time.Second),
	}
	b := encode(c)
	if len(b) > credentials.MaxSize {
		// The names only save a question to the server.
		c.Login, c.Name = "", ""
		b = encode(c)
	}
	defer clear(b)
	return client.NewSecret(string(b))
}

func encode(c credential) []byte {
	b, err := json.Marshal(c) //nolint:gosec // G117: this is the item for the keyring, which is made to hold it
	if err != nil {
		return nil // strings and a time of this century always encode
	}
	return b
}

// decodeCredential reads what credentialOf wrote. Anything else is as good as
// no credential.
func decodeCredential(s client.Secret, issuer, subject string) (credential, error) {
	var c credential
	err := json.Unmarshal([]byte(s.Reveal()), &c)
	if err != nil || c.V != credentialVersion || c.RefreshToken == "" || c.Issuer != issuer || c.Subject != subject {
		return credential{}, fmt.Errorf("%w: the stored one is not readable", credentials.ErrNotFound)
	}
	return c, nil
}
