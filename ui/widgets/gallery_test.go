package widgets

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"keyfob/assets"
	"keyfob/ui/theme"
)

var faces = map[string]fyne.ThemeVariant{"light": fynetheme.VariantLight, "dark": fynetheme.VariantDark}

// newWindow opens a window in the given face, at the size that screens are drawn for.
func newWindow(t *testing.T, variant fyne.ThemeVariant, content fyne.CanvasObject) fyne.Window {
	t.Helper()
	test.NewTempApp(t)
	test.ApplyTheme(t, theme.NewVariant(variant))
	w := test.NewTempWindow(t, content)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(1280, 800))
	return w
}

// The pictures in testdata/gallery are how everything looks in both faces. With GALLERY_DIR set, those of this run are left
// there to look at; copy them over the old ones when the change is meant.
func TestGalleryLooksAsBefore(t *testing.T) {
	for name, variant := range faces {
		t.Run(name, func(t *testing.T) {
			w := newWindow(t, variant, container.NewWithoutLayout())
			show := func(o fyne.CanvasObject) {
				w.SetContent(o)
				w.Resize(fyne.NewSize(1280, 800))
			}
			show(screen())
			compare(t, w, "screen-"+name)
			d := createDialog(w)
			d.SetError("The server refused the description: it is in use by another token of yours.", "Try again", func() {})
			w.Canvas().Focus(d.submit) // not the entry, whose cursor blinks
			compare(t, w, "create-"+name)
			d.Hide()
			show(parts())
			compare(t, w, "parts-"+name)
			revokeDialog(w)
			compare(t, w, "revoke-"+name)
		})
	}
}

func compare(t *testing.T, w fyne.Window, name string) {
	t.Helper()
	picture := w.Canvas().Capture()
	if dir := os.Getenv("GALLERY_DIR"); dir != "" {
		keep(t, picture, filepath.Join(dir, name+".png"))
	}
	test.AssertImageMatches(t, "gallery/"+name+".png", picture)
}

func keep(t *testing.T, picture image.Image, path string) {
	t.Helper()
	var file bytes.Buffer
	if err := png.Encode(&file, picture); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

func screen() fyne.CanvasObject {
	tokens := NewSidebarItem(assets.IconKey, "Tokens", "24", nil)
	tokens.SetSelected(true)
	side := container.New(layout.NewCustomPaddedLayout(14, 12, 10, 10), container.NewBorder(
		container.New(layout.NewCustomPaddedVBoxLayout(2),
			NewAccountCard(Account{Server: "Built-in server", Name: "Ada Admin"}, nil),
			pad(NewSection("Profile")),
			NewSidebarItem(assets.IconPerson, "Personal info", "", nil), tokens,
			pad(NewSection("Instance Manager")),
			NewSidebarItem(assets.IconApp, "Trusted apps", "6", nil),
			NewSidebarItem(assets.IconUsers, "Users", "12", nil),
			NewSidebarItem(assets.IconLog, "Change log", "", nil)),
		NewSidebarItem(assets.IconSettings, "Settings", "", nil), nil, nil))
	back := NewPane(theme.ColorNameSidebar)
	back.SetMinSize(fyne.NewSize(231, 0))

	create := NewButtonWithIcon("Create user access token", assets.IconAdd, nil)
	create.Importance = widget.HighImportance
	search := NewSearch("Search…", nil)
	tools := container.NewBorder(nil, nil,
		container.NewGridWrap(fyne.NewSize(260, 36), search), nil,
		container.New(layout.NewCustomPaddedLayout(3, 3, 4, 0), NewChips([]string{"All 24", "Active 18", "Expiring 3", "Expired 2", "Revoked 4"}, 0, nil)))
	head := container.New(layout.NewCustomPaddedLayout(18, 12, 22, 22),
		container.New(layout.NewCustomPaddedVBoxLayout(10), NewHeader("Tokens", "Your personal access tokens, over all applications", create), tools))
	return container.NewBorder(nil, nil, container.NewStack(back, side), nil, container.NewBorder(head, nil, nil, nil, sampleTable()))
}

func pad(o fyne.CanvasObject) fyne.CanvasObject {
	return container.New(layout.NewCustomPaddedLayout(0, 0, 10, 10), o)
}

func sampleTable() *Table {
	t := NewTable([]Column{
		{Title: "Description", Sortable: true},
		{Title: "Scopes", Width: 150},
		{Title: "Expires", Width: 108, Sortable: true},
		{Title: "Last used", Width: 96, Min: 480},
		{Title: "Status", Width: 108},
	})
	t.SetCheckable(true)
	t.SetRows(sampleRows())
	t.SetSort(2, false)
	t.Select("1")
	t.SetChecked([]string{"1", "5"})
	return t
}

func sampleRows() []Row {
	badges := []BadgeSpec{
		{Warn, "Expiring", ""},
		{Good, "Active", ""},
		{Good, "Active", ""},
		{Good, "Active", ""},
		{Neutral, "Expired", ""},
		{Warn, "No expiry", "!"},
		{Bad, "Revoked", ""},
		{Good, "Active", ""},
		{Good, "Active", ""},
	}
	names := []string{"Nightly export", "Laptop", "Excel connector", "CI deploy", "Old importer", "Prototype", "Leaked in chat", "Power BI", "Backup job of the finance department in Vienna, with a name that is far longer than the column that it stands in, and then some"}
	tags := [][]string{{"read"}, {"read", "update"}, {"read"}, {"read", "update", "introspect", "tokens"}}
	var rows []Row
	for i, name := range names {
		rows = append(rows, Row{ID: fmt.Sprint(i + 1), Cells: []Cell{
			{Text: name, Sub: "Warehouse", Strong: true}, {Tags: tags[i%4]}, {Text: "in 9 days"}, {Text: "2 h ago", Muted: true}, {Badge: &badges[i]},
		}})
	}
	return rows
}

func createDialog(w fyne.Window) *Dialog {
	name := NewEntry()
	name.SetText("Nightly export")
	app := NewSelect([]string{"Warehouse", "Local scripts"}, nil)
	app.SetSelectedIndex(0)
	read, update := NewCheck("read  ·  read data through the API", nil), NewCheck("update  ·  create, change and delete data", nil)
	read.Checked = true
	d := NewDialog(w, "New user access token", "It acts as you, Ada Admin, within the scopes chosen here.", container.NewVBox(
		NewField("Description", name, "Where it is used, so that you can tell it apart later"),
		NewField("Trusted application", app, "Missing one? Its policy is None or for administrators only."),
		NewField("Expires (UTC)", NewChips([]string{"30 days", "90 days", "1 year", "Date…", "Never"}, 1, nil), "20 Feb 2027, 00:00 UTC · that is 01:00 your time"),
		NewField("Scopes", container.New(layout.NewCustomPaddedVBoxLayout(-6), read, update), ""),
	))
	d.SetSubmit("Generate token", widget.HighImportance, nil)
	d.SetSize(fyne.NewSize(600, 0))
	d.Show()
	return d
}

func revokeDialog(w fyne.Window) *Dialog {
	d := NewDialog(w, "Revoke this token?", "Nightly export · …7Qd2", container.NewVBox(
		NewText("What uses it stops working at once. This cannot be undone: make a new token and replace it there.")))
	d.SetSubmit("Revoke token", widget.DangerImportance, nil)
	d.Show()
	return d
}

func parts() fyne.CanvasObject {
	disabled := func(b *Button) *Button { b.Disable(); return b }
	with := func(b *Button, i widget.Importance) *Button { b.Importance = i; return b }
	focused := NewButton("Focused", nil)
	focused.focused = true
	chips := NewChips([]string{"30 days", "90 days", "Never"}, 0, nil)
	chips.focused = true
	off := NewChips([]string{"30 days", "90 days"}, 0, nil)
	off.Disable()
	field := NewField("Description", NewEntry(), "")
	field.SetError("A description has at most 128 characters; this one has 131.")
	offEntry, offSelect := NewEntry(), NewSelect([]string{"Warehouse"}, nil)
	offEntry.SetText("Nightly export")
	offEntry.Disable()
	offSelect.Disable()
	return container.New(layout.NewCustomPaddedLayout(20, 20, 24, 24), container.NewVBox(
		NewHeader("Parts", "Everything in one place", NewButton("Refresh", nil)),
		container.NewHBox(with(NewButton("Main", nil), widget.HighImportance), NewButton("Medium", nil), with(NewButton("Revoke…", nil), widget.DangerImportance),
			with(NewButton("Like a link", nil), widget.LowImportance), disabled(NewButton("Disabled", nil)), disabled(with(NewButton("Main disabled", nil), widget.HighImportance)), focused),
		container.NewHBox(NewBadge(BadgeSpec{Good, "Active", ""}), NewBadge(BadgeSpec{Warn, "Expiring", ""}), NewBadge(BadgeSpec{Warn, "No expiry", "!"}),
			NewBadge(BadgeSpec{Bad, "Revoked", ""}), NewBadge(BadgeSpec{Neutral, "Expired", ""}), NewTags([]string{"read", "update"})),
		chips, off,
		NewBanner(Warn, "This app's AccessTokens policy is None: no token can be issued for it. Change the policy to allow it.", "Change…", nil),
		NewBanner(Bad, "The server does not answer. Nothing was changed. Check your network, then try again.", "Try again", nil),
		NewBanner(Good, "Copied. The clipboard is cleared in 28 s, if it still holds the token.", "", nil),
		NewBanner(Neutral, "Sign-in lasts until you quit: this computer has no keyring.", "", nil),
		field, NewField("Application", container.NewVBox(offEntry, offSelect), "Both are disabled"),
		NewSection("Nothing here"),
		NewEmpty("No tokens yet", "A token lets a script or an integration work in your name, within the scopes you choose.", "Create user access token", nil),
	))
}

// Whoever switches the system, or the settings, from light to dark sees the change in all that is on screen.
func TestScreenFollowsAChangeOfTheme(t *testing.T) {
	show := func(variant fyne.ThemeVariant) fyne.Window {
		w := newWindow(t, variant, container.NewWithoutLayout())
		w.SetContent(container.NewStack(NewPane(theme.ColorNameSurface), screen()))
		w.Resize(fyne.NewSize(1280, 800))
		d := createDialog(w)
		w.Canvas().Focus(d.submit)
		return w
	}
	want := show(faces["dark"]).Canvas().Capture()
	w := show(faces["light"])
	test.ApplyTheme(t, theme.NewVariant(faces["dark"]))
	if got := w.Canvas().Capture(); !bytes.Equal(pixels(got), pixels(want)) {
		t.Error("it is not as in a window that was dark from the start")
	}
}

func pixels(picture image.Image) []byte { return picture.(*image.NRGBA).Pix }

// The markup says in words what a small dialog and a table are made of, so that a change can be read in a diff.
func TestDialogAndTableAreMadeAsBefore(t *testing.T) {
	w := newWindow(t, faces["light"], container.NewWithoutLayout())
	table := sampleTable()
	table.SetRows(sampleRows()[:2])
	w.SetContent(table)
	w.Resize(fyne.NewSize(760, 300))
	test.AssertRendersToMarkup(t, "table.xml", w.Canvas())
	revokeDialog(w)
	test.AssertRendersToMarkup(t, "revoke.xml", w.Canvas())
}

func TestSidebarItemLooksTheSameHoweverItCameToBeSelected(t *testing.T) {
	show := func(selectFirst bool) []byte {
		w := newWindow(t, faces["light"], container.NewWithoutLayout())
		item := NewSidebarItem(assets.IconKey, "Tokens", "24", nil)
		item.SetSelected(selectFirst)
		w.SetContent(item)
		w.Resize(fyne.NewSize(220, 40))
		w.Canvas().Capture()
		item.SetSelected(true)
		return pixels(w.Canvas().Capture())
	}
	if !bytes.Equal(show(true), show(false)) {
		t.Error("it keeps something of before it was selected")
	}
}
