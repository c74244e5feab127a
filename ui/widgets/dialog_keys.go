package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// typedKey is told every Enter and Escape inside the dialog, and says whether the key was one of them.
func (d *Dialog) typedKey(ev *fyne.KeyEvent) bool {
	used()
	switch {
	case d.question != nil && ev.Name == fyne.KeyEscape:
		d.dropQuestion()
		return true
	case isEnter(ev) && d.unfinished:
		d.nextField(d.window.Canvas())
		return true
	case isEnter(ev):
		d.press()
		return true
	case ev.Name == fyne.KeyEscape:
		d.leave()
		return true
	}
	return false
}

// press is Enter on the whole dialog: it submits, or says why it may not.
func (d *Dialog) press() {
	switch {
	case !d.submit.Visible() || d.busy || d.question != nil:
	case d.submit.Disabled() && d.refused != nil:
		d.refused()
	default:
		d.submit.press()
	}
}

func (d *Dialog) leave() {
	if d.onCancel != nil {
		d.onCancel()
		return
	}
	if !d.busy {
		d.Hide()
	}
}

// tellsKeys is false where Enter may mean another button than the main one.
func (d *Dialog) tellsKeys() bool {
	safe := d.submit.Visible() && d.submit.Importance != widget.DangerImportance
	return safe && d.cancel.Visible() && len(d.actions.Objects) == 0 && !d.busy && d.question == nil
}

// FocusFirst puts the focus where it was when the dialog was shown.
func (d *Dialog) FocusFirst() { d.focusFirst(d.window.Canvas()) }

// focusFirst focuses the first field; a dialog without one starts on its main button, or on the harmless one when the
// main one destroys.
func (d *Dialog) focusFirst(c fyne.Canvas) {
	target := d.first
	if target == nil {
		target = firstField(c)
	}
	if target == nil && d.submit.Visible() && d.submit.Importance != widget.DangerImportance {
		target = d.submit
	}
	if target == nil && d.cancel.Visible() {
		target = d.cancel
	}
	c.Unfocus()
	if target != nil {
		c.Focus(target)
	}
}

// nextField moves the focus on to the next field; the last one says what is missing, or moves on to the main
// button.
func (d *Dialog) nextField(c fyne.Canvas) {
	at := c.Focused()
	if at == nil {
		d.focusFirst(c)
		return
	}
	c.FocusNext()
	if _, ok := c.Focused().(*Button); !ok {
		return
	}
	c.Focus(at)
	switch {
	case d.refused != nil:
		d.refused()
	case d.submit.Visible() && !d.submit.Disabled():
		c.Focus(d.submit)
	}
}

// firstField walks the tab order once round and returns what comes first and is no button.
func firstField(c fyne.Canvas) fyne.Focusable {
	c.Unfocus()
	c.FocusNext()
	start := c.Focused()
	for f := start; f != nil; {
		if _, ok := f.(*Button); !ok {
			return f
		}
		c.FocusNext()
		if f = c.Focused(); f == start {
			return nil
		}
	}
	return nil
}

// Fit lays the dialog out again, after its content has grown or shrunk.
func (d *Dialog) Fit() { d.relayout() }
