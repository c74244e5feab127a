//go:build bench

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// postgres is a PostgreSQL server of this run's own, from the programs of
// Debian's package, with its usual settings but for more connections: what is
// committed is on the disk. It is reached by a socket in its own directory.
type postgres struct {
	dir string
	cmd *exec.Cmd
}

func (b *bench) startPostgres() (*postgres, error) {
	dir, err := os.MkdirTemp("/var/tmp", "keyfob-bench-") // on a disk; /tmp may be memory
	if err != nil {
		return nil, err
	}
	p := &postgres{dir: dir}
	if err := errors.Join(p.own(), p.initialize(b.ctx)); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	line := p.line("postgres", "-k", dir, "-c", "listen_addresses=", "-c", "max_connections=200")
	p.cmd = exec.CommandContext(b.ctx, line[0], line[1:]...)
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGINT) } // fast: open connections are cut
	p.cmd.WaitDelay = time.Minute
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := p.ready(b.ctx); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

func (p *postgres) initialize(ctx context.Context) error {
	line := p.line("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
	out, err := exec.CommandContext(ctx, line[0], line[1:]...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

func (p *postgres) ready(ctx context.Context) error {
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		_, err := p.ask(ctx, "SELECT 1")
		if err == nil || ctx.Err() != nil || time.Since(began) > time.Minute {
			return err
		}
	}
}

// line is the command line of one of PostgreSQL's programs, which refuse to
// run as root: then as the user that the package makes for it. Debian keeps
// them out of PATH.
func (p *postgres) line(name string, args ...string) []string {
	program := name
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name); len(found) > 0 {
		program = found[len(found)-1]
	}
	line := append([]string{program, "-D", filepath.Join(p.dir, "data")}, args...)
	if os.Getuid() == 0 {
		line = append([]string{"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=INT", "--"}, line...)
	}
	return line
}

// own hands the directory to the user that the programs run as.
func (p *postgres) own() error {
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return fmt.Errorf("is the package postgresql installed? %w", err)
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	return errors.Join(err1, err2, os.Chown(p.dir, uid, gid))
}

func (p *postgres) url() string { return "postgres://postgres@/postgres?host=" + p.dir }

// ask answers what psql prints.
func (p *postgres) ask(ctx context.Context, statement string) (string, error) {
	out, err := exec.CommandContext(ctx, "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement, p.url()).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("psql: %w: %s", err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

func (p *postgres) number(ctx context.Context, statement string) (n float64, err error) {
	text, err := p.ask(ctx, statement)
	if err == nil {
		n, err = strconv.ParseFloat(text, 64)
	}
	return n, err
}

func (p *postgres) stop() error {
	err := p.cmd.Process.Signal(syscall.SIGINT)
	return errors.Join(err, p.cmd.Wait(), os.RemoveAll(p.dir))
}
