package profile_test

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"keyfob/client"
	"keyfob/ui/profile"
	"keyfob/ui/uitest"
)

func info(t *testing.T, me client.Me) *uitest.Screen {
	t.Helper()
	uitest.NewApp(t)
	w := test.NewTempWindow(t, profile.Info(me, "https://tokens.example.com"))
	w.Resize(fyne.NewSize(800, 600))
	return uitest.Of(t, w)
}

func TestPersonalInfoSaysWhoIsSignedInWhere(t *testing.T) {
	screen := info(t, client.Me{Login: "ada", Name: "Ada Admin", Email: "ada@example.com", IsAdmin: true})
	screen.Has("Personal info", "Ada Admin", "ada", "ada@example.com", "Administrator", "https://tokens.example.com")
}

func TestPersonalInfoLeavesOutWhatTheServerDoesNotKnow(t *testing.T) {
	screen := info(t, client.Me{Login: "bob", Name: "Bob Buyer"})
	screen.Has("Bob Buyer", "User")
	screen.HasNot("E-mail", "Administrator")
}
