package secret

import (
	"strings"
	"testing"
	"testing/synctest"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// security requirements 1, 6: the ways by which a secret on screen could get
// elsewhere, one test for each, with the secret readable.

func revealed(t *testing.T) (*Dialog, fyne.Window) {
	t.Helper()
	d, w := open(t, fynetheme.VariantLight, nil)
	d.hold.set(true)
	if d.onScreen() != plain {
		t.Fatal("not readable")
	}
	return d, w
}

// holds reports whether a text has a part of the secret that is worth having.
func holds(text string) bool {
	const worth = 6
	hidden := plain[len("enrt_p") : len(plain)-hintLength]
	for i := range len(hidden) - worth {
		if strings.Contains(text, hidden[i:i+worth]) {
			return true
		}
	}
	return false
}

func objects(w fyne.Window) []fyne.CanvasObject {
	return test.LaidOutObjects(w.Canvas().Overlays().Top())
}

func TestCtrlCCopiesNothingWhereverTheFocusIs(t *testing.T) {
	d, w := revealed(t)
	board := fyne.CurrentApp().Clipboard()
	board.SetContent("before")
	shortcuts := []fyne.Shortcut{&fyne.ShortcutSelectAll{}, &fyne.ShortcutCopy{Clipboard: board}, &fyne.ShortcutCut{Clipboard: board}}
	tried := 0
	for _, o := range objects(w) {
		f, ok := o.(fyne.Focusable)
		if !ok {
			continue
		}
		w.Canvas().Focus(f)
		d.hold.set(true)
		for _, s := range shortcuts {
			if at, ok := o.(fyne.Shortcutable); ok {
				at.TypedShortcut(s)
			}
		}
		tried++
	}
	if tried < 5 || board.Content() != "before" {
		t.Errorf("after %d places of the focus the clipboard holds %d bytes", tried, len(board.Content()))
	}
}

func TestDraggingAndSelectingReachNothing(t *testing.T) {
	d, w := revealed(t)
	for _, able := range []bool{
		is[fyne.Draggable](d.value), is[fyne.Tappable](d.value), is[fyne.DoubleTappable](d.value), is[fyne.SecondaryTappable](d.value),
		is[fyne.Focusable](d.value), is[fyne.Shortcutable](d.value), is[desktop.Mouseable](d.value),
	} {
		if able {
			t.Error("the secret's own widget takes part in dragging, selecting or tapping")
		}
	}
	for _, o := range objects(w) {
		if label, ok := o.(*widget.Label); ok && label.Selectable && holds(label.Text) {
			t.Error("a label that can be selected holds it")
		}
	}
}

func is[T any](o any) bool {
	_, ok := o.(T)
	return ok
}

func TestNoEntryHoldsItSoUndoBringsNothingBack(t *testing.T) {
	d, w := revealed(t)
	for _, o := range objects(w) {
		if is[*widget.Entry](o) {
			t.Error("there is an entry in the dialog")
		}
	}
	tapButton(t, w, "Save…")
	tapButton(t, w, "Cancel")
	d.askSeal()
	for _, o := range objects(w) {
		if e, ok := o.(*widget.Entry); ok && holds(e.Text+e.SelectedText()) {
			t.Error("an entry holds it")
		}
	}
}

// The toolkit offers no tree to assistive programs; what it would offer is the text of each object.
func TestNoObjectsTextIsMoreThanACharacterOfIt(t *testing.T) {
	_, w := revealed(t)
	seen := 0
	for _, o := range objects(w) {
		text, ok := o.(*canvas.Text)
		if ok && holds(text.Text) {
			t.Errorf("one text holds %d characters", len(text.Text))
		}
		if ok && len(text.Text) == 1 {
			seen++
		}
	}
	if seen < len(plain) {
		t.Errorf("%d characters are drawn", seen)
	}
}

func TestAMarkupSnapshotHasNoRunOfIt(t *testing.T) {
	_, w := revealed(t)
	if holds(test.RenderToMarkup(w.Canvas())) {
		t.Error("it is in the snapshot")
	}
}

func TestTheWindowsTitleAndNotificationsNeverCarryIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, w := revealed(t)
		test.AssertNotificationSent(t, nil, func() {
			test.Tap(d.copyIt)
			synctest.Wait()
			d.copyAs()
			synctest.Wait()
			d.reveal(false)
			d.close()
		})
		if title := w.Title(); strings.Contains(title, "enrt") {
			t.Error(title)
		}
	})
}
