package words

import (
	"fmt"

	"keyfob/client"
	"keyfob/ui/i18n"
)

// Unseen says which character of a name or a description cannot be seen as what
// it is, and what to do about it. It is empty where there is none.
func Unseen(text string) string {
	place, r := client.Unseen(text)
	switch {
	case place == 0:
		return ""
	case r == '\t':
		return i18n.T("words.unseen.tab", "Place", place)
	case client.TurnsText(r):
		return i18n.T("words.unseen.turns", "Place", place, "Code", fmt.Sprintf("%U", r))
	}
	return i18n.T("words.unseen.control", "Place", place, "Code", fmt.Sprintf("%U", r))
}
