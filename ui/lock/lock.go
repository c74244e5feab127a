// Package lock is the screen in front of everything while the program is
// locked, and the watch for when nobody uses it.
//
// The screen knows neither servers nor keyrings: it asks through Params, off
// the UI thread, with a context that Cancel ends. What locking drops, and what
// unlocking fetches again, is the shell's business.
package lock

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"keyfob/assets"
	"keyfob/client"
	"keyfob/ui/i18n"
	"keyfob/ui/signin"
	"keyfob/ui/task"
	"keyfob/ui/theme"
	"keyfob/ui/widgets"
	"keyfob/ui/words"
)

// Params is what the screen works with. Unlock, Open and SignIn may wait; a nil
// error says that the program is unlocked. One of them there is.
type Params struct {
	Window fyne.Window
	Name   string // whose tokens are behind it
	Server string
	Secret bool // a secret that nobody has stored is behind it

	Unlock  func(context.Context) error                // with what the keyring has, or memory; nil: not so
	Memory  bool                                       // it is memory: nothing else has the sign-in
	Open    func(context.Context, client.Secret) error // with the encrypted file's passphrase; nil: not so
	SignIn  func(context.Context) error                // signs in again; nil: there is no such way
	Browser bool                                       // SignIn does so by the browser; else it asks by itself
	OpenURL func(url string) error                     // opens the sign-in page again
	Another func(below fyne.Position)                  // offers other connections, there
	Begun   func()                                     // unlocking begins: what was said counts no more
}

// Screen is the lock screen. Its methods are for the UI thread.
type Screen struct {
	p     Params
	cover *widgets.Cover

	text, failure *widget.Label
	entry         *widgets.Entry  // of the passphrase
	field         *widgets.Field  // around entry; hidden if Params.Open is nil
	unlock        *widgets.Button // nil if Params.Unlock and Params.Open are
	signIn        *widgets.Button // nil if Params.SignIn is
	loading       *widgets.Loading
	cancel        *widgets.Button
	link          *signin.LinkPanel // with cancel
	another       *widgets.Button
	buttons       *fyne.Container
	waiting       *fyne.Container
	middle        *fyne.Container

	turns task.Turns
	stop  context.CancelFunc // ends what is waited for
}

// Show hides all of the window behind the screen.
func Show(p Params) *Screen {
	s := &Screen{p: p, stop: func() {}}
	content := s.content()
	s.cover = widgets.NewCover(p.Window, content, s.focus())
	s.cover.OnEscape = s.escape
	return s
}

// Hide takes the screen away.
func (s *Screen) Hide() {
	s.turns.Next()
	s.stop()
	s.entry.SetText("")
	s.cover.Uncover()
}

func (s *Screen) content() fyne.CanvasObject {
	icon := canvas.NewImageFromResource(fynetheme.NewThemedResource(assets.IconLock))
	icon.FillMode = canvas.ImageFillContain
	icon.SetMinSize(fyne.NewSquareSize(40))
	title := centred(i18n.T("lock.title"), theme.SizeNameHeading, widget.MediumImportance)
	title.TextStyle.Bold = true
	who := centred(i18n.T("lock.who", "Name", s.p.Name, "Server", s.p.Server), theme.SizeNameText, widget.LowImportance)
	s.text = centred(s.how(), theme.SizeNameSmallText, widget.LowImportance)
	s.failure = centred("", theme.SizeNameSmallText, widget.DangerImportance)
	s.failure.Hide()
	field := s.makeField()
	s.makeButtons()
	ways := container.NewStack(container.NewCenter(s.buttons), container.NewCenter(s.waiting))
	foot := container.New(layout.NewCustomPaddedVBoxLayout(10), ways, container.NewCenter(s.another))
	s.middle = container.NewCenter(container.New(column{}, icon, title, who, s.text, field, s.failure, foot))
	s.idle()
	return s.middle
}

func (s *Screen) makeButtons() {
	s.buttons = container.New(layout.NewCustomPaddedHBoxLayout(10))
	if s.p.SignIn != nil {
		s.signIn = widgets.NewButton(s.byWay("lock.signIn", "lock.signInAgain"), s.startSignIn)
		s.buttons.Add(s.signIn)
	}
	if s.p.Unlock != nil || s.p.Open != nil {
		s.unlock = widgets.NewButton(i18n.T("lock.unlock"), s.startUnlock)
		s.buttons.Add(s.unlock)
	}
	s.first().Importance = widget.HighImportance
	s.loading = widgets.NewLoading("")
	s.cancel = widgets.NewButton(i18n.T("dialog.cancel"), s.giveUp)
	s.link = signin.NewLinkPanel(s.p.OpenURL, s.cancel, func() { s.middle.Refresh() })
	s.another = widgets.NewButton(i18n.T("lock.another"), s.offerAnother)
	s.another.Importance = widget.LowImportance
	s.waiting = container.New(layout.NewCustomPaddedVBoxLayout(8), container.NewCenter(s.loading), container.NewCenter(s.link.Content))
}

// first is the button that does what is mostly wanted.
func (s *Screen) first() *widgets.Button {
	if s.unlock != nil {
		return s.unlock
	}
	return s.signIn
}

// focus is what has it when nothing is waited for.
func (s *Screen) focus() fyne.Focusable {
	if s.p.Open != nil {
		return s.entry
	}
	return s.first()
}

// how says what unlocking takes, and what waits.
func (s *Screen) how() string {
	text := i18n.T("lock.keyring")
	switch {
	case s.p.Open != nil:
		text = i18n.T("lock.file")
	case s.p.Unlock == nil:
		text = s.byWay("lock.browser", "lock.again")
	case s.p.Memory:
		text = i18n.T("lock.memory")
	}
	if s.p.Secret {
		text += " " + i18n.T("lock.secret")
	}
	return text
}

func (s *Screen) byWay(browser, other string) string {
	if s.p.Browser {
		return i18n.T(browser)
	}
	return i18n.T(other)
}

func (s *Screen) startUnlock() {
	switch {
	case s.p.Open != nil:
		s.startOpen()
	case s.p.Memory:
		s.start(i18n.T("lock.recalling"), s.p.Unlock)
	default:
		s.start(i18n.T("lock.unlocking"), s.p.Unlock)
	}
}

func (s *Screen) startSignIn() { s.start(s.byWay("lock.waiting", "lock.waitingForYou"), s.p.SignIn) }

func (s *Screen) start(doing string, do func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	turn := s.turns.Next()
	s.p.Begun()
	s.Say("")
	s.field.SetError("")
	s.loading.SetText(doing)
	s.link.Stop()
	s.busy(true)
	task.Go(func() { s.run(ctx, turn, do) })
}

func (s *Screen) run(ctx context.Context, turn int, do func(context.Context) error) {
	err := do(ctx)
	task.Do(func() { s.ended(turn, err) })
}

func (s *Screen) ended(turn int, err error) {
	if s.turns.Stale(turn) {
		return // given up, or unlocked
	}
	s.idle()
	if err == nil || errors.Is(err, context.Canceled) || s.wrong(err) {
		return
	}
	s.Say(words.For(err).Text)
	if s.signIn != nil && !mayPass(err) {
		s.cover.SetFirst(s.signIn) // trying the same again does not help
	}
}

func mayPass(err error) bool {
	return errors.Is(err, client.ErrKeyring) || errors.Is(err, client.ErrNoKeyring) || errors.Is(err, client.ErrOffline)
}

// Say shows a sentence about what went wrong, or does not work yet.
func (s *Screen) Say(text string) { s.say(text, widget.DangerImportance) }

// Stay says why the lock is not left, and leads back to what unlocks.
func (s *Screen) Stay(text string) {
	s.Say(text)
	if s.buttons.Visible() {
		s.cover.SetFirst(s.focus())
	}
}

func (s *Screen) say(text string, importance widget.Importance) {
	s.failure.Importance = importance
	s.failure.SetText(text)
	widgets.SetVisible(s.failure, text != "")
	s.middle.Refresh() // it may take another number of lines
}

// Doing says what is waited for now, while anything is.
func (s *Screen) Doing(text string) {
	s.loading.SetText(text)
	s.middle.Refresh()
}

// Opened says that the browser was sent to link, or that it did not come up.
func (s *Screen) Opened(link string, err error) {
	s.link.Show(link)
	if err != nil {
		s.loading.SetText(i18n.T("signin.notOpened"))
		s.middle.Refresh()
	}
}

func (s *Screen) offerAnother() {
	pos := fyne.CurrentApp().Driver().AbsolutePositionForObject(s.another)
	s.p.Another(pos.AddXY(0, s.another.Size().Height+2))
}

// escape is the key, which does what Cancel does.
func (s *Screen) escape() {
	if s.waiting.Visible() {
		s.giveUp()
	}
}

func (s *Screen) giveUp() {
	s.turns.Next()
	s.stop()
	s.idle()
}

func (s *Screen) idle() { s.busy(false) }

func (s *Screen) busy(on bool) {
	widgets.SetVisible(s.waiting, on)
	widgets.SetVisible(s.loading, on)
	widgets.SetVisible(s.buttons, !on)
	s.enableField(!on)
	s.middle.Refresh()
	if s.cover == nil {
		return
	}
	if on {
		s.cover.SetFirst(s.cancel)
		return
	}
	s.cover.SetFirst(s.focus())
}

func centred(text string, size fyne.ThemeSizeName, importance widget.Importance) *widget.Label {
	l := widget.NewLabelWithStyle(text, fyne.TextAlignCenter, fyne.TextStyle{})
	l.SizeName, l.Importance, l.Wrapping = size, importance, fyne.TextWrapWord
	return l
}
