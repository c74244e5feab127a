package widgets

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

const around = 24 // kept in view above and below what has the focus, for its label and its hint

// InView scrolls the dialog around o so that o can be seen. What can have the focus calls it when it has: Fyne does not
// scroll by itself.
func InView(o fyne.CanvasObject) {
	d := dialogOf(o)
	if d == nil || !d.surface.scroll.Visible() || d.fixed(o) {
		return
	}
	scrollTo(d.surface.scroll, o, around)
}

// scrollTo scrolls until o can be seen, with some room around it.
func scrollTo(scroll *container.Scroll, o fyne.CanvasObject, around float32) {
	driver := fyne.CurrentApp().Driver()
	top := driver.AbsolutePositionForObject(o).Y - driver.AbsolutePositionForObject(scroll).Y
	over := top - around
	under := top + o.Size().Height + around - scroll.Size().Height
	switch {
	case over < 0:
		scroll.ScrollToOffset(scroll.Offset.AddXY(0, over))
	case under > 0:
		scroll.ScrollToOffset(scroll.Offset.AddXY(0, min(under, over)))
	}
}

// fixed says whether o stands below the content, where nothing scrolls.
func (d *Dialog) fixed(o fyne.CanvasObject) bool {
	below := append(slices.Clone(d.actions.Objects), d.cancel, d.submit)
	for _, f := range d.failure.Objects {
		below = append(below, f.(*Banner).action)
	}
	return slices.Contains(below, o)
}
