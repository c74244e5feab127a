package instance

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A restore that is cut off is done again: while the signing key is not there,
// the checkpoints that belong to it still are placed.
func TestTheSigningKeyIsPlacedLast(t *testing.T) {
	here, dir := t.TempDir(), t.TempDir()
	for _, name := range []string{"checkpoints", "checkpoints.key", "checkpoints.pub", "pepper", "signin.key"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range 5 {
		got, err := places(here, dir)
		if err != nil {
			t.Fatal(err)
		}
		want := []placed{{"pepper", "pepper"}, {"signin.key", "signin.key"}, {"checkpoints", "checkpoints"}, {"checkpoints.pub", "checkpoints.pub"}, {"checkpoints.key", "checkpoints.key"}}
		if d := cmp.Diff(want, got, cmp.AllowUnexported(placed{})); d != "" {
			t.Errorf("-want +got\n%s", d)
		}
	}
	if err := placeKeys(here, dir); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(here, "checkpoints.key")); err != nil || string(got) != "checkpoints.key" {
		t.Errorf("%q, %v", got, err)
	}
}
