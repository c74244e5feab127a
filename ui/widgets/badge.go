package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"keyfob/assets"
	"keyfob/ui/theme"
)

// BadgeKind is how much a state wants to be looked at.
type BadgeKind int

// The kinds. Each has a colour and, since colour alone tells nobody enough, a glyph.
const (
	Neutral BadgeKind = iota // ring: over, or off
	Good                     // dot: works
	Warn                     // clock: look at it soon
	Bad                      // cross: ended or failed
)

// BadgeSpec is what a badge shows. Icon is a glyph other than the kind's own: "!" or "✓".
type BadgeSpec struct {
	Kind BadgeKind
	Text string
	Icon string
}

func (k BadgeKind) colours() (text, back fyne.ThemeColorName) {
	switch k {
	case Good:
		return theme.ColorNameActive, theme.ColorNameActiveBack
	case Warn:
		return theme.ColorNameExpiring, theme.ColorNameExpiringBack
	case Bad:
		return theme.ColorNameRevoked, theme.ColorNameRevokedBack
	}
	return theme.ColorNameMuted, theme.ColorNameNeutralBack
}

func (s BadgeSpec) glyph() fyne.Resource {
	switch s.Icon {
	case "!":
		return assets.GlyphAlert
	case "✓":
		return assets.GlyphCheck
	}
	switch s.Kind {
	case Good:
		return assets.GlyphDot
	case Warn:
		return assets.GlyphClock
	case Bad:
		return assets.GlyphCross
	}
	return assets.GlyphRing
}

const (
	badgeHeight = 24
	badgePad    = 9
	glyphSize   = 11
	glyphGap    = 4
)

// badgeFace draws one badge; Badge and the rows of a Table share it.
type badgeFace struct {
	back  *canvas.Rectangle
	glyph *glyphFace
	text  *canvas.Text
}

func newBadgeFace() *badgeFace {
	return &badgeFace{
		back:  &canvas.Rectangle{CornerRadius: badgeHeight / 2},
		glyph: newGlyphFace(),
		text:  newText(theme.SizeNameCaption, fyne.TextStyle{Bold: true}),
	}
}

func (f *badgeFace) objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{f.back, f.glyph.image, f.text}
}

func (f *badgeFace) set(s BadgeSpec) {
	text, back := s.Kind.colours()
	f.back.FillColor = theme.Color(back)
	setText(f.text, s.Text, text)
	f.glyph.set(s.glyph(), text)
}

func (f *badgeFace) size() fyne.Size {
	return fyne.NewSize(badgePad*2+glyphSize+glyphGap+f.text.MinSize().Width, badgeHeight)
}

func (f *badgeFace) place(pos fyne.Position) {
	size := f.size()
	f.back.Move(pos)
	f.back.Resize(size)
	f.glyph.place(pos.AddXY(badgePad, (badgeHeight-glyphSize)/2), glyphSize)
	text := f.text.MinSize()
	f.text.Move(pos.AddXY(badgePad+glyphSize+glyphGap, (badgeHeight-text.Height)/2))
	f.text.Resize(text)
}

// Badge is a state: a glyph and a word on a pale ground.
type Badge struct {
	widget.BaseWidget
	spec BadgeSpec
}

// NewBadge returns a badge.
func NewBadge(spec BadgeSpec) *Badge {
	b := &Badge{spec: spec}
	b.ExtendBaseWidget(b)
	return b
}

// Set changes what the badge shows.
func (b *Badge) Set(spec BadgeSpec) {
	b.spec = spec
	b.Refresh()
}

// CreateRenderer is Fyne's.
func (b *Badge) CreateRenderer() fyne.WidgetRenderer {
	r := &badgeRenderer{b: b, face: newBadgeFace()}
	r.face.set(b.spec)
	return r
}

type badgeRenderer struct {
	b    *Badge
	face *badgeFace
}

func (r *badgeRenderer) Destroy()                     {}
func (r *badgeRenderer) Objects() []fyne.CanvasObject { return r.face.objects() }
func (r *badgeRenderer) MinSize() fyne.Size           { return r.face.size() }

func (r *badgeRenderer) Layout(size fyne.Size) {
	r.face.place(fyne.NewPos(0, (size.Height-badgeHeight)/2))
}

func (r *badgeRenderer) Refresh() {
	r.face.set(r.b.spec)
	r.Layout(r.b.Size())
	canvas.Refresh(r.b)
}
