package crash

import (
	"bytes"
	"regexp"
)

// What Go prints of a crash and what of it is kept. Only lines of these forms
// are, so that what is not known is left out. Arguments go: they are words of
// memory; so do the registers.
var (
	signalled = regexp.MustCompile(`^\[signal [A-Za-z0-9:= ]+\]$`)
	goroutine = regexp.MustCompile(`^(goroutine \d+ )(?:gp=\S+ m=\S+ (?:mp=\S+ )?)?(\[[a-zA-Z0-9 ,()]*\]:)$`)
	call      = regexp.MustCompile(`^(\S+)\([0-9a-fx{}, .?_]*\)$`)
	created   = regexp.MustCompile(`^(created by \S+)(?: in goroutine \d+)?$`)
	place     = regexp.MustCompile(`^(\t[^\t]+:\d+)(?: \+0x[0-9a-f]+.*)?$`)
)

// scrub keeps of a crash, as Go prints it, where it happened.
func scrub(printed []byte) []byte {
	var out bytes.Buffer
	traces := false // behind the message, whose lines may look like anything
	for line := range bytes.Lines(printed) {
		line = bytes.TrimRight(line, "\r\n")
		switch {
		case goroutine.Match(line):
			traces = true
			out.Write(goroutine.ReplaceAll(line, []byte("\n$1$2\n")))
		case traces:
			out.Write(where(line))
		case bytes.HasPrefix(line, []byte("panic: ")):
			out.WriteString("panic: where nothing of ours could catch it\n")
		case signalled.Match(line):
			out.Write(append(line, '\n'))
		}
	}
	return out.Bytes()
}

// where is the line of a trace, without arguments; nothing if it is none.
func where(line []byte) []byte {
	for _, form := range []*regexp.Regexp{call, created, place} {
		if m := form.FindSubmatch(line); m != nil {
			return append(m[1], '\n')
		}
	}
	return nil
}
