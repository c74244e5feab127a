package profile_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"

	"keyfob/client"
	"keyfob/ui/profile"
	"keyfob/ui/theme"
	"keyfob/ui/uitest"
	"keyfob/ui/widgets"
)

var now = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)

// still is a server whose tokens never change, so that pictures of them do not
// either.
type still struct {
	tokens []client.Token
	err    error
	rotate error
	refuse error         // of a create; nil: its description is too long
	apps   chan struct{} // closed when they are to be had; nil: at once
}

func (s still) ProfileTokens(context.Context) ([]client.Token, error) { return s.tokens, s.err }

func (s still) ProfileApps(context.Context) ([]client.App, error) {
	if s.apps != nil {
		<-s.apps
	}
	return []client.App{{ID: "w", Name: "Warehouse", Scopes: []string{"read", "update"}}}, nil
}

func (s still) CreateToken(context.Context, client.NewToken) (client.Token, client.Secret, error) {
	if s.refuse != nil {
		return client.Token{}, client.Secret{}, s.refuse
	}
	return client.Token{}, client.Secret{}, &client.Problem{
		Kind: client.ErrInvalid, Code: "invalid", Fields: []client.FieldError{{Field: "description", Code: "too_long"}},
	}
}

func (s still) RotateToken(context.Context, string, client.Rotation) (client.Token, client.Secret, error) {
	return client.Token{}, client.Secret{}, s.rotate
}

func (still) RevokeToken(context.Context, string) error { return errors.ErrUnsupported }

// sample is what somebody with a few tokens has, one of each state.
func sample() []client.Token {
	ada := client.UserRef{ID: "u", Login: "ada", Name: "Ada Admin"}
	day := 24 * time.Hour
	token := func(id, name, app string, expires, used time.Duration, scopes ...string) client.Token {
		t := client.Token{
			ID: id, Kind: client.PAT, Description: name, Hint: "7Qd2", App: client.AppRef{ID: app, Name: app},
			User: ada, ActsAs: ada, CreatedBy: ada, Scopes: scopes, CreatedAt: now.Add(-100 * day),
		}
		if expires != 0 {
			t.ExpiresAt = now.Add(expires)
		}
		if used != 0 {
			t.LastUsedAt, t.LastUsedFrom = now.Add(-used), "10.0.4.7"
		}
		return t
	}
	all := []client.Token{
		token("1", "Nightly export", "Warehouse", 9*day, 2*time.Hour, "read"),
		token("2", "Laptop", "Local scripts", 40*day, 0, "read", "update"),
		token("3", "Excel connector", "Reports", 340*day, 26*time.Hour, "read"),
		token("4", "Old importer", "Warehouse", -12*day, 22*day, "update"),
		token("5", "Prototype", "Local scripts", 0, 120*day, "read"),
		token("6", "Leaked in chat", "Reports", 60*day, 6*day, "read"),
	}
	all[5].RevokedAt, all[5].RevokedBy = now.Add(-6*day), ada
	return all
}

func rules() client.Capabilities {
	return client.Capabilities{
		Label:  client.LabelRule{MaxLength: 128},
		Expiry: client.ExpiryRule{NeverAllowed: true, Default: 365 * 24 * time.Hour},
		Scopes: []client.Scope{{Name: "read", Description: "Read data"}, {Name: "update", Description: "Change data"}},
	}
}

func show(t *testing.T, server profile.Server, variant fyne.ThemeVariant, size fyne.Size) (*profile.View, *uitest.Screen, fyne.Window) {
	t.Helper()
	app := uitest.NewApp(t)
	app.Settings().SetTheme(theme.NewVariant(variant))
	w := test.NewTempWindow(t, nil)
	v := profile.New(profile.Params{
		Window: w, Server: server, Me: client.Me{Login: "ada", Name: "Ada Admin"}, Rules: rules(),
		Now: func() time.Time { return now }, Updated: func(int, time.Time) {},
	})
	w.SetPadded(false)
	w.SetContent(v.Content)
	w.Resize(size)
	v.Refresh()
	uitest.Settle()
	return v, uitest.Of(t, w), w
}

var (
	faces = map[string]fyne.ThemeVariant{"light": fynetheme.VariantLight, "dark": fynetheme.VariantDark}
	wide  = fyne.NewSize(1016, 660)
	small = fyne.NewSize(600, 480)
)

func TestTokensLookAsDesigned(t *testing.T) {
	for name, variant := range faces {
		t.Run(name, func(t *testing.T) {
			_, _, w := show(t, still{tokens: sample()}, variant, wide)
			test.AssertRendersToImage(t, "tokens-"+name+".png", w.Canvas())
		})
	}
}

func TestTokensFitASmallWindow(t *testing.T) {
	_, screen, w := show(t, still{tokens: sample()}, fynetheme.VariantLight, small)
	test.AssertRendersToImage(t, "small.png", w.Canvas())
	screen.HasNot("Acts as")
	screen.Press(fyne.KeyReturn)
	screen.Has("Nightly export", "Acts as", "Back")
	test.AssertRendersToImage(t, "small-details.png", w.Canvas())
	screen.Tap("Back")
	screen.Has("Laptop")
}

func TestNoTokensAndNoServerHaveScreensOfTheirOwn(t *testing.T) {
	_, screen, w := show(t, still{}, fynetheme.VariantLight, wide)
	screen.Has("No tokens yet", "Create user access token")
	test.AssertRendersToImage(t, "empty.png", w.Canvas())

	_, screen, w = show(t, still{err: client.ErrOffline}, fynetheme.VariantLight, wide)
	screen.Has("could not be loaded", "Try again")
	test.AssertRendersToImage(t, "failed.png", w.Canvas())
}

// failures are what a server, or the way to it, may do to any call.
var failures = []struct {
	name   string
	err    error
	says   string
	button string // what is offered; empty: nothing, since the same again does not help
}{
	{"403", &client.Problem{Kind: client.ErrDenied, Code: "denied"}, "Your account may not do this.", ""},
	{"403 for the policy", &client.Problem{Kind: client.ErrDenied, Code: "policy_none"}, "its policy is None", ""},
	{"403 for administrators", &client.Problem{Kind: client.ErrDenied, Code: "policy_admins"}, "Ask one to change its policy, or to create an application token.", ""},
	{"500", &client.Problem{Kind: client.ErrServer, Code: "internal", RequestID: "req-7Qd2"}, "look it up as request req-7Qd2", "Try again"},
	{"429", &client.Problem{Kind: client.ErrBusy, RetryAfter: 3 * time.Second}, "It asks to wait 3 s.", "Try again"},
	{"garbage JSON", fmt.Errorf("%w: not JSON", client.ErrGarbled), "something that Keyfob does not understand", "Try again"},
	{"wrong certificate", client.ErrCertificate, "certificate is not trusted, so nothing was sent", ""},
	{"sign-in ended", client.ErrSignInExpired, "Your sign-in has ended", "Sign in again"},
	{"key used with another body", &client.Problem{Kind: client.ErrInvalid, Code: "idempotency"}, "look for it in the list", ""},
}

func TestFailuresSayWhatHappenedAndOfferWhatHelps(t *testing.T) {
	for _, f := range failures {
		t.Run(f.name+" in the list", func(t *testing.T) {
			_, screen, _ := show(t, still{err: f.err}, fynetheme.VariantLight, wide)
			screen.Has("The tokens could not be loaded", f.says)
			offers(t, screen, f.button)
		})
		t.Run(f.name+" above the list", func(t *testing.T) {
			server := &turning{still: still{tokens: sample()}}
			v, screen, _ := show(t, server, fynetheme.VariantLight, wide)
			server.err = f.err
			v.Refresh()
			screen.Has("Nightly export", f.says)
			offers(t, screen, f.button)
		})
		t.Run(f.name+" in the form", func(t *testing.T) {
			v, screen, _ := show(t, still{refuse: f.err}, fynetheme.VariantLight, wide)
			v.Create()
			screen.Type("Nightly")
			screen.Press(fyne.KeyReturn)
			screen.Has("New user access token", "Nightly", f.says)
			offers(t, screen, f.button)
		})
	}
}

// offers checks which button stands beside a failure.
func offers(t *testing.T, screen *uitest.Screen, want string) {
	t.Helper()
	for _, button := range []string{"Try again", "Sign in again"} {
		if offered := slices.Contains(screen.Texts(), button); offered != (button == want) {
			t.Errorf("%q is offered: %v", button, offered)
		}
	}
}

// turning is a server whose answers a test changes.
type turning struct{ still }

func (s *turning) ProfileTokens(ctx context.Context) ([]client.Token, error) {
	return s.still.ProfileTokens(ctx)
}

// overtaken is a server whose first answer waits until the test lets it go.
type overtaken struct {
	still
	calls chan int
	asked chan struct{} // the first call has begun
	go1st chan struct{}
}

func (s overtaken) ProfileTokens(context.Context) ([]client.Token, error) {
	switch <-s.calls {
	case 1:
		close(s.asked)
		<-s.go1st
		return sample()[:1], nil
	case 2:
		return sample()[1:2], nil
	}
	return nil, nil
}

func TestAnswerThatWasOvertakenIsDropped(t *testing.T) {
	server := overtaken{calls: make(chan int, 1), asked: make(chan struct{}), go1st: make(chan struct{})}
	server.calls <- 0
	v, screen, _ := show(t, server, fynetheme.VariantLight, wide)
	server.calls <- 1
	v.Refresh()
	<-server.asked
	server.calls <- 2
	v.Refresh()
	screen.Await("Laptop", "")
	close(server.go1st)
	screen.Has("Laptop")
	screen.HasNot("Nightly export")
}

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

func TestReplacingLooksAsDesignedAndSaysWhatIsNotKnown(t *testing.T) {
	for name, variant := range faces {
		t.Run(name, func(t *testing.T) {
			_, screen, w := show(t, still{tokens: sample(), rotate: client.ErrTimeout}, variant, wide)
			screen.Press(fyne.KeyDown)
			screen.Tap("Lost the secret? Replace…")
			test.AssertRendersToImage(t, "replace-"+name+".png", w.Canvas())
			screen.Press(fyne.KeyReturn)
			screen.Has("Trying again is safe")
			test.AssertRendersToImage(t, "replace-failed-"+name+".png", w.Canvas())
		})
	}
}

// What has ended cannot be replaced, only followed by a new one.
func TestOnlyALiveTokenIsReplaced(t *testing.T) {
	_, screen, _ := show(t, still{tokens: sample()[len(sample())-1:]}, fynetheme.VariantLight, wide)
	screen.Press(fyne.KeyDown)
	screen.Has("Revoked by")
	screen.HasNot("Lost the secret? Replace…")
}

// One that was replaced ends with its overlap, however long it was to live.
func TestAReplacedTokenSaysWhenItEnds(t *testing.T) {
	old := sample()[2]
	old.OverlapEndsAt = now.Add(time.Hour)
	_, screen, _ := show(t, still{tokens: []client.Token{old}}, fynetheme.VariantLight, wide)
	screen.Press(fyne.KeyDown)
	screen.Has("in 1 h", "It was replaced, and", "Expiring")
	screen.HasNot("months")
}
