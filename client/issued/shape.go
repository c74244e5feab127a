package issued

import (
	"hash/crc32"
	"regexp"
	"strings"
)

// Shape is what a text looks like.
type Shape int

// The shapes.
const (
	Nothing Shape = iota // no token that this program could tell
	Broken               // a token that is cut short, mistyped or made up
	Whole                // a token: prefix, kind, random part, and a checksum that fits
)

const (
	alphabet  = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	bodyLen   = 1 + 42 // kind letter and random part
	sumLen    = 6
	prefixMax = 96
	shortest  = 16       // what is shorter is no token, but a word
	longest   = 512      // what is longer, too
	textMax   = 64 << 10 // a text beyond this is not read to its end
)

var (
	runs   = regexp.MustCompile(`[0-9A-Za-z_\-.:~+/=]+`) // what a token may be made of, whoever issued it
	whole  = regexp.MustCompile(`_[psax][0-9A-Za-z]{48}$`)
	broken = regexp.MustCompile(`[0-9A-Za-z]_[psax][0-9A-Za-z]{24,}$`)
)

// tokens are the parts of text that may be a token, the likeliest first, and
// the shape of the first one. Without one of our shape, words that are long
// enough are given too: other servers make tokens of other shapes.
func tokens(text string) ([]string, Shape) {
	text = text[:min(len(text), textMax)]
	var good, bad, other []string
	for _, run := range runs.FindAllString(text, -1) {
		switch {
		case len(run) < shortest || len(run) > longest:
		case wholeIn(run) != "":
			good = append(good, wholeIn(run))
		case broken.MatchString(run):
			bad = append(bad, run)
		default:
			other = append(other, run, run[strings.LastIndexAny(run, ":=")+1:])
		}
	}
	all := append(append(good, bad...), other...)
	switch {
	case len(good) > 0:
		return all, Whole
	case len(bad) > 0:
		return all, Broken
	}
	return all, Nothing
}

// wholeIn is the token at the end of run: a URL or an escape may stick to its
// front, which only the checksum tells from a prefix.
func wholeIn(run string) string {
	if !whole.MatchString(run) {
		return ""
	}
	body := len(run) - bodyLen - sumLen
	for at := max(0, body-prefixMax); at < body; at++ {
		if checksum(run[at:len(run)-sumLen]) == run[len(run)-sumLen:] {
			return run[at:]
		}
	}
	return ""
}

// checksum is the CRC-32 of s in base62, as the server's format has it.
func checksum(s string) string {
	n := crc32.ChecksumIEEE([]byte(s))
	var b strings.Builder
	for div := uint64(916132832); div > 0; div /= 62 { // 62 to the fifth
		b.WriteByte(alphabet[uint64(n)/div%62])
	}
	return b.String()
}
