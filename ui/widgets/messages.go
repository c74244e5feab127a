package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"keyfob/assets"
	"keyfob/ui/theme"
)

// Banner is a sentence that stands where it belongs, on a ground of its kind, with a button if there is something to do.
type Banner struct {
	widget.BaseWidget
	kind   BadgeKind
	label  *widget.Label
	action *Button
}

// NewBanner returns a banner; without actionText it has no button.
func NewBanner(kind BadgeKind, text, actionText string, action func()) *Banner {
	b := &Banner{kind: kind, label: newLabel(text, theme.SizeNameSmallText, fyne.TextStyle{})}
	b.action = NewButton(actionText, action)
	SetVisible(b.action, actionText != "")
	b.ExtendBaseWidget(b)
	return b
}

// Text is the sentence.
func (b *Banner) Text() string { return b.label.Text }

// contents lets a Dialog find the button.
func (b *Banner) contents() []fyne.CanvasObject { return []fyne.CanvasObject{b.action} }

// CreateRenderer is Fyne's.
func (b *Banner) CreateRenderer() fyne.WidgetRenderer {
	r := &bannerRenderer{b: b, back: &canvas.Rectangle{CornerRadius: 8}, glyph: newGlyphFace()}
	r.colour()
	return r
}

type bannerRenderer struct {
	b     *Banner
	back  *canvas.Rectangle
	glyph *glyphFace
}

const bannerIndent = 30 // from the edge to the text

func (r *bannerRenderer) Destroy() {}

func (r *bannerRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.back, r.glyph.image, r.b.label, r.b.action}
}

func (r *bannerRenderer) MinSize() fyne.Size {
	size := r.b.label.MinSize().AddWidthHeight(bannerIndent+4, 4)
	if r.b.action.Visible() {
		action := r.b.action.MinSize()
		size = fyne.NewSize(size.Width+action.Width, max(size.Height, action.Height+8))
	}
	return size
}

func (r *bannerRenderer) Layout(size fyne.Size) {
	r.back.Resize(size)
	right := size.Width - 4
	if r.b.action.Visible() {
		action := r.b.action.MinSize()
		right -= action.Width
		r.b.action.Resize(action)
		r.b.action.Move(fyne.NewPos(right, (size.Height-action.Height)/2))
	}
	text := r.b.label.MinSize().Height
	r.b.label.Resize(fyne.NewSize(right-bannerIndent, text))
	r.b.label.Move(fyne.NewPos(bannerIndent, (size.Height-text)/2))
	r.glyph.place(fyne.NewPos(14, (size.Height-15)/2), 15)
}

func (r *bannerRenderer) colour() {
	text, back := r.b.kind.colours()
	r.back.FillColor = theme.Color(back)
	r.back.Refresh()
	r.glyph.set(bannerGlyph(r.b.kind), text)
	r.b.label.Importance = importance(r.b.kind)
	r.b.label.Refresh()
}

func bannerGlyph(kind BadgeKind) fyne.Resource {
	switch kind {
	case Warn, Bad:
		return assets.IconWarning
	case Good:
		return assets.GlyphCheck
	}
	return assets.IconInfo
}

func importance(kind BadgeKind) widget.Importance {
	switch kind {
	case Good:
		return widget.SuccessImportance
	case Warn:
		return widget.WarningImportance
	case Bad:
		return widget.DangerImportance
	}
	return widget.MediumImportance
}

func (r *bannerRenderer) Refresh() {
	r.colour()
	r.Layout(r.b.Size())
	canvas.Refresh(r.b)
}

// NewEmpty says why there is nothing here and, with actionText, offers what to do about it.
func NewEmpty(title, text, actionText string, action func()) fyne.CanvasObject {
	head := newLabel(title, theme.SizeNameSubHeading, fyne.TextStyle{Bold: true})
	head.Alignment = fyne.TextAlignCenter
	body := newLabel(text, theme.SizeNameText, fyne.TextStyle{})
	body.Alignment = fyne.TextAlignCenter
	body.Importance = widget.LowImportance
	column := container.NewVBox(container.New(tightColumn{}, head, body))
	if actionText != "" {
		column.Add(container.NewCenter(NewButton(actionText, action)))
	}
	return container.New(centred{maxWidth: 460}, column)
}

// Loading is a sign that something is being waited for, with a word about what. It rests while it is hidden.
type Loading struct {
	widget.BaseWidget
	label    *widget.Label
	activity *widget.Activity
}

// NewLoading returns a sign that is on.
func NewLoading(text string) *Loading {
	l := &Loading{label: widget.NewLabel(text), activity: widget.NewActivity()}
	l.label.Importance = widget.LowImportance
	l.ExtendBaseWidget(l)
	l.activity.Start()
	return l
}

// SetText changes the word.
func (l *Loading) SetText(text string) { l.label.SetText(text) }

// Show is Fyne's.
func (l *Loading) Show() {
	l.activity.Start()
	l.BaseWidget.Show()
}

// Hide is Fyne's.
func (l *Loading) Hide() {
	l.activity.Stop()
	l.BaseWidget.Hide()
}

// CreateRenderer is Fyne's.
func (l *Loading) CreateRenderer() fyne.WidgetRenderer {
	row := container.New(layout.NewCustomPaddedHBoxLayout(2), l.activity, l.label)
	return widget.NewSimpleRenderer(container.NewCenter(row))
}
