//go:build bench

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a server that this run started.
type process struct {
	cmd     *exec.Cmd
	address string
	took    time.Duration // until it said where it listens
}

// keyfobd starts the server on a data directory.
func (b *bench) keyfobd(dir string, more ...string) (*process, error) {
	return b.launch(b.bin, append([]string{"serve", "--data", dir, "--listen", "127.0.0.1:0"}, more...)...)
}

func (b *bench) launch(name string, args ...string) (*process, error) {
	cmd := exec.CommandContext(b.ctx, name, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s did not start: %w", name, err), cmd.Wait())
	}
	return &process{cmd, strings.TrimPrefix(strings.TrimSpace(line), "http://"), time.Since(start)}, nil
}

func (p *process) stop() error {
	return errors.Join(p.cmd.Process.Signal(syscall.SIGTERM), p.cmd.Wait())
}

// memory is what the process has in memory and the most that it had, in MB.
func (p *process) memory() (now, most float64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, 0, err
	}
	for name, mb := range map[string]*float64{"VmRSS:": &now, "VmHWM:": &most} {
		_, rest, _ := strings.Cut(string(text), name)
		_, scanErr := fmt.Sscan(rest, mb)
		err = errors.Join(err, scanErr)
		*mb *= 1024 / 1e6 // from KiB
	}
	return now, most, err
}

// busy is how long the process had a processor.
func (p *process) busy() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 13 {
		return 0, errors.New("/proc has no times of the process")
	}
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond, errors.Join(err1, err2)
}

// busyWithUs is busy with what this process took added.
func (p *process) busyWithUs() (time.Duration, error) {
	theirs, err := p.busy()
	var ours syscall.Rusage
	err = errors.Join(err, syscall.Getrusage(syscall.RUSAGE_SELF, &ours))
	return theirs + time.Duration(ours.Utime.Nano()+ours.Stime.Nano()), err
}

// ready asks whether the server is.
func (p *process) ready(ctx context.Context) error {
	c, err := dial(ctx, p.address)
	if err != nil {
		return err
	}
	status, err := c.do(request("GET", "/readyz", "", "text/plain", ""), nil)
	if err == nil && status != 200 {
		err = fmt.Errorf("not ready: status %d", status)
	}
	return errors.Join(err, c.Close())
}

// rest waits until the process has nothing to do any more.
func (p *process) rest(ctx context.Context) error {
	time.Sleep(writtenWithin)
	for before := time.Duration(-1); ctx.Err() == nil; time.Sleep(500 * time.Millisecond) {
		now, err := p.busy()
		if err != nil || now-before < 50*time.Millisecond {
			return err
		}
		before = now
	}
	return ctx.Err()
}

// serveEmpty is the other side of introspection: net/http with nothing to do.
func serveEmpty() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println("http://" + ln.Addr().String())
	srv := http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = srv.Serve(ln) }() // until the end
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM)
	<-end
}
