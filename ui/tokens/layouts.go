package tokens

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"keyfob/ui/i18n"
	"keyfob/ui/widgets"
)

const (
	detailWidth = 312
	bothFrom    = 860 // from this width on, table and details stand side by side
	gap         = 8
)

// masterDetail shows the table with the details beside it, or in a narrow
// window one of them: the details when opened.
type masterDetail struct {
	widget.BaseWidget
	master, detail fyne.CanvasObject
	back           fyne.CanvasObject // leads back to the master, where only one is shown
	opened         bool
}

func newMasterDetail(master, detail, back fyne.CanvasObject) *masterDetail {
	m := &masterDetail{master: master, detail: detail, back: back}
	m.ExtendBaseWidget(m)
	return m
}

func (m *masterDetail) open(on bool) {
	m.opened = on
	m.Refresh()
}

// CreateRenderer is Fyne's.
func (m *masterDetail) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.New(masterDetailLayout{m}, m.master, m.detail))
}

// Refresh lays out again, since which half is shown may have changed.
func (m *masterDetail) Refresh() {
	masterDetailLayout{m}.Layout(nil, m.Size())
	m.BaseWidget.Refresh()
}

type masterDetailLayout struct{ m *masterDetail }

func (l masterDetailLayout) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	m := l.m
	setVisible(m.back, size.Width < bothFrom)
	if size.Width < bothFrom {
		setVisible(m.master, !m.opened)
		setVisible(m.detail, m.opened)
		m.master.Move(fyne.NewPos(0, 0))
		m.detail.Move(fyne.NewPos(0, 0))
		m.master.Resize(size)
		m.detail.Resize(size)
		return
	}
	setVisible(m.master, true)
	setVisible(m.detail, true)
	m.master.Move(fyne.NewPos(0, 0))
	m.master.Resize(fyne.NewSize(size.Width-detailWidth, size.Height))
	m.detail.Move(fyne.NewPos(size.Width-detailWidth, 0))
	m.detail.Resize(fyne.NewSize(detailWidth, size.Height))
}

func (l masterDetailLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(360, 200)
}

func setVisible(o fyne.CanvasObject, on bool) {
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}

// toolbarLayout stands the search box at the left, the bulk bar at the right
// and gives the filters, which flow, the room between.
type toolbarLayout struct{ search, filters, bulk fyne.CanvasObject }

const searchWidth = 260

func (l toolbarLayout) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	right := size.Width
	if l.bulk.Visible() {
		bulk := l.bulk.MinSize()
		right -= bulk.Width
		l.bulk.Move(fyne.NewPos(right, 0))
		l.bulk.Resize(bulk)
	}
	search := min(searchWidth, size.Width/3)
	l.search.Resize(fyne.NewSize(search, l.search.MinSize().Height))
	l.filters.Move(fyne.NewPos(search+gap, 2))
	l.filters.Resize(fyne.NewSize(max(right-search-2*gap, 1), l.filters.Size().Height))
}

// MinSize has the height that the filters need at their present width.
func (l toolbarLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(searchWidth, max(l.search.MinSize().Height, l.filters.MinSize().Height+2))
}

// bulkBar says how many tokens are ticked and offers to revoke them.
type bulkBar struct {
	content *fyne.Container
	label   *widget.Label
	button  *widgets.Button
}

func newBulkBar(revoke func()) *bulkBar {
	b := &bulkBar{label: widget.NewLabel("")}
	b.button = widgets.NewButton(i18n.T("tokens.revokeChosen"), revoke)
	b.button.Importance = widget.DangerImportance
	b.content = container.NewHBox(b.label, b.button)
	b.content.Hide()
	return b
}

func (b *bulkBar) show(n int) {
	b.label.SetText(i18n.N("tokens.chosen", n))
	setVisible(b.content, n > 0)
}
