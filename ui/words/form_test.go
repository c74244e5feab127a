package words_test

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/ui/uitest"
	"keyfob/ui/widgets"
	"keyfob/ui/words"
)

// form is a dialog with one field, and its screen.
func form(t *testing.T) (words.Form, *uitest.Screen) {
	t.Helper()
	uitest.NewApp(t)
	w := test.NewTempWindow(t, widget.NewLabel(""))
	name := widgets.NewField("Name", widgets.NewEntry(), "What it is called")
	f := words.Form{
		Dialog: widgets.NewDialog(w, "New app", "", name),
		Fields: map[string]*widgets.Field{"name": name},
	}
	f.Dialog.Show()
	return f, uitest.Of(t, w)
}

func refused(fields ...string) error {
	p := &client.Problem{Kind: client.ErrInvalid, Code: "invalid"}
	for _, f := range fields {
		p.Fields = append(p.Fields, client.FieldError{Field: f, Code: "taken"})
	}
	return p
}

// requirement 63
func TestRefusedFieldIsSaidAtTheFieldAlone(t *testing.T) {
	f, screen := form(t)
	f.Fail(refused("name"), nil)
	screen.Has("This name is taken")
	screen.HasNot("did not accept", "Try again")
	f.Clear()
	screen.HasNot("This name is taken")
	screen.Has("What it is called")
}

func TestRefusedFieldThatTheFormLacksIsNotKeptSecret(t *testing.T) {
	f, screen := form(t)
	f.Fail(refused("name", "colour"), nil)
	screen.Has("This name is taken", "did not accept")
	f.Clear()
	screen.HasNot("did not accept")
}

func TestFormOffersTheButtonThatFits(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{client.ErrOffline, "Try again"},
		{client.ErrSignInExpired, "Sign in again"},
		{client.ErrDenied, ""},
	} {
		f, screen := form(t)
		tried := 0
		f.Fail(tt.err, func() { tried++ })
		screen.Has(words.For(tt.err).Text)
		for _, button := range []string{"Try again", "Sign in again"} {
			if offered := slices.Contains(screen.Texts(), button); offered != (button == tt.want) {
				t.Errorf("%v: %q is offered: %v", tt.err, button, offered)
			}
		}
		if tt.want == "" {
			continue
		}
		if screen.Tap(tt.want); tried != 1 {
			t.Errorf("%v: %q tried %d times", tt.err, tt.want, tried)
		}
	}
}
