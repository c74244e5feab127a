package handover

import (
	"errors"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/armor"

	"keyfob/client"
)

// What is wrong with what was given as a recipient.
var (
	ErrNoRecipient  = errors.New("not a recipient")
	ErrPrivateKey   = errors.New("a private key")
	ErrOtherSSHKey  = errors.New("an ssh key of another kind than ed25519")
	ErrOneRecipient = errors.New("more than one line")
)

// Recipient is a colleague's public key: only the private one beside it opens
// what is sealed for it. The zero value is nobody.
type Recipient struct {
	Name string // for people: the key's ends, or the comment of an ssh key
	key  age.Recipient
}

// ParseRecipient reads an age recipient (age1…) or an ssh-ed25519 public key.
// Its errors are those above.
func ParseRecipient(s string) (Recipient, error) {
	s = strings.TrimSpace(s)
	switch {
	case strings.HasPrefix(strings.ToUpper(s), "AGE-SECRET-KEY-"), strings.Contains(s, "PRIVATE KEY"):
		return Recipient{}, ErrPrivateKey
	case strings.ContainsAny(s, "\r\n"):
		return Recipient{}, ErrOneRecipient
	case strings.HasPrefix(s, "ssh-ed25519 "):
		return sshRecipient(s)
	case strings.HasPrefix(s, "ssh-"), strings.HasPrefix(s, "ecdsa-"), strings.HasPrefix(s, "sk-"):
		return Recipient{}, ErrOtherSSHKey
	}
	key, err := age.ParseX25519Recipient(s)
	if err != nil {
		return Recipient{}, ErrNoRecipient
	}
	return Recipient{ends(s), key}, nil
}

func sshRecipient(s string) (Recipient, error) {
	key, err := agessh.ParseRecipient(s)
	if err != nil {
		return Recipient{}, ErrNoRecipient
	}
	if parts := strings.Fields(s); len(parts) > 2 {
		return Recipient{strings.Join(parts[2:], " "), key}, nil
	}
	return Recipient{ends(s), key}, nil
}

func ends(s string) string {
	const front, back = 8, 6
	return s[:front] + "…" + s[len(s)-back:]
}

// Seal encrypts text for the recipient, as lines of plain text that can be
// mailed.
func (r Recipient) Seal(text client.Secret) (string, error) {
	if r.key == nil {
		return "", ErrNoRecipient
	}
	var sealed strings.Builder
	lines := armor.NewWriter(&sealed)
	w, err := age.Encrypt(lines, r.key)
	if err != nil {
		return "", err
	}
	if _, err := io.WriteString(w, text.Reveal()); err != nil {
		return "", err
	}
	if err := errors.Join(w.Close(), lines.Close()); err != nil {
		return "", err
	}
	return sealed.String(), nil
}
