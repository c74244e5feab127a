package torture

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// runs is how often each fault is made; 0: the short form.
var runs = flag.Int("runs", 0, "how often each fault is made; 0: a few times")

// times is how often a test makes its fault.
func times(short int) int {
	if *runs > 0 {
		return *runs
	}
	return short
}

// program is the real keyfobd, built once, as it is shipped.
var program string

func TestMain(m *testing.M) {
	flag.Parse()
	dir, err := os.MkdirTemp("", "keyfob-torture-*")
	if err != nil {
		panic(err)
	}
	program = filepath.Join(dir, "keyfobd")
	build := exec.Command("go", "build", "-o", program, "keyfob/cmd/keyfobd")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building keyfobd: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// place is what a server works on: a data directory, and perhaps a database.
type place struct {
	*testing.T
	dir, database string
	wrap          []string // a command line to run the server under
}

func (p place) command(args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "KEYFOBD_DATA="+p.dir, "KEYFOBD_DATABASE="+p.database)
	return cmd
}

// run runs a command that must succeed, and answers what it printed.
func (p place) run(args ...string) string {
	p.Helper()
	out, err := p.try(args...)
	if err != nil {
		p.Fatalf("keyfobd %v: %v", args, err)
	}
	return out
}

func (p place) try(args ...string) (string, error) {
	cmd := p.command(args...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, complaint.String())
	}
	return strings.TrimSpace(string(out)), err
}

func (p place) into(v any, args ...string) {
	p.Helper()
	if err := json.Unmarshal([]byte(p.run(append(args, "--json")...)), v); err != nil {
		p.Fatal(err)
	}
}

// serving is a running keyfobd serve.
type serving struct {
	cmd *exec.Cmd
	url string
	log *bytes.Buffer
}

var errNotServing = errors.New("it does not serve")

// serve starts a server and waits until it is ready.
func (p place) serve() *serving {
	p.Helper()
	s, err := p.tryServe()
	if err != nil {
		p.Fatal(err)
	}
	return s
}

func (p place) tryServe() (*serving, error) {
	cmd := p.command("serve", "--listen", "127.0.0.1:0")
	if len(p.wrap) > 0 {
		wrapped := exec.Command(p.wrap[0], append(p.wrap[1:], cmd.Args...)...)
		wrapped.Env = cmd.Env
		cmd = wrapped
	}
	s := &serving{cmd: cmd, log: new(bytes.Buffer)}
	cmd.Stderr = s.log
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		_ = cmd.Wait()
		return nil, fmt.Errorf("%w: %s", errNotServing, s.log)
	}
	s.url = strings.TrimSpace(line)
	return s, nil
}

// kill ends the server as a crash does.
func (s *serving) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}
