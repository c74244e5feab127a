package profile_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"

	"keyfob/client"
	"keyfob/ui/profile"
	"keyfob/ui/theme"
	"keyfob/ui/uitest"
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
