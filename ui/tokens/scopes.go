package tokens

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"keyfob/client"
	"keyfob/ui/widgets"
)

// scopePicker offers scopes, least first. The least one is ticked, unless it
// is broad; a broad one never is (requirement 64).
type scopePicker struct {
	content *fyne.Container
	offered []client.Scope
	checks  []*widgets.Check
	changed func()
}

func newScopePicker(changed func()) *scopePicker {
	return &scopePicker{content: container.NewVBox(), changed: changed}
}

// offer replaces the choice. What was ticked before stays so where it can.
func (s *scopePicker) offer(scopes []client.Scope) {
	before := s.chosen()
	first := len(s.checks) == 0
	s.offered, s.checks = scopes, nil
	s.content.RemoveAll()
	for i, scope := range scopes {
		text := scope.Name
		if scope.Description != "" {
			text += "  ·  " + scope.Description
		}
		check := widgets.NewCheck(text, func(bool) { s.changed() })
		check.Checked = slices.Contains(before, scope.Name) || first && i == 0 && !scope.Broad
		s.checks = append(s.checks, check)
		s.content.Add(check)
	}
}

func (s *scopePicker) chosen() []string {
	var out []string
	for i, c := range s.checks {
		if c.Checked {
			out = append(out, s.offered[i].Name)
		}
	}
	return out
}
