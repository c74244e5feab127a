package profile_test

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"

	"keyfob/client"
	"keyfob/ui/uitest"
	"keyfob/ui/widgets"
)

// requirement 56
func TestDescriptionThatIsTooLongIsSaidWhileTyping(t *testing.T) {
	v, screen, _ := show(t, still{tokens: sample()}, fynetheme.VariantLight, wide)
	v.Create()
	screen.Type(strings.Repeat("x", 128))
	screen.HasNot("At most 128 characters")
	screen.Type("y")
	screen.Has("At most 128 characters, please.")
	if !screen.Disabled("Generate token") {
		t.Error("a description of 129 characters can be sent")
	}
	screen.Press(fyne.KeyBackspace)
	screen.HasNot("At most 128 characters")
	screen.Has("Where it is used, so that you can tell it apart later")
	if screen.Disabled("Generate token") {
		t.Error("a description of 128 characters cannot be sent")
	}
}

func TestRefusedFieldKeepsTheFormAndSaysWhy(t *testing.T) {
	v, screen, w := show(t, still{tokens: sample()}, fynetheme.VariantLight, wide)
	v.Create()
	screen.Type("Nightly")
	screen.Press(fyne.KeyReturn)
	screen.Has("New user access token", "Nightly", "long")
	test.AssertRendersToImage(t, "refused.png", w.Canvas())
}

// requirements 59, 63
func TestFormSaysWhatItNeedsBeforeItIsSent(t *testing.T) {
	v, screen, w := show(t, still{tokens: sample()}, fynetheme.VariantLight, wide)
	v.Create()
	uitest.Settle()
	test.AssertRendersToImage(t, "create.png", w.Canvas())
	if screen.Disabled("Generate token") {
		t.Error("the least scope is ticked, yet the form cannot be sent")
	}
	screen.Tap("read")
	if !screen.Disabled("Generate token") {
		t.Error("a token without a scope can be sent")
	}
	screen.Tap("update")
	screen.Choose("Expires (UTC)", "Never")
	screen.Has("An expiry date is recommended")
	screen.Choose("Expires (UTC)", "Date…")
	if !screen.Disabled("Generate token") {
		t.Error("a date that is not given can be sent")
	}
	screen.Type("2026-01-01")
	screen.Has("This date has passed")
}

func TestACharacterThatCannotBeSeenIsNamedWhileTyping(t *testing.T) {
	v, screen, w := show(t, still{tokens: sample()}, fynetheme.VariantDark, wide)
	v.Create()
	description := screen.Field("Description").(*widgets.Entry)
	for text, said := range map[string]string{
		"Nightly\texport":     "Character 8 is a tab. Write a space in its place.",
		"Nightly\u202etropxe": "Character 8 cannot be seen and turns the text around (U+202E). Delete it.",
		"Nightly\x7fexport":   "Character 8 cannot be seen (U+007F). Delete it.",
	} {
		description.SetText(text)
		screen.Has(said)
		if !screen.Disabled("Generate token") {
			t.Errorf("%q can be sent", text)
		}
	}
	description.SetText("Nightly\u202etropxe")
	test.AssertRendersToImage(t, "unseen.png", w.Canvas())
	description.SetText(" Nightly export\t")
	screen.HasNot("Character")
	if screen.Disabled("Generate token") {
		t.Error("a description that is cut to what can be seen cannot be sent")
	}
}

// chooseDate chooses a date of one's own by the keyboard.
func chooseDate(screen *uitest.Screen) {
	screen.Press(fyne.KeyTab, fyne.KeyTab, fyne.KeyRight, fyne.KeySpace)
}

// A token gets the expiry that has the ring.
func TestTheArrowKeysChooseTheExpiryAndPassTheDateBy(t *testing.T) {
	v, screen, w := show(t, still{tokens: sample()}, fynetheme.VariantLight, wide)
	v.Create()
	screen.Press(fyne.KeyTab, fyne.KeyTab, fyne.KeyLeft)
	screen.Has("20 Feb 2027, 00:00 UTC")
	screen.Press(fyne.KeyRight, fyne.KeyRight)
	screen.Has("A date in UTC, like 2027-01-31")
	screen.Press(fyne.KeyRight)
	screen.Has("An expiry date is recommended")
	if _, ok := w.Canvas().Focused().(*widgets.Chips); !ok {
		t.Errorf("the focus has gone to %T", w.Canvas().Focused())
	}
}

func TestADateIsNoMistakeBeforeItIsTyped(t *testing.T) {
	v, screen, w := show(t, still{tokens: sample()}, fynetheme.VariantLight, wide)
	v.Create()
	chooseDate(screen)
	for _, typed := range []string{"", "2", "027-", "01-3"} {
		screen.Type(typed)
		screen.Has("A date in UTC, like 2027-01-31")
		screen.HasNot("Write the date like")
		if !screen.Disabled("Generate token") {
			t.Errorf("with %q more it can be sent", typed)
		}
	}
	test.AssertRendersToImage(t, "date.png", w.Canvas())
	screen.Type("1")
	screen.Has("31 Jan 2027, 00:00 UTC")
	screen.Type(" 1")
	screen.Has("A date in UTC, like 2027-01-31")
	screen.Type("x")
	screen.Has("Write the date like")
}

func TestADayThatIsNotInTheCalendarIsToldFromWhatIsNoDate(t *testing.T) {
	v, screen, w := show(t, still{tokens: sample()}, fynetheme.VariantDark, fyne.NewSize(480, 600))
	v.Create()
	chooseDate(screen)
	screen.Type("2027-02-30")
	screen.Has("There is no such day in the calendar. Write one that exists, like 2027-01-31.")
	test.AssertRendersToImage(t, "noday.png", w.Canvas())
	w.Canvas().Focused().(*widgets.Entry).SetText("2027-02-28 25:00")
	screen.Has("There is no such time of day.")
}

func TestEnterWhileTheApplicationsAreLoadedSaysWhatItWaitsFor(t *testing.T) {
	server := still{tokens: sample(), apps: make(chan struct{})}
	v, screen, w := show(t, server, fynetheme.VariantLight, fyne.NewSize(480, 600))
	v.Create()
	screen.Await("Loading…", "")
	test.Type(w.Canvas().Focused(), "Nightly")
	w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	const waits = "The applications are still being loaded. Wait until one stands here, then press Enter again."
	if !slices.Contains(screen.Shown(), waits) {
		t.Errorf("it is silent: %q", screen.Shown())
	}
	test.AssertRendersToImage(t, "waits.png", w.Canvas())
	close(server.apps)
	screen.HasNot(waits)
	screen.Press(fyne.KeyReturn)
	screen.Has("This is too long.") // the server was asked
}

func TestEnterNamesTheFirstFieldThatIsMissing(t *testing.T) {
	v, screen, w := show(t, still{tokens: sample()}, fynetheme.VariantLight, wide)
	v.Create()
	screen.Type("Nightly")
	screen.Press(fyne.KeyTab, fyne.KeyTab, fyne.KeyTab, fyne.KeySpace, fyne.KeyReturn) // takes the only scope away
	check, ok := w.Canvas().Focused().(*widgets.Check)
	if !ok || check.Text != "read" {
		t.Errorf("the focus is on %T", w.Canvas().Focused())
	}
	test.AssertRendersToImage(t, "noscope.png", w.Canvas())
	w.Canvas().Focus(screen.Field("Description").(*widgets.Entry))
	chooseDate(screen)
	screen.Press(fyne.KeyReturn)
	screen.Has("Write the date like 2027-01-31")
}

// A bare Enter makes no token that nobody can tell apart later.
func TestEnterMovesOnWithoutADescriptionAndSendsWithOne(t *testing.T) {
	v, screen, _ := show(t, still{tokens: sample()}, fynetheme.VariantLight, wide)
	v.Create()
	screen.Has("Esc to cancel · Enter for the next field")
	for range 10 {
		screen.Press(fyne.KeyReturn)
		screen.Has("New user access token")
		screen.HasNot("This is too long.")
	}
	screen.Has("Say where it is used.") // at the end of the form, once round
	screen.Field("Description").(*widgets.Entry).SetText("  ")
	screen.HasNot("Say where it is used.")
	screen.Press(fyne.KeyReturn)
	screen.HasNot("This is too long.")
	screen.Field("Description").(*widgets.Entry).SetText("Nightly")
	screen.Has("Esc to cancel · Enter to confirm")
	screen.Press(fyne.KeyReturn)
	screen.Has("This is too long.") // as the server says of every description
}

func TestTheButtonMakesATokenWithoutADescription(t *testing.T) {
	v, screen, _ := show(t, still{tokens: sample(), refuse: client.ErrOffline}, fynetheme.VariantLight, wide)
	v.Create()
	uitest.Settle()
	screen.Tap("Generate token")
	screen.Has("The server cannot be reached.")
}
