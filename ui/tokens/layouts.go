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
	opened         bool
}

func newMasterDetail(master, detail fyne.CanvasObject) *masterDetail {
	m := &masterDetail{master: master, detail: detail}
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

// toolbarLayout stands its objects in a row; the first takes at most entry.
// What does not fit goes to a second row.
type toolbarLayout struct{ entry float32 }

func (l *toolbarLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	x, y, rowHeight := float32(0), float32(0), float32(0)
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		min := o.MinSize()
		if i == 0 {
			min.Width = l.entry
		}
		if x > 0 && x+min.Width > size.Width {
			x, y = 0, y+rowHeight+gap
			rowHeight = 0
		}
		o.Move(fyne.NewPos(x, y))
		o.Resize(min)
		x += min.Width + gap
		rowHeight = max(rowHeight, min.Height)
	}
}

// MinSize reserves one row; a second one comes only with very narrow windows.
func (l *toolbarLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := fyne.NewSize(l.entry, 0)
	for _, o := range objects {
		size.Height = max(size.Height, o.MinSize().Height)
	}
	return size
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
