package widgets

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func TestEscapeClearsASearchAndThenLeavesTheDialog(t *testing.T) {
	w := plainWindow(t)
	search := NewSearch("Search…", nil)
	d := NewDialog(w, "Choose", "", search)
	d.Show()
	test.Type(search, "ware")
	press(w, fyne.KeyEscape)
	if search.Text != "" || !d.Shown() {
		t.Errorf("text %q, shown %v", search.Text, d.Shown())
	}
	press(w, fyne.KeyEscape)
	if d.Shown() {
		t.Error("the second Escape did not leave")
	}
}

func TestEscapeLeavesWhatIsTypedInAnOrdinaryEntry(t *testing.T) {
	w := plainWindow(t)
	entry := NewEntry()
	w.SetContent(entry)
	w.Canvas().Focus(entry)
	test.Type(entry, "https://example.test")
	press(w, fyne.KeyEscape)
	if entry.Text != "https://example.test" {
		t.Errorf("text is %q", entry.Text)
	}
}

func TestEnterInAnEntryOutsideADialogSubmitsTheEntry(t *testing.T) {
	w := plainWindow(t)
	entry, got := NewEntry(), ""
	entry.OnSubmitted = func(s string) { got = s }
	w.SetContent(entry)
	w.Canvas().Focus(entry)
	test.Type(entry, "x")
	press(w, fyne.KeyReturn)
	if got != "x" {
		t.Errorf("submitted %q", got)
	}
}

func TestEnterInALongTextIsANewLine(t *testing.T) {
	w := plainWindow(t)
	var log calls
	entry := NewEntry()
	entry.MultiLine = true
	d := NewDialog(w, "Note", "", entry)
	d.SetSubmit("Save", 0, log.note("save"))
	d.Show()
	press(w, fyne.KeyReturn)
	if entry.Text != "\n" || len(log) != 0 {
		t.Errorf("text %q, called %v", entry.Text, log)
	}
}

func TestButtonIsPressedByEnterSpaceAndMouseUnlessDisabled(t *testing.T) {
	w := plainWindow(t)
	var log calls
	b := NewButton("Copy", log.note("tap"))
	w.SetContent(b)
	w.Canvas().Focus(b)
	press(w, fyne.KeyReturn, fyne.KeySpace)
	test.Tap(b)
	if len(log) != 3 {
		t.Errorf("pressed %d times, want 3", len(log))
	}
	w.Canvas().Focus(b)
	b.Disable()
	press(w, fyne.KeyReturn, fyne.KeySpace)
	test.Tap(b)
	if len(log) != 3 {
		t.Errorf("pressed %d times while disabled", len(log)-3)
	}
}

func TestArrowsChooseAmongChipsAndSpacePresses(t *testing.T) {
	w := plainWindow(t)
	var chosen, pressed []int
	c := NewChips([]string{"30 days", "90 days", "1 year"}, 0, func(i int) { chosen = append(chosen, i) })
	c.OnPressed = func(i int) { pressed = append(pressed, i) }
	w.SetContent(c)
	w.Canvas().Focus(c)
	press(w, fyne.KeyRight, fyne.KeyRight, fyne.KeyRight, fyne.KeyLeft, fyne.KeyHome, fyne.KeyEnd)
	if !slices.Equal(chosen, []int{1, 2, 1, 0, 2}) || len(pressed) > 0 {
		t.Errorf("arrows chose %v and pressed %v", chosen, pressed)
	}
	press(w, fyne.KeySpace, fyne.KeyUp, fyne.KeyReturn)
	if !slices.Equal(pressed, []int{2, 1}) || c.Selected() != 1 {
		t.Errorf("pressed %v, chosen is %d", pressed, c.Selected())
	}
}

func TestChipIsChosenByItsPlace(t *testing.T) {
	w := plainWindow(t)
	var chosen []int
	c := NewChips([]string{"30 days", "90 days", "1 year"}, 0, func(i int) { chosen = append(chosen, i) })
	w.SetContent(c)
	c.Resize(fyne.NewSize(120, 200)) // one to a line
	test.TapAt(c, fyne.NewPos(20, chipHeight+chipGap+5))
	test.TapAt(c, fyne.NewPos(20, chipHeight+2)) // between two
	c.Disable()
	test.TapAt(c, fyne.NewPos(20, 5))
	if len(chosen) != 1 || chosen[0] != 1 {
		t.Errorf("chosen: %v", chosen)
	}
	if got, want := c.MinSize().Height, float32(3*chipHeight+2*chipGap); got != want {
		t.Errorf("three lines are %v high, want %v", got, want)
	}
}

func TestChipsSetByCodeTellNobody(t *testing.T) {
	w := plainWindow(t)
	c := NewChips([]string{"All", "Active", "Revoked"}, 2, func(int) { t.Error("told") })
	w.SetContent(c)
	c.SetSelected(1)
	c.SetOptions([]string{"All 3", "Active 2", "Revoked 1"})
	if c.Selected() != 1 {
		t.Errorf("selected %d", c.Selected())
	}
}

func TestSidebarItemAndAccountCardOpenByKeyAndMouse(t *testing.T) {
	w := plainWindow(t)
	var log calls
	item := NewSidebarItem(nil, "Tokens", "", log.note("tokens"))
	w.SetContent(item)
	w.Canvas().Focus(item)
	press(w, fyne.KeyReturn)
	test.Tap(item)
	var at fyne.CanvasObject
	card := NewAccountCard(Account{Server: "Built-in server", Name: "Ada Admin"}, func(o fyne.CanvasObject) { at = o })
	w.SetContent(card)
	w.Canvas().Focus(card)
	press(w, fyne.KeySpace)
	if len(log) != 2 || at != fyne.CanvasObject(card) {
		t.Errorf("item called %d times, card gave %v", len(log), at)
	}
}

func TestAListStartsAtWhatIsChosen(t *testing.T) {
	for chosen, want := range []string{"banana", "cherry", "cherry"} {
		w := plainWindow(t)
		s := NewSelect([]string{"apple", "banana", "cherry"}, nil)
		w.SetContent(s)
		s.SetSelectedIndex(chosen)
		w.Canvas().Focus(s)
		for range len(s.Options) {
			press(w, fyne.KeyDown, fyne.KeyReturn)
			if s.SelectedIndex() != chosen {
				t.Fatalf("opening the list and Enter chose %q", s.Selected)
			}
		}
		press(w, fyne.KeyDown, fyne.KeyDown, fyne.KeyReturn)
		if s.Selected != want {
			t.Errorf("one down from entry %d is %q, want %q", chosen, s.Selected, want)
		}
	}
}

func TestAListWithNothingChosenStartsAtItsFirst(t *testing.T) {
	w := plainWindow(t)
	s := NewSelect([]string{"apple", "banana"}, nil)
	w.SetContent(s)
	w.Canvas().Focus(s)
	press(w, fyne.KeySpace, fyne.KeyDown, fyne.KeyReturn)
	if s.Selected != "apple" {
		t.Errorf("chose %q", s.Selected)
	}
}
