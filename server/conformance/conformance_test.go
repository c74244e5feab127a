// Package conformance shows, requirement by requirement, what the server
// promises under each of its four presets. It is a client like any other: it
// speaks HTTP only, and learns from /capabilities how to ask for a token.
//
// Every test runs on SQLite and on PostgreSQL. The table in
// docs/requirements.md is written from the same list.
package conformance

import (
	"fmt"
	"slices"
	"testing"

	"keyfob/internal/pgtest"
)

// The four presets of the server's rules.
const (
	erp        = "erp"
	digitalHub = "digitalhub"
	lucanet    = "lucanet"
	socotra    = "socotra"
)

var presets = []string{erp, digitalHub, lucanet, socotra}

// requirement is one that the server keeps, and what shows it.
type requirement struct {
	number int
	says   string   // in short: requirements are cited by their number
	under  []string // the presets that it is about; nil: all
	show   func(w *world)
}

func (r requirement) about(preset string) bool {
	return r.under == nil || slices.Contains(r.under, preset)
}

// name is the name of its test below the preset's.
func (r requirement) name() string {
	return fmt.Sprintf("%03d %s", r.number, r.says)
}

// requirements are all of them, in the order of their numbers.
var requirements = sorted(secrecy, identity, policy, lists, creating, limits, ending, using, exchanging)

func sorted(parts ...[]requirement) []requirement {
	all := slices.Concat(parts...)
	slices.SortStableFunc(all, func(a, b requirement) int { return a.number - b.number })
	return all
}

func TestMain(m *testing.M) { pgtest.MainWithout(m, "TestTheTableIsWhatIsTested") }

func TestERP(t *testing.T)        { keeps(t, erp) }
func TestDigitalHub(t *testing.T) { keeps(t, digitalHub) }
func TestLucanet(t *testing.T)    { keeps(t, lucanet) }
func TestSocotra(t *testing.T)    { keeps(t, socotra) }

func keeps(t *testing.T, preset string) {
	s := serve(t, preset)
	for _, r := range requirements {
		if r.about(preset) {
			t.Run(r.name(), func(t *testing.T) { r.show(s.world(t)) })
		}
	}
}
