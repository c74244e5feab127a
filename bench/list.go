//go:build bench

package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"
)

// The lists, their sorts and their filters. What each filter leaves out is the
// same part of the many tokens as of the few.
var (
	lists = []string{"/manager/apps/" + appID + "/tokens", "/profile/tokens"}
	sorts = []string{"createdAt", "-createdAt", "expiresAt", "-expiresAt", "lastUsedAt", "-lastUsedAt", "description", "-description"}
)

func filters() map[string]string {
	at := func(days int) string {
		return url.QueryEscape(time.Now().AddDate(0, 0, days).UTC().Format(time.RFC3339))
	}
	return map[string]string{
		"none": "", "active": "&status=active", "expired": "&status=expired", "revoked": "&status=revoked", "kind": "&kind=pat",
		"text": "&q=backup", "expiring": "&expiresBefore=" + at(30), "unused": "&unusedSince=" + at(-180), "no such text": "&q=nowhere",
	}
}

// list compares the time of a page of 100 of many tokens with that of few.
func (b *bench) list() error {
	var (
		servers []*process
		access  []string
		err     error
	)
	for _, n := range []int{few, many} {
		dir, copyErr := b.copyOf(n, fmt.Sprintf("list-%d", n))
		if copyErr != nil {
			return copyErr
		}
		refresh, signInErr := signIn(b.ctx, dir)
		if signInErr != nil {
			return signInErr
		}
		p, startErr := b.keyfobd(dir)
		if startErr != nil {
			return startErr
		}
		token, accessErr := p.access(b.ctx, refresh[bigUser])
		servers, access, err = append(servers, p), append(access, token), errors.Join(err, accessErr)
	}
	if err == nil {
		err = b.listing(servers[0], servers[1], access)
	}
	for _, p := range servers {
		err = errors.Join(err, p.stop())
	}
	return err
}

func (b *bench) listing(fewer, more *process, access []string) error {
	a, err := dial(b.ctx, fewer.address)
	if err != nil {
		return err
	}
	z, err := dial(b.ctx, more.address)
	if err != nil {
		return err
	}
	worst := 0.0
	b.say("%-10s %-13s %-13s %10s %10s %7s", "list", "sort", "filter", "10,000", "1,000,000", "ratio")
	for i, path := range lists {
		for _, sort := range sorts {
			for name, filter := range filters() {
				asked := func(access string) []byte {
					return request("GET", path+"?limit=100&sort="+sort+filter, "Bearer "+access, "text/plain", "")
				}
				small, large, err := inTurns(a, z, asked(access[0]), asked(access[1]), 3+8*b.rounds)
				if err != nil {
					return fmt.Errorf("%s %s %s: %w", path, sort, name, err)
				}
				worst = max(worst, large/small)
				b.say("%-10s %-13s %-13s %7.2f ms %7.2f ms %7.2f", []string{"app", "own"}[i], sort, name, small, large, large/small)
			}
		}
	}
	b.judge("the slowest way to list a page of 100: of 1,000,000 tokens / of 10,000", worst, 1.5, true)
	return errors.Join(a.Close(), z.Close())
}

// inTurns are the lower quartiles of one request to two servers, in
// milliseconds: what else the machine does weighs less in them.
func inTurns(a, z *conn, ofA, ofZ []byte, times int) (small, large float64, err error) {
	var took [2][]float64
	var body bytes.Buffer
	for range times {
		for i, c := range []*conn{a, z} {
			body.Reset()
			start := time.Now()
			status, err := c.do([][]byte{ofA, ofZ}[i], &body)
			if err != nil || status != 200 {
				return 0, 0, errors.Join(err, fmt.Errorf("status %d: %s", status, body.String()))
			}
			took[i] = append(took[i], ms(time.Since(start)))
		}
	}
	return quartile(took[0]), quartile(took[1]), nil
}

func quartile(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/4]
}
