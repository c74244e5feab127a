//go:build e2e

package e2e

import (
	"bytes"
	"testing"
)

// page is a text that was read on the screen, and all runs of letters in it.
type page struct {
	text string
	runs map[string]bool
}

// piece is how many letters in a row are looked for at first.
const piece = 5

func newPage(text string) page {
	p := page{squash(text), map[string]bool{}}
	letters := []rune(p.text)
	for i := range max(len(letters)-piece+1, 0) {
		p.runs[string(letters[i:i+piece])] = true
	}
	return p
}

// shows is within, for many texts: of a text with a few letters read wrongly
// one of a few more pieces is read whole.
func (p page) shows(text string) bool {
	letters := []rune(squash(text))
	pieces := len(letters)/8 + 1
	whole := len(letters)/pieces < piece
	for i := 0; i < pieces && !whole; i++ {
		at := i * len(letters) / pieces
		whole = p.runs[string(letters[at:at+piece])]
	}
	return whole && within(p.text, string(letters))
}

func TestAPageShowsWhatItIsWithin(t *testing.T) {
	const secret = "p0123x56789abcdefghijAB"
	for shown, want := range map[string]bool{
		"Your token " + secret + " Copy":              true,
		"Your token p0123x5678?abcdefghijAB Copy":     true,
		"Your token p01 23x56789 abcxefg hijAB Copy":  true,
		"Your token p0xyz23x5uvw6789ablmncdefgh Copy": false,
		"Your token ●●●●●●●●●●●●●●●●●●●●●●●●●●● Copy": false,
	} {
		if got := newPage(shown).shows(secret); got != want || got != within(squash(shown), squash(secret)) {
			t.Errorf("%s: %v", shown, got)
		}
	}
}

// net finds any of many texts, in any of their forms, in one pass: by the first
// bytes of each form.
type net map[[mesh]byte][][]byte

const mesh = 12

func newNet(texts []string) net {
	n := net{}
	for _, text := range texts {
		for _, form := range forms(text) {
			key := [mesh]byte(form)
			n[key] = append(n[key], form)
		}
	}
	return n
}

func (n net) catches(content []byte) bool {
	for i := range max(len(content)-mesh+1, 0) {
		for _, form := range n[[mesh]byte(content[i:])] {
			if bytes.HasPrefix(content[i:], form) {
				return true
			}
		}
	}
	return false
}

func TestTheNetCatchesEveryForm(t *testing.T) {
	texts := []string{"enrt_p0123456789abcdefghijABCDEFGHIJ", "enrt_p0123456789abcdefghijABCDEFGHIK", "another secret?&/ of 1"}
	n := newNet(texts)
	for _, text := range texts {
		for _, form := range forms(text) {
			if !n.catches(append([]byte("\x00before"), form...)) {
				t.Errorf("not caught: %q", form)
			}
		}
	}
	if n.catches([]byte("enrt_p0123456789abcdefghijABCDEFGHI, another secret? of 1")) {
		t.Error("caught what is none")
	}
}
