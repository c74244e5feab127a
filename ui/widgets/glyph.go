package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynetheme "fyne.io/fyne/v2/theme"

	"keyfob/ui/theme"
)

// glyphFace draws an icon in a colour. It is drawn anew only when one of them changes, since rows set theirs while
// scrolling and each drawing reads the whole icon.
type glyphFace struct {
	image  *canvas.Image
	icon   fyne.Resource
	colour color.Color
}

func newGlyphFace() *glyphFace {
	return &glyphFace{image: &canvas.Image{FillMode: canvas.ImageFillContain}}
}

// set changes the icon; nil shows none.
func (f *glyphFace) set(icon fyne.Resource, name fyne.ThemeColorName) {
	colour := theme.Color(name)
	if f.icon == icon && f.colour == colour {
		return
	}
	f.icon, f.colour = icon, colour
	f.image.Resource = nil
	if icon != nil {
		f.image.Resource = fynetheme.NewColoredResource(icon, name)
	}
	f.image.Refresh()
}

func (f *glyphFace) place(pos fyne.Position, size float32) {
	f.image.Move(pos)
	f.image.Resize(fyne.NewSquareSize(size))
}
