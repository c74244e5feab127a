package tokens

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/ui/i18n"
	"keyfob/ui/theme"
	"keyfob/ui/widgets"
)

// detail is the pane about one token: all that is known of it, never its
// value (requirement 48).
type detail struct {
	content *fyne.Container
	body    *fyne.Container
	replace *widgets.Button
	revoke  *widgets.Button
	back    *widgets.Button
	ofApp   bool
}

func newDetail(ofApp bool, replace, revoke, back func()) *detail {
	d := &detail{ofApp: ofApp, body: container.New(column{detailText, 0})}
	d.replace = widgets.NewButton(i18n.T("tokens.replace"), replace)
	d.replace.Importance = widget.LowImportance
	d.revoke = widgets.NewButton(i18n.T("tokens.revoke"), revoke)
	d.revoke.Importance = widget.DangerImportance
	d.back = widgets.NewButton(i18n.T("tokens.back"), back)
	buttons := container.NewVBox(
		container.NewHBox(d.replace),
		aligned(container.NewHBox(d.revoke, layout.NewSpacer(), d.back)))
	inner := container.NewBorder(nil, buttons, nil, nil, widgets.NewScroll(d.body))
	d.content = container.NewStack(
		widgets.NewPane(fynetheme.ColorNameBackground),
		container.NewBorder(nil, nil, widget.NewSeparator(), nil,
			container.New(layout.NewCustomPaddedLayout(10, 16, detailPad, detailPad), inner)))
	return d
}

func (d *detail) clear() {
	d.body.Objects = []fyne.CanvasObject{widgets.NewQuiet(i18n.T("tokens.detail.none"), theme.SizeNameText)}
	d.body.Refresh()
	d.replace.Hide()
	d.revoke.Hide()
}

func (d *detail) show(t client.Token, now time.Time) {
	heading := widget.NewLabelWithStyle(title(t), fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	heading.SizeName = theme.SizeNameSubHeading
	heading.Wrapping = fyne.TextWrapWord
	badge := statusBadge(t, now)
	d.body.Objects = []fyne.CanvasObject{
		heading,
		widgets.NewQuiet(KindText(t.Kind)+"  ·  …"+t.Hint, theme.SizeNameText),
		aligned(container.NewHBox(widgets.NewBadge(badge))),
		d.facts(t, now),
		aligned(widgets.NewSection(i18n.T("tokens.detail.timeline"))),
		timeline(t),
	}
	d.body.Refresh()
	widgets.SetVisible(d.replace, t.Status(now) == client.Active && !t.Replaced(now))
	widgets.SetVisible(d.revoke, t.RevokedAt.IsZero())
}

func (d *detail) facts(t client.Token, now time.Time) fyne.CanvasObject {
	form := container.New(facts{96, detailText - 96})
	add := func(key, value string) {
		text := widget.NewLabel(value)
		text.Wrapping = fyne.TextWrapWord
		form.Add(widgets.NewQuiet(i18n.T(key), theme.SizeNameText))
		form.Add(text)
	}
	add("tokens.detail.actsAs", actsAsText(t))
	add("tokens.detail.app", t.App.Name)
	add("tokens.detail.scopes", strings.Join(t.Scopes, ", "))
	add("tokens.detail.createdBy", t.CreatedBy.Name)
	ends := momentText(t.EndsAt(), now, "tokens.never")
	if t.Replaced(now) {
		ends += "\n" + i18n.T("tokens.detail.replaced")
	}
	add("tokens.detail.expires", ends)
	add("tokens.detail.lastUsed", usedFromText(t, now))
	return form
}

// timeline tells what happened to the token, the latest first.
func timeline(t client.Token) fyne.CanvasObject {
	box := container.NewVBox()
	add := func(what string, at time.Time) {
		line := widget.NewLabel(what + "\n" + i18n.UTC(at))
		line.Wrapping = fyne.TextWrapWord
		box.Add(line)
	}
	if !t.RevokedAt.IsZero() {
		add(i18n.T("tokens.detail.revokedBy", "Name", t.RevokedBy.Name), t.RevokedAt)
	}
	if !t.LastUsedAt.IsZero() {
		add(i18n.T("tokens.detail.used"), t.LastUsedAt)
	}
	add(i18n.T("tokens.detail.created", "Name", t.CreatedBy.Name), t.CreatedAt)
	return box
}

func actsAsText(t client.Token) string {
	if t.ActsAs.ID == "" {
		return i18n.T("tokens.actsAsNobody")
	}
	return t.ActsAs.Name
}

// momentText is a moment exact and relative; absent stands for the zero time.
func momentText(at, now time.Time, absent string) string {
	if at.IsZero() {
		return i18n.T(absent)
	}
	return i18n.UTC(at) + "\n" + i18n.Relative(at, now)
}

func usedFromText(t client.Token, now time.Time) string {
	text := momentText(t.LastUsedAt, now, "tokens.neverUsed")
	if t.LastUsedFrom != "" {
		text = i18n.T("tokens.detail.from", "When", text, "Where", t.LastUsedFrom)
	}
	return text
}

// KindText is what people call a kind of token.
func KindText(k client.Kind) string {
	if k == client.SAT {
		return i18n.T("tokens.sat")
	}
	return i18n.T("tokens.pat")
}

// aligned moves what has no padding of its own in line with the labels.
func aligned(o fyne.CanvasObject) fyne.CanvasObject {
	return container.New(layout.NewCustomPaddedLayout(0, 0, labelPad, labelPad), o)
}
