package rules

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// fileMax is how large a file of rules may be, in bytes.
const fileMax = 64 << 10

// Problem is one thing that is wrong with a file of rules.
type Problem struct {
	File string
	Line int    // from 1
	Key  string // such as expiry.max; empty where the file is no TOML
	Text string
}

// Error is like rules.toml:3: expiry.max: what is wrong.
func (p Problem) Error() string {
	if p.Key == "" {
		return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
	}
	return fmt.Sprintf("%s:%d: %s: %s", p.File, p.Line, p.Key, p.Text)
}

// Load gives a preset by its name, erp for no name, or reads the rules in a
// file whose name ends in .toml. What is wrong with the file comes back as
// Problems, joined.
func Load(nameOrFile string) (Rules, error) {
	if nameOrFile == "" {
		nameOrFile = defaultName
	}
	if preset, ok := presets[nameOrFile]; ok {
		return preset(), nil
	}
	if !strings.HasSuffix(nameOrFile, ".toml") {
		return Rules{}, fmt.Errorf("there are no rules %q: choose one of %s, or name a file that ends in .toml", nameOrFile, strings.Join(Names(), ", "))
	}
	info, err := os.Stat(nameOrFile)
	if err == nil && info.Size() > fileMax {
		err = fmt.Errorf("%s is too large for rules", nameOrFile)
	}
	if err != nil {
		return Rules{}, err
	}
	text, err := os.ReadFile(nameOrFile)
	if err != nil {
		return Rules{}, err
	}
	return Parse(filepath.Base(nameOrFile), text)
}

// Parse reads rules from the text of a file: a preset's, erp's if it names
// none, with what it says in their place. A list of scopes replaces the
// preset's whole catalogue. The error is as for Load.
func Parse(file string, text []byte) (Rules, error) {
	var head struct {
		Preset string `toml:"preset"`
	}
	if err := toml.Unmarshal(text, &head); err != nil {
		return Rules{}, problems(file, err)
	}
	at := locate(text)
	if head.Preset == "" || head.Preset == Custom {
		head.Preset = defaultName
	}
	preset, ok := presets[head.Preset]
	if !ok {
		return Rules{}, Problem{file, at.line("preset"), "preset", "choose one of " + strings.Join(Names(), ", ")}
	}
	r := preset()
	if at.has("scopes") {
		r.Scopes = nil
	}
	in := toml.NewDecoder(bytes.NewReader(text))
	if err := in.DisallowUnknownFields().Decode(&r); err != nil {
		return Rules{}, problems(file, err)
	}
	r.Preset = Custom
	if bad := r.check(); len(bad) > 0 {
		return Rules{}, placed(file, at, bad)
	}
	return r, nil
}

// Text is r as a file that Parse reads.
func (r Rules) Text() ([]byte, error) { return toml.Marshal(r) }

// problems gives a decoder's errors their place in the file.
func problems(file string, err error) error {
	if missing, ok := errors.AsType[*toml.StrictMissingError](err); ok {
		var all []error
		for _, e := range missing.Errors {
			all = append(all, problem(file, &e, "there is no such key"))
		}
		return errors.Join(all...)
	}
	if e, ok := errors.AsType[*toml.DecodeError](err); ok {
		return problem(file, e, inPlainWords(strings.TrimPrefix(e.Error(), "toml: ")))
	}
	return Problem{File: file, Line: 1, Text: err.Error()}
}

// inPlainWords says of a value of the wrong type what belongs there, without the names
// that the decoder has for it.
func inPlainWords(text string) string {
	_, kind, ok := strings.Cut(text, " of type ")
	if !ok || !strings.HasPrefix(text, "cannot decode TOML ") {
		return text
	}
	switch {
	case kind == "bool":
		return "it is true or false"
	case kind == "string":
		return "it is a text in quotes"
	case strings.HasPrefix(kind, "int"):
		return "it is a whole number"
	case strings.HasPrefix(kind, "[]"):
		return "it is a list"
	}
	return "it is a table, with keys of its own"
}

func problem(file string, e *toml.DecodeError, text string) Problem {
	line, _ := e.Position()
	return Problem{File: file, Line: max(1, line), Key: strings.Join(e.Key(), "."), Text: text}
}

// placed gives what check found its place, in the order of the file.
func placed(file string, at places, bad []finding) error {
	var all []Problem
	for _, f := range bad {
		all = append(all, Problem{file, at.line(append([]string{f.key}, f.or...)...), f.key, f.text})
	}
	slices.SortStableFunc(all, func(a, b Problem) int { return a.Line - b.Line })
	var out []error
	for _, p := range all {
		out = append(out, p)
	}
	return errors.Join(out...)
}
