package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"keyfob/ui/theme"
)

// NewCard puts content on a surface of its own, with a line around it.
func NewCard(content fyne.CanvasObject) *fyne.Container {
	return container.NewStack(newPane(theme.ColorNameSurface, theme.ColorNameLine, theme.SizeNameCardRadius), content)
}

// NewPanel puts content on a pale ground inside a card or a dialog.
func NewPanel(colour fyne.ThemeColorName, content fyne.CanvasObject) *fyne.Container {
	return container.NewStack(newPane(colour, theme.ColorNameTransparent, theme.SizeNameCardRadius), content)
}

// Flush takes back the room that a label or a check box keeps before its text, so that texts and boxes share one left
// edge.
func Flush(o fyne.CanvasObject) *fyne.Container { return container.New(pulledLeft{8}, o) }
