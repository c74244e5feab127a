package tokens

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"keyfob/client"
	"keyfob/ui/i18n"
	"keyfob/ui/widgets"
	"keyfob/ui/words"
)

// List shows tokens: search box, filters with their counts, the table, and
// beside it the details of the chosen one. All methods are for the UI thread.
type List struct {
	Content *fyne.Container

	OnRevoke  func([]client.Token) // the person wants to revoke these live tokens
	OnChosen  func()               // CanRevoke may be another
	OnReplace func(client.Token)   // the person has lost the secret of this one
	OnCreate  func()               // from the empty list; nil: creating is not offered
	CreateAs  string               // what the button for it says

	ofApp   bool
	now     func() time.Time
	all     []client.Token
	shown   []client.Token
	query   query
	checked []string
	next    string // to be selected when shown, until the keys are on it; empty: none

	search  *widgets.Entry
	filters *widgets.Chips
	bulk    *bulkBar
	table   *widgets.Table
	detail  *detail
	pane    *masterDetail
	note    *fyne.Container // what went wrong while the tokens stay on screen
	body    *fyne.Container
	ever    bool // shown at least once
}

// NewList makes an empty list. ofApp: it shows all tokens of one application,
// otherwise one person's over all applications.
func NewList(ofApp bool, now func() time.Time) *List {
	l := &List{ofApp: ofApp, now: now, query: query{sortBy: colExpires}}
	l.search = widgets.NewSearch(i18n.T("tokens.search"), l.searchChanged)
	l.filters = widgets.NewChips(filterTexts(nil), int(All), l.filterChanged)
	l.bulk = newBulkBar(l.revokeChecked)
	l.table = widgets.NewTable(columns())
	l.table.SetCheckable(true)
	l.table.SetSort(l.query.sortBy, l.query.desc)
	l.table.OnSelect = l.selected
	l.table.OnOpen = l.opened
	l.table.OnDelete = l.RevokeChosen
	l.table.OnSort = l.sortChanged
	l.table.OnCheck = l.checkChanged
	l.detail = newDetail(ofApp, l.replace, l.RevokeChosen, l.back)
	l.pane = newMasterDetail(l.table, l.detail.content, l.detail.back)
	l.note = container.NewVBox()
	l.body = container.NewStack(widgets.NewLoading(i18n.T("tokens.loading")))
	parts := listLayout{l.search, l.filters, l.bulk.content, l.note, l.body}
	l.Content = container.New(parts, parts.search, parts.filters, parts.bulk, parts.note, parts.body)
	return l
}

// Show replaces the tokens; what is selected stays so.
func (l *List) Show(tokens []client.Token) {
	l.ever = true
	l.all = tokens
	l.note.RemoveAll()
	l.refresh()
	if l.next != "" {
		l.table.Select(l.next)
	}
	if len(l.shown) > 0 {
		l.takeFocus()
	}
	l.Content.Refresh() // the note's room, and the filters' with new counts
}

// takeFocus lets the keys move in the table: where a token is new, whatever they
// moved in before.
func (l *List) takeFocus() {
	if l.next == "" || !widgets.InFront(l.table) {
		widgets.TakeFocus(l.table)
		return
	}
	l.next = ""
	widgets.Focus(l.table)
}

// Fail says why the tokens could not be fetched: above those that are shown,
// which stay, or in their place.
func (l *List) Fail(err error, retry func()) {
	s := words.For(err)
	if !l.ever {
		l.showInstead(widgets.NewEmpty(i18n.T("tokens.failed"), s.Text, s.Action, retry))
		return
	}
	banner := widgets.NewBanner(widgets.Bad, s.Text, s.Action, retry)
	l.note.Objects = []fyne.CanvasObject{container.New(layout.NewCustomPaddedLayout(0, 10, sidePad, sidePad), banner)}
	l.Content.Refresh()
}

func (l *List) showInstead(o fyne.CanvasObject) {
	l.body.Objects = []fyne.CanvasObject{o}
	l.body.Refresh()
}

// Len is the number of tokens, whatever the filter.
func (l *List) Len() int { return len(l.all) }

// FocusSearch puts the cursor into the search box.
func (l *List) FocusSearch() { widgets.Focus(l.search) }

// TakeFocus lets the keys move in the table if they move nowhere else.
func (l *List) TakeFocus() {
	if len(l.shown) > 0 {
		widgets.TakeFocus(l.table)
	}
}

// FocusTable lets the keys move in the table.
func (l *List) FocusTable() { widgets.Focus(l.table) }

// SelectNext selects the token with id when Show is called next: one that was
// just made and is not listed yet. The keys are on it once nothing is in front.
func (l *List) SelectNext(id string) { l.next = id }

// RevokeChosen asks to revoke the ticked tokens, or else the selected one.
func (l *List) RevokeChosen() { l.revoke(l.chosen()) }

// CanRevoke says whether RevokeChosen has anything to ask about.
func (l *List) CanRevoke() bool { return len(l.live(l.chosen())) > 0 }

func (l *List) chosen() []string {
	if len(l.checked) == 0 && l.table.Selected() != "" {
		return []string{l.table.Selected()}
	}
	return l.checked
}

func (l *List) replace() {
	if t, ok := l.byID(l.table.Selected()); ok && l.OnReplace != nil {
		l.OnReplace(t)
	}
}

func (l *List) revokeChecked() { l.revoke(l.checked) }

func (l *List) revoke(ids []string) {
	if live := l.live(ids); len(live) > 0 && l.OnRevoke != nil {
		l.OnRevoke(live)
	}
}

// live are the tokens among ids that are not revoked yet.
func (l *List) live(ids []string) []client.Token {
	var live []client.Token
	for _, id := range ids {
		if t, ok := l.byID(id); ok && t.RevokedAt.IsZero() {
			live = append(live, t)
		}
	}
	return live
}

// Uncheck drops all ticks, after they were acted on.
func (l *List) Uncheck() {
	l.table.SetChecked(nil)
	l.checkChanged(nil)
}

func (l *List) refresh() {
	now := l.now()
	l.filters.SetOptions(filterTexts(counts(l.all, l.query.search, now)))
	l.shown = visible(l.all, l.query, now)
	rows := make([]widgets.Row, len(l.shown))
	for i, t := range l.shown {
		rows[i] = row(t, l.ofApp, now)
	}
	l.table.SetRows(rows)
	if l.table.Selected() == "" && len(rows) > 0 {
		l.table.Select(rows[0].ID)
	}
	l.showDetail()
	l.showInstead(l.bodyFor())
}

// bodyFor is the table, or what stands in for an empty one.
func (l *List) bodyFor() fyne.CanvasObject {
	switch {
	case len(l.all) == 0 && l.OnCreate != nil:
		return widgets.NewEmpty(i18n.T("tokens.empty.title"), i18n.T("tokens.empty.text"), l.CreateAs, l.OnCreate)
	case len(l.all) == 0:
		return widgets.NewEmpty(i18n.T("tokens.empty.title"), i18n.T("tokens.empty.text"), "", nil)
	case len(l.shown) == 0:
		return widgets.NewEmpty(i18n.T("tokens.noMatch.title"), i18n.T("tokens.noMatch.text"), i18n.T("tokens.noMatch.action"), l.clearQuery)
	}
	return l.pane
}

func (l *List) clearQuery() {
	l.query.search, l.query.filter = "", All
	l.filters.SetSelected(int(All))
	l.search.SetText("")
	l.refresh()
}

func (l *List) searchChanged(s string) {
	l.query.search = s
	l.refresh()
}

func (l *List) filterChanged(i int) {
	l.query.filter = Filter(i)
	l.refresh()
}

func (l *List) sortChanged(col int) {
	l.query.desc = l.query.sortBy == col && !l.query.desc
	l.query.sortBy = col
	l.table.SetSort(col, l.query.desc)
	l.refresh()
}

func (l *List) checkChanged(ids []string) {
	l.checked = ids
	l.bulk.show(len(ids))
	l.Content.Refresh()
	l.tellChosen()
}

func (l *List) selected(string) { l.showDetail() }

func (l *List) opened(string) { l.pane.open(true) }

func (l *List) back() { l.Back() }

// Back leaves the details in a narrow window. It reports whether they were open.
func (l *List) Back() bool {
	if !l.pane.opened {
		return false
	}
	l.pane.open(false)
	l.FocusTable()
	return true
}

func (l *List) showDetail() {
	t, ok := l.byID(l.table.Selected())
	if ok {
		l.detail.show(t, l.now())
	} else {
		l.detail.clear()
	}
	l.tellChosen()
}

func (l *List) tellChosen() {
	if l.OnChosen != nil {
		l.OnChosen()
	}
}

func (l *List) byID(id string) (client.Token, bool) {
	for _, t := range l.all {
		if t.ID == id {
			return t, true
		}
	}
	return client.Token{}, false
}

func filterTexts(n []int) []string {
	out := make([]string, len(filterKeys))
	for i, key := range filterKeys {
		out[i] = i18n.T(key)
		if n != nil {
			out[i] = fmt.Sprintf("%s %d", out[i], n[i])
		}
	}
	return out
}
