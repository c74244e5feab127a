package secret

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/ui/theme"
	"keyfob/ui/widgets"
)

const (
	bullet     = "•"
	hintLength = 4  // characters shown at the end
	maskWholly = 20 // a secret shorter than this shows nothing of itself
)

// value shows a secret, masked but for its kind and its last characters. It can
// neither be selected nor copied from. Each character is a text of its own: the
// toolkit keeps drawn texts for a while, and so never keeps the whole.
type value struct {
	widget.BaseWidget
	secret client.Secret
	masked []string // one character each
	shown  bool
}

func newValue(s client.Secret, hint string) *value {
	v := &value{secret: s, masked: mask(s.Reveal(), hint)}
	v.ExtendBaseWidget(v)
	return v
}

// mask hides all of plain but a prefix such as enrt_p and the hint at its end.
func mask(plain, hint string) []string {
	cells := characters(plain)
	front, back := 0, len(cells)
	if len(cells) >= maskWholly {
		front = prefix(plain)
		if strings.HasSuffix(plain, hint) && len(hint) <= hintLength {
			back -= len(characters(hint))
		}
	}
	for i := front; i < back; i++ {
		cells[i] = bullet
	}
	return cells
}

// characters are copies: a slice of s would keep all of s in memory.
func characters(s string) []string {
	cells := make([]string, 0, len(s))
	for _, r := range s {
		cells = append(cells, string(r))
	}
	return cells
}

// prefix is the length of what says of which kind a secret is: up to the first
// underscore near its beginning, and the letter of our own kinds behind it.
func prefix(plain string) int {
	i := strings.IndexByte(plain, '_')
	if i < 0 || i > 11 || i+1 >= len(plain) {
		return 0
	}
	if c := plain[i+1]; c == 'p' || c == 's' {
		return i + 2
	}
	return i + 1
}

func (v *value) setShown(on bool) {
	if v.shown != on {
		v.shown = on
		v.Refresh()
	}
}

// empty forgets even the masked text.
func (v *value) empty() {
	v.shown, v.masked = false, nil
	v.secret = client.Secret{}
	v.Refresh()
}

// cells are the characters to show now.
func (v *value) cells() []string {
	if v.shown {
		return characters(v.secret.Reveal())
	}
	return v.masked
}

// CreateRenderer is Fyne's.
func (v *value) CreateRenderer() fyne.WidgetRenderer {
	r := &valueRenderer{v: v}
	r.fill()
	return r
}

type valueRenderer struct {
	v     *value
	texts []*canvas.Text
}

func (r *valueRenderer) Destroy() {}

func (r *valueRenderer) Objects() []fyne.CanvasObject {
	all := make([]fyne.CanvasObject, 0, len(r.texts))
	for _, t := range r.texts {
		all = append(all, t)
	}
	return all
}

func cell() fyne.Size {
	return fyne.MeasureText("0", theme.Size(theme.SizeNameSmallText), fyne.TextStyle{Monospace: true})
}

func (r *valueRenderer) perLine(width float32) int { return max(int(width/cell().Width), 1) }

// MinSize has the height of the lines that the present width makes.
func (r *valueRenderer) MinSize() fyne.Size {
	one := cell()
	lines := 1
	if width := r.v.Size().Width; width > 0 {
		per := r.perLine(width)
		lines = max((len(r.texts)+per-1)/per, 1)
	}
	return fyne.NewSize(20*one.Width, float32(lines)*one.Height)
}

func (r *valueRenderer) Layout(size fyne.Size) {
	one, per := cell(), r.perLine(size.Width)
	lines := (len(r.texts) + per - 1) / per
	top := (size.Height - float32(lines)*one.Height) / 2
	for i, t := range r.texts {
		t.Move(fyne.NewPos(float32(i%per)*one.Width, top+float32(i/per)*one.Height))
		t.Resize(one)
	}
}

func (r *valueRenderer) fill() {
	cells := r.v.cells()
	for len(r.texts) < len(cells) {
		r.texts = append(r.texts, &canvas.Text{Alignment: fyne.TextAlignCenter, TextStyle: fyne.TextStyle{Monospace: true}})
	}
	for _, t := range r.texts[len(cells):] {
		t.Text = ""
	}
	r.texts = r.texts[:len(cells)]
	for i, t := range r.texts {
		t.Text, t.TextSize = cells[i], theme.Size(theme.SizeNameSmallText)
		t.Color = theme.Color(fynetheme.ColorNameForeground)
	}
}

func (r *valueRenderer) Refresh() {
	r.fill()
	r.Layout(r.v.Size())
	canvas.Refresh(r.v)
}

// holdButton acts as long as it is held, by mouse or by Space.
type holdButton struct {
	widgets.Button
	hold   func(on bool)
	escape func()
	held   bool
}

func newHoldButton(text string, hold func(bool), escape func()) *holdButton {
	b := &holdButton{hold: hold, escape: escape}
	b.Text = text
	b.ExtendBaseWidget(b)
	return b
}

func (b *holdButton) set(on bool) {
	if b.held == on || on && b.Disabled() {
		return
	}
	b.held = on
	b.hold(on)
}

func (b *holdButton) letGo() { b.set(false) }

// MouseDown takes the focus, so that losing it, to another window too, lets go.
func (b *holdButton) MouseDown(ev *desktop.MouseEvent) {
	if ev.Button != desktop.MouseButtonPrimary {
		return
	}
	widgets.Focus(b)
	b.set(true)
}

// MouseUp lets go.
func (b *holdButton) MouseUp(*desktop.MouseEvent) { b.letGo() }

// MouseOut lets go: the button may come up elsewhere, where we do not see it.
func (b *holdButton) MouseOut() {
	b.letGo()
	b.Button.MouseOut()
}

// KeyDown holds with Space.
func (b *holdButton) KeyDown(ev *fyne.KeyEvent) {
	if ev.Name == fyne.KeySpace {
		b.set(true)
	}
}

// KeyUp lets go.
func (b *holdButton) KeyUp(ev *fyne.KeyEvent) {
	if ev.Name == fyne.KeySpace {
		b.letGo()
	}
	widgets.ShutMenu(ev)
}

// FocusGained is Fyne's.
func (b *holdButton) FocusGained() {
	b.Button.FocusGained()
	widgets.InView(b)
}

// TypedKey has nothing to press; Escape is the dialog's.
func (b *holdButton) TypedKey(ev *fyne.KeyEvent) {
	if ev.Name == fyne.KeyEscape {
		b.escape()
	}
}

// FocusLost lets go.
func (b *holdButton) FocusLost() {
	b.letGo()
	b.Button.FocusLost()
}
