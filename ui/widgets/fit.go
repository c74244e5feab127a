package widgets

import (
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// fit cuts a text that is wider than room and ends it with an ellipsis. Rows ask while scrolling, so a text that cannot
// be too wide is not measured: no letter is wider than its size.
func fit(text string, in *canvas.Text, room float32) string {
	if float32(utf8.RuneCountInString(text))*in.TextSize <= room {
		return text
	}
	width := func(s string) float32 { return fyne.MeasureText(s, in.TextSize, in.TextStyle).Width }
	if width(text) <= room {
		return text
	}
	runes := []rune(text)
	low, high := 0, len(runes) // the longest cut that fits is between them
	for low < high {
		middle := (low + high + 1) / 2
		if width(string(runes[:middle])+"…") <= room {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return string(runes[:low]) + "…"
}
