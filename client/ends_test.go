package client_test

import (
	"testing"
	"time"

	"keyfob/client"
)

func TestATokenEndsAtItsExpiryOrSoonerWithItsOverlap(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)
	later := now.Add(time.Hour)
	for _, c := range []struct{ expires, overlap, want time.Time }{
		{want: time.Time{}},
		{expires: now, want: now},
		{overlap: now, want: now},
		{expires: later, overlap: now, want: now},
		{expires: now, overlap: later, want: now},
	} {
		if got := (client.Token{ExpiresAt: c.expires, OverlapEndsAt: c.overlap}).EndsAt(); !got.Equal(c.want) {
			t.Errorf("%v, %v: %v", c.expires, c.overlap, got)
		}
	}
}
