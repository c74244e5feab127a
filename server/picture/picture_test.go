package picture_test

import (
	"bytes"
	"image/png"
	"testing"
	"unicode/utf8"

	"keyfob/server/picture"
)

// draw gives the picture's bytes, and how many of its pixels are not its ground.
func draw(t *testing.T, p picture.Picture, size int) (text []byte, drawn int) {
	t.Helper()
	text, err := p.PNG()
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(text))
	if err != nil || img.Bounds().Dx() != size || img.Bounds().Dy() != size {
		t.Fatalf("%v, %v", err, img.Bounds())
	}
	for x := range size {
		for y := range size {
			if img.At(x, y) != img.At(0, 0) {
				drawn++
			}
		}
	}
	return text, drawn
}

func TestAPictureShowsTheInitialsAndStaysTheSame(t *testing.T) {
	same := picture.Of("1", "Ada Lovelace", "ada", 64)
	first, drawn := draw(t, same, 64)
	if drawn < 64*64/20 || drawn > 64*64/2 {
		t.Errorf("%d pixels of letters", drawn)
	}
	again, _ := draw(t, picture.Of("1", "ada b. lovelace", "x", 64), 64)
	if !bytes.Equal(first, again) || same.Tag() != picture.Of("1", "Ada Lovelace", "ada", 64).Tag() {
		t.Error("the same initials give another picture")
	}
	for name, other := range map[string]picture.Picture{
		"another name": picture.Of("1", "Bob Builder", "ada", 64), "larger": picture.Of("1", "Ada Lovelace", "ada", 128),
	} {
		if other.Tag() == same.Tag() {
			t.Errorf("%s: the same tag", name)
		}
	}
}

func TestAPictureFallsBackToTheLoginAndThenToAQuestionMark(t *testing.T) {
	for _, pair := range [][2]picture.Picture{
		{picture.Of("1", "李小龍", "bruce", 64), picture.Of("1", "B", "", 64)},
		{picture.Of("1", "", "—", 64), picture.Of("1", "?", "", 64)},
		{picture.Of("1", "Émile Zola", "", 64), picture.Of("1", "ÉZ", "", 64)},
	} {
		a, _ := draw(t, pair[0], 64)
		if b, _ := draw(t, pair[1], 64); bytes.Equal(a, b) != (pair[0].Tag() == pair[1].Tag()) {
			t.Error("tag and picture disagree")
		}
	}
	if picture.Of("1", "李小龍", "bruce", 64).Tag() != picture.Of("1", "B", "", 64).Tag() {
		t.Error("the login's letter is not taken")
	}
}

func FuzzAnyNameHasAPicture(f *testing.F) {
	f.Add("Ada Lovelace", "ada")
	f.Add("\xff", "\u0301")
	f.Fuzz(func(t *testing.T, name, login string) {
		if !utf8.ValidString(name) || len(name) > 300 {
			return
		}
		draw(t, picture.Of("1", name, login, 64), 64)
	})
}
