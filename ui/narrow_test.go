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
