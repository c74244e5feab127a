package wholefile_test

import (
	"os"
	"path/filepath"
	"testing"

	"keyfob/internal/wholefile"
)

func TestAFileIsReplacedAndItsOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "made", "list.json")
	for _, text := range []string{"a first content", "b"} {
		if err := wholefile.Write(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != text {
			t.Errorf("%q, %v; want %q", got, err, text)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	assertAlone(t, filepath.Dir(path))
}

func TestWhatCannotBeReplacedStaysAndNothingIsLeftBesideIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list.json")
	if err := os.MkdirAll(filepath.Join(path, "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := wholefile.Write(path, []byte("new")); err == nil {
		t.Error("a folder was replaced")
	}
	assertAlone(t, filepath.Dir(path))
}

func TestAFolderThatIsNoneIsSaid(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := wholefile.Write(filepath.Join(file, "list.json"), nil); err == nil {
		t.Error("written below a file")
	}
	if err := wholefile.SyncFolder(file + "-gone"); err == nil {
		t.Error("synced what is not there")
	}
}

func assertAlone(t *testing.T, folder string) {
	t.Helper()
	all, err := os.ReadDir(folder)
	if err != nil || len(all) != 1 {
		t.Errorf("in the folder: %v, %v", all, err)
	}
}
