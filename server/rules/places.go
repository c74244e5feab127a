package rules

import (
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// places is the line of each key of a file, by the key's whole name: such as
// expiry.max, or scopes[0].name.
type places map[string]int

// line is the line of the first of keys that the file has, or else whose table
// it has; 1 if there is none.
func (p places) line(keys ...string) int {
	for _, key := range keys {
		if line, ok := p[key]; ok {
			return line
		}
	}
	for _, key := range keys {
		for key != "" {
			if line, ok := p[key]; ok {
				return line
			}
			key = key[:max(0, strings.LastIndexAny(key, ".["))]
		}
	}
	return 1
}

func (p places) has(key string) bool {
	_, ok := p[key]
	return ok
}

// locate finds the places of the keys of a file that the decoder has read. It
// keeps none of them, and a contradiction between two keys is found only after it.
func locate(text []byte) places {
	at := places{}
	seen := map[string]int{} // tables of each array
	var p unstable.Parser
	p.Reset(text)
	table := ""
	for p.NextExpression() {
		e := p.Expression()
		switch e.Kind {
		case unstable.Table:
			table = at.note(&p, "", e.Key())
		case unstable.ArrayTable:
			name := at.note(&p, "", e.Key())
			table = fmt.Sprintf("%s[%d]", name, seen[name])
			at[table] = p.Shape(e.Child().Raw).Start.Line
			seen[name]++
		case unstable.KeyValue:
			at.value(&p, at.note(&p, table, e.Key()), e.Value())
		}
	}
	return at
}

// note notes the place of a key below table, and answers its whole name. The
// first place of a name counts.
func (p places) note(in *unstable.Parser, table string, key unstable.Iterator) string {
	for key.Next() {
		part := key.Node()
		if table != "" {
			table += "."
		}
		table += string(part.Data)
		if !p.has(table) {
			p[table] = in.Shape(part.Raw).Start.Line
		}
	}
	return table
}

// value notes the keys that are inside a value.
func (p places) value(in *unstable.Parser, name string, v *unstable.Node) {
	children := v.Children()
	switch v.Kind {
	case unstable.InlineTable:
		for children.Next() {
			pair := children.Node()
			p.value(in, p.note(in, name, pair.Key()), pair.Value())
		}
	case unstable.Array:
		for i := 0; children.Next(); i++ {
			p.value(in, fmt.Sprintf("%s[%d]", name, i), children.Node())
		}
	}
}
