package tokens

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"keyfob/client"
	"keyfob/ui/theme"
	"keyfob/ui/widgets"
)

// scopeName is the room for a scope's box and name, before what it means.
const scopeName = 120

// ScopePicker offers scopes, least first, each with what it means.
type ScopePicker struct {
	Content *fyne.Container

	offered []client.Scope
	checks  []*widgets.Check
	given   []string // was ticked at first
	changed func()
}

// NewScopePicker makes one that offers nothing yet.
func NewScopePicker(changed func()) *ScopePicker {
	return &ScopePicker{Content: container.NewVBox(), changed: changed}
}

// Offer replaces the choice. What was ticked before stays so where it can. At
// first the least scope is ticked if that is wanted and it is not broad; a
// broad one never is (requirement 64).
func (s *ScopePicker) Offer(scopes []client.Scope, tickLeast bool) {
	before := s.Chosen()
	first := len(s.checks) == 0
	s.offered, s.checks = scopes, nil
	s.Content.RemoveAll()
	for i, scope := range scopes {
		check := widgets.NewCheck(scope.Name, func(bool) { s.changed() })
		check.Checked = slices.Contains(before, scope.Name) || tickLeast && first && i == 0 && !scope.Broad
		s.checks = append(s.checks, check)
		box := container.NewGridWrap(fyne.NewSize(scopeName, check.MinSize().Height), check)
		meaning := widgets.NewQuiet(scope.Description, theme.SizeNameSmallText)
		s.Content.Add(container.NewBorder(nil, nil, box, nil, container.New(layout.NewCustomPaddedLayout(1, 0, 0, 0), meaning)))
	}
	if first {
		s.given = s.Chosen()
	}
}

// entered reports whether anything else is ticked than at first.
func (s *ScopePicker) entered() bool { return !slices.Equal(s.Chosen(), s.given) }

// focus goes to the first scope, if there is one.
func (s *ScopePicker) focus() {
	if len(s.checks) > 0 {
		widgets.Focus(s.checks[0])
	}
}

// Chosen are the names of the ticked scopes.
func (s *ScopePicker) Chosen() []string {
	var out []string
	for i, c := range s.checks {
		if c.Checked {
			out = append(out, s.offered[i].Name)
		}
	}
	return out
}
