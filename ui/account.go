package ui

import (
	"slices"

	"fyne.io/fyne/v2"

	"keyfob/client/connect"
	"keyfob/ui/i18n"
	"keyfob/ui/theme"
	"keyfob/ui/widgets"
)

// colours are those of connections, as the theme names them.
var colours = map[string]fyne.ThemeColorName{
	"blue": theme.ColorNameAccent, "green": theme.ColorNameActive, "violet": theme.ColorNameViolet,
	"amber": theme.ColorNameExpiring, "teal": theme.ColorNameTeal, "rose": theme.ColorNameRose,
}

// serverName is what the person knows the connection by.
func serverName(s connect.Saved) string {
	switch {
	case s.Label != "":
		return s.Label
	case s.BuiltIn:
		return i18n.T("server.builtIn")
	}
	return hostOf(s.Address)
}

func accountOf(s connect.Saved) widgets.Account {
	return widgets.Account{Server: serverName(s), Name: s.Name, Colour: colours[s.Colour]}
}

// fullName tells also the accounts of one server apart.
func fullName(s connect.Saved) string { return serverName(s) + " · " + s.Name }

// shortName is the server's alone, unless another account of it has the same.
func (u *UI) shortName(s connect.Saved) string {
	same := func(o connect.Saved) bool { return serverName(o) == serverName(s) && o.Key() != s.Key() }
	if slices.ContainsFunc(u.known(), same) {
		return fullName(s)
	}
	return serverName(s)
}

// keyOf is what brings the connection at place i on screen, as menus say it.
func keyOf(i int) string {
	if i >= len(digits) {
		return ""
	}
	return ctrlShift(digits[i]).String()
}
