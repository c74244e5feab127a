package ui

import (
	"testing"

	"fyne.io/fyne/v2"

	"keyfob/ui/uitest"
)

const narrow = 640 // the width of the least screen

func TestEveryViewFitsANarrowWindow(t *testing.T) {
	d := signedIn(t)
	d.create("Nightly export")
	fits := func(name string) {
		t.Helper()
		uitest.Settle()
		if width := d.ui.window.Content().MinSize().Width; width > narrow {
			t.Errorf("%s needs %v", name, width)
		}
	}
	for name, view := range map[string]viewName{"info": viewInfo, "tokens": viewTokens, "apps": viewApps, "settings": viewSettings} {
		d.ui.main.open(view)
		fits(name)
	}
	d.Shortcut(fyne.KeyN)
	fits("create")
}

// A window may be made lower than it asks to be: by a tiling desktop, or on a small screen.
func TestTheSidebarOfALowWindowScrolls(t *testing.T) {
	d := signedIn(t)
	d.ui.window.Resize(fyne.NewSize(480, 220))
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject
	end := float32(0)
	for _, v := range d.ui.main.views() {
		i := d.ui.main.items[v.name]
		if top := at(i).Y; top < end {
			t.Errorf("%s begins at %v, where the one before ends at %v", i.Text(), top, end)
		}
		d.ui.window.Canvas().Focus(i)
		if top := at(i).Y; top < 0 || top+i.Size().Height > at(d.ui.main.status.content).Y {
			t.Errorf("%s has the focus at %v, out of sight", i.Text(), top)
		}
		end = at(i).Y + i.Size().Height // after what it scrolled to be seen
	}
	picture(t, d, "low")
	d.ui.window.Resize(fyne.NewSize(1240, 780))
	settings := d.ui.main.items[viewSettings]
	if gap := at(d.ui.main.status.content).Y - at(settings).Y - settings.Size().Height; gap < 0 || gap > 16 {
		t.Errorf("with room for all, Settings stands %v above the status line", gap)
	}
	picture(t, d, "high")
}

func TestNarrowViewsLookAsDesigned(t *testing.T) {
	d := signedIn(t)
	d.create("Nightly export")
	d.ui.window.Resize(fyne.NewSize(narrow, 480))
	for name, view := range map[string]viewName{"tokens": viewTokens, "settings": viewSettings} {
		d.ui.main.open(view)
		uitest.Settle()
		picture(t, d, "narrow-"+name)
	}
}
