// Package crash is how the program ends when it has a bug. It writes down
// where, never what: a file has the type of the panic and the places in the
// code, no value, no argument, no content of memory. Values may be secrets.
//
// Go ends a program when a panic is left alone, and prints its value. So every
// goroutine that is ours begins with
//
//	defer crash.Guard()
//
// What goes wrong elsewhere, in a library's goroutine or below Go, reaches the
// file by another way: see Watch.
package crash

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	kept    = 5        // files; older ones go
	maximum = 64 << 10 // bytes of one file
	// patience bounds what is still done before the end.
	patience = 2 * time.Second
	suffix   = ".txt"
	prefix   = "crash-"
	toldFile = "told" // names the latest file that the person was told of
)

// Exit is the code that the program ends with, as Go itself has it.
const Exit = 2

var (
	mu      sync.Mutex
	folder  string // empty: nowhere to write to
	program string // name and version
	last    = func() {}
)

// Keep sets where crash files go, what they say of the program, and what is
// still to be done before it ends.
func Keep(dir, name string, atLast func()) {
	mu.Lock()
	defer mu.Unlock()
	folder, program, last = dir, name, atLast
}

// Guard ends the program if the goroutine panics. It must be deferred itself.
func Guard() {
	v := recover()
	if v == nil {
		return
	}
	mu.Lock() // for good: a second panic waits for the end
	if program == "" {
		panic(v) // not the program but a test of a part of it
	}
	text := fmt.Sprintf("panic: %s\n%s", describe(v), scrub(debug.Stack()))
	fmt.Fprintln(os.Stderr, text)
	if err := write(folder, program, text); err != nil {
		fmt.Fprintln(os.Stderr, "keyfob: no crash file:", err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { _ = recover() }()
		last()
	}()
	select {
	case <-done:
	case <-time.After(patience):
	}
	os.Exit(Exit)
}

// describe is the type of a panic; with its text only if Go's runtime made it:
// that speaks of indices and types.
func describe(v any) string {
	t := reflect.TypeOf(v)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if err, ok := v.(runtime.Error); ok && t.PkgPath() == "runtime" {
		return err.Error()
	}
	return fmt.Sprintf("a value of type %T", v)
}

// write leaves a file of its own in dir, and removes the oldest beyond those kept.
func write(dir, program, text string) error {
	if dir == "" {
		return os.ErrNotExist
	}
	if err := os.MkdirAll(dir, 0o700); err != nil { //nolint:gosec // ours, even where one process of ours hands it to another
		return err
	}
	now := time.Now().UTC()
	whole := fmt.Appendf(nil, "%s ended by a bug at %s\n%s, %s/%s\nNo values are written here.\n\n%s",
		program, now.Format(time.RFC3339), runtime.Version(), runtime.GOOS, runtime.GOARCH, text)
	whole = bytes.ToValidUTF8(whole[:min(len(whole), maximum)], nil)
	name := filepath.Join(dir, prefix+now.Format("20060102T150405.000000")+suffix)
	if err := os.WriteFile(name, whole, 0o600); err != nil { //nolint:gosec // as above
		return err
	}
	all, err := files(dir)
	for i := 0; err == nil && i < len(all)-kept; i++ {
		err = os.Remove(all[i])
	}
	return err
}

// files are the crash files of dir, the oldest first.
func files(dir string) ([]string, error) {
	all, err := filepath.Glob(filepath.Join(escape(dir), prefix+"*"+suffix))
	slices.Sort(all)
	return all, err
}

// escape keeps Glob from reading signs of dir as a pattern. Windows has no
// escaping, and none of these signs but brackets in a name.
func escape(dir string) string {
	if runtime.GOOS == "windows" {
		return dir
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}

// Untold is the newest file of dir, if the person was not told of it yet.
func Untold(dir string) (file, text string) {
	all, err := files(dir)
	if err != nil || len(all) == 0 {
		return "", ""
	}
	file = all[len(all)-1]
	told, err := os.ReadFile(filepath.Join(dir, toldFile))
	if err == nil && string(told) >= filepath.Base(file) {
		return "", ""
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return "", ""
	}
	return file, string(content)
}

// Told remembers that the person was told of file.
func Told(file string) error {
	return os.WriteFile(filepath.Join(filepath.Dir(file), toldFile), []byte(filepath.Base(file)), 0o600)
}
