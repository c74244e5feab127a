// Package fakesecrets is a Secret Service for tests that misbehaves when told
// to: no real one can be made to. It speaks D-Bus on a bus of the test's.
package fakesecrets

import (
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

const (
	name  = "org.freedesktop.secrets"
	root  = dbus.ObjectPath("/org/freedesktop/secrets")
	login = dbus.ObjectPath("/org/freedesktop/secrets/collection/login")
	none  = dbus.ObjectPath("/")
)

// Answer is what the person says to a prompt.
type Answer int

// The answers.
const (
	Yes   Answer = iota
	No           // the prompt is dismissed
	Never        // nobody is there
)

// Faults is how a Service misbehaves; its zero value does not.
type Faults struct {
	Locked      bool
	AskToCreate bool // each new item needs a prompt
	AskToDelete bool
	Answer      Answer        // to every prompt
	Delay       time.Duration // before each reply
	Drop        bool          // says that it keeps an item, and does not
	Hold        bool          // says that it deletes an item, and does not
	FailAfter   bool          // keeps an item, and then says that it failed
	Max         int           // refuses larger items; 0: none
	Noise       bool          // signals of others amid a prompt
	Absent      bool          // is not on the bus
}

type item struct {
	attributes map[string]string
	value      []byte
}

// Service is the fake.
type Service struct {
	Prompts   chan struct{} // one for each prompt that opens
	Dismissed chan struct{} // one for each prompt that its caller puts away

	conn, other *dbus.Conn

	mu     sync.Mutex
	faults Faults
	items  map[dbus.ObjectPath]item
	last   int
}

// Start puts a fake on the bus at address until the test ends.
func Start(t testing.TB, address string, f Faults) *Service {
	t.Helper()
	s := &Service{Prompts: make(chan struct{}, 64), Dismissed: make(chan struct{}, 64), faults: f, items: map[dbus.ObjectPath]item{}}
	s.conn, s.other = connect(t, address), connect(t, address)
	s.export(root, "Service", map[string]any{
		"OpenSession": s.openSession, "Unlock": s.unlock, "ReadAlias": s.readAlias,
	}, map[string]func() any{"Collections": func() any { return []dbus.ObjectPath{login} }})
	s.export(login, "Collection", map[string]any{
		"SearchItems": s.searchItems, "CreateItem": s.createItem,
	}, map[string]func() any{"Locked": s.locked})
	if reply, err := s.conn.RequestName(name, dbus.NameFlagDoNotQueue); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("the fake keyring has no name: %v, %v", reply, err)
	}
	return s
}

func connect(t testing.TB, address string) *dbus.Conn {
	t.Helper()
	c, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// Set changes how it misbehaves from now on.
func (s *Service) Set(f Faults) {
	s.mu.Lock()
	was := s.faults.Absent
	s.faults = f
	s.mu.Unlock()
	switch {
	case f.Absent && !was:
		_, _ = s.conn.ReleaseName(name)
	case was && !f.Absent:
		_, _ = s.conn.RequestName(name, dbus.NameFlagDoNotQueue)
	}
}

// Leave ends it, as a crash would.
func (s *Service) Leave() { _ = s.conn.Close() }

// Values are all secrets that it holds.
func (s *Service) Values() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []string{}
	for _, it := range s.items {
		out = append(out, string(it.value))
	}
	return out
}

// now is how it misbehaves, after the delay that this costs.
func (s *Service) now() Faults {
	s.mu.Lock()
	f := s.faults
	s.mu.Unlock()
	time.Sleep(f.Delay) // the fault itself, not a wait for something
	return f
}

func (s *Service) export(path dbus.ObjectPath, kind string, methods map[string]any, properties map[string]func() any) {
	_ = s.conn.ExportMethodTable(methods, path, "org.freedesktop.Secret."+kind)
	get := func(_, property string) (dbus.Variant, *dbus.Error) {
		p, ok := properties[property]
		if !ok {
			return dbus.Variant{}, dbus.MakeFailedError(fmt.Errorf("no property %s", property))
		}
		return dbus.MakeVariant(p()), nil
	}
	_ = s.conn.ExportMethodTable(map[string]any{"Get": get}, path, "org.freedesktop.DBus.Properties")
}

func (s *Service) newPath(below string) dbus.ObjectPath {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	return dbus.ObjectPath(fmt.Sprintf("%s/%s%d", root, below, s.last))
}

func (s *Service) locked() any { return s.now().Locked }

func matches(have, want map[string]string) bool {
	have = maps.Clone(have)
	maps.DeleteFunc(have, func(k, _ string) bool { _, ok := want[k]; return !ok })
	return maps.Equal(have, want)
}
