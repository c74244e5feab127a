package signin

import "fyne.io/fyne/v2"

const bothCards = 2*cardWidth + cardGap

// pair sets the cards side by side, both as high as the higher one needs, or in a narrow window below each other.
type pair struct {
	cards   []*fyne.Container
	height  float32
	stacked bool
}

// measure lays the cards out at their width: only then text knows its lines.
func (p *pair) measure() {
	p.height = cardHeight
	for _, c := range p.cards {
		c.Resize(fyne.NewSize(cardWidth, c.Size().Height))
		c.Refresh()
		p.height = max(p.height, c.MinSize().Height)
	}
}

func (p *pair) MinSize([]fyne.CanvasObject) fyne.Size {
	if !p.stacked {
		return fyne.NewSize(bothCards, p.height)
	}
	height := float32(cardGap)
	for _, c := range p.cards {
		height += c.MinSize().Height
	}
	return fyne.NewSize(cardWidth, height)
}

func (p *pair) Layout(cards []fyne.CanvasObject, size fyne.Size) {
	pos := fyne.NewPos((size.Width-p.MinSize(nil).Width)/2, 0)
	for _, c := range cards {
		c.Move(pos)
		if p.stacked {
			c.Resize(fyne.NewSize(cardWidth, c.MinSize().Height))
			pos.Y += c.Size().Height + cardGap
			continue
		}
		c.Resize(fyne.NewSize(cardWidth, p.height))
		pos.X += cardWidth + cardGap
	}
}

// stacking gives all of the view its place, and tells the cards whether they find room side by side.
type stacking struct{ v *View }

func (l stacking) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	stacked := size.Width < bothCards
	if size.Width > 0 && l.v.cards.stacked != stacked {
		l.v.cards.stacked = stacked
		l.v.relayout()
		l.v.Content.Refresh() // lays out here again, at the height that is needed now
		return
	}
	objects[0].Resize(size)
}

// MinSize is no wider than what is needed below each other, so that the view is as wide as the window is.
func (l stacking) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := objects[0].MinSize()
	if !l.v.cards.stacked {
		size.Width = cardWidth
	}
	return size
}
