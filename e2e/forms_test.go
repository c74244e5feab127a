//go:build e2e

package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"testing"
	"unicode/utf16"
)

// forms are the bytes as which a text may lie in a file: plain, for a URL, as
// UTF-16, in hexadecimal, and in base64, of which only the middle is the same wherever in
// a longer text it stands.
func forms(text string) [][]byte {
	out := [][]byte{[]byte(text), []byte(hex.EncodeToString([]byte(text)))}
	var wide []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		wide = append(wide, byte(unit), byte(unit>>8))
	}
	out = append(out, wide)
	for shift := range 3 {
		middle := text[shift : shift+(len(text)-shift)/3*3]
		for _, alphabet := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
			out = append(out, []byte(alphabet.EncodeToString([]byte(middle))))
		}
	}
	return append(out, bytes.ToUpper(out[1]), []byte(url.QueryEscape(text)))
}

func TestASecretIsFoundInWhateverFormItLies(t *testing.T) {
	const secret = "enrt_p0123456789abcdefghijABCDEFGHIJ"
	for name, content := range map[string]string{
		"plain":        "x=" + secret + ";",
		"hexadecimal":  hex.EncodeToString([]byte("x=" + secret)),
		"base64":       base64.StdEncoding.EncodeToString([]byte(secret)),
		"base64 at +1": base64.StdEncoding.EncodeToString([]byte("{" + secret + "}")),
		"base64 at +2": base64.StdEncoding.EncodeToString([]byte("t:" + secret + "\n")),
		"UTF-16":       "e\x00n\x00r\x00t\x00_\x00p\x000\x001\x002\x003\x004\x005\x006\x007\x008\x009\x00a\x00b\x00c\x00d\x00e\x00f\x00g\x00h\x00i\x00j\x00A\x00B\x00C\x00D\x00E\x00F\x00G\x00H\x00I\x00J\x00",
	} {
		if !holds([]byte(content), secret) {
			t.Errorf("not found: %s", name)
		}
	}
	if holds([]byte("enrt_p0123456789"), secret) {
		t.Error("found where it is not")
	}
}
