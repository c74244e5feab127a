package widgets

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

const around = 24 // kept in view above and below what has the focus, for its label and its hint

// InView scrolls the dialog or the view around o so that o can be seen. What can have the focus calls it when it has: Fyne does not
// scroll by itself.
func InView(o fyne.CanvasObject) {
	d := dialogAround(o)
	if d == nil {
		viewTo(o)
		return
	}
	if !d.surface.scroll.Visible() || d.fixed(o) {
		return
	}
	scrollTo(d.surface.scroll, o, around)
}

// dialogAround is dialogOf also for what only just became visible.
func dialogAround(o fyne.CanvasObject) *Dialog {
	c := canvasOf(o)
	if c == nil {
		return nil
	}
	if s, ok := c.Overlays().Top().(*surface); ok {
		return s.dialog
	}
	return nil
}

// viewTo scrolls the view that o stands in, where nothing is in front.
func viewTo(o fyne.CanvasObject) {
	c := canvasOf(o)
	if c == nil || c.Overlays().Top() != nil || c.Content() == nil {
		return
	}
	if scroll := scrollAround(c.Content(), o); scroll != nil {
		scrollTo(scroll, o, around)
	}
}

// scrollAround finds in tree what scrolls o.
func scrollAround(tree, o fyne.CanvasObject) *container.Scroll {
	if s, ok := tree.(*container.Scroll); ok {
		if _, found := topBelow(s.Content, o); found {
			return s
		}
		return nil
	}
	for _, inside := range insideOf(tree) {
		if s := scrollAround(inside, o); s != nil {
			return s
		}
	}
	return nil
}

// insideOf is what can be looked into: containers and what is our own.
func insideOf(tree fyne.CanvasObject) []fyne.CanvasObject {
	switch tree := tree.(type) {
	case *fyne.Container:
		return tree.Objects
	case interface{ contents() []fyne.CanvasObject }:
		return tree.contents()
	}
	return nil
}

// scrollTo scrolls until o can be seen, with some room around it.
func scrollTo(scroll *container.Scroll, o fyne.CanvasObject, around float32) {
	top, found := topIn(scroll, o)
	over := top - around
	under := top + o.Size().Height + around - scroll.Size().Height
	switch {
	case !found:
	case over < 0:
		scroll.ScrollToOffset(scroll.Offset.AddXY(0, over))
	case under > 0:
		scroll.ScrollToOffset(scroll.Offset.AddXY(0, min(under, over)))
	}
}

// topIn is how far below the upper edge of scroll o stands. The driver knows no place of what was not drawn yet: that is
// looked for in the containers and our own fields.
func topIn(scroll *container.Scroll, o fyne.CanvasObject) (top float32, found bool) {
	driver := fyne.CurrentApp().Driver()
	if driver.CanvasForObject(o) != nil && driver.CanvasForObject(scroll) != nil {
		return driver.AbsolutePositionForObject(o).Y - driver.AbsolutePositionForObject(scroll).Y, true
	}
	return topBelow(scroll.Content, o)
}

func topBelow(tree, o fyne.CanvasObject) (top float32, found bool) {
	if tree == o {
		return tree.Position().Y, true
	}
	for _, inside := range insideOf(tree) {
		if top, found = topBelow(inside, o); found {
			return tree.Position().Y + top, true
		}
	}
	return 0, false
}

// fixed says whether o stands below the content, where nothing scrolls.
func (d *Dialog) fixed(o fyne.CanvasObject) bool {
	below := append(slices.Clone(d.actions.Objects), d.cancel, d.submit)
	if d.failed != nil {
		below = append(below, d.failed.action)
	}
	if d.question != nil {
		below = append(below, d.question.yes, d.question.no)
	}
	return slices.Contains(below, o)
}
