package tokens

import (
	"fmt"
	"unicode/utf8"

	"keyfob/internal/visible"
)

// unseen says what of s cannot be shown as it is, in one line and the way it is
// read, and what to do about it. It is empty where nothing is.
func unseen(s string) string {
	if !utf8.ValidString(s) {
		return "Write it in UTF-8."
	}
	place, r := visible.Unseen(s)
	switch {
	case place == 0:
		return ""
	case r == '\t':
		return fmt.Sprintf("Character %d is a tab. Write a space in its place.", place)
	case visible.TurnsText(r):
		return fmt.Sprintf("Character %d cannot be seen and turns the text around (%U). Delete it.", place, r)
	}
	return fmt.Sprintf("Character %d cannot be seen (%U). Delete it.", place, r)
}
