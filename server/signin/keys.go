package signin

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// keys are what the key file holds, or what is derived from it. None of it is
// in the database, so a copy of the database signs nobody in.
type keys struct {
	id       string            // of the signing key, public
	signing  *ecdsa.PrivateKey // of ID tokens, ES256
	tokens   sealer            // of access tokens
	requests sealer            // of authorization requests, in the browser's cookie
	rotation []byte            // what follows a refresh token

	userCodes []byte // hides the codes that people type for a device
}

// The blocks of the key file.
const (
	blockSigning = "PRIVATE KEY"        // PKCS #8, P-256
	blockSeed    = "KEYFOB SIGN-IN KEY" // 32 random bytes
)

// loadKeys reads the key file, making it with mode 0600 if there is none. It
// refuses one that others than its owner may read.
func loadKeys(path string) (*keys, error) {
	k, err := readKeys(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeKeys(path); err != nil {
			return nil, fmt.Errorf("making the sign-in key: %w", err)
		}
		k, err = readKeys(path)
	}
	if err != nil {
		return nil, fmt.Errorf("the sign-in key: %w", err)
	}
	return k, nil
}

func readKeys(path string) (*keys, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	// Windows has no such bits: there the data directory's access list guards.
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s has mode %04o: others may read it; set 0600", path, info.Mode().Perm())
	}
	text, err := io.ReadAll(io.LimitReader(f, 8<<10))
	if err != nil {
		return nil, err
	}
	k, err := parseKeys(text)
	if err != nil {
		return nil, fmt.Errorf("%s is damaged or no key file: %w", path, err)
	}
	return k, nil
}

func parseKeys(text []byte) (*keys, error) {
	first, rest := pem.Decode(text)
	if first == nil || first.Type != blockSigning {
		return nil, errors.New("no signing key in it")
	}
	second, _ := pem.Decode(rest)
	if second == nil || second.Type != blockSeed || len(second.Bytes) != 32 {
		return nil, errors.New("no seed in it")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(first.Bytes)
	signing, ok := parsed.(*ecdsa.PrivateKey)
	if err != nil || !ok || signing.Curve != elliptic.P256() {
		return nil, errors.New("its signing key is not a P-256 key")
	}
	return newKeys(signing, second.Bytes)
}

func newKeys(signing *ecdsa.PrivateKey, seed []byte) (*keys, error) {
	thumb, err := (&jose.JSONWebKey{Key: signing.Public()}).Thumbprint(sha256Hash)
	if err != nil {
		return nil, err
	}
	k := &keys{id: base64.RawURLEncoding.EncodeToString(thumb[:12]), signing: signing}
	var errs [4]error
	k.tokens, errs[0] = newSealer(seed, "access tokens")
	k.requests, errs[1] = newSealer(seed, "authorization requests")
	k.rotation, errs[2] = hkdf.Key(sha256.New, seed, nil, "refresh token rotation", 32)
	k.userCodes, errs[3] = hkdf.Key(sha256.New, seed, nil, "device user codes", 32)
	return k, errors.Join(errs[:]...)
}

// makeKeys writes aside and links into place, so that path never holds part
// of a key and an existing one is never replaced.
func makeKeys(path string) error {
	signing, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(signing)
	if err != nil {
		return err
	}
	seed := make([]byte, 32)
	_, _ = rand.Read(seed)                                   // never fails
	f, err := os.CreateTemp(filepath.Dir(path), ".signin-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // an error before says more
	err = errors.Join(
		pem.Encode(f, &pem.Block{Type: blockSigning, Bytes: der}),
		pem.Encode(f, &pem.Block{Type: blockSeed, Bytes: seed}),
		f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// next is the refresh token that follows one. Only the server can tell it, and
// it tells the same one each time: so a client whose reply was lost can ask
// again, and nothing need be kept for it.
func (k *keys) next(refresh string) string {
	h := hmac.New(sha256.New, k.rotation)
	_, _ = io.WriteString(h, refresh)
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// sealer encrypts short texts with AES-256-GCM, each kind with a key of its
// own. It is the library's op.Crypto.
type sealer struct{ aead cipher.AEAD }

var _ op.Crypto = sealer{}

func newSealer(seed []byte, purpose string) (sealer, error) {
	key, err := hkdf.Key(sha256.New, seed, nil, purpose, 32)
	if err != nil {
		return sealer{}, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return sealer{aead}, err
}

// Encrypt seals s.
func (s sealer) Encrypt(text string) (string, error) {
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nil, nil, []byte(text), nil)), nil
}

// Decrypt opens what Encrypt sealed, and nothing else.
func (s sealer) Decrypt(sealed string) (string, error) {
	raw, err := strict.DecodeString(sealed)
	if err != nil || strings.ContainsAny(sealed, "\r\n") { // which the decoder skips
		return "", errSealed
	}
	text, err := s.aead.Open(nil, nil, raw, nil)
	if err != nil {
		return "", errSealed
	}
	return string(text), nil
}
