package tokens

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"keyfob/ui/i18n"
	"keyfob/ui/widgets"
)

const (
	detailWidth = 300
	detailPad   = 8
	labelPad    = 8                              // what a label keeps free around its text
	detailText  = detailWidth - 2*detailPad - 12 // with room for the scroll bar
	bothFrom    = 860                            // from this width on, table and details stand side by side
	masterWidth = 360                            // the least
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
	widgets.SetVisible(m.back, size.Width < bothFrom)
	if size.Width < bothFrom {
		widgets.SetVisible(m.master, !m.opened)
		widgets.SetVisible(m.detail, m.opened)
		m.master.Move(fyne.NewPos(0, 0))
		m.detail.Move(fyne.NewPos(0, 0))
		m.master.Resize(size)
		m.detail.Resize(size)
		return
	}
	widgets.SetVisible(m.master, true)
	widgets.SetVisible(m.detail, true)
	m.master.Move(fyne.NewPos(0, 0))
	m.master.Resize(fyne.NewSize(size.Width-detailWidth, size.Height))
	m.detail.Move(fyne.NewPos(size.Width-detailWidth, 0))
	m.detail.Resize(fyne.NewSize(detailWidth, size.Height))
}

func (l masterDetailLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(masterWidth, 200)
}

// listLayout stands the toolbar, a note and the body below each other. In the
// toolbar the search box is at the left, the bulk bar at the right, and the
// filters flow in the room between: so the height of it follows from the width.
// In a narrow window the three stand below each other.
type listLayout struct{ search, filters, bulk, note, body fyne.CanvasObject }

const (
	searchWidth = 260
	sidePad     = 22
	besideFrom  = 2 * searchWidth // from this width on, the filters stand beside the search box
)

func (l listLayout) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	tools := l.beside
	if size.Width < besideFrom {
		tools = l.below
	}
	y := tools(size.Width) + gap + 4
	note := l.note.MinSize().Height
	l.note.Move(fyne.NewPos(0, y))
	l.note.Resize(fyne.NewSize(size.Width, note))
	l.body.Move(fyne.NewPos(0, y+note))
	l.body.Resize(fyne.NewSize(size.Width, max(size.Height-y-note, 0)))
}

// beside sets the toolbar in one line and returns where it ends.
func (l listLayout) beside(width float32) float32 {
	right := width - sidePad
	if l.bulk.Visible() {
		bulk := l.bulk.MinSize()
		right -= bulk.Width
		l.bulk.Move(fyne.NewPos(right, gap))
		l.bulk.Resize(bulk)
	}
	search := min(searchWidth, width/3)
	l.search.Move(fyne.NewPos(sidePad, gap))
	l.search.Resize(fyne.NewSize(search, l.search.MinSize().Height))
	room := max(right-sidePad-search-2*gap, 1)
	l.filters.Resize(fyne.NewSize(room, 1))
	filters := l.filters.MinSize().Height
	l.filters.Move(fyne.NewPos(sidePad+search+gap, gap+2))
	l.filters.Resize(fyne.NewSize(room, filters))
	return gap + max(l.search.Size().Height, filters)
}

// below sets the parts of the toolbar below each other and returns where the last ends.
func (l listLayout) below(width float32) float32 {
	y := float32(0)
	for _, o := range []fyne.CanvasObject{l.search, l.filters, l.bulk} {
		if o.Visible() {
			height := heightAt(o, width-2*sidePad)
			o.Move(fyne.NewPos(sidePad, y+gap))
			o.Resize(fyne.NewSize(width-2*sidePad, height))
			y += gap + height
		}
	}
	return y
}

func (l listLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(masterWidth, 200)
}

// column stands objects below each other at a fixed width. Texts that wrap get
// the height that they need at that width.
type column struct{ width, gap float32 }

func (c column) Layout(objects []fyne.CanvasObject, _ fyne.Size) {
	y := float32(0)
	for _, o := range objects {
		h := heightAt(o, c.width)
		o.Move(fyne.NewPos(0, y))
		o.Resize(fyne.NewSize(c.width, h))
		y += h + c.gap
	}
}

func (c column) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := fyne.NewSize(c.width, 0)
	for _, o := range objects {
		size.Height += heightAt(o, c.width) + c.gap
	}
	return size
}

// facts stands names and values in two columns of fixed width. Rows share the
// padding of the labels that meet, which alone would be too far apart.
type facts struct{ name, value float32 }

const shared = 7

func (f facts) Layout(objects []fyne.CanvasObject, _ fyne.Size) {
	y := float32(0)
	for i := 0; i+1 < len(objects); i += 2 {
		h := f.height(objects[i : i+2])
		objects[i].Move(fyne.NewPos(0, y))
		objects[i].Resize(fyne.NewSize(f.name, h))
		objects[i+1].Move(fyne.NewPos(f.name, y))
		objects[i+1].Resize(fyne.NewSize(f.value, h))
		y += h - shared
	}
}

func (f facts) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := fyne.NewSize(f.name+f.value, 0)
	for i := 0; i+1 < len(objects); i += 2 {
		size.Height += f.height(objects[i:i+2]) - shared
	}
	return size
}

func (f facts) height(pair []fyne.CanvasObject) float32 {
	return max(heightAt(pair[0], f.name), heightAt(pair[1], f.value))
}

func heightAt(o fyne.CanvasObject, width float32) float32 {
	o.Resize(fyne.NewSize(width, o.Size().Height))
	return o.MinSize().Height
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
	widgets.SetVisible(b.content, n > 0)
}
