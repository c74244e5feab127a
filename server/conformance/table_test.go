package conformance

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write docs/requirements.md")

const committed = "../../docs/requirements.md"

const head = `# What the server keeps

The requirements of a token server, by their numbers, and the presets of rules that each is about. Every ✓ is one test of
package ` + "`server/conformance`" + `, over HTTP, run on SQLite and on PostgreSQL; – is a requirement that the preset does not have.
To run one: ` + "`go test ./server/conformance -run 'TestERP/%03d'`" + `.

| | requirement | erp | digitalhub | lucanet | socotra |
|---:|---|:-:|:-:|:-:|:-:|
`

func TestTheTableIsWhatIsTested(t *testing.T) {
	got := table()
	if *update {
		if err := os.WriteFile(committed, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(committed)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("run go test ./server/conformance -run Table -update, and look at what changed:\n%s", d)
	}
}

func table() string {
	var b strings.Builder
	fmt.Fprintf(&b, head, requirements[0].number)
	for _, r := range requirements {
		fmt.Fprintf(&b, "| %d | %s |", r.number, r.says)
		for _, p := range presets {
			mark := "–"
			if r.about(p) {
				mark = "✓"
			}
			fmt.Fprintf(&b, " %s |", mark)
		}
		b.WriteString("\n")
	}
	return b.String()
}
