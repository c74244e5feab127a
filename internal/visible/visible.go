// Package visible says which characters of a name or a description people can
// see as what they are. The desktop and the server ask the same question of it.
package visible

import "unicode"

// Unseen is the first character of text that cannot be seen as what it is, and
// its place, from 1; 0: there is none.
func Unseen(text string) (place int, r rune) {
	for i, r := range []rune(text) {
		if hides(r) {
			return i + 1, r
		}
	}
	return 0, 0
}

// TurnsText reports whether r turns the direction of the text that follows it,
// unseen. A mark of direction, which languages need, does not.
func TurnsText(r rune) bool { return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' }

// hides reports whether r controls, breaks a line, or draws nothing: two names
// that differ by it look the same.
func hides(r rune) bool {
	return !needed(r) && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point)
}

// needed reports whether r is a joiner, without which Persian, Hindi and emoji are misspelt, a mark of direction, or a sign
// that counts as formatting and yet is drawn.
func needed(r rune) bool {
	return unicode.Is(unicode.Join_Control, r) || r == '\u061c' || r == '\u200e' || r == '\u200f' || unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}
