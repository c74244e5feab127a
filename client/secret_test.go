package client

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// requirement 7
func TestNothingPrintsASecret(t *testing.T) {
	s := NewSecret("hunter2hunter2")
	inside := any(struct {
		Public  Secret
		private Secret
	}{s, s})
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+verb, s, inside)
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("kept", "secret", s, "inside", inside)
	if err := json.NewEncoder(&out).Encode([]any{s, inside}); err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{"hunter", fmt.Sprintf("%x", "hunter"), strings.Trim(fmt.Sprint([]byte("hunter")), "[]")} {
		if strings.Contains(out.String(), form) {
			t.Errorf("printed as %q", form)
		}
	}
}

// requirement 9
func TestAWipedSecretIsEmptyInAllItsCopies(t *testing.T) {
	s := NewSecret("hunter2hunter2")
	other := s
	s.Wipe()
	if !other.IsZero() || other.Reveal() != "" {
		t.Error("a copy still has it")
	}
	Secret{}.Wipe()
	if !(Secret{}).IsZero() {
		t.Error("the zero Secret is not empty")
	}
}
