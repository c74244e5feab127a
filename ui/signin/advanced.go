package signin

import (
	"errors"
	"io"
	"os"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/ui/i18n"
	"keyfob/ui/task"
	"keyfob/ui/widgets"
	"keyfob/ui/words"
)

// hosts are where the browser can come back to, the usual one first.
var hosts = []string{"127.0.0.1", "localhost"}

// maxCA bounds a file of certificates, in bytes.
const maxCA = 1 << 20

// advanced is what few servers need, out of sight until it is asked for.
type advanced struct {
	v      *View
	box    *fyne.Container
	hosts  *widgets.Chips
	host   *fyne.Container // around hosts: only a browser comes back
	path   *widgets.Entry
	trusts *widget.Label // the authority in the file, or what is wrong with it
	ca     []byte        // what was read from path
	turns  task.Turns    // of reading
}

func newAdvanced(v *View) *advanced {
	a := &advanced{v: v, hosts: widgets.NewChips(hosts, 0, nil), path: widgets.NewEntry(), trusts: quiet("")}
	a.path.PlaceHolder = i18n.T("signin.ca")
	a.path.OnChanged = a.changed
	a.path.OnSubmitted = func(string) { v.startSignIn() }
	a.note(widget.LowImportance, i18n.T("signin.caHint"))
	path := container.New(layout.NewCustomPaddedLayout(10, 0, 0, 0), a.path)
	a.host = container.New(layout.NewCustomPaddedVBoxLayout(0), widgets.Flush(quiet(i18n.T("signin.host"))), a.hosts)
	a.box = container.New(layout.NewCustomPaddedVBoxLayout(0), a.host, path, widgets.Flush(a.trusts))
	a.box.Hide()
	a.suit(v.ways.way)
	return a
}

// suit asks only for what the way takes.
func (a *advanced) suit(way Way) { widgets.SetVisible(a.host, way == Browser) }

func (a *advanced) toggle() {
	widgets.SetVisible(a.box, !a.box.Visible())
	a.v.relayout()
}

// wish is what was chosen; not ok if the file is of no use.
func (a *advanced) wish() (w Wish, ok bool) {
	w.CA = a.ca
	if i := a.hosts.Selected(); i > 0 && a.host.Visible() {
		w.LoopbackHost = hosts[i]
	}
	return w, a.path.Text == "" || a.ca != nil
}

func (a *advanced) changed(path string) {
	a.ca = nil
	turn := a.turns.Next()
	if path == "" {
		a.note(widget.LowImportance, i18n.T("signin.caHint"))
		return
	}
	task.Go(func() { a.read(turn, path) })
}

func (a *advanced) read(turn int, path string) {
	file, err := readFile(path)
	var certs []client.Certificate
	if err == nil {
		certs, err = a.v.p.Certificates(file)
	}
	task.Do(func() { a.show(turn, file, certs, err) })
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, maxCA))
}

// show says whom the file would have the program trust.
func (a *advanced) show(turn int, file []byte, certs []client.Certificate, err error) {
	switch {
	case a.turns.Stale(turn):
	case errors.Is(err, client.ErrNoCertificate):
		a.note(widget.DangerImportance, words.For(err).Text)
	case err != nil:
		a.note(widget.DangerImportance, i18n.T("signin.caUnreadable"))
	default:
		a.ca = file
		a.note(widget.MediumImportance, Fingerprints(certs))
	}
}

func (a *advanced) note(importance widget.Importance, text string) {
	a.trusts.Importance = importance
	a.trusts.SetText(text)
	if a.v.advanced != nil {
		a.v.relayout()
	}
}

// Fingerprints are certificates as people compare them.
func Fingerprints(certs []client.Certificate) string {
	text := ""
	for _, c := range certs {
		if text != "" {
			text += "\n"
		}
		text += i18n.T("signin.trusts", "Subject", c.Subject, "Fingerprint", lines(c.Fingerprint))
	}
	return text
}

// lines breaks a fingerprint where eyes can keep their place.
func lines(fingerprint string) string {
	var out []string
	for bytes := range slices.Chunk(strings.Split(fingerprint, ":"), 8) {
		out = append(out, strings.Join(bytes, " "))
	}
	return strings.Join(out, "\n")
}

func (a *advanced) enable(on bool) {
	for _, d := range []fyne.Disableable{a.hosts, a.path} {
		if on {
			d.Enable()
		} else {
			d.Disable()
		}
	}
}
