package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"keyfob/ui/theme"
)

// Pane is a plain surface, to stack under something. Unlike a rectangle of the canvas it follows the theme from light
// to dark.
type Pane struct {
	widget.BaseWidget
	fill, line fyne.ThemeColorName
	radius     fyne.ThemeSizeName
	min        fyne.Size
}

// NewPane returns a surface of a colour of the theme.
func NewPane(colour fyne.ThemeColorName) *Pane {
	return newPane(colour, theme.ColorNameTransparent, "")
}

// NewLine returns a hairline, for the edge of a Border.
func NewLine() *Pane {
	p := NewPane(theme.ColorNameLine)
	p.min = fyne.NewSize(1, 1)
	return p
}

// newPane returns a surface with a line around it and, if radius names one, round corners.
func newPane(fill, line fyne.ThemeColorName, radius fyne.ThemeSizeName) *Pane {
	p := &Pane{fill: fill, line: line, radius: radius}
	p.ExtendBaseWidget(p)
	return p
}

// SetMinSize keeps room for it.
func (p *Pane) SetMinSize(size fyne.Size) {
	p.min = size
	p.Refresh()
}

// CreateRenderer is Fyne's.
func (p *Pane) CreateRenderer() fyne.WidgetRenderer {
	r := &paneRenderer{p: p, face: &canvas.Rectangle{}}
	r.Refresh()
	return r
}

type paneRenderer struct {
	p    *Pane
	face *canvas.Rectangle
}

func (r *paneRenderer) Destroy()                     {}
func (r *paneRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.face} }
func (r *paneRenderer) MinSize() fyne.Size           { return r.p.min }
func (r *paneRenderer) Layout(size fyne.Size)        { r.face.Resize(size) }

func (r *paneRenderer) Refresh() {
	r.face.FillColor = theme.Color(r.p.fill)
	if r.p.line != theme.ColorNameTransparent {
		r.face.StrokeColor, r.face.StrokeWidth = theme.Color(r.p.line), 1
	}
	if r.p.radius != "" {
		r.face.CornerRadius = theme.Size(r.p.radius)
	}
	r.face.Refresh()
}
