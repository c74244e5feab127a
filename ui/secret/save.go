package secret

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"keyfob/client"
	"keyfob/client/handover"
	"keyfob/ui/i18n"
	"keyfob/ui/task"
	"keyfob/ui/widgets"
	"keyfob/ui/words"
)

// save is the dialog that saves a text straight to a file. Fyne's own would
// open the file itself, for everybody to read and in place of what is there.
type save struct {
	window fyne.Window
	text   client.Secret // wiped when the dialog closes
	home   string
	done   func(path string)

	dialog *widgets.Dialog
	path   *widgets.Entry
	field  *widgets.Field
}

// showSave asks where to save text, which is what the dialog calls it.
func (d *Dialog) showSave(what, name string, text client.Secret, done func(path string)) {
	home, err := os.UserHomeDir()
	if err != nil {
		home = string(filepath.Separator)
	}
	s := &save{window: d.window, text: text, home: home, done: done, path: widgets.NewEntry()}
	s.path.SetText(filepath.Join(home, name))
	s.path.CursorColumn = len([]rune(s.path.Text))
	s.field = widgets.NewField(i18n.T("save.file"), s.path, saveHint())
	s.dialog = widgets.NewDialog(d.window, i18n.T("save.title"), what, s.field)
	s.path.OnChanged = s.changed
	s.dialog.AddAction(i18n.T("save.choose"), s.choose)
	s.dialog.SetSubmit(i18n.T("save.submit"), widget.HighImportance, s.submit)
	s.dialog.SetSize(fyne.NewSize(620, 0))
	s.dialog.OnClosed = func() { d.front = nil; s.closed() }
	d.front = s.dialog
	s.dialog.Show()
}

func saveHint() string {
	if runtime.GOOS == "windows" {
		return i18n.T("save.hintWindows")
	}
	return i18n.T("save.hint")
}

func (s *save) closed() { s.text.Wipe() }

func (s *save) changed(path string) {
	s.field.SetError("")
	s.dialog.SetSubmitEnabled(strings.TrimSpace(path) != "")
}

// choose browses for the folder; the name stays.
func (s *save) choose() {
	folders := dialog.NewFolderOpen(s.chosen, s.window)
	folders.Resize(fyne.NewSize(720, 480))
	folders.Show()
}

func (s *save) chosen(folder fyne.ListableURI, err error) {
	if err == nil && folder != nil {
		s.path.SetText(filepath.Join(folder.Path(), filepath.Base(s.path.Text)))
	}
	widgets.Focus(s.path)
}

// target is the path that was typed, with ~ and what is not absolute taken from
// the home directory.
func (s *save) target() string {
	path := strings.TrimSpace(s.path.Text)
	if rest, ok := strings.CutPrefix(path, "~"+string(filepath.Separator)); ok {
		path = rest
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(s.home, path)
	}
	return filepath.Clean(path)
}

func (s *save) submit() {
	s.field.SetError("")
	s.dialog.SetBusy(true, i18n.T("save.busy"))
	path, text := s.target(), client.NewSecret(s.text.Reveal())
	task.Go(func() { s.write(path, text) })
}

func (s *save) write(path string, text client.Secret) {
	err := handover.Save(path, text)
	text.Wipe()
	task.Do(func() { s.written(path, err) })
}

func (s *save) written(path string, err error) {
	s.dialog.SetBusy(false, "")
	switch {
	case err == nil:
		s.dialog.Hide()
		s.done(path)
	case errors.Is(err, handover.ErrFull), errors.Is(err, handover.ErrNotSaved):
		at := words.For(err)
		s.dialog.SetError(at.Text, at.Action, s.submit)
	default:
		s.field.SetError(words.For(err).Text)
		widgets.Focus(s.path)
	}
}
