package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"keyfob/ui/theme"
)

// Pane is a plain area in a colour of the theme. It follows when the theme changes.
type Pane struct {
	widget.BaseWidget
	colour fyne.ThemeColorName
}

// NewPane makes a Pane.
func NewPane(colour fyne.ThemeColorName) *Pane {
	p := &Pane{colour: colour}
	p.ExtendBaseWidget(p)
	return p
}

// CreateRenderer is called by Fyne.
func (p *Pane) CreateRenderer() fyne.WidgetRenderer {
	fill := canvas.NewRectangle(theme.Color(p.colour))
	return &paneRenderer{widget.NewSimpleRenderer(fill), p, fill}
}

type paneRenderer struct {
	fyne.WidgetRenderer
	p    *Pane
	fill *canvas.Rectangle
}

func (r *paneRenderer) Refresh() {
	r.fill.FillColor = theme.Color(r.p.colour)
	r.fill.Refresh()
}
