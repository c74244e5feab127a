// Package uitest lets a test use a window as a person does: read what is on
// screen, type, press keys, tap what has a name. It runs on Fyne's test
// driver, without a display.
package uitest

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"keyfob/ui/widgets"
)

// Screen is a window under test.
type Screen struct {
	t testing.TB
	w fyne.Window
}

// Of makes a Screen of a window.
func Of(t testing.TB, w fyne.Window) *Screen { return &Screen{t, w} }

// Texts is all that can be read, from top to bottom of the tree; of the
// dialog in front, if one is.
func (s *Screen) Texts() []string {
	Settle()
	return s.texts()
}

// Shown is Texts with a task still running, after Await.
func (s *Screen) Shown() []string { return s.texts() }

func (s *Screen) texts() []string {
	var out []string
	single := false // whether the last text was drawn character by character
	for _, o := range s.objects() {
		text := textOf(o)
		if text == "" {
			continue
		}
		if one := len([]rune(text)) == 1; one && single {
			out[len(out)-1] += text
		} else {
			single = one
			out = append(out, text)
		}
	}
	return out
}

func textOf(o fyne.CanvasObject) string {
	switch o := o.(type) {
	case *widget.Label:
		return o.Text
	case *canvas.Text:
		return o.Text
	case *widgets.Entry:
		return o.Text
	}
	return ""
}

// Has fails the test unless every text is on screen, alone or within another.
func (s *Screen) Has(texts ...string) {
	s.t.Helper()
	all := s.Texts()
	for _, want := range texts {
		if !slices.ContainsFunc(all, func(t string) bool { return strings.Contains(t, want) }) {
			s.t.Errorf("%q is not on screen; this is:\n%s", want, strings.Join(all, "\n"))
		}
	}
}

// HasNot fails the test if any of the texts is on screen.
func (s *Screen) HasNot(texts ...string) {
	s.t.Helper()
	for _, bad := range texts {
		if slices.ContainsFunc(s.Texts(), func(t string) bool { return strings.Contains(t, bad) }) {
			s.t.Errorf("%q is on screen", bad)
		}
	}
}

// Tap taps the button, check box or sidebar item with this text.
func (s *Screen) Tap(text string) {
	s.t.Helper()
	Settle()
	s.tap(text)
	Settle()
}

// Await handles a question that a running task asks and waits for: it goes on
// until the text is on screen, with the task still running, and then taps what
// answers, if that is named.
func (s *Screen) Await(text, answer string) {
	s.t.Helper()
	a, ok := fyne.CurrentApp().(*App)
	if !ok {
		s.t.Fatal("only an App of this package can be awaited")
	}
	asked := func() bool { return slices.Contains(s.texts(), text) }
	for !asked() && a.driver.settle(asked) {
	}
	if !asked() {
		s.t.Fatalf("%q was never asked; on screen is:\n%s", text, strings.Join(s.texts(), "\n"))
	}
	if answer != "" {
		s.tap(answer)
	}
}

func (s *Screen) tap(text string) {
	s.t.Helper()
	for _, o := range s.objects() {
		if tappable, ok := o.(fyne.Tappable); ok && named(o, text) {
			if d, ok := o.(fyne.Disableable); ok && d.Disabled() {
				s.t.Fatalf("%q is disabled", text)
			}
			test.Tap(tappable)
			return
		}
	}
	s.t.Fatalf("nothing to tap says %q; on screen is:\n%s", text, strings.Join(s.Texts(), "\n"))
}

// Disabled reports whether the button with this text is disabled.
func (s *Screen) Disabled(text string) bool {
	s.t.Helper()
	Settle()
	for _, o := range s.objects() {
		if d, ok := o.(fyne.Disableable); ok && named(o, text) {
			return d.Disabled()
		}
	}
	s.t.Fatalf("there is no %q", text)
	return false
}

// Type types into what has the focus.
func (s *Screen) Type(text string) {
	s.t.Helper()
	Settle()
	f := s.w.Canvas().Focused()
	if f == nil {
		s.t.Fatal("nothing has the focus")
	}
	test.Type(f, text)
	Settle()
}

// Press presses keys as the driver delivers them: to what has the focus, or
// else to the window.
func (s *Screen) Press(keys ...fyne.KeyName) {
	s.t.Helper()
	for _, key := range keys {
		Settle()
		s.press(key)
	}
	Settle()
}

// Begin presses a key that starts what Await then waits for.
func (s *Screen) Begin(key fyne.KeyName) {
	s.t.Helper()
	Settle()
	s.press(key)
}

func (s *Screen) press(key fyne.KeyName) {
	c, e := s.w.Canvas(), &fyne.KeyEvent{Name: key}
	switch f := c.Focused(); {
	case key == fyne.KeyTab:
		c.FocusNext()
	case f != nil:
		f.TypedKey(e)
		if key == fyne.KeySpace && c.Focused() != nil { // which the key may have moved
			c.Focused().TypedRune(' ')
		}
	case c.OnTypedKey() != nil:
		c.OnTypedKey()(e)
	}
}

// Shortcut presses Ctrl and a key, which the main menu answers.
func (s *Screen) Shortcut(key fyne.KeyName) {
	s.t.Helper()
	Settle()
	want := (&desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault}).ShortcutName()
	for _, menu := range s.w.MainMenu().Items {
		for _, item := range menu.Items {
			if item.Shortcut != nil && item.Shortcut.ShortcutName() == want {
				item.Action()
				Settle()
				return
			}
		}
	}
	s.t.Fatalf("no menu item has the key %s", key)
}

// Menu chooses an item of the main menu by its name, without the key.
func (s *Screen) Menu(name string) {
	s.t.Helper()
	Settle()
	for _, menu := range s.w.MainMenu().Items {
		for _, item := range menu.Items {
			if label, _, _ := strings.Cut(item.Label, " ("); label == name {
				item.Action()
				Settle()
				return
			}
		}
	}
	s.t.Fatalf("the main menu has no %q", name)
}

// Field is the entry or select inside the field with this label.
func (s *Screen) Field(label string) fyne.CanvasObject {
	s.t.Helper()
	Settle()
	for _, o := range s.objects() {
		if f, ok := o.(*widgets.Field); ok && f.Label() == label {
			return f.Control
		}
	}
	s.t.Fatalf("there is no field %q", label)
	return nil
}

func (s *Screen) objects() []fyne.CanvasObject {
	root := s.w.Content()
	if top := s.w.Canvas().Overlays().Top(); top != nil {
		root = top
	}
	return visible(root, nil)
}

// visible appends o and all in it that is shown.
func visible(o fyne.CanvasObject, out []fyne.CanvasObject) []fyne.CanvasObject {
	if o == nil || !o.Visible() {
		return out
	}
	out = append(out, o)
	var inside []fyne.CanvasObject
	switch o := o.(type) {
	case *fyne.Container:
		inside = o.Objects
	case fyne.Widget:
		inside = test.WidgetRenderer(o).Objects()
	}
	for _, child := range inside {
		out = visible(child, out)
	}
	return out
}

func named(o fyne.CanvasObject, text string) bool {
	switch o := o.(type) {
	case *widgets.Button:
		return o.Text == text
	case *widgets.Check:
		return strings.HasPrefix(o.Text, text)
	case *widgets.SidebarItem:
		return o.Text() == text
	case *widgets.AccountRow:
		return o.Text() == text
	}
	return false
}

// Choose taps the chip with this text in the field with this label.
func (s *Screen) Choose(label, text string) {
	s.t.Helper()
	for _, o := range visible(s.Field(label), nil) {
		if chips, ok := o.(*widgets.Chips); ok {
			i := slices.Index(chips.Options(), text)
			if i < 0 {
				s.t.Fatalf("%q has no chip %q", label, text)
			}
			chips.SetSelected(i)
			if chips.OnChanged != nil {
				chips.OnChanged(i)
			}
			if chips.OnPressed != nil {
				chips.OnPressed(i)
			}
			Settle()
			return
		}
	}
	s.t.Fatalf("%q has no chips", label)
}
