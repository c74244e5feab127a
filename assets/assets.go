// Package assets holds the pictures and words that are built into the program: the icon, the line icons of the
// sidebar and the menus, and the translations. Line icons are drawn in black on 20 by 20 and take the colour of the
// theme when shown, so one file serves light and dark.
package assets

import (
	"embed"
	"path"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// FS holds icon.png, icon.svg, icons/*.svg and translations/*.json.
//
//go:embed icon.png icon.svg icons/*.svg translations/*.json
var FS embed.FS

// TranslationsDir is the directory of FS with one file per language.
const TranslationsDir = "translations"

// AppIcon is the program's icon, 512 by 512 pixels.
var AppIcon fyne.Resource = file("icon.png")

// The line icons. Each takes the foreground colour of the theme.
var (
	IconAdd      = line("plus")
	IconApp      = line("app")
	IconCopy     = line("copy")
	IconDown     = line("down")
	IconInfo     = line("info")
	IconKey      = line("key")
	IconLock     = line("lock")
	IconLog      = line("log")
	IconLogout   = line("logout")
	IconPerson   = line("person")
	IconRefresh  = line("refresh")
	IconSearch   = line("search")
	IconServer   = line("server")
	IconSettings = line("settings")
	IconTrash    = line("trash")
	IconUsers    = line("users")
	IconWarning  = line("warning")
)

// The glyphs that stand before the words of a badge, so that status is never told by colour alone, and the arrows of a
// sorted column.
var (
	GlyphAlert = line("glyph-alert")
	GlyphCheck = line("glyph-check")
	GlyphClock = line("glyph-clock")
	GlyphCross = line("glyph-cross")
	GlyphDot   = line("glyph-dot")
	GlyphDown  = line("glyph-down")
	GlyphRing  = line("glyph-ring")
	GlyphUp    = line("glyph-up")
)

// The four faces of a check box; ui/theme puts them in the place of Fyne's.
var (
	CheckFill = line("check-fill")
	CheckOff  = line("check-off")
	CheckOn   = line("check-on")
	CheckSome = line("check-some")
)

func line(name string) *theme.ThemedResource {
	return theme.NewThemedResource(file("icons/" + name + ".svg"))
}

// file panics when the file is missing: the build embeds it, so that would be a mistake in this package.
func file(name string) *fyne.StaticResource {
	content, err := FS.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return fyne.NewStaticResource(path.Base(name), content)
}
