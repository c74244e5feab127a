// Package pgtest gives tests a PostgreSQL of their own, from the programs that
// Debian's package postgresql installs: one private cluster for a test's
// process, reached by a socket in its own directory, and an empty database for
// each test. Nothing outlives the process, however it ends.
//
// The cluster sorts text as a German reader would and forgets commits when the
// machine loses power: a store that only works with another collation shows
// it, and tests need not wait for the disk.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Cluster is a running PostgreSQL.
type Cluster struct {
	dir   string
	guard *os.File // closing it, as the process's end does, ends the cluster
	ended chan error

	mu    sync.Mutex
	admin *pgx.Conn // makes and drops databases
}

var (
	shared  = sync.OnceValues(func() (*Cluster, error) { return start() })
	created atomic.Int64
)

// Database makes an empty database in the process's cluster and answers its
// URL. It is dropped when the test ends.
func Database(t testing.TB) string {
	t.Helper()
	c, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return c.Database(t)
}

// New starts a cluster for a test that stops it.
func New(t testing.TB) *Cluster {
	t.Helper()
	c, err := start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.end(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// Database makes an empty database in this cluster.
func (c *Cluster) Database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("test%d", created.Add(1))
	c.exec(t, "CREATE DATABASE "+name)
	t.Cleanup(func() { c.exec(t, "DROP DATABASE "+name+" WITH (FORCE)") })
	return c.url(name)
}

func (c *Cluster) url(name string) string {
	return "postgres://postgres@/" + name + "?host=" + c.dir
}

func (c *Cluster) exec(t testing.TB, statement string) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	ctx := context.WithoutCancel(t.Context())
	if c.admin == nil || c.admin.IsClosed() {
		conn, err := pgx.Connect(ctx, c.url("postgres"))
		if err != nil {
			t.Fatal(err)
		}
		c.admin = conn
	}
	if _, err := c.admin.Exec(ctx, statement); err != nil {
		t.Fatal(err)
	}
}

// Run runs a statement on the database of that URL.
func Run(t testing.TB, url, statement string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.Connect(ctx, url)
	if err == nil {
		_, err = conn.Exec(ctx, statement)
		err = errors.Join(err, conn.Close(ctx))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Crash stops the cluster at once, as a crash does.
func (c *Cluster) Crash(t testing.TB) {
	t.Helper()
	if err := c.ctl("stop", "-m", "immediate"); err != nil {
		t.Fatal(err)
	}
	_ = c.admin.Close(context.WithoutCancel(t.Context())) // it has no other end any more
}

// Start starts it again, and waits until it answers.
func (c *Cluster) Start(t testing.TB) {
	t.Helper()
	if err := c.up(); err != nil {
		t.Fatal(err)
	}
}

func start() (*Cluster, error) {
	dir, err := os.MkdirTemp("", "keyfob-pg-")
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: dir}
	if err := c.own(); err != nil {
		return nil, err
	}
	err = c.run("initdb", "--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=de-DE")
	if err == nil {
		err = c.watch()
	}
	if err == nil {
		err = c.up()
	}
	return c, err
}

func (c *Cluster) up() error {
	options := "-c listen_addresses= -c fsync=off -c wal_level=minimal -c max_wal_senders=0 -c full_page_writes=off -c autovacuum=off -c deadlock_timeout=100ms -c max_connections=300 -c unix_socket_directories=" + c.dir
	return c.ctl("start", "--silent", "-o", options, "-l", filepath.Join(c.dir, "log"))
}

func (c *Cluster) ctl(args ...string) error { return c.run("pg_ctl", append(args, "-w")...) }

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *Cluster) run(name string, args ...string) error {
	line := c.line(name, args...)
	out, err := exec.CommandContext(context.Background(), line[0], line[1:]...).CombinedOutput() //nolint:gosec // G204: PostgreSQL's own programs
	if err != nil {
		return fmt.Errorf("pgtest: %s: %w: %s", name, err, out)
	}
	return nil
}

// line is the command line of one of PostgreSQL's programs, which refuse to
// run as root: then as the user that Debian's package makes for it.
func (c *Cluster) line(name string, args ...string) []string {
	line := append([]string{program(name), "-D", c.data()}, args...)
	if os.Getuid() == 0 {
		line = append([]string{"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"}, line...)
	}
	return line
}

// own hands the directory to the user that the programs will run as.
func (c *Cluster) own() error {
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return fmt.Errorf("pgtest: is the package postgresql installed? %w", err)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return err
	}
	return os.Chown(c.dir, uid, gid)
}

// program finds a program, which Debian keeps out of PATH.
func program(name string) string {
	if found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name); err == nil && len(found) > 0 {
		return found[len(found)-1]
	}
	return name
}

// guard waits for the end of its input, stops the cluster and removes it.
const guard = `trap '' INT TERM HUP; dir=$1; shift; read -r _; "$@" >/dev/null 2>&1; rm -rf "$dir"`

// watch starts a process that ends the cluster when this one ends, even if it
// is killed: its input is a pipe that the system closes with this process.
func (c *Cluster) watch() error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	args := append([]string{"-c", guard, "guard", c.dir}, c.line("pg_ctl", "stop", "-m", "immediate", "-w")...)
	cmd := exec.CommandContext(context.Background(), "sh", args...) //nolint:gosec // G204: the text above
	cmd.Stdin = r
	if err := cmd.Start(); err != nil {
		return err
	}
	c.guard, c.ended = w, make(chan error, 1)
	go func() { c.ended <- cmd.Wait() }()
	return nil
}

func (c *Cluster) end() error {
	_ = c.guard.Close()
	return <-c.ended
}
