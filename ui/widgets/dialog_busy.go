package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Busy says whether SetBusy is on.
func (d *Dialog) Busy() bool { return d.busy }

// SetBusy disables all inputs and says what goes on; off brings the inputs back as they were, and the focus.
func (d *Dialog) SetBusy(on bool, text string) {
	if on == d.busy {
		d.busyLine.SetText(text)
		return
	}
	d.busy = on
	d.busyLine.SetText(text)
	SetVisible(d.busyLine, on)
	if on {
		d.pause()
	} else {
		d.answered()
		d.resume()
	}
	d.relayout()
}

func (d *Dialog) pause() {
	c := d.window.Canvas()
	d.beforeBusy = nil
	if c.Overlays().Top() == fyne.CanvasObject(d.surface) { // else the focus is another's
		d.beforeBusy = c.Focused()
		c.Unfocus()
	}
	d.paused = nil
	for _, in := range inputs(d.content, d.pinned, d.actions) {
		if !in.Disabled() {
			in.Disable()
			d.paused = append(d.paused, in)
		}
	}
	d.enableButtons()
}

// answered comes before resume: what stands in front goes first, and then gives the focus back.
func (d *Dialog) answered() {
	if do := d.onAnswer; do != nil {
		d.onAnswer = nil
		do()
	}
}

func (d *Dialog) resume() {
	for _, in := range d.paused {
		in.Enable()
	}
	d.paused = nil
	d.enableButtons()
	if d.Shown() && d.beforeBusy != nil {
		d.window.Canvas().Focus(d.beforeBusy)
	}
}

func (d *Dialog) enableButtons() {
	enable(d.submit, d.allowed && !d.busy && d.question == nil)
	enable(d.cancel, !d.busy || d.onCancel != nil)
}

func enable(b *Button, on bool) {
	if on == !b.Disabled() {
		return
	}
	if on {
		b.Enable()
		return
	}
	b.Disable()
}

// inputs returns what can be disabled in the given trees: containers, scrollers and our own fields are looked into.
func inputs(trees ...fyne.CanvasObject) []fyne.Disableable {
	var found []fyne.Disableable
	for _, o := range trees {
		switch o := o.(type) {
		case fyne.Disableable:
			found = append(found, o)
		case *fyne.Container:
			found = append(found, inputs(o.Objects...)...)
		case *container.Scroll:
			found = append(found, inputs(o.Content)...)
		case interface{ contents() []fyne.CanvasObject }:
			found = append(found, inputs(o.contents()...)...)
		}
	}
	return found
}
