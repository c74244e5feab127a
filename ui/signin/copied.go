package signin

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"keyfob/ui/i18n"
	"keyfob/ui/theme"
	"keyfob/ui/widgets"
)

// copied is the line below what can be copied: it says what came of that.
type copied struct {
	said *widget.Label
	line *fyne.Container // around said
}

func newCopied() copied {
	c := copied{said: widget.NewLabel("")}
	c.said.SizeName = theme.SizeNameSmallText
	c.line = widgets.Flush(c.said)
	c.line.Hide()
	return c
}

// put copies text and says by done or failed, keys of the translations, what came
// of it: the clipboard itself tells nothing, so it is looked at.
func (c copied) put(text, done, failed string) {
	board := fyne.CurrentApp().Clipboard()
	board.SetContent(text)
	c.said.Importance = widget.MediumImportance
	says := done
	if board.Content() != text {
		c.said.Importance = widget.DangerImportance
		says = failed
	}
	c.said.SetText(i18n.T(says))
	c.line.Show()
}
