package signin

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"strings"
)

// A user code is what a person reads off a device and types into a browser:
// eight of twenty letters that are not taken for each other and form no words
// (RFC 8628, section 6.1), 34 bits. It is good for ten minutes, and guesses
// are few: see limits.go.
const (
	userCodeLetters = "BCDFGHJKLMNPQRSTVWXZ"
	userCodeLength  = 8
	maxUserCode     = 64 // bytes that are looked at
)

// newUserCode is a fresh one, without its dash.
func newUserCode() string {
	code := make([]byte, 0, userCodeLength)
	var b [4 * userCodeLength]byte
	for len(code) < userCodeLength {
		_, _ = rand.Read(b[:]) // never fails
		for _, n := range b {
			// 240 is a multiple of 20: above it some letters would come more often.
			if n < 240 && len(code) < userCodeLength {
				code = append(code, userCodeLetters[int(n)%len(userCodeLetters)])
			}
		}
	}
	return string(code)
}

// parseUserCode reads a user code as people type it: in any case, with or
// without its dash, or with what keyboards make of one, or with spaces.
func parseUserCode(typed string) (code string, ok bool) {
	if len(typed) > maxUserCode {
		return "", false
	}
	var b strings.Builder
	for _, r := range typed {
		if strings.ContainsRune(" \t-_\u00a0\u2010\u2011\u2012\u2013\u2014\u2212", r) {
			continue
		}
		if 'a' <= r && r <= 'z' {
			r -= 'a' - 'A'
		}
		if !strings.ContainsRune(userCodeLetters, r) {
			return "", false
		}
		b.WriteRune(r)
	}
	return b.String(), b.Len() == userCodeLength
}

// showUserCode is a user code as it is shown.
func showUserCode(code string) string { return code[:userCodeLength/2] + "-" + code[userCodeLength/2:] }

// hideUserCode is how a user code is kept. It is short enough to be found from
// a plain hash, so the key of the MAC is outside the database.
func (k *keys) hideUserCode(code string) []byte {
	mac := hmac.New(sha256.New, k.userCodes)
	_, _ = mac.Write([]byte(code)) // never fails
	return mac.Sum(nil)
}
