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
	"slices"
	"strings"
	"time"

	"keyfob/api"
	"keyfob/server/secret"
	"keyfob/server/store"
)

// replyLife is how long a repeated create gets the same reply.
const replyLife = 10 * time.Minute

// attempt is one Idempotency-Key as used by one caller for one request. It is
// kept under the current pepper, and looked for under each that is held.
type attempt struct {
	sealing
	all []sealing
}

// sealing can seal and open the reply; the store sees only hashes of it.
type sealing struct {
	pepperID    string
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
	a := new(attempt)
	for _, p := range s.peppers.Load().all() {
		one, err := newSealing(p, c.User.ID, key, what, body)
		if err != nil {
			return nil, fmt.Errorf("tokens: making the seal: %w", err)
		}
		a.all = append(a.all, one)
	}
	a.sealing = a.all[0]
	slices.SortFunc(a.all, func(x, y sealing) int { return strings.Compare(x.pepperID, y.pepperID) })
	return a, nil
}

func newSealing(p heldPepper, userID, key, what string, body []byte) (sealing, error) {
	sealKey, err := hkdf.Key(sha256.New, []byte(key), p.MAC("idempotency seal"), userID, 32)
	if err != nil {
		return sealing{}, err
	}
	block, err := aes.NewCipher(sealKey)
	if err != nil {
		return sealing{}, err
	}
	seal, err := cipher.NewGCMWithRandomNonce(block)
	return sealing{
		pepperID:    p.id,
		keyHash:     p.MAC("idempotency key\x00" + userID + "\x00" + key),
		requestHash: p.MAC("idempotency request\x00" + what + "\x00" + string(body)),
		seal:        seal,
	}, err
}

// earlier is the reply to an earlier create with the same key, if any.
func (a *attempt) earlier(ctx context.Context, tx *store.Tx, now time.Time) (r reply, found bool, err error) {
	if a == nil {
		return r, false, nil
	}
	for _, one := range a.all { // in one order; also one that is not there yet
		if err := tx.Hold(ctx, "reply "+string(one.keyHash)); err != nil {
			return r, false, err
		}
	}
	for _, one := range a.all {
		if r, found, err = one.earlier(ctx, tx, now); err != nil || found {
			return r, found, err
		}
	}
	return r, false, nil
}

func (a sealing) earlier(ctx context.Context, tx *store.Tx, now time.Time) (r reply, found bool, err error) {
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
	if err := tx.UnderPepper(ctx, a.pepperID); err != nil {
		return err
	}
	plain := []byte(r.tokenID + " " + r.secret.Reveal())
	return tx.InsertReply(ctx, store.Reply{
		KeyHash: a.keyHash, PepperID: a.pepperID, RequestHash: a.requestHash,
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
