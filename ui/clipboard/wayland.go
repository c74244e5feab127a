//go:build !windows && !darwin

package clipboard

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"
)

// A Wayland compositor lets a program without the focus manage the clipboard
// only if it offers one of these. Where it does not, the way is over X11, of
// which it keeps a copy.
var managers = [][]byte{[]byte("ext_data_control_manager_v1\x00"), []byte("zwlr_data_control_manager_v1\x00")}

func reachNow() Reach {
	if os.Getenv("WAYLAND_DISPLAY") != "" && !native() {
		return Bridged
	}
	return Sure
}

// native reports whether the clipboard is a Wayland compositor's own.
func native() bool {
	at := os.Getenv("WAYLAND_DISPLAY")
	if at == "" {
		return false
	}
	if !filepath.IsAbs(at) {
		at = filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), at)
	}
	conn, err := (&net.Dialer{Timeout: time.Second}).Dial("unix", at)
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return false
	}
	return offers(conn)
}

const (
	waylandDisplay  = 1 // ids of objects
	waylandRegistry = 2
	waylandSynced   = 3
)

// offers asks a compositor for all that it has and reports whether a manager of
// the clipboard is among it.
func offers(conn io.ReadWriter) bool {
	asked := []uint32{
		waylandDisplay, 12<<16 | 1, waylandRegistry, // get_registry
		waylandDisplay, 12 << 16, waylandSynced, // sync
	}
	if binary.Write(conn, binary.NativeEndian, asked) != nil {
		return false
	}
	for {
		var head struct{ Object, SizeAndCode uint32 }
		if binary.Read(conn, binary.NativeEndian, &head) != nil || head.SizeAndCode>>16 < 8 {
			return false
		}
		body := make([]byte, head.SizeAndCode>>16-8)
		if _, err := io.ReadFull(conn, body); err != nil {
			return false
		}
		for _, name := range managers {
			if head.Object == waylandRegistry && bytes.Contains(body, name) {
				return true
			}
		}
		if head.Object == waylandSynced {
			return false
		}
	}
}
