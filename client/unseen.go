package client

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"keyfob/internal/visible"
)

// Unseen is the first character of a name or a description that cannot be seen
// as what it is, and its place, from 1; 0: there is none. Blanks at the ends,
// which are cut off, do not count.
func Unseen(text string) (place int, r rune) {
	rest := strings.TrimLeftFunc(text, unicode.IsSpace)
	place, r = visible.Unseen(strings.TrimSpace(rest))
	if place > 0 {
		place += utf8.RuneCountInString(text) - utf8.RuneCountInString(rest)
	}
	return place, r
}

// TurnsText reports whether r turns the direction of the text that follows it, unseen.
func TurnsText(r rune) bool { return visible.TurnsText(r) }
