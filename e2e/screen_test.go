//go:build e2e

package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// press presses keys, as xdotool names them: "ctrl+n", "Return", "space".
func (d *desktop) press(keys ...string) {
	d.t.Helper()
	d.do("xdotool", append([]string{"key", "--clearmodifiers", "--delay", "60"}, keys...)...)
}

// typeText types text into whatever has the focus.
func (d *desktop) typeText(text string) {
	d.t.Helper()
	d.do("xdotool", "type", "--clearmodifiers", "--delay", "30", text)
}

// sees waits until each of the texts can be read on the screen.
func (d *desktop) sees(texts ...string) {
	d.t.Helper()
	d.reads(fmt.Sprintf("the screen shows %q", texts), func(shown string) error {
		for _, text := range texts {
			if !within(shown, squash(text)) {
				return fmt.Errorf("%q is not to be read", text)
			}
		}
		return nil
	})
}

// seesNo waits until none of the texts can be read on the screen.
func (d *desktop) seesNo(texts ...string) {
	d.t.Helper()
	d.reads(fmt.Sprintf("the screen shows none of %q", texts), func(shown string) error {
		for _, text := range texts {
			if within(shown, squash(text)) {
				return fmt.Errorf("%q is still to be read", text)
			}
		}
		return nil
	})
}

// reads waits until the screen is at rest with a picture whose text, squashed,
// satisfies check. Each picture is read once.
func (d *desktop) reads(what string, check func(shown string) error) {
	d.t.Helper()
	var last, judged []byte
	verdict := errors.New("the screen does not come to rest")
	var shown string
	defer func() {
		if d.t.Failed() {
			d.t.Logf("to be read: %s", shown)
		}
	}()
	eventually(d.t, what, func() error {
		picture, err := d.picture()
		if err != nil {
			return err
		}
		rest := bytes.Equal(picture, last)
		last = picture
		if !rest || bytes.Equal(picture, judged) {
			return verdict
		}
		judged = picture
		text, err := recognise(picture)
		if err != nil {
			return err
		}
		shown = text
		d.read = append(d.read, text)
		verdict = check(squash(text))
		return verdict
	})
}

// The screen's size in pixels.
const width, height = 1280, 800

// picture is what the screen shows now, one byte of brightness for each pixel.
func (d *desktop) picture() ([]byte, error) {
	cmd := exec.CommandContext(d.t.Context(), "import", "-display", d.x.Name, "-window", "root",
		"-colorspace", "Gray", "-depth", "8", "gray:-")
	picture, err := cmd.Output()
	if err == nil && len(picture) != width*height {
		err = fmt.Errorf("a picture of %d bytes", len(picture))
	}
	return picture, err
}

// recognise reads the text of a picture. The letters of a screen are small for
// a reader made for paper, hence the enlargement.
func recognise(picture []byte) (string, error) {
	enlarge := exec.Command("convert", "-size", fmt.Sprintf("%dx%d", width, height), "-depth", "8", "gray:-", "-resize", "250%", "pgm:-")
	enlarge.Stdin = bytes.NewReader(onPaper(picture))
	large, err := enlarge.Output()
	if err != nil {
		return "", fmt.Errorf("convert: %w", err)
	}
	read := exec.Command("tesseract", "-", "-", "--psm", "11", "--dpi", "240")
	read.Env = append(os.Environ(), "OMP_THREAD_LIMIT=1") // more threads only get in each other's way
	read.Stdin = bytes.NewReader(large)
	text, err := read.Output()
	if err != nil {
		return "", fmt.Errorf("tesseract: %w", err)
	}
	return string(text), nil
}

// onPaper makes of a picture in any colours one in black on white: each pixel
// gets as dark as it differs from the commonest one around it.
func onPaper(picture []byte) []byte {
	const tile = 8
	paper := make([]byte, len(picture))
	for y := 0; y < height; y += tile {
		for x := 0; x < width; x += tile {
			ground := commonest(picture, x-tile, y-tile, x+2*tile, y+2*tile)
			for i := range tile * tile {
				at := (y+i/tile)*width + x + i%tile
				difference := int(picture[at]) - ground
				paper[at] = byte(255 - max(difference, -difference))
			}
		}
	}
	return paper
}

// commonest is the brightness that most pixels of a rectangle have.
func commonest(picture []byte, left, top, right, bottom int) int {
	var count [256]int
	for y := max(top, 0); y < min(bottom, height); y++ {
		for _, v := range picture[y*width+max(left, 0) : y*width+min(right, width)] {
			count[v]++
		}
	}
	return slices.Index(count[:], slices.Max(count[:]))
}

// squash keeps of a text what recognition gets right: letters and digits, in
// lower case, with those that look alike made the same.
func squash(text string) string {
	return strings.Map(func(r rune) rune {
		switch r = unicode.ToLower(r); {
		case r == '1' || r == 'i' || r == '|' || r == '!':
			return 'l'
		case r == '0':
			return 'o'
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			return r
		}
		return -1
	}, text)
}

// within reports whether text occurs in shown, give or take a letter in eight
// that was read wrongly, missed or seen twice.
func within(shown, text string) bool {
	letters := []rune(text)
	cost := make([]int, len(letters)+1) // of the letters up to here, ending at what was read last
	for i := range cost {
		cost[i] = i
	}
	for _, r := range shown {
		diagonal := cost[0] // stays 0: a match may begin anywhere
		for i, l := range letters {
			change := diagonal
			if r != l {
				change++
			}
			diagonal = cost[i+1]
			cost[i+1] = min(change, diagonal+1, cost[i]+1)
		}
		if cost[len(letters)] <= len(letters)/8 {
			return true
		}
	}
	return false
}

func TestTextsAreFoundDespiteALetterReadWrongly(t *testing.T) {
	shown := squash("Description [ Detivery notes ] Where it is used Revoked 4 Active 18")
	for text, want := range map[string]bool{
		"Delivery notes":  true,
		"Where it's used": true,
		"Revoked 4":       true,
		"Delivery dates":  false,
		"Expired":         false,
		"Copied":          false,
	} {
		if got := within(shown, squash(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestScreenTextIsRead(t *testing.T) {
	d := newDesktop(t, withoutKeyring)
	file := d.home + "/text.ppm"
	d.do("convert", "-size", "1280x800", "xc:#F5F7FA", "-pointsize", "14",
		"-fill", "#1A2330", "-annotate", "+100+100", "Create user access token",
		"-fill", "#5A6778", "-annotate", "+100+130", "Nightly export",
		"-fill", "#2556B9", "-draw", "rectangle 286,300 436,340", "-fill", "white", "-annotate", "+310+325", "Generate token",
		"-fill", "#151A21", "-draw", "rectangle 600,0 1280,800",
		"-fill", "#E6EBF2", "-annotate", "+700+325", "Trusted apps",
		"-fill", "#E9B45E", "-annotate", "+700+425", "Expires in 9 days", file)
	d.start("display", nil, "display", file)
	d.sees("Create user access token", "Nightly export", "Generate token", "Trusted apps", "Expires in 9 days")
	d.seesNo("Revoke")
}
