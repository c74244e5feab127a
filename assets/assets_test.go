package assets

import (
	"bytes"
	"image/png"
	"io/fs"
	"regexp"
	"testing"
)

func TestIconIsAPictureOf512Pixels(t *testing.T) {
	icon, err := png.Decode(bytes.NewReader(AppIcon.Content()))
	if err != nil {
		t.Fatal(err)
	}
	if size := icon.Bounds().Size(); size.X != 512 || size.Y != 512 {
		t.Errorf("it is %v", size)
	}
	if _, _, _, alpha := icon.At(0, 0).RGBA(); alpha != 0 {
		t.Error("its corner is not transparent")
	}
}

// Fyne gives an icon the colour of the theme by replacing the fill of each path: a stroke would stay black.
func TestLineIconsAreMadeOfFillsAlone(t *testing.T) {
	icons, err := fs.Glob(FS, "icons/*.svg")
	if err != nil || len(icons) == 0 {
		t.Fatalf("icons: %v, %v", icons, err)
	}
	foreign := regexp.MustCompile(`stroke|<(rect|circle|g|line|polyline)\b`)
	for _, name := range icons {
		content, err := FS.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if found := foreign.Find(content); found != nil {
			t.Errorf("%s has %q", name, found)
		}
	}
}
