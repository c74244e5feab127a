package signin

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"keyfob/ui/i18n"
	"keyfob/ui/widgets"
)

// Opening says whether it is for the last connection, which still may come up,
// that the keyring is waited for.
func (v *View) Opening(on bool) {
	v.opening = on
	v.ShowKeeping(v.known)
	v.p.Changed()
}

// KeyringWaits says that the keyring is waited for, with a way to stop that.
func (v *View) KeyringWaits(on bool) {
	v.giveUp.show(on)
	v.ShowKeeping(v.known)
}

// ShowKeeping says what becomes of a sign-in when the program quits.
func (v *View) ShowKeeping(k Keeping) {
	v.known = k
	waits := v.giveUp.button.Visible()
	v.inFile.show(v.p.KeepInFile != nil && (k == UntilQuit || k == FileLocked || k == Refused) && !waits)
	v.askAgain.show(k == Refused && !waits)
	v.inFile.button.SetText(i18n.T(map[bool]string{true: "signin.openFile", false: "signin.keepInFile"}[k == FileLocked]))
	v.keepFocus()
	defer v.relayout()
	switch {
	case waits && v.opening:
		v.keeping.SetText(i18n.T("signin.keyringOpens"))
	case waits:
		v.keeping.SetText(i18n.T("signin.keyringWaits"))
	case k == Kept:
		v.keeping.SetText(i18n.T("signin.keyringKept"))
	case k == Refused:
		v.keeping.SetText(i18n.T("signin.keyringRefused"))
	case k == UntilQuit:
		v.keeping.SetText(i18n.T("signin.keyringNone"))
	case k == FileLocked && v.p.KeepInFile == nil:
		v.keeping.SetText(i18n.T("signin.fileLockedAway"))
	case k == FileLocked:
		v.keeping.SetText(i18n.T("signin.fileLocked"))
	case k == InFile:
		v.keeping.SetText(i18n.T("signin.inFile"))
	default:
		v.keeping.SetText(i18n.T("signin.keyringUnknown"))
	}
}

// keepFocus lets Enter go on from here when the button that had the focus is gone.
func (v *View) keepFocus() {
	switch {
	case v.address.Disabled():
		widgets.TakeFocus(v.waiting.cancel)
	case v.beginsElsewhere():
		widgets.TakeFocus(v.address)
	default:
		widgets.TakeFocus(v.use)
	}
}

// offer is a button that is there only at times, in the middle of its line.
type offer struct {
	button *widgets.Button
	box    *fyne.Container
}

func newOffer(text string, do func()) offer {
	b := widgets.NewButton(text, do)
	o := offer{b, container.NewCenter(b)}
	o.show(false)
	return o
}

func (o offer) show(on bool) {
	widgets.SetVisible(o.button, on)
	widgets.SetVisible(o.box, on)
}
