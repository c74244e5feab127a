package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"keyfob/ui/theme"
)

const (
	dialogWidth  = 440
	dialogPad    = 24
	dialogMargin = 16 // kept free to the edge of the window
	dialogGap    = 14
	scrollLeft   = 4  // what scrolls begins before the content, for its focus rings
	scrollRight  = 14 // and ends behind it, for the scroll bar
)

// surface is the overlay of a Dialog: a backdrop over the window and, in its middle, the card. It is of a type of our
// own, and not Fyne's popup, so that an input can find the dialog in front on its canvas.
type surface struct {
	widget.BaseWidget
	dialog *Dialog
	scroll *container.Scroll // holds the content when the window is too low for it
}

func newSurface(d *Dialog) *surface {
	s := &surface{dialog: d, scroll: NewScroll(container.New(layout.NewCustomPaddedLayout(0, 0, scrollLeft, scrollRight)))}
	s.scroll.Hide()
	s.ExtendBaseWidget(s)
	return s
}

// depth is where the surface stands among the overlays of a canvas, -1 if it is not there.
func (s *surface) depth(c fyne.Canvas) int {
	for i, overlay := range c.Overlays().List() {
		if overlay == fyne.CanvasObject(s) {
			return i
		}
	}
	return -1
}

// Tapped keeps taps beside the card from the window below.
func (s *surface) Tapped(*fyne.PointEvent) {}

// Cursor is Fyne's, which asks for it whenever the pointer moves.
func (s *surface) Cursor() desktop.Cursor { return usedAt() }

// CreateRenderer is Fyne's.
func (s *surface) CreateRenderer() fyne.WidgetRenderer {
	d := s.dialog
	r := &surfaceRenderer{
		s:        s,
		backdrop: &canvas.Rectangle{},
		card:     &canvas.Rectangle{StrokeWidth: 1},
		head:     container.New(tightColumn{}, d.title, d.subtitle),
		body:     container.NewStack(d.content),
		foot:     d.foot,
		scroll:   s.scroll,
	}
	r.colour()
	return r
}

type surfaceRenderer struct {
	s              *surface
	backdrop, card *canvas.Rectangle
	head, body     *fyne.Container
	foot           fyne.CanvasObject
	scroll         *container.Scroll // the surface's
}

func (r *surfaceRenderer) Destroy() {}

func (r *surfaceRenderer) Objects() []fyne.CanvasObject {
	middle := fyne.CanvasObject(r.body)
	if r.scroll.Visible() {
		middle = r.scroll
	}
	return []fyne.CanvasObject{r.backdrop, r.card, r.head, middle, r.s.dialog.pinned, r.s.dialog.failure, r.foot}
}

func (r *surfaceRenderer) MinSize() fyne.Size { return fyne.NewSize(1, 1) }

func (r *surfaceRenderer) Layout(size fyne.Size) {
	if size.IsZero() {
		return
	}
	r.backdrop.Resize(size)
	width := r.width(size.Width)
	inner := width - 2*dialogPad
	heights, gaps := r.heights(inner)
	fixed := gaps + heights.head + heights.pinned + heights.failure + heights.foot + 2*dialogPad
	height := fixed + heights.body
	height = max(height, r.s.dialog.size.Height)
	height = min(height, size.Height-2*dialogMargin)
	r.card.Resize(fyne.NewSize(width, height))
	corner := fyne.NewPos((size.Width-width)/2, (size.Height-height)/2)
	r.card.Move(corner)
	r.place(corner.AddXY(dialogPad, dialogPad), inner, heights, height-fixed)
}

func (r *surfaceRenderer) width(available float32) float32 {
	wanted := r.s.dialog.size.Width
	if wanted == 0 {
		wanted = dialogWidth
	}
	need := max(r.body.MinSize().Width, r.s.dialog.pinned.MinSize().Width, r.foot.MinSize().Width) + 2*dialogPad
	return min(max(wanted, need), available-2*dialogMargin)
}

type dialogHeights struct{ head, body, pinned, failure, foot float32 }

// heights measures the parts at a width. Text that wraps knows its height only once it has its width.
func (r *surfaceRenderer) heights(width float32) (h dialogHeights, gaps float32) {
	measure := func(o fyne.CanvasObject) float32 {
		if !o.Visible() {
			return 0
		}
		o.Resize(fyne.NewSize(width, o.Size().Height))
		layAgain(o)
		return o.MinSize().Height
	}
	d := r.s.dialog
	h = dialogHeights{measure(r.head), measure(d.content), measure(d.pinned), measure(d.failure), measure(r.foot)}
	gaps = 2 * dialogGap
	for _, more := range []float32{h.pinned, h.failure} {
		if more > 0 {
			gaps += dialogGap
		}
	}
	return h, gaps
}

// layAgain gives what only just became visible in o its width, which a Resize to the same size does not.
func layAgain(o fyne.CanvasObject) {
	if box, ok := o.(*fyne.Container); ok && box.Layout != nil {
		box.Layout.Layout(box.Objects, box.Size())
	}
}

func (r *surfaceRenderer) place(pos fyne.Position, width float32, h dialogHeights, rest float32) {
	put := func(o fyne.CanvasObject, height float32) {
		o.Move(pos)
		o.Resize(fyne.NewSize(width, height))
		pos.Y += height + dialogGap
	}
	r.head.Move(pos.SubtractXY(8, 0)) // a label keeps 8 free around its text
	r.head.Resize(fyne.NewSize(width+16, h.head))
	pos.Y += h.head + dialogGap
	scrolls := h.body > rest+0.5
	put(r.middle(scrolls), rest)
	if scrolls {
		r.scroll.Move(r.scroll.Position().SubtractXY(scrollLeft, 0))
		r.scroll.Resize(r.scroll.Size().AddWidthHeight(scrollLeft+scrollRight, 0))
		r.scroll.Refresh() // what is inside may have grown while its own size stays
	}
	if h.pinned > 0 {
		put(r.s.dialog.pinned, h.pinned)
	}
	if h.failure > 0 {
		put(r.s.dialog.failure, h.failure)
	}
	put(r.foot, h.foot)
}

// middle moves the content into the scroller, or out of it.
func (r *surfaceRenderer) middle(scrolls bool) fyne.CanvasObject {
	if scrolls == r.scroll.Visible() {
		if scrolls {
			return r.scroll
		}
		return r.body
	}
	inside := r.scroll.Content.(*fyne.Container)
	if scrolls {
		r.body.Objects, inside.Objects = nil, []fyne.CanvasObject{r.s.dialog.content}
		r.scroll.Show()
		return r.scroll
	}
	r.body.Objects, inside.Objects = []fyne.CanvasObject{r.s.dialog.content}, nil
	r.scroll.Hide()
	return r.body
}

func (r *surfaceRenderer) colour() {
	r.backdrop.FillColor = theme.Color(theme.ColorNameDialogBackdrop)
	r.card.FillColor = theme.Color(theme.ColorNameSurface)
	r.card.StrokeColor = theme.Color(theme.ColorNameLine)
	r.card.CornerRadius = theme.Size(theme.SizeNameDialogRadius)
	r.card.Shadow = canvas.Shadow{
		Color: theme.Color(theme.ColorNameElevationShadow), BlurRadius: 24, Offset: fyne.NewPos(0, 8),
	}
}

func (r *surfaceRenderer) Refresh() {
	r.colour()
	r.Layout(r.s.Size())
	canvas.Refresh(r.s)
}
