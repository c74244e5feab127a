package widgets

import (
	"unicode"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynetheme "fyne.io/fyne/v2/theme"

	"keyfob/assets"
	"keyfob/ui/theme"
)

// Account is how an account is told from others: by the colour and the letter of its disc, and by two lines.
type Account struct {
	Server, Name string
	Colour       fyne.ThemeColorName // empty: the accent
}

// accountFace draws the disc and the two lines; AccountCard and AccountRow share it.
type accountFace struct {
	disc                  *canvas.Circle
	initial, server, name *canvas.Text
}

func newAccountFace() *accountFace {
	return &accountFace{
		disc:    &canvas.Circle{},
		initial: newText(theme.SizeNameText, fyne.TextStyle{Bold: true}),
		server:  newText(theme.SizeNameSmallText, fyne.TextStyle{Bold: true}),
		name:    newText(theme.SizeNameCaption, fyne.TextStyle{}),
	}
}

func (f *accountFace) objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{f.disc, f.initial, f.server, f.name}
}

// place puts the face into size, less what is kept free at the right.
func (f *accountFace) place(a Account, size fyne.Size, right float32) {
	f.disc.Resize(fyne.NewSquareSize(32))
	f.disc.Move(fyne.NewPos(11, (size.Height-32)/2))
	initial := f.initial.MinSize()
	f.initial.Move(fyne.NewPos(11+(32-initial.Width)/2, (size.Height-initial.Height)/2))
	room := size.Width - 52 - right
	setText(f.server, fit(a.Server, f.server, room), fynetheme.ColorNameForeground)
	setText(f.name, fit(a.Name, f.name, room), theme.ColorNameMuted)
	f.server.Move(fyne.NewPos(53, size.Height/2-18))
	f.name.Move(fyne.NewPos(53, size.Height/2+1))
}

func (f *accountFace) colour(a Account) {
	if a.Colour == "" {
		a.Colour = theme.ColorNameAccent
	}
	f.disc.FillColor = theme.Color(a.Colour)
	f.disc.Refresh()
	first, size := utf8.DecodeRuneInString(a.Name)
	initial := ""
	if size > 0 {
		initial = string(unicode.ToUpper(first))
	}
	setText(f.initial, initial, fynetheme.ColorNameForegroundOnPrimary)
}

// AccountCard says which server this is and who is signed in there, and opens what can be done about it.
type AccountCard struct {
	pressable
	account Account
}

// NewAccountCard returns the card. onTap gets the card itself, to open a menu below it.
func NewAccountCard(a Account, onTap func(card fyne.CanvasObject)) *AccountCard {
	c := &AccountCard{account: a}
	c.become(c, func() { onTap(c) })
	return c
}

// Set changes whose card it is.
func (c *AccountCard) Set(a Account) {
	c.account = a
	c.Refresh()
}

// CreateRenderer is Fyne's.
func (c *AccountCard) CreateRenderer() fyne.WidgetRenderer {
	r := &accountRenderer{
		c:     c,
		back:  &canvas.Rectangle{CornerRadius: 8, StrokeWidth: 1},
		face:  newAccountFace(),
		arrow: newGlyphFace(),
		ring:  newRing(8),
	}
	r.Refresh()
	return r
}

type accountRenderer struct {
	c          *AccountCard
	back, ring *canvas.Rectangle
	face       *accountFace
	arrow      *glyphFace
}

func (r *accountRenderer) Destroy() {}

func (r *accountRenderer) Objects() []fyne.CanvasObject {
	all := append([]fyne.CanvasObject{r.back}, r.face.objects()...)
	return append(all, r.arrow.image, r.ring)
}

func (r *accountRenderer) MinSize() fyne.Size { return fyne.NewSize(160, 54) }

func (r *accountRenderer) Layout(size fyne.Size) {
	r.back.Resize(size)
	r.ring.Move(fyne.NewPos(1, 1))
	r.ring.Resize(size.SubtractWidthHeight(2, 2))
	r.face.place(r.c.account, size, 30)
	r.arrow.place(fyne.NewPos(size.Width-24, (size.Height-14)/2), 14)
}

func (r *accountRenderer) Refresh() {
	r.back.FillColor, r.back.StrokeColor = theme.Color(theme.ColorNameSurface), theme.Color(theme.ColorNameLine)
	if r.c.hovered {
		r.back.StrokeColor = theme.Color(theme.ColorNameMuted)
	}
	r.back.Refresh()
	r.face.colour(r.c.account)
	r.arrow.set(assets.IconDown, theme.ColorNameMuted)
	showRing(r.ring, r.c.focused)
	r.Layout(r.c.Size())
	canvas.Refresh(r.c)
}

// AccountRow is an account among others, to choose it: the one in use has a tick.
type AccountRow struct {
	pressable
	account Account
	key     string
	current bool
}

// NewAccountRow returns a row; key is what presses it from anywhere, if anything does.
func NewAccountRow(a Account, key string, current bool, onTap func()) *AccountRow {
	r := &AccountRow{account: a, key: key, current: current}
	r.become(r, onTap)
	return r
}

// Text is both lines.
func (r *AccountRow) Text() string { return r.account.Server + " · " + r.account.Name }

// CreateRenderer is Fyne's.
func (r *AccountRow) CreateRenderer() fyne.WidgetRenderer {
	n := &accountRowRenderer{
		r:    r,
		back: &canvas.Rectangle{CornerRadius: 6},
		face: newAccountFace(),
		key:  newText(theme.SizeNameCaption, fyne.TextStyle{}),
		tick: newGlyphFace(),
		ring: newRing(6),
	}
	n.Refresh()
	return n
}

type accountRowRenderer struct {
	r          *AccountRow
	back, ring *canvas.Rectangle
	face       *accountFace
	key        *canvas.Text
	tick       *glyphFace
}

func (n *accountRowRenderer) Destroy() {}

func (n *accountRowRenderer) Objects() []fyne.CanvasObject {
	all := append([]fyne.CanvasObject{n.back}, n.face.objects()...)
	return append(all, n.key, n.tick.image, n.ring)
}

func (n *accountRowRenderer) MinSize() fyne.Size { return fyne.NewSize(220+n.key.MinSize().Width, 48) }

func (n *accountRowRenderer) Layout(size fyne.Size) {
	n.back.Resize(size)
	n.ring.Move(fyne.NewPos(1, 1))
	n.ring.Resize(size.SubtractWidthHeight(2, 2))
	key := n.key.MinSize()
	n.face.place(n.r.account, size, key.Width+46)
	n.key.Move(fyne.NewPos(size.Width-key.Width-36, (size.Height-key.Height)/2))
	n.tick.place(fyne.NewPos(size.Width-26, (size.Height-14)/2), 14)
}

func (n *accountRowRenderer) Refresh() {
	back := theme.ColorNameTransparent
	if n.r.hovered {
		back = fynetheme.ColorNameHover
	}
	n.back.FillColor = theme.Color(back)
	n.back.Refresh()
	n.face.colour(n.r.account)
	setText(n.key, n.r.key, theme.ColorNameMuted)
	n.tick.set(assets.GlyphCheck, theme.ColorNameAccent)
	SetVisible(n.tick.image, n.r.current)
	showRing(n.ring, n.r.focused)
	n.Layout(n.r.Size())
	canvas.Refresh(n.r)
}
