package theme

import (
	"fmt"
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
)

// The colours are fixed by the design; whoever changes one changes it here too.
func TestColoursAreThoseOfTheDesign(t *testing.T) {
	test.NewTempApp(t)
	for name, want := range map[fyne.ThemeColorName][2]string{
		ColorNameSurface:          {"#FFFFFF", "#1C222B"},
		theme.ColorNameBackground: {"#F5F7FA", "#151A21"},
		ColorNameSidebar:          {"#ECF0F5", "#11151B"},
		theme.ColorNameForeground: {"#1A2330", "#E6EBF2"},
		ColorNameMuted:            {"#5A6778", "#97A3B4"},
		ColorNameLine:             {"#DFE5EC", "#2B3440"},
		theme.ColorNamePrimary:    {"#2556B9", "#77A6FF"},
		ColorNameActive:           {"#1B7A4B", "#63C795"},
		ColorNameActiveBack:       {"#E1F3E9", "#1B3327"},
		ColorNameExpiring:         {"#97560A", "#E9B45E"},
		ColorNameExpiringBack:     {"#FBEFD9", "#3A2E19"},
		ColorNameRevoked:          {"#B0271F", "#F08A82"},
		ColorNameRevokedBack:      {"#FBE5E3", "#3F2322"},
	} {
		for i, variant := range variants {
			if got := hex(New().Color(name, variant)); got != want[i] {
				t.Errorf("%s, variant %d: %s, want %s", name, variant, got, want[i])
			}
		}
	}
}

var variants = []fyne.ThemeVariant{theme.VariantLight, theme.VariantDark}

// Each pair that is written with and on, in both faces, reaches the contrast that WCAG 2.1 AA asks for text.
func TestTextCanBeReadOnItsGround(t *testing.T) {
	test.NewTempApp(t)
	for _, pair := range [][2]fyne.ThemeColorName{
		{theme.ColorNameForeground, ColorNameSurface},
		{theme.ColorNameForeground, theme.ColorNameMenuBackground},
		{theme.ColorNameForeground, theme.ColorNameBackground},
		{theme.ColorNameForeground, ColorNameSidebar},
		{theme.ColorNameForeground, ColorNameAccentSoft},
		{theme.ColorNameForeground, ColorNameNeutralBack},
		{ColorNameMuted, ColorNameSurface},
		{ColorNameMuted, theme.ColorNameBackground},
		{ColorNameMuted, ColorNameSidebar},
		{ColorNameMuted, ColorNameAccentSoft},
		{ColorNameMuted, ColorNameNeutralBack},
		{ColorNameAccent, ColorNameSurface},
		{ColorNameAccent, ColorNameAccentSoft},
		{theme.ColorNameForegroundOnPrimary, ColorNameAccent},
		{theme.ColorNameForegroundOnPrimary, ColorNameActive},
		{theme.ColorNameForegroundOnPrimary, ColorNameExpiring},
		{theme.ColorNameForegroundOnPrimary, ColorNameViolet},
		{theme.ColorNameForegroundOnPrimary, ColorNameTeal},
		{theme.ColorNameForegroundOnPrimary, ColorNameRose},
		{theme.ColorNameForegroundOnError, ColorNameRevoked},
		{ColorNameActive, ColorNameActiveBack},
		{ColorNameExpiring, ColorNameExpiringBack},
		{ColorNameRevoked, ColorNameRevokedBack},
		{ColorNameRevoked, ColorNameSurface},
	} {
		for _, variant := range variants {
			c := contrast(New().Color(pair[0], variant), New().Color(pair[1], variant))
			if c < 4.5 {
				t.Errorf("variant %d: %s on %s has a contrast of %.2f, want 4.5", variant, pair[0], pair[1], c)
			}
		}
	}
}

func TestBothFacesNameTheSameColours(t *testing.T) {
	for name := range light {
		if dark[name] == nil {
			t.Errorf("dark has no %s", name)
		}
	}
	if len(light) != len(dark) {
		t.Errorf("light has %d colours, dark %d", len(light), len(dark))
	}
}

func TestHeldThemeDoesNotFollowTheSystem(t *testing.T) {
	held := NewVariant(theme.VariantDark)
	if got := hex(held.Color(ColorNameSurface, theme.VariantLight)); got != "#1C222B" {
		t.Errorf("surface is %s", got)
	}
}

// An open dialog with a blinking cursor must not draw a blur for every frame.
func TestModalBackgroundIsNotBlurred(t *testing.T) {
	if got := New().Size(theme.SizeNameModalBlurRadius); got != 0 {
		t.Errorf("radius is %v", got)
	}
}

func TestEveryIconAndSizeOfFyneIsStillThere(t *testing.T) {
	test.NewTempApp(t)
	for _, name := range []fyne.ThemeIconName{theme.IconNameCheckButton, theme.IconNameCheckButtonChecked, theme.IconNameSearch} {
		if New().Icon(name) == nil {
			t.Errorf("no icon %s", name)
		}
	}
	for _, name := range []fyne.ThemeSizeName{theme.SizeNamePadding, theme.SizeNameText, SizeNameMicroText} {
		if New().Size(name) <= 0 {
			t.Errorf("no size %s", name)
		}
	}
}

func hex(c color.Color) string {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	return fmt.Sprintf("#%02X%02X%02X", n.R, n.G, n.B)
}

// contrast is that of WCAG 2.1, from 1 to 21.
func contrast(a, b color.Color) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func luminance(c color.Color) float64 {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	part := func(v uint8) float64 {
		f := float64(v) / 255
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*part(n.R) + 0.7152*part(n.G) + 0.0722*part(n.B)
}
