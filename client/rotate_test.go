package client_test

import (
	"testing"
	"time"

	"keyfob/client"
)

// A list that is not read anew still tells when an overlap is over.
func TestATokenInItsOverlapIsReplacedAndThenRevoked(t *testing.T) {
	end := time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)
	token := client.Token{ReplacedBy: "b", OverlapEndsAt: end}
	before := end.Add(-time.Nanosecond)
	if token.Status(before) != client.Active || !token.Replaced(before) {
		t.Error("it has ended before its time")
	}
	if token.Status(end) != client.Revoked || token.Replaced(end) {
		t.Error("it lives beyond its time")
	}
	if (client.Token{}).Replaced(end) {
		t.Error("a token that was not rotated is replaced")
	}
}
