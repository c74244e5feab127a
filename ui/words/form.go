package words

import (
	"errors"

	"keyfob/client"
	"keyfob/ui/widgets"
)

// Form is where a dialog with fields says what went wrong.
type Form struct {
	Dialog *widgets.Dialog
	Fields map[string]*widgets.Field // by their names on the wire, such as expiresAt
}

// Clear takes away what was said.
func (f Form) Clear() {
	f.Dialog.SetError("", "", nil)
	for _, field := range f.Fields {
		field.SetError("")
	}
}

// Fail says what is wrong at each field that the server named. What cannot be
// said at fields stands as one sentence at the foot of the dialog, with the
// button that fits it; again does the same once more.
func (f Form) Fail(err error, again func()) {
	if f.failFields(err) {
		return
	}
	s := For(err)
	f.Dialog.SetError(s.Text, s.Action, again)
}

// failFields reports whether that said everything.
func (f Form) failFields(err error) bool {
	p, ok := errors.AsType[*client.Problem](err)
	if !ok || len(p.Fields) == 0 {
		return false
	}
	all := true
	for _, bad := range p.Fields {
		field := f.Fields[bad.Field]
		if field == nil {
			all = false
			continue
		}
		field.SetError(Field(bad))
	}
	return all
}
