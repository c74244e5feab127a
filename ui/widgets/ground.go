package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"keyfob/ui/theme"
)

// Ground is a plain surface, to stack under something. Unlike a rectangle of the canvas it follows the theme from light
// to dark.
type Ground struct {
	widget.BaseWidget
	fill, line fyne.ThemeColorName
	radius     fyne.ThemeSizeName
	min        fyne.Size
}

// NewGround returns a surface of a colour of the theme.
func NewGround(colour fyne.ThemeColorName) *Ground {
	return newGround(colour, theme.ColorNameTransparent, "")
}

// NewLine returns a hairline, for the edge of a Border.
func NewLine() *Ground {
	g := NewGround(theme.ColorNameLine)
	g.min = fyne.NewSize(1, 1)
	return g
}

// newGround returns a surface with a line around it and, if radius names one, round corners.
func newGround(fill, line fyne.ThemeColorName, radius fyne.ThemeSizeName) *Ground {
	g := &Ground{fill: fill, line: line, radius: radius}
	g.ExtendBaseWidget(g)
	return g
}

// SetMinSize keeps room for it.
func (g *Ground) SetMinSize(size fyne.Size) {
	g.min = size
	g.Refresh()
}

// CreateRenderer is Fyne's.
func (g *Ground) CreateRenderer() fyne.WidgetRenderer {
	r := &groundRenderer{g: g, face: &canvas.Rectangle{}}
	r.Refresh()
	return r
}

type groundRenderer struct {
	g    *Ground
	face *canvas.Rectangle
}

func (r *groundRenderer) Destroy()                     {}
func (r *groundRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.face} }
func (r *groundRenderer) MinSize() fyne.Size           { return r.g.min }
func (r *groundRenderer) Layout(size fyne.Size)        { r.face.Resize(size) }

func (r *groundRenderer) Refresh() {
	r.face.FillColor = theme.Color(r.g.fill)
	if r.g.line != theme.ColorNameTransparent {
		r.face.StrokeColor, r.face.StrokeWidth = theme.Color(r.g.line), 1
	}
	if r.g.radius != "" {
		r.face.CornerRadius = theme.Size(r.g.radius)
	}
	r.face.Refresh()
}
