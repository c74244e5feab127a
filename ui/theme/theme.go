// Package theme is Keyfob's look: the colours of its light and its dark face, the sizes, and the check boxes.
//
// Everything that draws asks it by name, never by value, so a switch of the system from light to dark reaches all that
// is on screen. Beside Fyne's names it has a few of its own for the sidebar, for quiet text and for the status of a
// token; status colours come in pairs, a strong one to write with and a pale one to write on.
package theme

import (
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"keyfob/assets"
)

// Colours that Fyne has no name for.
const (
	ColorNameSurface         fyne.ThemeColorName = "keyfobSurface"         // cards, tables, fields
	ColorNameSidebar         fyne.ThemeColorName = "keyfobSidebar"         // sidebar and status line
	ColorNameMuted           fyne.ThemeColorName = "keyfobMuted"           // second lines, hints, captions
	ColorNameFaint           fyne.ThemeColorName = "keyfobFaint"           // what cannot be used now
	ColorNameLine            fyne.ThemeColorName = "keyfobLine"            // borders and separators
	ColorNameAccent          fyne.ThemeColorName = "keyfobAccent"          // the one accent
	ColorNameAccentSoft      fyne.ThemeColorName = "keyfobAccentSoft"      // behind what is selected
	ColorNameAccentDim       fyne.ThemeColorName = "keyfobAccentDim"       // the main button when it is disabled
	ColorNameActive          fyne.ThemeColorName = "keyfobActive"          // writes "active", "kept", "done"
	ColorNameActiveBack      fyne.ThemeColorName = "keyfobActiveBack"      // behind it
	ColorNameExpiring        fyne.ThemeColorName = "keyfobExpiring"        // writes what needs a look soon
	ColorNameExpiringBack    fyne.ThemeColorName = "keyfobExpiringBack"    // behind it
	ColorNameRevoked         fyne.ThemeColorName = "keyfobRevoked"         // writes what is over or failed
	ColorNameRevokedBack     fyne.ThemeColorName = "keyfobRevokedBack"     // behind it
	ColorNameViolet          fyne.ThemeColorName = "keyfobViolet"          // tells connections apart, like the two below
	ColorNameTeal            fyne.ThemeColorName = "keyfobTeal"            // the same
	ColorNameRose            fyne.ThemeColorName = "keyfobRose"            // the same
	ColorNameNeutralBack     fyne.ThemeColorName = "keyfobNeutralBack"     // behind tags and what has no status
	ColorNameTransparent     fyne.ThemeColorName = "keyfobTransparent"     // nothing
	ColorNameDialogBackdrop  fyne.ThemeColorName = "keyfobDialogBackdrop"  // over the window while a dialog is open
	ColorNameElevationShadow fyne.ThemeColorName = "keyfobElevationShadow" // around a dialog
)

// Sizes that Fyne has no name for.
const (
	SizeNameSmallText fyne.ThemeSizeName = "keyfobSmallText" // subtitles, banners, facts
	SizeNameMicroText fyne.ThemeSizeName = "keyfobMicroText" // headings of sections, in capitals
)

// Fyne's sizes that views use, under shorter names.
const (
	SizeNameCaption      = theme.SizeNameCaptionText    // second lines, hints, badges
	SizeNameText         = theme.SizeNameText           // all else
	SizeNameSubHeading   = theme.SizeNameSubHeadingText // head of a pane or dialog
	SizeNameHeading      = theme.SizeNameHeadingText    // head of a view
	SizeNameInputRadius  = theme.SizeNameInputRadius
	SizeNameCardRadius   = theme.SizeNameCardRadius
	SizeNameDialogRadius = theme.SizeNameDialogRadius
)

// Color returns the colour that a name has now. It is for canvas objects, which keep a value: set it again on Refresh.
// Under a theme that does not know our names, such as that of a test, they have the colours of ours.
func Color(name fyne.ThemeColorName) color.Color {
	settings := fyne.CurrentApp().Settings()
	if _, ours := settings.Theme().(keyfob); !ours && strings.HasPrefix(string(name), "keyfob") {
		return New().Color(name, settings.ThemeVariant())
	}
	return theme.Color(name)
}

// Size returns the size that a name has now.
func Size(name fyne.ThemeSizeName) float32 {
	if _, ours := fyne.CurrentApp().Settings().Theme().(keyfob); !ours && strings.HasPrefix(string(name), "keyfob") {
		return sizes[name]
	}
	return theme.Size(name)
}

type keyfob struct {
	fixed   bool
	variant fyne.ThemeVariant
}

// New returns the theme that follows the system from light to dark.
func New() fyne.Theme { return keyfob{} }

// NewVariant returns the theme held at one variant: what the user asked for in the settings, or what a test renders.
func NewVariant(variant fyne.ThemeVariant) fyne.Theme { return keyfob{fixed: true, variant: variant} }

// Color returns the colour for a name of Fyne or of this package.
func (k keyfob) Color(name fyne.ThemeColorName, variant fyne.ThemeVariant) color.Color {
	if k.fixed {
		variant = k.variant
	}
	palette := light
	if variant == theme.VariantDark {
		palette = dark
	}
	if c, ok := palette[name]; ok {
		return c
	}
	return theme.DefaultTheme().Color(name, variant)
}

// Font returns Fyne's fonts: they cover Latin, Cyrillic and Greek and need no file of ours.
func (keyfob) Font(style fyne.TextStyle) fyne.Resource { return theme.DefaultTheme().Font(style) }

// Icon returns Fyne's icons, with check boxes of our own.
func (keyfob) Icon(name fyne.ThemeIconName) fyne.Resource {
	switch name {
	case theme.IconNameCheckButton:
		return assets.CheckOff
	case theme.IconNameCheckButtonChecked:
		return assets.CheckOn
	case theme.IconNameCheckButtonPartial:
		return assets.CheckSome
	case theme.IconNameCheckButtonFill:
		return assets.CheckFill
	case theme.IconNameArrowDropDown:
		return assets.IconDown
	}
	return theme.DefaultTheme().Icon(name)
}

// Size returns the size for a name of Fyne or of this package.
func (keyfob) Size(name fyne.ThemeSizeName) float32 {
	if size, ok := sizes[name]; ok {
		return size
	}
	return theme.DefaultTheme().Size(name)
}

var sizes = map[fyne.ThemeSizeName]float32{
	theme.SizeNameText:            14,
	theme.SizeNameCaptionText:     12,
	theme.SizeNameSubHeadingText:  17,
	theme.SizeNameHeadingText:     21,
	SizeNameSmallText:             13,
	SizeNameMicroText:             11,
	theme.SizeNameInlineIcon:      18,
	theme.SizeNameInputRadius:     8,
	theme.SizeNameButtonRadius:    8,
	theme.SizeNameCardRadius:      12,
	theme.SizeNameDialogRadius:    12,
	theme.SizeNamePopupRadius:     8,
	theme.SizeNameMenuRadius:      8,
	theme.SizeNameSelectionRadius: 6,
	theme.SizeNameScrollBar:       10,
	// A blurred backdrop is drawn anew for every frame, and a blinking cursor makes frames: it doubles the cost of an
	// open dialog on a machine without a graphics card.
	theme.SizeNameModalBlurRadius: 0,
}
