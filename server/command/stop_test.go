package command

import (
	"os"
	"regexp"
	"testing"
	"time"

	"keyfob/server"
)

// systemd kills what takes longer.
func TestTheUnitGivesAServerTimeToStop(t *testing.T) {
	unit, err := os.ReadFile("../../packaging/systemd/keyfobd.service")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^TimeoutStopSec=(\S+)$`).FindSubmatch(unit)
	if found == nil {
		t.Fatal("the unit says nothing")
	}
	given, err := time.ParseDuration(string(found[1]))
	const drain = 30 * time.Second
	if needed := drain + server.LongestReply + closeTime; err != nil || given < needed {
		t.Errorf("it has %v, %v, and takes up to %v", given, err, needed)
	}
}
