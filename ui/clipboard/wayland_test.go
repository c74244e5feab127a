//go:build !windows && !darwin

package clipboard

import (
	"bytes"
	"encoding/binary"
	"net"
	"path/filepath"
	"testing"
)

// event is one message of a compositor's.
func event(object uint32, body string) []byte {
	head := []uint32{object, uint32(8+len(body)) << 16}
	var b bytes.Buffer
	_ = binary.Write(&b, binary.NativeEndian, head)
	b.WriteString(body)
	return b.Bytes()
}

func global(name string) []byte { return event(waylandRegistry, "\x01\x00\x00\x00"+name+"\x00") }

// compositor answers what it is asked with these events, on a socket that this
// process takes for its Wayland display.
func compositor(t *testing.T, events ...[]byte) {
	t.Helper()
	at := filepath.Join(t.TempDir(), "wayland-7")
	l, err := net.Listen("unix", at) //nolint:noctx // closed with the test
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	t.Setenv("XDG_RUNTIME_DIR", filepath.Dir(at))
	t.Setenv("WAYLAND_DISPLAY", filepath.Base(at))
	go func() {
		for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
			_, _ = conn.Write(bytes.Join(events, nil))
			_, _ = conn.Read(make([]byte, 64))
			_ = conn.Close()
		}
	}()
}

func TestADesktopIsToldByWhatItsCompositorOffers(t *testing.T) {
	synced := event(waylandSynced, "\x00\x00\x00\x00")
	for name, c := range map[string]struct {
		events [][]byte
		want   Reach
	}{
		"GNOME 49, KDE":         {[][]byte{global("wl_seat"), global("ext_data_control_manager_v1"), synced}, Sure},
		"Sway":                  {[][]byte{global("zwlr_data_control_manager_v1"), synced}, Sure},
		"GNOME before 49":       {[][]byte{global("wl_seat"), global("wl_compositor"), synced}, Bridged},
		"talks of another name": {[][]byte{event(9, "ext_data_control_manager_v1\x00"), synced}, Bridged},
		"hangs up":              {nil, Bridged},
	} {
		t.Run(name, func(t *testing.T) {
			compositor(t, c.events...)
			if got := reachNow(); got != c.want {
				t.Errorf("reaches %v, want %v", got, c.want)
			}
		})
	}
	t.Run("X11", func(t *testing.T) {
		t.Setenv("WAYLAND_DISPLAY", "")
		if got := reachNow(); got != Sure {
			t.Errorf("reaches %v", got)
		}
	})
}

func FuzzOffers(f *testing.F) {
	f.Add(global("ext_data_control_manager_v1"))
	f.Add(event(waylandSynced, ""))
	f.Add([]byte{2, 0, 0, 0, 0, 0, 4, 0})
	f.Fuzz(func(_ *testing.T, said []byte) {
		offers(struct {
			*bytes.Reader
			discard
		}{Reader: bytes.NewReader(said)})
	})
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
