package secret

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestPeppersThatFollowAreNamedByTheirIDs(t *testing.T) {
	dir := t.TempDir()
	first, err := FirstPepper(dir)
	if err != nil {
		t.Fatal(err)
	}
	second, err := AddPepper(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "pepper.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := Peppers(dir)
	if err != nil || len(all) != 2 || !slices.ContainsFunc(all, func(p Pepper) bool { return p.ID() == second.ID() }) {
		t.Errorf("%d of them, %v", len(all), err)
	}
	if err := os.Remove(filepath.Join(dir, "pepper")); err != nil {
		t.Fatal(err)
	}
	if only, err := FirstPepper(dir); err != nil || only.ID() != second.ID() || only.ID() == first.ID() {
		t.Errorf("the only one there is not the first: %v", err)
	}
	named := filepath.Join(dir, "pepper."+second.ID())
	if info, err := os.Stat(named); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if err := os.Rename(named, filepath.Join(dir, "pepper.0000000000000000")); err != nil {
		t.Fatal(err)
	}
	if _, err := Peppers(dir); err == nil {
		t.Error("one with a wrong name was taken")
	}
}
