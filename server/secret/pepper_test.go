package secret

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// requirement 6
func TestPepperIsMadeOnceAndReadableByItsOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pepper")
	first := load(t, path)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != 0o600 || info.Size() != 32 {
		t.Errorf("mode %v, %d bytes", info.Mode(), info.Size())
	}
	again := load(t, path)
	if first.ID() != again.ID() || !bytes.Equal(first.MAC("x"), again.MAC("x")) {
		t.Error("read again, it is another pepper")
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
		t.Errorf("%d files left behind", len(files)-1)
	}
}

func TestEachPepperIsItsOwn(t *testing.T) {
	a, b := load(t, filepath.Join(t.TempDir(), "pepper")), load(t, filepath.Join(t.TempDir(), "pepper"))
	if a.ID() == b.ID() || bytes.Equal(a.MAC("x"), b.MAC("x")) {
		t.Error("two peppers are the same")
	}
	if len(a.ID()) != 16 {
		t.Errorf("id %q", a.ID())
	}
}

func TestPepperThatOthersMayReadIsRefused(t *testing.T) {
	for _, mode := range []os.FileMode{0o640, 0o604, 0o660, 0o644} {
		path := filepath.Join(t.TempDir(), "pepper")
		load(t, path)
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadPepper(path); err == nil || !strings.Contains(err.Error(), "0600") {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
}

func TestPepperOfAnotherSizeIsRefusedAndLeftAlone(t *testing.T) {
	for _, size := range []int{0, 31, 33} {
		path := filepath.Join(t.TempDir(), "pepper")
		if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadPepper(path); err == nil {
			t.Errorf("%d bytes accepted", size)
		}
		if info, err := os.Stat(path); err != nil || info.Size() != int64(size) {
			t.Errorf("%d bytes: the file was changed", size)
		}
	}
}

func TestPepperInADirectoryThatIsMissingIsAnError(t *testing.T) {
	if _, err := LoadPepper(filepath.Join(t.TempDir(), "none", "pepper")); err == nil {
		t.Error("no error")
	}
}

func TestRacingStartsAgreeOnOnePepper(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pepper")
	ids := make([]string, 8)
	var racers sync.WaitGroup
	for i := range ids {
		racers.Go(func() {
			if p, err := LoadPepper(path); err == nil {
				ids[i] = p.ID()
			}
		})
	}
	racers.Wait()
	for _, id := range ids {
		if id == "" || id != ids[0] {
			t.Fatalf("ids %q", ids)
		}
	}
}

func load(t *testing.T, path string) Pepper {
	t.Helper()
	p, err := LoadPepper(path)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
