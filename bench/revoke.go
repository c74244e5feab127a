//go:build bench

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

// revoked is a token that was, with how long it was still accepted somewhere.
type revoked struct {
	secret      string
	at          time.Time // when the revocation was acknowledged
	took, after time.Duration
}

// phase revokes tokens from several clients while others introspect, somebody
// looks again after the bound, and something else happens.
func (r *replicas) phase(beside func(context.Context, *seen) error) (*seen, error) {
	var (
		s            seen
		began        = time.Now()
		acknowledged = make(chan revoked, revocations)
	)
	ctx, cease := context.WithCancel(r.ctx)
	defer cease()
	var others, checkers, revokers errgroup.Group
	others.Go(func() (err error) { s.p50, s.p99, err = r.introspections(ctx); return err })
	others.Go(func() error { return r.connections(ctx, &s) })
	others.Go(func() error { return beside(ctx, &s) })
	for range 4 {
		checkers.Go(func() error { return r.check(acknowledged, &s) })
	}
	for i := range clients {
		revokers.Go(func() error { return r.revoker(i, acknowledged, &s) })
	}
	err := revokers.Wait()
	s.lasted = time.Since(began)
	close(acknowledged)
	err = errors.Join(err, checkers.Wait())
	cease()
	return &s, errors.Join(err, others.Wait())
}

// all are a connection to each server.
func (r *replicas) all() (to []*conn, err error) {
	for _, s := range r.servers {
		c, dialErr := dial(r.ctx, s.address)
		if dialErr != nil {
			return to, dialErr
		}
		to = append(to, c)
	}
	return to, nil
}

func closeAll(conns []*conn) (err error) {
	for _, c := range conns {
		err = errors.Join(err, c.Close())
	}
	return err
}

// revoker is one of the clients that revoke, each a part of the tokens, at one
// server after the other.
func (r *replicas) revoker(client int, acknowledged chan<- revoked, s *seen) error {
	to, err := r.all()
	if err != nil {
		return err
	}
	began, n := time.Now(), revocations/clients
	for i := range n {
		time.Sleep(time.Until(began.Add(within * time.Duration(i*clients+client) / revocations)))
		one, err := r.revoke(to, (client+i)%servers)
		if err != nil {
			return err
		}
		s.add(one)
		acknowledged <- one
	}
	return closeAll(to)
}

// known is a token that every server remembers now.
func (r *replicas) known(to []*conn) (secret string, err error) {
	for {
		secret = r.secrets[r.used.Add(1)-1]
		accepted := 0
		for _, c := range to {
			active, err := r.active(c, secret)
			if err != nil {
				return "", err
			}
			if active {
				accepted++
			}
		}
		switch accepted {
		case len(to):
			return secret, nil
		case 0: // it has expired since the store was built
		default:
			return "", errors.New("the servers do not agree on a token that nobody revoked")
		}
	}
}

// revoke has every server remember a token, revokes it at one of them, and asks
// each until it refuses.
func (r *replicas) revoke(to []*conn, at int) (revoked, error) {
	secret, err := r.known(to)
	if err != nil {
		return revoked{}, err
	}
	one, asked := revoked{secret: secret}, time.Now()
	status, err := to[at].do(request("POST", "/id/connect/revocation", r.basic, "application/x-www-form-urlencoded", "token="+one.secret), nil)
	if err != nil || status != 200 {
		return one, errors.Join(err, fmt.Errorf("revoking: status %d", status))
	}
	one.at = time.Now()
	for _, c := range to {
		for {
			active, err := r.active(c, one.secret)
			if err != nil {
				return one, err
			}
			if !active {
				break
			}
			if time.Since(one.at) > time.Minute {
				return one, errors.New("a token was accepted for a minute after its revocation")
			}
			time.Sleep(time.Millisecond)
		}
	}
	one.took, one.after = time.Since(asked), time.Since(one.at)
	return one, nil
}

// active asks a server about a token.
func (r *replicas) active(c *conn, secret string) (bool, error) {
	var body bytes.Buffer
	status, err := c.do(r.about(nil, secret), &body)
	if err != nil || status != 200 {
		return false, errors.Join(err, fmt.Errorf("introspecting: status %d", status))
	}
	return !bytes.Equal(bytes.TrimSpace(body.Bytes()), []byte(`{"active":false}`)), nil
}

func (r *replicas) about(buffer []byte, secret string) []byte {
	return append(append(buffer, r.head...), secret...)
}

// check asks all servers again about each token that was revoked, as soon as
// none may accept it any more.
func (r *replicas) check(acknowledged <-chan revoked, s *seen) (err error) {
	var to []*conn
	for one := range acknowledged {
		time.Sleep(time.Until(one.at.Add(bound)))
		if to == nil { // not before: a server closes a connection that says nothing
			if to, err = r.all(); err != nil {
				return err
			}
		}
		for _, c := range to {
			active, err := r.active(c, one.secret)
			if err != nil {
				return err
			}
			s.checked(active)
		}
	}
	return closeAll(to)
}

// introspections keep every server busy, about tokens that nobody revokes.
func (r *replicas) introspections(ctx context.Context) (p50, p99 time.Duration, err error) {
	var mu sync.Mutex
	var each errgroup.Group
	for _, server := range r.servers {
		l := load{server.address, clients, 200, func(client, i int, buffer []byte) []byte {
			return r.about(buffer, r.secrets[len(r.secrets)-1-(client*61+i)%hot])
		}}
		each.Go(func() error {
			half, most, err := l.open(ctx, background, time.Hour)
			mu.Lock()
			defer mu.Unlock()
			p50, p99 = max(p50, half), max(p99, most)
			return err
		})
	}
	err = each.Wait()
	return p50, p99, err
}

// cut ends the connection on which a server hears of changes, or has it fall
// silent for a time, in turns.
func (r *replicas) cut(ctx context.Context, s *seen) error {
	tick := time.NewTicker(cutEvery)
	defer tick.Stop()
	for ; ; s.cuts++ {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		const listener = `FROM (SELECT pid FROM pg_stat_activity WHERE application_name = 'keyfob changes' ORDER BY random() LIMIT 1) one`
		if s.cuts%2 == 0 {
			if _, err := r.postgres.ask(r.ctx, `SELECT pg_terminate_backend(pid) `+listener); err != nil {
				return err
			}
			continue
		}
		pid, err := r.postgres.number(r.ctx, `SELECT pid `+listener)
		if err == nil {
			err = silence(ctx, int(pid))
		}
		if err != nil {
			return err
		}
	}
}

// silence stops a process for a time, and what it was told keeps waiting.
func silence(ctx context.Context, pid int) error {
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case <-time.After(silent):
	}
	return syscall.Kill(pid, syscall.SIGCONT)
}

// connections counts those that the database has.
func (r *replicas) connections(ctx context.Context, s *seen) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		n, err := r.postgres.number(r.ctx, `SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`)
		if err != nil {
			return err
		}
		s.connections = max(s.connections, n)
	}
}
