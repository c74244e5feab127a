// Package signin is how a connection begins: a choice between the built-in
// server, one click away, and the address of another one, signed in to by the
// system's browser, by a code on another device or with a pasted token.
//
// It knows neither servers nor keyrings: it asks through Params, off the UI
// thread, with a context that Cancel ends.
package signin

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/ui/i18n"
	"keyfob/ui/task"
	"keyfob/ui/widgets"
	"keyfob/ui/words"
)

// Keeping is what becomes of the sign-in when the program quits.
type Keeping int

// The ways. Unknown is shown while Params.Keyring has not answered.
const (
	Unknown    Keeping = iota
	Kept               // in the keyring: signed in at the next start
	UntilQuit          // no keyring: in memory only
	InFile             // in an encrypted file
	FileLocked         // in memory only, until the encrypted file is opened again
	Refused            // in memory only: the keyring is there, and was not unlocked
)

// Params is what the view works with. UseBuiltIn, SignIn and Keyring may wait;
// a nil error of the first two says that somebody is signed in.
type Params struct {
	Begun      func() // the person begins to open something; on the UI thread
	Changed    func() // View.Waits may answer otherwise now
	UseBuiltIn func(context.Context) error
	SignIn     func(context.Context, Wish) error
	Keyring    func(context.Context) Keeping
	GiveUp     func()                 // ends the wait for the keyring
	HasOwn     bool                   // the built-in server is among the connections already
	KeepInFile func()                 // offers the encrypted file; nil: it may not be had
	AskAgain   func()                 // asks the keyring that refused once more
	OpenURL    func(url string) error // opens the sign-in page again
	Address    string                 // of the last server, if any

	Certificates func(file []byte) ([]client.Certificate, error)

	Back     func() // leads elsewhere; nil: there is nowhere else
	BackText string
}

// View is the screen.
type View struct {
	Content fyne.CanvasObject

	p        Params
	builtIn  card
	other    card
	address  *widgets.Entry
	note     *widget.Label // below the address
	use      *widgets.Button
	ways     *ways
	advanced *advanced
	waiting  *waiting
	keeping  *widget.Label
	known    Keeping
	opening  bool  // the last connection, meanwhile
	inFile   offer // shown while there is no keyring
	askAgain offer // shown while that refused
	giveUp   offer // shown while the keyring is waited for
	back     *widgets.Button
	cards    *pair
	middle   *fyne.Container

	attempt int                // the latest one; what earlier ones answer is ignored
	stop    context.CancelFunc // ends the attempt under way
}

// New makes the view; Refresh asks for the keyring, and Focus puts the cursor
// where one click or key does most.
func New(p Params) *View {
	v := &View{p: p, stop: func() {}}
	v.Content = v.content()
	v.idle()
	return v
}

// Refresh finds out what becomes of a sign-in.
func (v *View) Refresh() { task.Go(func() { v.update(context.Background()) }) }

// Focus puts the cursor on the built-in server, or on the address if there is
// one from the last time, or that server is among the connections already.
func (v *View) Focus() {
	if v.beginsElsewhere() {
		widgets.Focus(v.address)
		return
	}
	widgets.Focus(v.use)
}

func (v *View) beginsElsewhere() bool { return v.p.Address != "" || v.p.HasOwn }

func (v *View) update(ctx context.Context) {
	k := v.p.Keyring(ctx)
	task.Do(func() { v.ShowKeeping(k) })
}

// Opened says that the browser was sent to url, so that it can be sent there
// again; or, with err, that it did not come up. It is called on the UI thread,
// within SignIn.
func (v *View) Opened(url string, err error) {
	v.waiting.link.Show(url)
	v.waiting.loading.SetText(i18n.T("signin.waiting"))
	widgets.SetVisible(v.waiting.failing, err != nil)
	v.relayout()
}

func (v *View) startBuiltIn() {
	v.begin(i18n.T("signin.starting"), &v.builtIn)
	ctx, turn := v.next()
	task.Go(func() { v.useBuiltIn(ctx, turn) })
}

func (v *View) useBuiltIn(ctx context.Context, turn int) {
	err := v.p.UseBuiltIn(ctx)
	task.Do(func() { v.ended(turn, err, v.builtInFailed) })
}

// startSignIn signs in at the address, in the way that is chosen.
func (v *View) startSignIn() {
	if v.address.Disabled() {
		return
	}
	if v.address.Text == "" {
		v.failAddress(words.For(client.ErrBadAddress))
		return
	}
	w, ok := v.advanced.wish()
	if !ok {
		widgets.Focus(v.advanced.path)
		return
	}
	w.Address, w.Way = v.address.Text, v.ways.way
	if w.Way == Token {
		if v.ways.token.Text == "" {
			v.failToken(i18n.T("words.field.required"))
			return
		}
		w.Token = client.NewSecret(v.ways.takeToken())
	}
	v.begin(i18n.T("signin.looking"), &v.other)
	ctx, turn := v.next()
	task.Go(func() { v.signIn(ctx, turn, w) })
}

func (v *View) signIn(ctx context.Context, turn int, w Wish) {
	err := v.p.SignIn(ctx, w)
	w.Token.Wipe()
	task.Do(func() { v.ended(turn, err, v.otherFailed) })
}

// next starts an attempt.
func (v *View) next() (context.Context, int) {
	ctx, cancel := context.WithCancel(context.Background())
	v.attempt++
	v.stop = cancel
	return ctx, v.attempt
}

// ended shows how an attempt went, unless it was given up meanwhile.
func (v *View) ended(turn int, err error, fail func(error)) {
	if turn != v.attempt {
		return
	}
	v.stop()
	v.idle()
	if err != nil && !errors.Is(err, context.Canceled) {
		fail(err)
	}
}

// Failed says at the foot of a card what went wrong elsewhere, such as with
// signing out: of the built-in server's, or of the other's.
func (v *View) Failed(s words.Sentence, builtIn bool) {
	if builtIn {
		v.failBuiltIn(s)
		return
	}
	v.failAddress(s)
}

// Note says at a card what is to be known of a server that was left: at the
// built-in server's, or at the other's, where what went wrong stays.
func (v *View) Note(text string, builtIn bool) {
	switch {
	case builtIn:
		v.builtIn.say(text, widget.MediumImportance)
		v.relayout()
	case v.note.Importance != widget.DangerImportance:
		v.writeNote(text, widget.MediumImportance)
	}
}

// Waits reports whether somebody may soon be signed in.
func (v *View) Waits() bool { return v.address.Disabled() || v.opening }

// Cancel gives up what is waited for, if anything is. It reports whether.
func (v *View) Cancel() bool {
	if !v.address.Disabled() {
		return false
	}
	v.cancel()
	return true
}

// Escape is the key: it gives up what is waited for, or leads back.
func (v *View) Escape() {
	if !v.Cancel() && v.p.Back != nil {
		v.p.Back()
	}
}

// cancel gives the attempt up; whatever it still answers is ignored.
func (v *View) cancel() {
	v.attempt++
	v.idle()
	widgets.Focus(v.address)
	v.stop()
}

// ShowCode puts the code of a sign-in by device on screen, within SignIn.
func (v *View) ShowCode(c Code) {
	if v.address.Disabled() {
		v.waiting.showCode(c)
		v.relayout()
	}
}
