// Package picture draws the picture of a user who has none: the initials on a
// colour of their own. The same user always gets the same picture.
package picture

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// colours are dark enough for white letters: the theme's accent, muted, active,
// expiring and revoked.
var colours = []color.RGBA{
	{0x25, 0x56, 0xB9, 0xFF}, {0x5A, 0x67, 0x78, 0xFF}, {0x1B, 0x7A, 0x4B, 0xFF}, {0x97, 0x56, 0x0A, 0xFF}, {0xB0, 0x27, 0x1F, 0xFF},
}

// letters is the font, parsed once.
var letters = sync.OnceValues(func() (*opentype.Font, error) { return opentype.Parse(gobold.TTF) })

// Picture is what is to be drawn.
type Picture struct {
	initials string
	colour   color.RGBA
	size     int
}

// Of is the picture of a user, size pixels wide and high.
func Of(id, name, login string, size int) Picture {
	sum := sha256.Sum256([]byte(id))
	return Picture{initials: initials(name, login), colour: colours[int(sum[0])%len(colours)], size: size}
}

// Tag changes exactly when the picture does. It is fit for an ETag.
func (p Picture) Tag() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "1 %s %v %d", p.initials, p.colour, p.size))
	return hex.EncodeToString(sum[:8])
}

// PNG draws the picture.
func (p Picture) PNG() ([]byte, error) {
	f, err := letters()
	if err != nil {
		return nil, err
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: float64(p.size) * 0.42, DPI: 72})
	if err != nil {
		return nil, err
	}
	defer func() { _ = face.Close() }() // holds nothing
	canvas := image.NewRGBA(image.Rect(0, 0, p.size, p.size))
	draw.Draw(canvas, canvas.Bounds(), image.NewUniform(p.colour), image.Point{}, draw.Src)
	d := font.Drawer{Dst: canvas, Src: image.White, Face: face}
	box, _ := d.BoundString(p.initials)
	middle := fixed.I(p.size) / 2
	d.Dot = fixed.Point26_6{X: middle - (box.Min.X+box.Max.X)/2, Y: middle - (box.Min.Y+box.Max.Y)/2}
	d.DrawString(p.initials)
	var out bytes.Buffer
	err = png.Encode(&out, canvas)
	return out.Bytes(), err
}

// initials are the first letters of the first and the last word of name, or of
// login; of those that the font has.
func initials(name, login string) string {
	for _, text := range []string{name, login} {
		var found []rune
		for _, word := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if r := unicode.ToUpper([]rune(word)[0]); has(r) {
				found = append(found, r)
			}
		}
		switch len(found) {
		case 0:
		case 1:
			return string(found)
		default:
			return string([]rune{found[0], found[len(found)-1]})
		}
	}
	return "?"
}

func has(r rune) bool {
	f, err := letters()
	if err != nil {
		return false
	}
	at, err := f.GlyphIndex(new(sfnt.Buffer), r)
	return err == nil && at != 0
}
