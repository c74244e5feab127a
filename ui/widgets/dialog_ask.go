package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"keyfob/ui/theme"
)

// question asks above the buttons of a Dialog, whether to go on with what was asked for elsewhere.
type question struct {
	box     *fyne.Container
	yes, no *Button
	before  fyne.Focusable // what had the focus
}

// NewQuestion is a question inside a dialog, with its answers in a row below.
func NewQuestion(text *widget.Label, answers ...fyne.CanvasObject) *fyne.Container {
	inside := container.New(layout.NewCustomPaddedVBoxLayout(4), Flush(text), NewFlow(8, answers...))
	return NewPanel(theme.ColorNameExpiringBack, container.New(layout.NewCustomPaddedLayout(6, 14, 14, 14), inside))
}

// SetEntered has the dialog know whether the person has entered anything that would be lost with it.
func (d *Dialog) SetEntered(entered func() bool) { d.entered = entered }

// Unfinished says whether a dialog holds what would be lost if the program ended: what was entered or, where another
// dialog is in front, what is waited for.
func Unfinished(c fyne.Canvas) bool {
	front := frontDialog(c)
	for _, overlay := range c.Overlays().List() {
		s, ok := overlay.(*surface)
		if !ok {
			continue
		}
		if d := s.dialog; d.entered != nil && d.entered() || d != front && d.busy {
			return true
		}
	}
	return false
}

// AskFront asks text in the dialog in front, which keeps all that was typed: yes does do, and no takes the question away,
// as Escape does. Asked again, it keeps asking.
func AskFront(c fyne.Canvas, text, yes, no string, do func()) {
	closePopUps(c)
	d := frontDialog(c)
	if d == nil || d.question != nil {
		return
	}
	label := newLabel(text, theme.SizeNameText, fyne.TextStyle{})
	d.question = &question{yes: NewButton(yes, do), no: NewButton(no, d.dropQuestion), before: c.Focused()}
	d.question.yes.Importance = widget.DangerImportance
	d.question.box = NewQuestion(label, d.question.yes, layout.NewSpacer(), d.question.no)
	d.showFailure()
	c.Focus(d.question.no)
}

// dropQuestion goes back to what was done before it was asked.
func (d *Dialog) dropQuestion() {
	before := d.question.before
	d.question = nil
	d.showFailure()
	if before == nil {
		d.FocusFirst()
		return
	}
	d.window.Canvas().Focus(before)
}

// showFailure shows what went wrong and what is asked, above the buttons. What is asked comes before the main button.
func (d *Dialog) showFailure() {
	d.failure.Objects = nil
	if d.failed != nil {
		d.failure.Add(d.failed)
	}
	if d.question != nil {
		d.failure.Add(d.question.box)
	}
	SetVisible(d.failure, len(d.failure.Objects) > 0)
	d.failure.Refresh()
	d.enableButtons()
	d.relayout()
}
