package widgets

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"github.com/google/go-cmp/cmp"
)

// form is a dialog with one of each input.
type form struct {
	w      fyne.Window
	d      *Dialog
	entry  *Entry
	choice *Select
	chips  *Chips
	check  *Check
	link   *Button
	field  *Field
	log    calls
}

func showForm(t *testing.T) *form {
	t.Helper()
	f := &form{w: plainWindow(t)}
	f.entry, f.check = NewEntry(), NewCheck("read", nil)
	f.choice = NewSelect([]string{"Warehouse", "Scripts"}, nil)
	f.chips = NewChips([]string{"30 days", "90 days"}, 0, nil)
	f.link = NewButton("Why?", f.log.note("why"))
	f.field = NewField("Description", f.entry, "where it is used")
	f.d = NewDialog(f.w, "New token", "It acts as you.", container.NewVBox(f.link,
		f.field, NewField("App", f.choice, ""), f.chips, container.NewVScroll(f.check)))
	f.d.SetSubmit("Generate", widget.HighImportance, f.log.note("submit"))
	f.d.OnClosed = f.log.note("closed")
	f.d.Show()
	return f
}

func TestDialogTakesTheFocusToItsFirstField(t *testing.T) {
	f := showForm(t)
	if f.w.Canvas().Focused() != fyne.Focusable(f.entry) {
		t.Fatalf("focused: %T", f.w.Canvas().Focused())
	}
	test.Type(f.entry, "Laptop")
	if f.entry.Text != "Laptop" {
		t.Errorf("typed text is %q", f.entry.Text)
	}
}

func TestEnterSubmitsAndEscapeLeavesWhateverIsFocused(t *testing.T) {
	f := showForm(t)
	for name, in := range map[string]fyne.Focusable{
		"entry": f.entry, "select": f.choice, "chips": f.chips, "check": f.check, "nothing": nil,
	} {
		t.Run(name, func(t *testing.T) {
			f.log = nil
			f.d.Show()
			f.w.Canvas().Focus(in)
			press(f.w, fyne.KeyReturn, fyne.KeyEnter)
			if diff := cmp.Diff(calls{"submit", "submit"}, f.log); diff != "" {
				t.Error(diff)
			}
			if !f.d.Shown() {
				t.Error("it closed before it was told to")
			}
			press(f.w, fyne.KeyEscape)
			if f.d.Shown() || f.log[len(f.log)-1] != "closed" {
				t.Errorf("still shown after Escape; %v", f.log)
			}
		})
	}
}

func TestEnterMovesOnThroughTheFieldsOfAnUnfinishedForm(t *testing.T) {
	f := showForm(t)
	f.d.SetUnfinished(true)
	for _, in := range []fyne.Focusable{f.choice, f.chips, f.check, f.d.submit} {
		press(f.w, fyne.KeyReturn)
		if f.w.Canvas().Focused() != in {
			t.Fatalf("the focus is on %T, want %T", f.w.Canvas().Focused(), in)
		}
	}
	f.w.Canvas().Unfocus()
	press(f.w, fyne.KeyReturn)
	if f.w.Canvas().Focused() != fyne.Focusable(f.entry) || len(f.log) > 0 {
		t.Errorf("focused: %T; %v", f.w.Canvas().Focused(), f.log)
	}
	f.w.Canvas().Focus(f.d.submit)
	press(f.w, fyne.KeyReturn)
	f.d.SetUnfinished(false)
	f.w.Canvas().Focus(f.entry)
	press(f.w, fyne.KeyReturn)
	if diff := cmp.Diff(calls{"submit", "submit"}, f.log); diff != "" {
		t.Error(diff)
	}
}

func TestEnterThatMayNotSubmitSaysWhy(t *testing.T) {
	f := showForm(t)
	f.d.SetRefused(f.log.note("missing"))
	f.d.SetSubmitEnabled(false)
	press(f.w, fyne.KeyReturn)
	f.d.SetUnfinished(true)
	f.w.Canvas().Focus(f.check) // the last field
	press(f.w, fyne.KeyReturn)
	f.d.SetBusy(true, "")
	press(f.w, fyne.KeyReturn)
	if diff := cmp.Diff(calls{"missing", "missing"}, f.log); diff != "" {
		t.Error(diff)
	}
}

func TestEnterOnAButtonPressesThatButton(t *testing.T) {
	f := showForm(t)
	f.w.Canvas().Focus(f.link)
	press(f.w, fyne.KeyReturn)
	f.w.Canvas().Focus(f.d.cancel)
	press(f.w, fyne.KeyReturn)
	if diff := cmp.Diff(calls{"why", "closed"}, f.log); diff != "" {
		t.Error(diff)
	}
}

func TestTabStaysInsideTheDialog(t *testing.T) {
	f := showForm(t)
	outside := NewEntry()
	f.w.SetContent(outside)
	seen := map[fyne.Focusable]bool{}
	for range 20 {
		press(f.w, fyne.KeyTab)
		seen[f.w.Canvas().Focused()] = true
	}
	if seen[outside] {
		t.Error("Tab left the dialog")
	}
	for _, in := range []fyne.Focusable{f.link, f.entry, f.choice, f.chips, f.check, f.d.cancel, f.d.submit} {
		if !seen[in] {
			t.Errorf("Tab never came to %T", in)
		}
	}
}

func TestFocusReturnsToWhereItWas(t *testing.T) {
	w := plainWindow(t)
	outside := NewEntry()
	w.SetContent(outside)
	w.Canvas().Focus(outside)
	var below calls
	w.Canvas().SetOnTypedKey(func(*fyne.KeyEvent) { below.note("key")() })
	d := NewDialog(w, "One", "", NewEntry())
	d.Show()
	press(w, fyne.KeyEscape)
	if w.Canvas().Focused() != fyne.Focusable(outside) {
		t.Errorf("focused: %T", w.Canvas().Focused())
	}
	w.Canvas().Unfocus()
	press(w, fyne.KeyF5)
	if len(below) != 1 {
		t.Errorf("the window's own key handler was called %d times, want once", len(below))
	}
}

func TestDialogsCloseInTheReverseOrderOfOpening(t *testing.T) {
	w := plainWindow(t)
	var log calls
	open := func(name string) *Dialog {
		d := NewDialog(w, name, "", NewEntry())
		d.OnClosed = log.note(name)
		d.Show()
		return d
	}
	first := open("first")
	open("second")
	press(w, fyne.KeyEscape)
	if diff := cmp.Diff(calls{"second"}, log); diff != "" {
		t.Fatal(diff)
	}
	open("third")
	first.Hide()
	if diff := cmp.Diff(calls{"second", "third", "first"}, log); diff != "" {
		t.Error(diff)
	}
	if DialogOpen(w.Canvas()) || w.Canvas().OnTypedKey() != nil {
		t.Error("something is left of them")
	}
}

func TestHidingTwiceClosesOnce(t *testing.T) {
	f := showForm(t)
	f.d.Hide()
	f.d.Hide()
	if diff := cmp.Diff(calls{"closed"}, f.log); diff != "" {
		t.Error(diff)
	}
}

func TestBusyDialogTakesNoInput(t *testing.T) {
	f := showForm(t)
	f.choice.Disable() // was so before, stays so after
	f.d.SetBusy(true, "Generating the token…")
	for _, in := range []fyne.Disableable{f.entry, f.choice, f.chips, f.check, f.link, f.d.submit, f.d.cancel} {
		if !in.Disabled() {
			t.Errorf("%T is not disabled", in)
		}
	}
	press(f.w, fyne.KeyReturn, fyne.KeyEscape)
	if len(f.log) != 0 || !f.d.Shown() {
		t.Errorf("a key came through: %v", f.log)
	}
	if got := texts(f.d.surface); !slices.Contains(got, "Generating the token…") {
		t.Errorf("it does not say what goes on: %q", got)
	}
	f.d.SetBusy(false, "")
	if f.entry.Disabled() || !f.choice.Disabled() || f.d.submit.Disabled() {
		t.Error("the inputs are not as they were")
	}
	if f.w.Canvas().Focused() != fyne.Focusable(f.entry) {
		t.Errorf("focused: %T", f.w.Canvas().Focused())
	}
}

func TestBusyDialogWithItsOwnCancelCanBeLeft(t *testing.T) {
	f := showForm(t)
	f.d.SetCancel("Stop", f.log.note("stop"))
	f.d.SetBusy(true, "Generating…")
	press(f.w, fyne.KeyEscape)
	test.Tap(f.d.cancel)
	if diff := cmp.Diff(calls{"stop", "stop"}, f.log); diff != "" {
		t.Error(diff)
	}
}

func TestSubmitThatIsNotAllowedDoesNothing(t *testing.T) {
	f := showForm(t)
	f.d.SetSubmitEnabled(false)
	press(f.w, fyne.KeyReturn)
	f.d.SetBusy(true, "")
	f.d.SetBusy(false, "")
	press(f.w, fyne.KeyReturn)
	if len(f.log) != 0 {
		t.Errorf("called: %v", f.log)
	}
	f.d.SetSubmitEnabled(true)
	press(f.w, fyne.KeyReturn)
	if diff := cmp.Diff(calls{"submit"}, f.log); diff != "" {
		t.Error(diff)
	}
}

func TestErrorIsShownWithWhatToDoAndKeepsTheInput(t *testing.T) {
	f := showForm(t)
	f.entry.SetText("Laptop")
	f.d.SetError("The server does not answer.", "Try again", f.log.note("again"))
	got := texts(f.d.surface)
	if !slices.Contains(got, "The server does not answer.") || !slices.Contains(got, "Try again") {
		t.Errorf("shown: %q", got)
	}
	test.Tap(f.d.failure.Objects[0].(*Banner).action)
	f.d.SetError("", "", nil)
	if slices.Contains(texts(f.d.surface), "The server does not answer.") {
		t.Error("the error stays")
	}
	if diff := cmp.Diff(calls{"again"}, f.log); diff != "" || f.entry.Text != "Laptop" {
		t.Error(diff, f.entry.Text)
	}
}

func TestFieldErrorStandsInPlaceOfTheHint(t *testing.T) {
	f := showForm(t)
	before := f.field.MinSize()
	f.field.SetError("It is too long.")
	if got := texts(f.field); !slices.Contains(got, "It is too long.") || slices.Contains(got, "where it is used") {
		t.Errorf("shown: %q", got)
	}
	if f.field.MinSize().Height != before.Height {
		t.Errorf("the form jumps by %v", f.field.MinSize().Height-before.Height)
	}
	f.field.SetError("")
	if got := texts(f.field); !slices.Contains(got, "where it is used") {
		t.Errorf("shown: %q", got)
	}
}

func TestDialogThatDestroysStartsOnItsHarmlessButton(t *testing.T) {
	w := plainWindow(t)
	var log calls
	d := NewDialog(w, "Revoke?", "", NewText("It cannot be undone."))
	d.SetSubmit("Revoke", widget.DangerImportance, log.note("revoke"))
	d.Show()
	if w.Canvas().Focused() != fyne.Focusable(d.cancel) {
		t.Fatalf("focused: %T", w.Canvas().Focused())
	}
	press(w, fyne.KeyReturn)
	if len(log) != 0 || d.Shown() {
		t.Errorf("Enter did %v", log)
	}
	d.Show()
	press(w, fyne.KeyTab, fyne.KeyReturn)
	if diff := cmp.Diff(calls{"revoke"}, log); diff != "" {
		t.Error(diff)
	}
}

func TestDialogWithoutCancelButtonStillHearsEscape(t *testing.T) {
	f := showForm(t)
	f.d.SetCancel("", f.log.note("asked"))
	press(f.w, fyne.KeyEscape)
	if diff := cmp.Diff(calls{"asked"}, f.log); diff != "" || f.d.cancel.Visible() {
		t.Error(diff)
	}
}

func TestDialogNeverGrowsBeyondTheWindow(t *testing.T) {
	w := plainWindow(t)
	w.Resize(fyne.NewSize(500, 300))
	tall := container.NewVBox()
	for range 30 {
		tall.Add(NewField("Description", NewEntry(), "a hint"))
	}
	d := NewDialog(w, "Tall", "", tall)
	d.SetSubmit("OK", widget.HighImportance, nil)
	d.SetSize(fyne.NewSize(2000, 2000))
	d.Show()
	r := test.TempWidgetRenderer(t, d.surface).(*surfaceRenderer)
	if s := r.card.Size(); s.Width > 500 || s.Height > 300 {
		t.Errorf("the card is %v", s)
	}
	if bottom := r.foot.Position().Y + r.foot.Size().Height; bottom > 300 {
		t.Errorf("the buttons end at %v", bottom)
	}
	if !r.scroll.Visible() {
		t.Error("what does not fit cannot be scrolled to")
	}
}

func TestShortcutsCanAskWhetherADialogIsOpen(t *testing.T) {
	f := showForm(t)
	if !DialogOpen(f.w.Canvas()) {
		t.Error("it says none is")
	}
	f.d.Hide()
	if DialogOpen(f.w.Canvas()) {
		t.Error("it says one still is")
	}
}

func TestOpenListOfASelectKeepsItsKeys(t *testing.T) {
	f := showForm(t)
	f.w.Canvas().Focus(f.choice)
	press(f.w, fyne.KeyDown)
	if f.w.Canvas().Overlays().Top() == fyne.CanvasObject(f.d.surface) {
		t.Fatal("the list did not open")
	}
	press(f.w, fyne.KeyDown, fyne.KeyReturn)
	if f.choice.Selected == "" || len(f.log) != 0 {
		t.Errorf("chosen %q; called %v", f.choice.Selected, f.log)
	}
	if f.w.Canvas().Focused() != fyne.Focusable(f.choice) {
		t.Errorf("focused: %T", f.w.Canvas().Focused())
	}
}

// What takes the cover away shows; what opens and closes meanwhile does not.
func TestOnlyADialogInFrontShowsAboveTheCover(t *testing.T) {
	w := plainWindow(t)
	first, below := NewButton("Unlock", nil), NewDialog(w, "Below", "", NewEntry())
	cover := NewCover(w, first, first)
	entry := NewEntry()
	front := NewDialog(w, "In front", "", entry)
	front.SetInFront()
	front.Show()
	inFront := func(when string) {
		t.Helper()
		if w.Canvas().Overlays().Top() != fyne.CanvasObject(front.surface) || w.Canvas().Focused() != fyne.Focusable(entry) {
			t.Errorf("%s: in front is %T, focused %T", when, w.Canvas().Overlays().Top(), w.Canvas().Focused())
		}
	}
	inFront("opened")
	below.Show()
	inFront("another opened")
	below.SetBusy(true, "")
	if !DialogBusy(w.Canvas()) {
		t.Error("the one below is not seen to be busy")
	}
	below.Hide()
	inFront("another closed")
	press(w, fyne.KeyEscape)
	if w.Canvas().Overlays().Top() != fyne.CanvasObject(cover) || w.Canvas().Focused() != fyne.Focusable(first) {
		t.Errorf("left: in front is %T, focused %T", w.Canvas().Overlays().Top(), w.Canvas().Focused())
	}
}
