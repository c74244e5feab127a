package signin

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/ui/i18n"
	"keyfob/ui/widgets"
	"keyfob/ui/words"
)

// Way is how a person signs in at another server.
type Way int

// The ways.
const (
	Browser Way = iota // the system's browser
	Device             // a code, typed into a browser elsewhere
	Token              // an access token, pasted in
)

// Wish is what a person asks for at another server.
type Wish struct {
	Address      string
	Way          Way
	Token        client.Secret // pasted; for the way Token
	LoopbackHost string        // localhost, or empty: the usual
	CA           []byte        // trusted beside the system's authorities
}

// ways is the choice of a way: the usual one and, behind Other ways, the rest.
type ways struct {
	v         *View
	way       Way
	box       *fyne.Container // what the way asks for
	buttons   *fyne.Container
	submit    *widgets.Button
	others    *widgets.Button
	token     *widgets.Entry
	tokenNote *widget.Label
}

func newWays(v *View) *ways {
	w := &ways{v: v, token: widgets.NewEntry(), tokenNote: quiet("")}
	w.token.Password = true
	w.token.PlaceHolder = i18n.T("signin.token")
	w.token.OnSubmitted = func(string) { v.startSignIn() }
	w.token.OnChanged = func(string) { w.noteToken("") }
	w.box = container.New(layout.NewCustomPaddedVBoxLayout(0), w.token, widgets.Flush(w.tokenNote))
	w.submit = widgets.NewButton("", v.startSignIn)
	w.others = widgets.NewButton(i18n.T("signin.others"), w.offer)
	w.buttons = container.New(layout.NewCustomPaddedHBoxLayout(8), w.submit, w.others)
	w.set(Browser)
	return w
}

func (w *ways) set(way Way) {
	w.way = way
	w.submit.SetText(i18n.T(map[Way]string{Browser: "signin.browse", Device: "signin.device", Token: "signin.useToken"}[way]))
	w.v.noteAddress(words.Sentence{})
	w.noteToken("")
	widgets.SetVisible(w.box, way == Token)
	if w.v.advanced != nil {
		w.v.advanced.suit(way)
	}
	if way != Token {
		w.token.SetText("")
	}
}

// choose takes a way; what needs nothing typed starts at once.
func (w *ways) choose(way Way) {
	w.set(way)
	w.v.relayout()
	switch {
	case w.v.address.Text == "":
		widgets.Focus(w.v.address)
	case way == Token:
		widgets.Focus(w.token)
	default:
		w.v.startSignIn()
	}
}

// offer opens the menu of the other ways.
func (w *ways) offer() {
	canvas := fyne.CurrentApp().Driver().CanvasForObject(w.others)
	if canvas == nil {
		return
	}
	pos := fyne.CurrentApp().Driver().AbsolutePositionForObject(w.others)
	widget.ShowPopUpMenuAtPosition(w.menu(), canvas, pos.AddXY(0, w.others.Size().Height+2))
}

func (w *ways) menu() *fyne.Menu {
	menu := fyne.NewMenu("")
	for _, o := range []struct {
		way  Way
		text string
	}{
		{Browser, "signin.wayBrowser"},
		{Device, "signin.wayDevice"},
		{Token, "signin.wayToken"},
	} {
		if o.way != w.way {
			menu.Items = append(menu.Items, fyne.NewMenuItem(i18n.T(o.text), func() { w.choose(o.way) }))
		}
	}
	advanced := fyne.NewMenuItem(i18n.T("signin.advanced"), w.v.advanced.toggle)
	advanced.Checked = w.v.advanced.box.Visible()
	menu.Items = append(menu.Items, fyne.NewMenuItemSeparator(), advanced)
	return menu
}

// takeToken is what was pasted; the entry is emptied.
func (w *ways) takeToken() string {
	token := w.token.Text
	w.token.SetText("")
	return token
}

// noteToken says what is wrong with the token; empty brings the hint back.
func (w *ways) noteToken(wrong string) {
	w.tokenNote.Importance = widget.DangerImportance
	if wrong == "" {
		w.tokenNote.Importance = widget.LowImportance
		wrong = i18n.T("signin.tokenHint")
	}
	w.tokenNote.SetText(wrong)
}

func (w *ways) enable(on bool) {
	for _, d := range []fyne.Disableable{w.submit, w.others, w.token} {
		if on {
			d.Enable()
		} else {
			d.Disable()
		}
	}
}
