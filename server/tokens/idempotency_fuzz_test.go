package tokens

import (
	"bytes"
	"strings"
	"testing"

	"keyfob/api"
)

// Whatever the key: it is taken exactly if it is 16 to 255 visible characters,
// and then stands for itself, for this caller and this request only.
func FuzzIdempotencyKey(f *testing.F) {
	fix := newFixture(f)
	for _, seed := range []string{key, "", "short", strings.Repeat("x", 255), strings.Repeat("x", 256), "with a space in it", "sixteen\x00characters", "ümlauts are not in ASCII", "0123456789abcde\x7f"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		good := goodKey(text)
		want := api.NewToken{Description: "one"}
		a, err := fix.newAttempt(fix.user, text, "what", want)
		if text == "" {
			if a != nil || err != nil {
				t.Error("an attempt without a key")
			}
			return
		}
		if good != (err == nil) || err != nil && code(err) != api.CodeInvalid {
			t.Fatalf("%q: %v", text, err)
		}
		if err != nil {
			return
		}
		again := try(fix.newAttempt(fix.user, text, "what", want))(t)
		other := try(fix.newAttempt(fix.other, text, "what", want))(t)
		if !bytes.Equal(a.keyHash, again.keyHash) || !bytes.Equal(a.requestHash, again.requestHash) || bytes.Equal(a.keyHash, other.keyHash) {
			t.Error("the same key is another, or another's is the same")
		}
		if plain, err := again.seal.Open(nil, nil, a.seal.Seal(nil, nil, []byte("x"), a.keyHash), a.keyHash); err != nil || string(plain) != "x" {
			t.Error("what it sealed is not opened")
		}
	})
}

// goodKey says whether a key has the form that the contract gives.
func goodKey(text string) bool {
	return len(text) >= 16 && len(text) <= 255 && strings.IndexFunc(text, func(r rune) bool { return r < '!' || r > '~' }) < 0
}
