package connect

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"keyfob/client"
)

// Whatever is done to the list, in whatever order, it is what a slice and a
// name would be, also after the program was started again.
func TestTheListIsWhatWasDoneToIt(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		_ = os.Remove(filepath.Join(dir, "connections.json"))
		m := &model{dir: dir}
		deeds := rapid.SliceOfN(rapid.SampledFrom([]string{"add", "add", "use", "look", "move", "remove"}), 1, 8).Draw(t, "deeds")
		for _, deed := range deeds { // each is a file that is written durably: few of them in many orders
			map[string]func(*rapid.T){"add": m.add, "use": m.use, "look": m.look, "move": m.move, "remove": m.remove}[deed](t)
			m.compare(t)
		}
	})
}

// model is the list without files: whoever reads this can see it is right.
type model struct {
	dir     string
	order   []Saved
	current string
}

// started is the program started anew for each deed.
func (m *model) started() *Connector { return New(Config{Dir: m.dir}) }

func (m *model) draw(t *rapid.T) (key string, at int) {
	s := Saved{
		Address: rapid.SampledFrom([]string{"https://a.example", "https://b.example"}).Draw(t, "server"),
		Subject: rapid.SampledFrom([]string{"1", "2"}).Draw(t, "account"),
	}
	return s.Key(), slices.IndexFunc(m.order, func(o Saved) bool { return o.Key() == s.Key() })
}

func (m *model) add(t *rapid.T) {
	s := Saved{
		BuiltIn: rapid.Bool().Draw(t, "built-in"), Address: rapid.SampledFrom([]string{"https://a.example", "https://b.example"}).Draw(t, "server"),
		Subject: rapid.SampledFrom([]string{"1", "2"}).Draw(t, "account"), Name: rapid.StringN(0, 5, -1).Draw(t, "name"),
	}
	if err := m.started().remember(s); err != nil {
		t.Fatal(err)
	}
	m.current = s.Key()
	for i, o := range m.order {
		if o.Key() == s.Key() {
			s.Label, s.Colour = o.Label, o.Colour
			m.order[i] = s
			return
		}
	}
	all, _ := m.started().All()
	s.Colour = all[len(all)-1].Colour
	if !slices.Contains(Colours, s.Colour) {
		t.Fatalf("added in the colour %q", s.Colour)
	}
	taken := slices.ContainsFunc(m.order, func(o Saved) bool { return o.Colour == s.Colour })
	if taken && len(m.order) < len(Colours) && m.unpainted() {
		t.Fatalf("added in %s, which another has", s.Colour)
	}
	m.order = append(m.order, s)
}

func (m *model) unpainted() bool {
	return !slices.ContainsFunc(m.order, func(o Saved) bool { return o.Label != "" })
}

func (m *model) expect(t *rapid.T, at int, err error) bool {
	if (err == nil) != (at >= 0) || err != nil && err != client.ErrNotFound { //nolint:errorlint // it is not to be wrapped
		t.Fatalf("at %d: %v", at, err)
	}
	return err == nil
}

func (m *model) use(t *rapid.T) {
	key, at := m.draw(t)
	if at < 0 {
		return
	}
	if err := m.started().remember(m.order[at]); err != nil {
		t.Fatal(err)
	}
	m.current = key
}

func (m *model) look(t *rapid.T) {
	key, at := m.draw(t)
	label, colour := rapid.StringN(1, 8, -1).Draw(t, "label"), rapid.SampledFrom(Colours).Draw(t, "colour")
	if m.expect(t, at, m.started().SetLook(key, label, colour)) {
		m.order[at].Label, m.order[at].Colour = label, colour
	}
}

func (m *model) move(t *rapid.T) {
	key, at := m.draw(t)
	up := rapid.Bool().Draw(t, "up")
	by := 1
	if up {
		by = -1
	}
	if !m.expect(t, at, m.started().Move(key, by)) {
		return
	}
	if to := at + by; to >= 0 && to < len(m.order) {
		m.order[at], m.order[to] = m.order[to], m.order[at]
	}
}

func (m *model) remove(t *rapid.T) {
	key, at := m.draw(t)
	if !m.expect(t, at, m.started().forget(key)) {
		return
	}
	m.order = slices.Delete(m.order, at, at+1)
	switch {
	case m.current != key:
	case len(m.order) == 0:
		m.current = ""
	case at < len(m.order):
		m.current = m.order[at].Key()
	default:
		m.current = m.order[at-1].Key()
	}
}

func (m *model) compare(t *rapid.T) {
	all, current := m.started().All()
	if diff := cmp.Diff(m.order, all, cmp.Transformer("nil", func(s []Saved) []Saved { return append([]Saved{}, s...) })); diff != "" {
		t.Fatal(diff)
	}
	if current != m.current {
		t.Fatalf("in use is %q, want %q", current, m.current)
	}
}

func TestTheFirstVersionsFileIsReadAndKeptOn(t *testing.T) {
	c := New(Config{Dir: t.TempDir()})
	old := `{"connections": [{"address": "https://a.example", "subject": "1", "login": "ada", "name": "Ada Admin"}]}`
	if err := os.WriteFile(c.path(), []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	last, err := c.Last()
	if err != nil || last.Login != "ada" || last.Colour == "" {
		t.Fatalf("%+v, %v", last, err)
	}
	if err := c.remember(Saved{Address: "https://b.example", Subject: "2"}); err != nil {
		t.Fatal(err)
	}
	if all, current := c.All(); len(all) != 2 || all[0].Login != "ada" || current != all[1].Key() {
		t.Errorf("%+v, in use %s", all, current)
	}
}

func TestALaterVersionsFileIsLeftAlone(t *testing.T) {
	c := New(Config{Dir: t.TempDir()})
	later := `{"version": 99, "connections": {}}`
	for _, later := range []string{later, `{"version": 99, "connections": []}`} {
		if err := os.WriteFile(c.path(), []byte(later), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := c.remember(Saved{Address: "https://b.example"}); err == nil {
			t.Error("written over")
		}
		if now, err := os.ReadFile(c.path()); err != nil || string(now) != later {
			t.Errorf("now it is %s, %v", now, err)
		}
	}
}

func TestTheListIsReadableByItsOwnerAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // rights are inherited from the profile's directory there
	}
	c := New(Config{Dir: filepath.Join(t.TempDir(), "keyfob")})
	if err := c.remember(Saved{Address: "https://b.example"}); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{c.path(): 0o600, c.cfg.Dir: 0o700} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	if left, err := os.ReadDir(c.cfg.Dir); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "{", "null", `{"connections":[{}]}`, `{"version":2,"current":"x","connections":[{"address":"a","subject":"1"},{"address":"a","subject":"1"}]}`, `{"version":3}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := parse(data)
		if err != nil && len(l.Connections) > 0 {
			t.Error("connections with an error")
		}
		for i, s := range l.Connections {
			if l.index(s.Key()) != i {
				t.Errorf("%s is there twice", s.Key())
			}
		}
		if (l.index(l.Current) < 0) != (len(l.Connections) == 0) {
			t.Errorf("in use is %q of %d", l.Current, len(l.Connections))
		}
	})
}
