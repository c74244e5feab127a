package desktop

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keyfob/internal/xtest"
)

func TestAnXServerIsADisplay(t *testing.T) {
	environment(t, xtest.Start(t).Name, "")
	if err := Check(t.Context()); err != nil {
		t.Error(err)
	}
	if got := os.Getenv("FYNE_PLATFORM"); got != "x11" {
		t.Errorf("FYNE_PLATFORM is %q: the library may try Wayland, which is not there", got)
	}
}

func TestADisplayIsWhereItsAddressAnswers(t *testing.T) {
	dir := short(t)
	socket := listen(t, "unix", filepath.Join(dir, "x")).String()
	host, port, err := net.SplitHostPort(listen(t, "tcp", "127.0.0.1:0").String())
	if err != nil {
		t.Fatal(err)
	}
	tcp := fmt.Sprintf("%s:%d.0", host, displayOf(t, port))
	listen(t, "unix", filepath.Join(dir, "wayland-0"))
	named := listen(t, "unix", filepath.Join(dir, "named")).String()

	for _, c := range []struct{ name, display, wayland, platform string }{
		{"the X server's TCP port", tcp, "", "x11"},
		{"a path", socket, "", "x11"},
		{"a path with a screen", "unix:" + socket + ".0", "", "x11"},
		{"a compositor by name", "", "named", "wayland"},
		{"a compositor by path", "", named, "wayland"},
		{"X, but a compositor that is gone", tcp, "gone", "x11"},
		{"a compositor, but an X server that is gone", nowhere(t), "named", "wayland"},
		{"both", tcp, "named", ""},
		{"a compositor by its usual name", "", "unset", "wayland"},
	} {
		t.Run(c.name, func(t *testing.T) {
			environment(t, c.display, c.wayland)
			t.Setenv("XDG_RUNTIME_DIR", dir)
			if c.wayland == "unset" {
				must(t, os.Unsetenv("WAYLAND_DISPLAY"))
			}
			if err := Check(t.Context()); err != nil {
				t.Error(err)
			}
			if got := os.Getenv("FYNE_PLATFORM"); got != c.platform {
				t.Errorf("FYNE_PLATFORM is %q, want %q", got, c.platform)
			}
		})
	}
}

func TestTheAbstractSocketIsADisplay(t *testing.T) {
	name := nowhere(t)
	listen(t, "unix", "@/tmp/.X11-unix/X"+name[1:])
	environment(t, name, "")
	if err := Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestWhereNothingAnswersOneSentenceNamesWhatWasTried(t *testing.T) {
	dead := nowhere(t)
	for _, c := range []struct{ name, display, wayland, names string }{
		{"nothing is set", "", "", "neither DISPLAY nor WAYLAND_DISPLAY is set"},
		{"an X server that is gone", dead, "", fmt.Sprintf("nothing answers at DISPLAY=%q;", dead)},
		{"one of another host", "127.0.0.1" + dead, "", fmt.Sprintf("DISPLAY=%q;", "127.0.0.1"+dead)},
		{"a compositor that is gone", "", "gone", `nothing answers at WAYLAND_DISPLAY="gone";`},
		{"both are gone", dead, "gone", fmt.Sprintf("DISPLAY=%q or WAYLAND_DISPLAY=\"gone\";", dead)},
		{"no display at all", "nonsense", "", `DISPLAY="nonsense"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			environment(t, c.display, c.wayland)
			err := Check(t.Context())
			if !errors.Is(err, ErrNoDisplay) || !strings.Contains(err.Error(), c.names) || !strings.Contains(err.Error(), "make demo") {
				t.Errorf("it says %v", err)
			}
		})
	}
}

func TestACompositorsNameNeedsARuntimeDirectory(t *testing.T) {
	environment(t, "", "wayland-0")
	t.Setenv("XDG_RUNTIME_DIR", "")
	if got := waylandAddresses(); len(got) > 0 {
		t.Errorf("it looks at %v", got)
	}
}

func TestDisplayNamesAreReadAsXlibReadsThem(t *testing.T) {
	file, abstract := address{"unix", "/tmp/.X11-unix/X7"}, address{"unix", "@/tmp/.X11-unix/X7"}
	for display, want := range map[string][]address{
		":7":             {abstract, file, {"tcp", "localhost:6007"}},
		":7.1":           {abstract, file, {"tcp", "localhost:6007"}},
		"unix:7":         {abstract, file},
		"unix/:7":        {abstract, file},
		"unix/box:7":     {abstract, file},
		"box:7":          {{"tcp", "box:6007"}},
		"tcp/box:7.0":    {{"tcp", "box:6007"}},
		"localhost:10.0": {{"tcp", "localhost:6010"}},
		"::1:7":          {{"tcp", "[::1]:6007"}},
		"[::1]:7":        {{"tcp", "[::1]:6007"}},
		"/run/x:0":       {{"unix", "/run/x:0"}, {"unix", "/run/x:0"}},
		"":               nil,
		":":              nil,
		"7":              nil,
		":x":             nil,
		":-1":            nil,
	} {
		if diff := cmp.Diff(want, xAddresses(display), cmp.AllowUnexported(address{})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", display, diff)
		}
	}
}

func FuzzXAddresses(f *testing.F) {
	for _, seed := range []string{":0", "unix:7", "tcp/box:1.0", "[::1]:2", "/run/x.0", "/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, display string) {
		for _, a := range xAddresses(display) {
			if a.network != "unix" && a.network != "tcp" || a.at == "" {
				t.Errorf("%q is looked for at %v", display, a)
			}
		}
	})
}

// environment is one with these displays, and no others.
func environment(t *testing.T, display, wayland string) {
	t.Helper()
	t.Setenv("DISPLAY", display)
	t.Setenv("WAYLAND_DISPLAY", wayland)
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	t.Setenv("FYNE_PLATFORM", "")
}

// nowhere is a display that no X server has: its TCP port was free just now.
func nowhere(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	_, port, err := net.SplitHostPort(l.Addr().String())
	must(t, err)
	must(t, l.Close())
	return fmt.Sprintf(":%d", displayOf(t, port))
}

func displayOf(t *testing.T, port string) int {
	t.Helper()
	n, err := strconv.Atoi(port)
	must(t, err)
	return n - 6000
}

// listen takes connections until the test ends.
func listen(t *testing.T, network, at string) net.Addr {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), network, at)
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr()
}

// short is a directory whose path leaves room for a socket's name.
func short(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "kf")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
