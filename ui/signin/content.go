package signin

import (
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"keyfob/assets"
	"keyfob/client"
	"keyfob/ui/i18n"
	"keyfob/ui/theme"
	"keyfob/ui/widgets"
	"keyfob/ui/words"
)

const (
	cardWidth  = 380
	cardHeight = 244 // room for what is waited for or went wrong, so that nothing jumps
	cardGap    = 18
)

func (v *View) content() fyne.CanvasObject {
	v.waiting = newWaiting(v)
	v.builtIn = v.builtInCard()
	v.other = v.otherCard()
	v.keeping = centred(i18n.T("signin.keyringUnknown"), theme.SizeNameSmallText)
	v.giveUp = newOffer(i18n.T("signin.giveUp"), v.p.GiveUp)
	v.inFile = newOffer(i18n.T("signin.keepInFile"), v.p.KeepInFile)
	v.askAgain = newOffer(i18n.T("settings.keep"), v.p.AskAgain)
	v.cards = &pair{cards: []*fyne.Container{v.builtIn.box, v.other.box}}
	cards := container.New(v.cards, v.builtIn.box, v.other.box)
	v.back = widgets.NewButton(v.p.BackText, v.p.Back)
	widgets.SetVisible(v.back, v.p.Back != nil)
	foot := container.New(layout.NewCustomPaddedVBoxLayout(10), v.keeping, v.askAgain.box, v.inFile.box, v.giveUp.box, container.NewCenter(v.back))
	v.middle = container.NewCenter(container.New(layout.NewCustomPaddedVBoxLayout(22), head(), cards, foot))
	return widgets.NewScrollBoth(container.New(stacking{v}, v.middle))
}

// BelowBack is where a menu of the button that leads back belongs.
func (v *View) BelowBack() fyne.Position {
	pos := fyne.CurrentApp().Driver().AbsolutePositionForObject(v.back)
	return pos.AddXY(0, v.back.Size().Height+2)
}

// relayout makes room for what the cards say now.
func (v *View) relayout() {
	v.cards.measure()
	v.middle.Refresh()
}

func head() fyne.CanvasObject {
	icon := canvas.NewImageFromResource(assets.AppIcon)
	icon.FillMode = canvas.ImageFillContain
	icon.SetMinSize(fyne.NewSquareSize(56))
	name := centred(i18n.T("app.name"), theme.SizeNameHeading)
	name.TextStyle.Bold, name.Importance = true, widget.MediumImportance
	return container.New(layout.NewCustomPaddedVBoxLayout(-2), icon, name, centred(i18n.T("app.purpose"), theme.SizeNameSmallText))
}

func (v *View) builtInCard() card {
	v.use = widgets.NewButton(i18n.T("signin.useBuiltIn"), v.startBuiltIn)
	v.use.Importance = widget.HighImportance
	return newCard(i18n.T("signin.builtIn"), widgets.Flush(quiet(i18n.T("signin.builtInText"))), v.use)
}

func (v *View) otherCard() card {
	v.address = widgets.NewEntry()
	v.address.PlaceHolder = i18n.T("signin.address")
	v.address.SetText(v.p.Address)
	v.address.OnSubmitted = func(string) { v.startSignIn() }
	v.address.OnChanged = func(string) { v.noteAddress(words.Sentence{}) }
	v.note = quiet(i18n.T("signin.addressHint"))
	v.ways = newWays(v)
	v.advanced = newAdvanced(v)
	body := container.New(layout.NewCustomPaddedLayout(4, 0, 0, 0),
		container.New(layout.NewCustomPaddedVBoxLayout(0), v.address, widgets.Flush(v.note), v.ways.box, v.advanced.box))
	return newCard(i18n.T("signin.other"), body, v.ways.buttons)
}

// begin shows that an attempt from one of the cards is under way.
func (v *View) begin(doing string, from *card) {
	v.p.Begun()
	v.opening = false // the last connection is given up
	v.builtIn.fail(words.Sentence{})
	v.noteAddress(words.Sentence{})
	v.use.Disable()
	v.address.Disable()
	v.ways.enable(false)
	v.advanced.enable(false)
	v.waiting.start(doing)
	from.putFoot(v.waiting.box)
	v.relayout()
	widgets.Focus(v.waiting.cancel)
	v.p.Changed()
}

// idle is the view with nothing under way.
func (v *View) idle() {
	v.waiting.stop()
	v.builtIn.putFoot(v.use)
	v.other.putFoot(v.ways.buttons)
	v.use.Enable()
	v.address.Enable()
	v.ways.enable(true)
	v.advanced.enable(true)
	v.relayout()
	v.p.Changed()
}

func (v *View) failBuiltIn(s words.Sentence) {
	v.builtIn.fail(s)
	v.relayout()
	widgets.Focus(v.use)
}

func (v *View) builtInFailed(err error) { v.failBuiltIn(words.For(err)) }

// otherFailed says what went wrong with the other server, where it did.
func (v *View) otherFailed(err error) {
	ofToken := errors.Is(err, client.ErrTokenRefused) || errors.Is(err, client.ErrTokenWeak)
	if v.ways.way == Token && ofToken {
		v.failToken(words.For(err).Text)
		return
	}
	v.failAddress(words.For(err))
}

func (v *View) failToken(text string) {
	v.ways.noteToken(text)
	v.relayout()
	widgets.Focus(v.ways.token)
}

func (v *View) failAddress(s words.Sentence) {
	v.noteAddress(s)
	widgets.Focus(v.address)
}

// noteAddress puts what is wrong with the address below it; an empty sentence
// brings the hint back.
func (v *View) noteAddress(wrong words.Sentence) {
	if wrong.Text == "" {
		v.writeNote(v.addressHint(), widget.LowImportance)
		return
	}
	v.writeNote(wrong.Text, widget.DangerImportance)
}

func (v *View) writeNote(text string, importance widget.Importance) {
	v.note.Importance = importance
	if v.note.Text == text {
		return
	}
	v.note.SetText(text)
	v.relayout()
}

// addressHint says which address it is, and what is done there.
func (v *View) addressHint() string {
	if v.ways != nil && v.ways.way == Token {
		return i18n.T("signin.addressHintToken")
	}
	return i18n.T("signin.addressHint")
}

// card is one way in: what it is, and below what to press, or what is waited
// for, or what went wrong.
type card struct {
	box  *fyne.Container
	foot *fyne.Container
	said *widget.Label
}

func newCard(title string, body, foot fyne.CanvasObject) card {
	c := card{foot: container.NewStack(foot), said: quiet("")}
	c.said.Hide()
	name := widget.NewLabelWithStyle(title, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	name.SizeName = theme.SizeNameSubHeading
	top := container.New(layout.NewCustomPaddedVBoxLayout(0), widgets.Flush(name), body, widgets.Flush(c.said))
	inside := container.NewBorder(top, container.NewHBox(c.foot), nil, nil)
	c.box = widgets.NewCard(container.New(layout.NewCustomPaddedLayout(14, 22, 22, 22), inside))
	return c
}

func (c *card) putFoot(o fyne.CanvasObject) { c.foot.Objects = []fyne.CanvasObject{o} }

// fail says what went wrong; an empty sentence takes it away.
func (c *card) fail(s words.Sentence) { c.say(s.Text, widget.DangerImportance) }

func (c *card) say(text string, importance widget.Importance) {
	c.said.Importance = importance
	c.said.SetText(text)
	widgets.SetVisible(c.said, text != "")
}

// waiting is the foot of a card while something is waited for.
type waiting struct {
	box     *fyne.Container
	failure *widget.Label   // that the browser did not come up
	failing *fyne.Container // around failure
	loading *widgets.Loading
	code    *CodePanel
	link    *LinkPanel
	cancel  *widgets.Button
}

func newWaiting(v *View) *waiting {
	w := &waiting{
		loading: widgets.NewLoading(""),
		failure: quiet(i18n.T("signin.notOpened")),
		cancel:  widgets.NewButton(i18n.T("dialog.cancel"), v.cancel),
	}
	w.failure.Importance = widget.DangerImportance
	w.failing = widgets.Flush(w.failure)
	changed := func() {
		w.box.Refresh()
		v.relayout()
	}
	w.code = NewCodePanel(v.p.OpenURL, changed)
	w.link = NewLinkPanel(v.p.OpenURL, w.cancel, changed)
	w.box = container.New(layout.NewCustomPaddedVBoxLayout(2), w.code.Content, w.failing, container.NewHBox(w.loading), w.link.Content)
	w.stop()
	return w
}

func (w *waiting) start(text string) {
	w.loading.SetText(text)
	w.loading.Show()
	w.failing.Hide()
	w.link.Stop()
}

func (w *waiting) stop() {
	w.loading.Hide()
	w.code.Stop()
}

func (w *waiting) showCode(c Code) {
	w.loading.SetText(i18n.T("signin.waitingDevice"))
	w.code.Show(c)
	w.box.Refresh()
}

func quiet(text string) *widget.Label { return widgets.NewQuiet(text, theme.SizeNameSmallText) }

func centred(text string, size fyne.ThemeSizeName) *widget.Label {
	l := widget.NewLabelWithStyle(text, fyne.TextAlignCenter, fyne.TextStyle{})
	l.SizeName, l.Importance = size, widget.LowImportance
	return l
}
