//go:build bench

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// conn is a lean HTTP/1.1 client of one connection that is kept: what the
// client costs is taken from both sides of a ratio, so it costs little.
type conn struct {
	net.Conn
	r *bufio.Reader
}

func dial(ctx context.Context, address string) (*conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &conn{c, bufio.NewReaderSize(c, 64<<10)}, nil
}

// do sends a request and reads the whole reply; body may be nil.
func (c *conn) do(request []byte, body *bytes.Buffer) (status int, err error) {
	if _, err := c.Write(request); err != nil {
		return 0, err
	}
	line, err := c.r.ReadSlice('\n')
	if err != nil || len(line) < 12 {
		return 0, errors.Join(err, errors.New("no status line"))
	}
	status, _ = strconv.Atoi(string(line[9:12]))
	length, chunked := 0, false
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		if len(line) <= 2 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			length, _ = strconv.Atoi(string(bytes.TrimSpace(value)))
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = true
		}
	}
	if chunked {
		return status, c.chunks(body)
	}
	return status, c.take(length, body)
}

func (c *conn) take(n int, body *bytes.Buffer) error {
	if body == nil {
		_, err := c.r.Discard(n)
		return err
	}
	_, err := io.CopyN(body, c.r, int64(n))
	return err
}

func (c *conn) chunks(body *bytes.Buffer) error {
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return err
		}
		n, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return err
		}
		if err := errors.Join(c.take(int(n), body), c.take(2, nil)); err != nil || n == 0 {
			return err
		}
	}
}

// request is a whole HTTP request.
func request(method, path, authorization, contentType, body string) []byte {
	if authorization != "" {
		authorization = "Authorization: " + authorization + "\r\n"
	}
	return fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%sContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s",
		method, path, authorization, contentType, len(body), body)
}

// load sends requests from n clients. next makes the request number i of a
// client in its buffer.
type load struct {
	address string
	n       int
	want    int
	next    func(client, i int, buffer []byte) []byte
}

// closed sends as fast as replies come, for a time, and answers how many came
// in a second.
func (l load) closed(ctx context.Context, d time.Duration) (float64, error) {
	var sent atomic.Int64
	start := time.Now()
	err := l.each(ctx, func(client int, c *conn) error {
		var buffer []byte
		for i := 0; time.Since(start) < d && ctx.Err() == nil; i++ {
			buffer = l.next(client, i, buffer[:0])
			if status, err := c.do(buffer, nil); err != nil || status != l.want {
				return errors.Join(err, fmt.Errorf("status %d", status))
			}
			sent.Add(1)
		}
		return nil
	})
	return float64(sent.Load()) / time.Since(start).Seconds(), err
}

const warm = time.Second

// open sends at a rate, whatever the replies do. A reply's time counts from
// when its request was due, also where the one before it came late. Those of the
// first second do not count: what was remembered may have to be read anew.
func (l load) open(ctx context.Context, rate float64, d time.Duration) (p50, p99 time.Duration, err error) {
	var (
		mu  sync.Mutex
		all []time.Duration
	)
	every, start := time.Duration(float64(l.n)/rate*float64(time.Second)), time.Now()
	err = l.each(ctx, func(client int, c *conn) error {
		var (
			buffer []byte
			took   []time.Duration
		)
		due := start.Add(every * time.Duration(client) / time.Duration(l.n))
		for i := 0; due.Sub(start) < warm+d && ctx.Err() == nil; i++ {
			time.Sleep(time.Until(due))
			buffer = l.next(client, i, buffer[:0])
			if status, err := c.do(buffer, nil); err != nil || status != l.want {
				return errors.Join(err, fmt.Errorf("status %d", status))
			}
			if due.Sub(start) >= warm {
				took = append(took, time.Since(due))
			}
			due = due.Add(every)
		}
		mu.Lock()
		defer mu.Unlock()
		all = append(all, took...)
		return nil
	})
	if len(all) == 0 {
		return 0, 0, errors.Join(err, errors.New("no reply"))
	}
	slices.Sort(all)
	return all[len(all)/2], all[len(all)*99/100], err
}

func (l load) each(ctx context.Context, do func(client int, c *conn) error) error {
	var all sync.WaitGroup
	errs := make([]error, l.n)
	for i := range l.n {
		c, err := dial(ctx, l.address)
		if err != nil {
			return err
		}
		all.Go(func() { errs[i] = errors.Join(do(i, c), c.Close()) })
	}
	all.Wait()
	return errors.Join(errs...)
}
