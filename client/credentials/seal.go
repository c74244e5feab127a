package credentials

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"

	"keyfob/client"
)

// content is what the file holds: two age files, and a sum that tells damage
// from a wrong passphrase. Against a forger it is no help, nor meant to be: age
// itself finds out who does not know the key.
type content struct {
	V           int    `json:"v"`
	Key         string `json:"key"`         // encrypted under the passphrase
	Credentials string `json:"credentials"` // encrypted under the key
	Sum         string `json:"sum"`
}

const fileVersion = 1

func newContent(key, credentials string) content {
	sum := sha256.Sum256([]byte(key + "\n" + credentials))
	return content{fileVersion, key, credentials, hex.EncodeToString(sum[:])}
}

// wrap encrypts the file's key under the passphrase. With 18 it takes about a
// second and a quarter of a gigabyte, and so does each guess.
func wrap(key *age.X25519Identity, passphrase client.Secret, work int) (string, error) {
	r, err := age.NewScryptRecipient(passphrase.Reveal())
	if err != nil {
		return "", fmt.Errorf("%w: %w", client.ErrPassphrase, err) // an empty one
	}
	r.SetWorkFactor(work)
	return encrypt([]byte(key.String()), r)
}

func unwrap(under string, passphrase client.Secret) (*age.X25519Identity, error) {
	id, err := age.NewScryptIdentity(passphrase.Reveal())
	if err != nil {
		return nil, client.ErrPassphrase
	}
	plain, err := decrypt(under, id)
	if _, wrong := errors.AsType[*age.NoIdentityMatchError](err); wrong {
		return nil, client.ErrPassphrase
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", client.ErrFileDamaged, err)
	}
	defer clear(plain)
	key, err := age.ParseX25519Identity(string(plain))
	if err != nil {
		return nil, client.ErrFileDamaged // without the error, which quotes it
	}
	return key, nil
}

// seal encrypts items under key.
func seal(items map[string]client.Secret, key *age.X25519Identity) (string, error) {
	values := map[string]string{}
	for name, s := range items {
		values[name] = s.Reveal()
	}
	plain, err := json.Marshal(values)
	if err != nil {
		return "", err
	}
	defer clear(plain)
	return encrypt(plain, key.Recipient())
}

// unseal is what seal encrypted, or client.ErrFileDamaged.
func unseal(sealed string, key *age.X25519Identity) (map[string]client.Secret, error) {
	plain, err := decrypt(sealed, key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", client.ErrFileDamaged, err)
	}
	defer clear(plain)
	var values map[string]string
	if json.Unmarshal(plain, &values) != nil { // whose error quotes it
		return nil, client.ErrFileDamaged
	}
	items := map[string]client.Secret{}
	for name, value := range values {
		items[name] = client.NewSecret(value)
	}
	return items, nil
}

func wipe(items map[string]client.Secret) {
	for _, s := range items {
		s.Wipe()
	}
}

func encrypt(plain []byte, to age.Recipient) (string, error) {
	var out bytes.Buffer
	text := armor.NewWriter(&out)
	w, err := age.Encrypt(text, to)
	if err != nil {
		return "", err
	}
	if _, err := w.Write(plain); err != nil {
		return "", err
	}
	if err := errors.Join(w.Close(), text.Close()); err != nil {
		return "", err
	}
	return out.String(), nil
}

func decrypt(sealed string, id age.Identity) ([]byte, error) {
	r, err := age.Decrypt(armor.NewReader(strings.NewReader(sealed)), id)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
