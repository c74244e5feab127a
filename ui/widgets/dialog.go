package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"keyfob/ui/i18n"
	"keyfob/ui/theme"
)

// Dialog is the one base of all dialogs.
//
// It takes the focus to its first field and, when hidden, gives it back. Enter submits and Escape leaves, whatever is
// focused inside; on a button Enter presses that button. It stays open until it is told to hide, so it can show that
// work goes on (SetBusy) and what went wrong (SetError), with all that was typed still there.
type Dialog struct {
	// OnClosed is called after the dialog was hidden, by whomever.
	OnClosed func()

	window  fyne.Window
	content fyne.CanvasObject
	surface *surface
	size    fyne.Size

	title, subtitle *widget.Label
	pinned          *fyne.Container // stays in sight where the content scrolls
	failure         *fyne.Container // failed and question
	failed          *Banner         // nil: nothing
	question        *question       // nil: nothing is asked
	busyLine        *Loading
	keys            *widget.Label
	actions         *fyne.Container
	foot, buttons   *fyne.Container
	cancel, submit  *Button
	onCancel        func()

	busy       bool
	inFront    bool
	allowed    bool // what SetSubmitEnabled said
	unfinished bool // what SetUnfinished said
	refused    func()
	first      fyne.Focusable
	entered    func() bool        // nil: nothing can be lost with it
	onAnswer   func()             // once, when it is busy no more
	paused     []fyne.Disableable // what SetBusy disabled
	before     fyne.Focusable     // what had the focus under the dialog
	beforeBusy fyne.Focusable
	beforeKey  func(*fyne.KeyEvent)
	beforeUp   func(*fyne.KeyEvent)
}

// NewDialog returns a dialog over w that is not shown yet, with a Cancel button that hides it. subtitle may be empty.
func NewDialog(w fyne.Window, title, subtitle string, content fyne.CanvasObject) *Dialog {
	d := &Dialog{
		window:   w,
		content:  content,
		allowed:  true,
		title:    newLabel(title, theme.SizeNameSubHeading, fyne.TextStyle{Bold: true}),
		subtitle: NewQuiet("", theme.SizeNameSmallText),
		pinned:   container.NewStack(),
		failure:  container.NewVBox(),
		busyLine: NewLoading(""),
		actions:  container.NewHBox(),
	}
	d.keys = widget.NewLabel(i18n.T("dialog.keys"))
	d.keys.Importance, d.keys.SizeName = widget.LowImportance, theme.SizeNameSmallText
	d.SetSubtitle(subtitle)
	d.pinned.Hide()
	d.failure.Hide()
	d.busyLine.Hide()
	d.cancel = NewButton(i18n.T("dialog.cancel"), d.leave)
	d.submit = NewButton("", nil)
	d.submit.Hide()
	d.makeFoot()
	d.surface = newSurface(d)
	return d
}

// SetTitle changes the title, when what was asked is done.
func (d *Dialog) SetTitle(text string) {
	d.title.SetText(text)
	d.relayout()
}

// SetSubtitle changes the quiet line below the title.
func (d *Dialog) SetSubtitle(text string) {
	d.subtitle.SetText(text)
	SetVisible(d.subtitle, text != "")
	d.relayout()
}

// SetSubmit names the main button and what it does. do runs on Fyne's goroutine: it starts the work and returns.
func (d *Dialog) SetSubmit(text string, importance widget.Importance, do func()) {
	d.submit.Text, d.submit.Importance, d.submit.OnTapped = text, importance, do
	d.submit.filled = importance == widget.DangerImportance
	d.submit.Show()
	d.submit.Refresh()
	d.relayout()
}

// SetCancel names the button that leaves and what it, and Escape, do; do has to hide the dialog itself. Without a text
// there is no such button, and Escape still does. A dialog that was given a do can be left while it is busy: it is told,
// and decides.
func (d *Dialog) SetCancel(text string, do func()) {
	d.onCancel = do
	d.cancel.SetText(text)
	SetVisible(d.cancel, text != "")
	d.relayout()
}

// SetPinned puts o between the content and the buttons, in sight also where the content scrolls: what the main button waits
// for.
func (d *Dialog) SetPinned(o fyne.CanvasObject) {
	d.pinned.Objects = []fyne.CanvasObject{o}
	d.pinned.Show()
	d.relayout()
}

// AddAction adds a button at the left of the footer.
func (d *Dialog) AddAction(text string, do func()) *Button {
	b := NewButton(text, do)
	d.actions.Add(b)
	d.relayout()
	return b
}

// SetFirstFocus chooses what has the focus when the dialog is shown, in place of the first field.
func (d *Dialog) SetFirstFocus(f fyne.Focusable) { d.first = f }

// SetInFront makes the dialog show in front of a Cover too. It is for what takes the cover away.
func (d *Dialog) SetInFront() { d.inFront = true }

// SetSize sets the size that the dialog has at least, without going beyond the window. A height of 0 is what the content
// needs.
func (d *Dialog) SetSize(size fyne.Size) {
	d.size = size
	d.relayout()
}

// SetSubmitEnabled says whether the main button and Enter may submit.
func (d *Dialog) SetSubmitEnabled(on bool) {
	d.allowed = on
	d.enableButtons()
}

// SetRefused has say called when Enter is pressed to submit and may not, or on the last field of an unfinished form: it
// says at a field what is missing.
func (d *Dialog) SetRefused(say func()) { d.refused = say }

// SetUnfinished says that a field is still empty that people fill in: until it is not, Enter moves on to the next field,
// and only the main button itself submits.
func (d *Dialog) SetUnfinished(on bool) {
	d.unfinished = on
	d.keys.SetText(i18n.T("dialog.keys"))
	if on {
		d.keys.SetText(i18n.T("dialog.keysNext"))
	}
	d.relayout()
}

// SetError shows what went wrong above the buttons, with a button to do something about it if actionText is not empty.
// An empty text takes it away.
func (d *Dialog) SetError(text, actionText string, action func()) {
	d.failed = nil
	if text != "" {
		d.failed = NewBanner(Bad, text, actionText, action)
	}
	d.showFailure()
}

// Shown says whether the dialog is on screen.
func (d *Dialog) Shown() bool { return d.surface.depth(d.window.Canvas()) >= 0 }

// Show puts the dialog in front of the window and takes the focus to its first field.
func (d *Dialog) Show() {
	if !d.Shown() {
		d.place(d.show)
	}
}

// place does what adds or removes the dialog where it belongs.
func (d *Dialog) place(do func()) {
	if d.inFront {
		do()
		return
	}
	beneathCover(d.window.Canvas(), do)
}

func (d *Dialog) show() {
	c := d.window.Canvas()
	d.before, d.beforeKey = c.Focused(), c.OnTypedKey()
	c.Unfocus()
	c.SetOnTypedKey(func(ev *fyne.KeyEvent) { d.typedKey(ev) })
	d.beforeUp = onKeyUp(c, ShutMenu)
	c.Overlays().Add(d.surface)
	d.relayout()
	d.focusFirst(c)
}

// Hide takes the dialog away, with whatever is in front of it, and gives the focus back.
func (d *Dialog) Hide() {
	if !d.Shown() {
		return
	}
	d.place(d.hide)
	if d.OnClosed != nil {
		d.OnClosed()
	}
}

func (d *Dialog) hide() {
	c := d.window.Canvas()
	d.hideAbove(c, d.surface.depth(c))
	c.Unfocus()
	c.Overlays().Remove(d.surface)
	c.SetOnTypedKey(d.beforeKey)
	onKeyUp(c, d.beforeUp)
	d.question = nil
	if d.before != nil {
		c.Focus(d.before)
	}
}

// hideAbove hides the dialogs in front of this one, the last opened first, so that each gives back what it took.
func (d *Dialog) hideAbove(c fyne.Canvas, depth int) {
	for above := c.Overlays().List(); len(above) > depth+1; above = c.Overlays().List() {
		top := above[len(above)-1]
		if s, ok := top.(*surface); ok {
			s.dialog.Hide()
			continue
		}
		c.Overlays().Remove(top)
	}
}

func (d *Dialog) relayout() {
	if d.surface != nil {
		d.surface.Refresh()
	}
}
