package handover

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"keyfob/client"
)

func files(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestASavedFileIsItsOwnersAlone(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "local-scripts.env")
	if err := Save(path, client.NewSecret("TOKEN=x\n")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if content, err := os.ReadFile(path); err != nil || string(content) != "TOKEN=x\n" {
		t.Errorf("holds %q, %v", content, err)
	}
	if all := files(t, folder); len(all) != 1 {
		t.Errorf("the folder has %q", all)
	}
}

func TestNothingThatIsThereIsReplacedOrWrittenThrough(t *testing.T) {
	for name, put := range map[string]func(t *testing.T, path string) error{
		"a file":                   func(_ *testing.T, path string) error { return os.WriteFile(path, []byte("precious"), 0o644) },
		"a folder":                 func(_ *testing.T, path string) error { return os.Mkdir(path, 0o700) },
		"a link to a file":         func(t *testing.T, path string) error { return os.Symlink(elsewhere(t), path) },
		"a link that leads astray": func(_ *testing.T, path string) error { return os.Symlink("/nowhere/at/all", path) },
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			path := filepath.Join(folder, "x.env")
			if err := put(t, path); err != nil {
				t.Fatal(err)
			}
			before, err := os.Lstat(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := Save(path, client.NewSecret("secret")); !errors.Is(err, ErrExists) {
				t.Errorf("Save: %v", err)
			}
			after, err := os.Lstat(path)
			if err != nil || !os.SameFile(before, after) || before.Size() != after.Size() {
				t.Errorf("it is another now: %v, %v", after, err)
			}
			if all := files(t, folder); len(all) != 1 {
				t.Errorf("the folder has %q", all)
			}
		})
	}
}

// elsewhere is a file that a link may lead to, and that must stay as it is.
func elsewhere(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if content, _ := os.ReadFile(path); string(content) != "precious" {
			t.Errorf("what the link leads to holds %q", content)
		}
	})
	return path
}

func TestAPlaceThatCannotBeIsSaid(t *testing.T) {
	file := elsewhere(t)
	for path, want := range map[string]error{
		filepath.Join(t.TempDir(), "missing", "x.env"):       ErrFolder,
		filepath.Join(file, "x.env"):                         ErrFolder,
		"/sys/x.env":                                         ErrNotAllowed, // not even the administrator's
		filepath.Join(t.TempDir(), strings.Repeat("x", 300)): ErrNotSaved,
	} {
		if err := Save(path, client.NewSecret("secret")); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
	}
}

// A disk that is full or broken is had with strace, which makes
// the system call fail: this test's own program saves under it.
func TestADiskThatFailsIsSaidAndNothingIsLeftBehind(t *testing.T) {
	if os.Getenv("KEYFOB_SAVES") != "" {
		err := Save("x.env", client.NewSecret("secret"))
		for name, want := range map[string]error{"full": ErrFull, "broken": ErrNotSaved} {
			if errors.Is(err, want) {
				t.Log("said: " + name)
			}
		}
		return
	}
	for fault, want := range map[string]string{
		"fsync:error=ENOSPC":     "full",
		"fsync:error=EDQUOT":     "full",
		"fsync:error=EIO":        "broken",
		"fsync:error=EIO:when=2": "broken", // of the folder
		"linkat:error=EROFS":     "saved",  // as on a file system without links
		"linkat:error=EPERM":     "saved",
	} {
		t.Run(fault, func(t *testing.T) {
			folder := t.TempDir()
			said := saveUnder(t, fault, folder)
			left := files(t, folder)
			if want == "saved" {
				if strings.Contains(said, "said: ") || len(left) != 1 {
					t.Errorf("%q is left; %s", left, said)
				}
				return
			}
			if !strings.Contains(said, "said: "+want) || len(left) > 0 {
				t.Errorf("%q is left; %s", left, said)
			}
		})
	}
}

// saveUnder saves x.env in folder, and answers what became of it.
func saveUnder(t *testing.T, fault, folder string) string {
	t.Helper()
	self := []string{os.Args[0], "-test.run=^TestADiskThatFailsIsSaidAndNothingIsLeftBehind$", "-test.v"}
	cmd := exec.Command("strace", append([]string{"-f", "-qq", "-o", "/dev/null", "-e", "inject=" + fault}, self...)...) //nolint:gosec // this test itself
	cmd.Env, cmd.Dir = append(os.Environ(), "KEYFOB_SAVES=1"), folder
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}
