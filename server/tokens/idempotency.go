package tokens

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"keyfob/api"
	"keyfob/server/secret"
	"keyfob/server/store"
)

// replyLife is how long a repeated create gets the same reply.
const replyLife = 10 * time.Minute

// attempt is one Idempotency-Key as used by one caller for one request. It can
// seal and open the reply; the store sees only hashes of it.
type attempt struct {
	keyHash     []byte
	requestHash []byte
	seal        cipher.AEAD
}

// reply is what is sealed. The token's record is read anew for each reply.
type reply struct {
	tokenID string
	secret  secret.Value
}

// newAttempt makes the attempt for a key; nil if there is no key. The pepper
// goes into both hashes, so that a weak key does not open the reply to one who
// has the database alone.
func (s *Service) newAttempt(c Caller, key, what string, request any) (*attempt, error) {
	if key == "" {
		return nil, nil
	}
	if len(key) < 16 || len(key) > 255 || bytes.ContainsFunc([]byte(key), func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, invalid(api.FieldError{Pointer: "Idempotency-Key", Code: api.FieldFormat, Detail: "Send 16 to 255 visible ASCII characters."})
	}
	body, err := json.Marshal(request)
	if err != nil {
		return nil, fmt.Errorf("tokens: hashing the request: %w", err)
	}
	sealKey, err := hkdf.Key(sha256.New, []byte(key), s.Pepper.MAC("idempotency seal"), c.User.ID, 32)
	if err != nil {
		return nil, fmt.Errorf("tokens: deriving the seal: %w", err)
	}
	block, err := aes.NewCipher(sealKey)
	if err != nil {
		return nil, fmt.Errorf("tokens: making the seal: %w", err)
	}
	seal, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("tokens: making the seal: %w", err)
	}
	return &attempt{
		keyHash:     s.Pepper.MAC("idempotency key\x00" + c.User.ID + "\x00" + key),
		requestHash: s.Pepper.MAC("idempotency request\x00" + what + "\x00" + string(body)),
		seal:        seal,
	}, nil
}

// earlier is the reply to an earlier create with the same key, if any.
func (a *attempt) earlier(ctx context.Context, tx *store.Tx, now time.Time) (r reply, found bool, err error) {
	if a == nil {
		return r, false, nil
	}
	if err := tx.Hold(ctx, "reply "+string(a.keyHash)); err != nil { // also one that is not there yet
		return r, false, err
	}
	kept, err := tx.ReplyByKey(ctx, a.keyHash)
	if errors.Is(err, store.ErrNotFound) {
		return r, false, nil
	}
	if err != nil || !now.Before(kept.ExpiresAt) {
		return r, false, err
	}
	if !bytes.Equal(kept.RequestHash, a.requestHash) {
		return r, false, refuse(api.CodeIdempotency, "This Idempotency-Key was used for another request.")
	}
	plain, err := a.seal.Open(nil, nil, kept.Sealed, a.keyHash)
	if err != nil {
		return r, false, fmt.Errorf("tokens: opening a kept reply: %w", err)
	}
	id, value, _ := strings.Cut(string(plain), " ")
	v, _, ok := secret.Parse(value)
	if !ok {
		return r, false, errors.New("tokens: a kept reply holds no secret")
	}
	return reply{tokenID: id, secret: v}, true, nil
}

// keep seals the reply, and drops those whose time is over.
func (a *attempt) keep(ctx context.Context, tx *store.Tx, r reply, now time.Time) error {
	if a == nil {
		return nil
	}
	if err := tx.PurgeReplies(ctx, now); err != nil {
		return err
	}
	plain := []byte(r.tokenID + " " + r.secret.Reveal())
	return tx.InsertReply(ctx, store.Reply{
		KeyHash: a.keyHash, RequestHash: a.requestHash,
		Sealed:    a.seal.Seal(nil, nil, plain, a.keyHash),
		ExpiresAt: now.Add(replyLife),
	})
}

// purge drops the replies whose time is over, if there are any.
func (s *Service) purge(ctx context.Context) error {
	now := s.now()
	due, err := s.Store.RepliesDue(ctx, now)
	if err != nil || !due {
		return err
	}
	return s.Store.Write(ctx, func(tx *store.Tx) error { return tx.PurgeReplies(ctx, now) })
}
