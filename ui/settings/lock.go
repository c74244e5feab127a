package settings

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"keyfob/ui/i18n"
	"keyfob/ui/widgets"
)

var minutes = []int{5, 15, 60, 0} // 0: never

// LockAfter is how long the program may be left alone before it locks; 0: for
// ever.
func LockAfter(app fyne.App) time.Duration {
	return time.Duration(lockMinutes(app)) * time.Minute
}

// LockSignsIn says whether unlocking demands the browser, though the keyring
// may have the credential. An encrypted file asks for its passphrase instead.
func LockSignsIn(app fyne.App) bool { return app.Preferences().Bool(keyLockSign) }

// lockMinutes is 15 for what nobody can have chosen.
func lockMinutes(app fyne.App) int {
	if n := app.Preferences().IntWithFallback(keyLock, 15); slices.Contains(minutes, n) {
		return n
	}
	return 15
}

func (v *View) locking() fyne.CanvasObject {
	after := widgets.NewChips(minuteTexts(), slices.Index(minutes, lockMinutes(v.p.App)), v.chooseMinutes)
	field := widgets.NewField(i18n.T("settings.lock"), after, i18n.T("settings.lockHint"))
	sign := widgets.NewCheck(i18n.T("settings.lockSignIn"), func(on bool) { v.p.App.Preferences().SetBool(keyLockSign, on) })
	sign.Checked = LockSignsIn(v.p.App)
	v.demand = widgets.Flush(sign) // Refresh hides it where it would demand nothing
	return container.NewVBox(field, v.demand)
}

func (v *View) chooseMinutes(i int) {
	v.p.App.Preferences().SetInt(keyLock, minutes[i])
	v.p.Relock()
}

func minuteTexts() []string {
	out := make([]string, len(minutes))
	for i, n := range minutes {
		out[i] = i18n.T("settings.minutes", "Minutes", n)
		if n == 0 {
			out[i] = i18n.T("settings.lockNever")
		}
	}
	return out
}
