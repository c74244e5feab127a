// Package secret shows a new token's secret, once.
//
// It is the only place where a secret meets the screen. It stands masked in a
// dialog that does not close before the user says that the secret is stored,
// or that losing it is fine. Afterwards every widget is emptied and the secret
// wiped: nothing that we hold has it (requirements 9 to 14). What Go, the
// toolkit and the graphics card copied on the way cannot be erased by us.
package secret

import (
	"cmp"
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/ui/clipboard"
	"keyfob/ui/i18n"
	"keyfob/ui/task"
	"keyfob/ui/widgets"
	"keyfob/ui/words"
)

// shownAtMost is how long the secret stays readable however long the button is
// held: somebody may have put a book on the key.
const shownAtMost = 20 * time.Second

var size = fyne.NewSize(760, 0)

// Clipboard lends a secret to the system's clipboard. It may wait.
type Clipboard interface {
	Copy(context.Context, client.Secret) (clipboard.Loan, error)
}

// What is asked before closing where there is a copy: keys of the translations.
const (
	closeSaved  = "secret.closeSaved"
	closeCopied = "secret.closeCopied"
)

// Params is what the dialog works with.
type Params struct {
	Token     client.Token
	Secret    client.Secret // wiped when the dialog closes
	Server    string        // the server's address, for the examples
	Example   string        // what curl calls with a PAT; a SAT, or empty: Server
	Clipboard Clipboard
	Revoke    func(context.Context) error // nil: cannot be revoked from here
	OnDone    func()                      // after the dialog closed, however it did; may be nil

	// Test asks the server as whom the secret works; nil: it cannot be asked.
	// A new token may be refused for as long as Activation says.
	Test       func(context.Context, client.Secret) (client.UserRef, error)
	Activation time.Duration
}

// Dialog is the open dialog.
type Dialog struct {
	p       Params
	window  fyne.Window
	dialog  *widgets.Dialog
	value   *value
	hold    *holdButton
	status  *status
	copyIt  *widgets.Button
	form    *widgets.Select
	forWhom *widget.Label // the chosen form is
	testIt  *widgets.Button
	result  *status // of testing, saving and sealing
	front   *widgets.Dialog
	stored  *widgets.Check
	lost    *widgets.Button
	ask     *question
	asking  bool
	kept    string // what is asked before closing: closeSaved, closeCopied, or empty for neither
	then    func() // once it has closed, unless the person goes back; nil: nothing

	storedLine fyne.CanvasObject // the check box, or the question in its place

	copies int         // the latest one speaks in the status line
	toKeep int         // the latest one that was not sealed for another
	hide   *time.Timer // runs while the secret is readable
	opened time.Time
	ctx    context.Context // ends with the dialog
	cancel context.CancelFunc
}

// Show opens the dialog over w.
func Show(w fyne.Window, p Params) *Dialog {
	d := &Dialog{p: p, window: w, opened: time.Now()}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.hide = time.AfterFunc(shownAtMost, d.timeUp)
	d.hide.Stop()
	d.dialog = widgets.NewDialog(w, i18n.T("secret.title"), subtitle(p.Token), d.content())
	d.dialog.SetPinned(d.bottom())
	d.dialog.SetSubmit(i18n.T("secret.done"), widget.HighImportance, d.close)
	d.dialog.SetSubmitEnabled(false)
	d.dialog.SetCancel("", d.Leave)
	d.dialog.OnClosed = d.closed
	d.dialog.SetSize(size)
	d.dialog.SetFirstFocus(d.copyIt)
	if p.Revoke != nil {
		d.lost = d.dialog.AddAction(i18n.T("secret.lost"), d.askLost)
		d.lost.Importance = widget.DangerImportance
		d.lost.Refresh()
	}
	d.dialog.Show()
	return d
}

// Shown says whether the dialog is on screen.
func (d *Dialog) Shown() bool { return d.dialog.Shown() }

// Leave is what Escape does, and closing the window should: it closes the
// dialog if the secret is stored, and asks first if it is not (requirement 13).
func (d *Dialog) Leave() {
	switch {
	case d.dialog.Busy():
	case d.asking:
		d.goBack()
	default:
		d.leave(i18n.T("secret.closeAnyway"))
	}
}

// Ask is Leave for what else was asked for, such as to quit: then does that once the
// dialog has closed, as the button yes says, and who goes back drops it. Asked again, it
// keeps asking. What is in front of the dialog goes.
func (d *Dialog) Ask(yes string, then func()) {
	if d.front != nil {
		d.front.Hide()
	}
	d.then = then
	switch {
	case d.asking:
		d.ask.offer(yes)
	case d.dialog.Busy(): // it will not have asked
		d.then = nil
	default:
		d.leave(yes)
	}
}

// leave closes the dialog of what is stored, and else asks, with yes as the answer that does.
func (d *Dialog) leave(yes string) {
	if d.stored.Checked {
		d.close()
		return
	}
	d.ask.put(d.closeAsk(), yes, d.close)
	d.showAsking(true)
}

func (d *Dialog) closeAsk() string { return i18n.T(cmp.Or(d.kept, "secret.closeAsk")) }

// keep notes what the person has of the secret, also in the question whether to close.
func (d *Dialog) keep(how string) {
	d.kept = how
	if d.asking && d.ask.other.Visible() {
		d.ask.text.SetText(d.closeAsk())
	}
}

func (d *Dialog) askLost() {
	d.ask.put(i18n.T("secret.lostAsk"), "", nil)
	d.showAsking(true)
}

func (d *Dialog) goBack() {
	d.then = nil
	d.showAsking(false)
}

func (d *Dialog) showAsking(on bool) {
	d.asking = on
	d.dialog.SetError("", "", nil)
	widgets.SetVisible(d.ask.box, on)
	widgets.SetVisible(d.storedLine, !on)
	if d.lost != nil {
		widgets.SetVisible(d.lost, !on)
	}
	d.dialog.SetSubmitEnabled(!on && d.stored.Checked)
	d.dialog.SetSize(size) // lays out anew
	if on {
		d.ask.focus()
	} else {
		widgets.Focus(d.stored) // what is asked for
	}
}

func (d *Dialog) tick(stored bool) { d.dialog.SetSubmitEnabled(stored) }

// startRevoke ends the token: a secret that nobody has is of no use, and one
// that somebody else may have seen is worse.
func (d *Dialog) startRevoke() {
	d.dialog.SetError("", "", nil)
	d.dialog.SetBusy(true, i18n.T("secret.revoking"))
	task.Go(d.revoke)
}

func (d *Dialog) revoke() {
	err := d.p.Revoke(d.ctx)
	task.Do(func() { d.revoked(err) })
}

func (d *Dialog) revoked(err error) {
	d.dialog.SetBusy(false, "")
	if err == nil {
		d.close()
		return
	}
	s := words.For(err)
	d.dialog.SetError(i18n.T("secret.notRevoked")+" "+s.Text, s.Action, d.startRevoke)
}

// reveal shows the secret, or masks it again. It is masked in any case when
// the time is up.
func (d *Dialog) reveal(on bool) {
	d.hide.Stop()
	d.value.setShown(on)
	if on {
		d.hide.Reset(shownAtMost)
	}
}

func (d *Dialog) timeUp() { task.Do(d.hold.letGo) }

func (d *Dialog) close() { d.dialog.Hide() }

// closed empties everything, in whatever way the dialog went away.
func (d *Dialog) closed() {
	d.cancel()
	d.reveal(false)
	d.p.Secret.Wipe()
	d.value.empty()
	d.status.say(widget.LowImportance, "")
	d.result.say(widget.LowImportance, "")
	if d.p.OnDone != nil {
		d.p.OnDone()
	}
	if d.then != nil {
		d.then()
	}
}
