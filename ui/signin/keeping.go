package signin

import (
	"keyfob/ui/i18n"
	"keyfob/ui/widgets"
)

// Opening says whether it is for the last connection, which still may come up,
// that the keyring is waited for.
func (v *View) Opening(on bool) {
	v.opening = on
	v.showKeeping(v.known)
}

// KeyringWaits says that the keyring is waited for, with a way to stop that.
func (v *View) KeyringWaits(on bool) {
	widgets.SetVisible(v.giveUp, on)
	v.showKeeping(v.known)
}

func (v *View) showKeeping(k Keeping) {
	v.known = k
	waits := v.giveUp.Visible()
	widgets.SetVisible(v.inFile, (k == UntilQuit || k == FileLocked) && !waits)
	defer v.relayout()
	switch {
	case waits && v.opening:
		v.keeping.SetText(i18n.T("signin.keyringOpens"))
	case waits:
		v.keeping.SetText(i18n.T("signin.keyringWaits"))
	case k == Kept:
		v.keeping.SetText(i18n.T("signin.keyringKept"))
	case k == UntilQuit:
		v.keeping.SetText(i18n.T("signin.keyringNone"))
	case k == FileLocked:
		v.keeping.SetText(i18n.T("signin.fileLocked"))
	case k == InFile:
		v.keeping.SetText(i18n.T("signin.inFile"))
	default:
		v.keeping.SetText(i18n.T("signin.keyringUnknown"))
	}
}
