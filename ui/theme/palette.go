package theme

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

type colours map[fyne.ThemeColorName]color.Color

// hues are the values that a palette is made from.
type hues struct {
	surface, background, sidebar, text, muted, line, edge color.NRGBA
	accent, accentSoft, accentDim, onAccent               color.NRGBA
	active, activeBack                                    color.NRGBA
	expiring, expiringBack                                color.NRGBA
	revoked, revokedBack                                  color.NRGBA
	violet, teal, rose                                    color.NRGBA
	neutralBack, faint, backdrop, shadow                  color.NRGBA
}

var light = palette(hues{
	surface: rgb(0xFFFFFF), background: rgb(0xF5F7FA), sidebar: rgb(0xECF0F5),
	text: rgb(0x1A2330), muted: rgb(0x5A6778), line: rgb(0xDFE5EC), edge: rgb(0xBAC5D2),
	accent: rgb(0x2556B9), accentSoft: rgb(0xE3ECFB), accentDim: rgb(0x8CA5D9), onAccent: rgb(0xFFFFFF),
	active: rgb(0x1B7A4B), activeBack: rgb(0xE1F3E9),
	expiring: rgb(0x97560A), expiringBack: rgb(0xFBEFD9),
	revoked: rgb(0xB0271F), revokedBack: rgb(0xFBE5E3),
	violet: rgb(0x6A45AD), teal: rgb(0x0F6C79), rose: rgb(0xA3336B),
	neutralBack: rgb(0xE9EDF2), faint: rgb(0x9AA5B4),
	backdrop: rgba(0x1A2330, 0x73), shadow: rgba(0x1A2330, 0x40),
})

var dark = palette(hues{
	surface: rgb(0x1C222B), background: rgb(0x151A21), sidebar: rgb(0x11151B),
	text: rgb(0xE6EBF2), muted: rgb(0x97A3B4), line: rgb(0x2B3440), edge: rgb(0x47546A),
	accent: rgb(0x77A6FF), accentSoft: rgb(0x22304A), accentDim: rgb(0x3E5583), onAccent: rgb(0x11151B),
	active: rgb(0x63C795), activeBack: rgb(0x1B3327),
	expiring: rgb(0xE9B45E), expiringBack: rgb(0x3A2E19),
	revoked: rgb(0xF08A82), revokedBack: rgb(0x3F2322),
	violet: rgb(0xB9A0F2), teal: rgb(0x62C2CE), rose: rgb(0xEC8FBB),
	neutralBack: rgb(0x29313C), faint: rgb(0x5D6979),
	backdrop: rgba(0x06080B, 0x99), shadow: rgba(0x000000, 0x80),
})

func palette(h hues) colours {
	none := color.NRGBA{}
	return colours{
		ColorNameSurface: h.surface, ColorNameSidebar: h.sidebar, ColorNameMuted: h.muted, ColorNameLine: h.line,
		ColorNameAccent: h.accent, ColorNameAccentSoft: h.accentSoft, ColorNameAccentDim: h.accentDim,
		ColorNameActive: h.active, ColorNameActiveBack: h.activeBack,
		ColorNameExpiring: h.expiring, ColorNameExpiringBack: h.expiringBack,
		ColorNameRevoked: h.revoked, ColorNameRevokedBack: h.revokedBack,
		ColorNameViolet: h.violet, ColorNameTeal: h.teal, ColorNameRose: h.rose,
		ColorNameNeutralBack: h.neutralBack, ColorNameTransparent: none,
		ColorNameDialogBackdrop: h.backdrop, ColorNameElevationShadow: h.shadow,

		theme.ColorNameBackground:  h.background,
		theme.ColorNameForeground:  h.text,
		theme.ColorNamePlaceHolder: h.muted,
		// Fyne writes a label of low importance in the colour of what is disabled. Ours must stay readable, so what
		// is disabled has a name of its own.
		theme.ColorNameDisabled:            h.muted,
		ColorNameFaint:                     h.faint,
		theme.ColorNameDisabledButton:      h.neutralBack,
		theme.ColorNameButton:              h.surface,
		theme.ColorNameInputBackground:     h.surface,
		theme.ColorNameInputBorder:         h.edge,
		theme.ColorNameMenuBackground:      h.surface,
		theme.ColorNameOverlayBackground:   h.surface,
		theme.ColorNameHeaderBackground:    h.surface,
		theme.ColorNameSeparator:           h.line,
		theme.ColorNamePrimary:             h.accent,
		theme.ColorNameHyperlink:           h.accent,
		theme.ColorNameForegroundOnPrimary: h.onAccent,
		theme.ColorNameSelection:           h.accentSoft,
		theme.ColorNameFocus:               alpha(h.accent, 0x38),
		theme.ColorNameHover:               alpha(h.muted, 0x14),
		theme.ColorNamePressed:             alpha(h.muted, 0x30),
		theme.ColorNameError:               h.revoked,
		theme.ColorNameForegroundOnError:   h.onAccent,
		theme.ColorNameSuccess:             h.active,
		theme.ColorNameForegroundOnSuccess: h.onAccent,
		theme.ColorNameWarning:             h.expiring,
		theme.ColorNameForegroundOnWarning: h.onAccent,
		theme.ColorNameScrollBar:           alpha(h.muted, 0x80),
		theme.ColorNameScrollBarBackground: none,
		theme.ColorNameShadow:              h.shadow,
	}
}

func rgb(v uint32) color.NRGBA { return rgba(v, 0xFF) }

func rgba(v uint32, a uint8) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16 & 0xFF), G: uint8(v >> 8 & 0xFF), B: uint8(v & 0xFF), A: a}
}

func alpha(c color.NRGBA, a uint8) color.NRGBA {
	c.A = a
	return c
}
