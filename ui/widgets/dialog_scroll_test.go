package widgets

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"

	"keyfob/ui/theme"
)

// What scrolls in a dialog is neither cut at its edges nor below the scroll bar, whatever the size of that.
func TestWhatScrollsInADialogStandsBesideTheScrollBar(t *testing.T) {
	w := plainWindow(t)
	var entries []*Entry
	form := container.NewVBox()
	for range 12 {
		entries = append(entries, NewEntry())
		form.Add(NewField("Name", entries[len(entries)-1], "As people say it"))
	}
	d := NewDialog(w, "New", "", form)
	d.SetSubmit("Save", 0, func() {})
	for _, size := range []fyne.Size{{Width: 640, Height: 480}, {Width: 320, Height: 300}} {
		w.Resize(size)
		d.Show()
		scroll := d.surface.scroll
		if !scroll.Visible() {
			t.Fatalf("nothing scrolls at %v", size)
		}
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject
		left := at(scroll).X + ringGap + ringWidth
		right := at(scroll).X + scroll.Size().Width - theme.Size(fynetheme.SizeNameScrollBar) - ringGap
		for _, e := range entries {
			if x := at(e).X; x < left || x+e.Size().Width > right {
				t.Fatalf("at %v an entry reaches from %v to %v, which is seen from %v to %v", size, x, x+e.Size().Width, left, right)
			}
		}
		if end, submit := at(entries[0]).X+entries[0].Size().Width, at(d.submit).X+d.submit.Size().Width; end != submit {
			t.Errorf("at %v the entries end at %v, the buttons at %v", size, end, submit)
		}
		d.Hide()
	}
}
