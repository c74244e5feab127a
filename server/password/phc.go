package password

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrMalformed is said of a string that is no argon2id hash, or none that this
// program would verify.
var ErrMalformed = errors.New("password: not an argon2id hash")

// Bounds of what is verified, so that a row from elsewhere cannot ask for a
// gigabyte or an hour.
const (
	maxMemoryKiB = 256 * 1024
	maxPasses    = 16
	maxLanes     = 16
	minSalt      = 8
	minSum       = 16
	maxBytes     = 64
)

// hash is a parsed PHC string.
type hash struct {
	memory uint32 // KiB
	passes uint32
	lanes  uint8
	salt   []byte
	sum    []byte
}

var encoding = base64.RawStdEncoding.Strict()

// String is the PHC string of h.
func (h hash) String() string {
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s",
		h.memory, h.passes, h.lanes, encoding.EncodeToString(h.salt), encoding.EncodeToString(h.sum))
}

// parse is the opposite of String. It accepts only what String would write.
func parse(phc string) (hash, error) {
	part := strings.Split(phc, "$")
	if len(part) != 6 || part[0] != "" || part[1] != "argon2id" || part[2] != "v=19" {
		return hash{}, ErrMalformed
	}
	cost := strings.Split(part[3], ",")
	if len(cost) != 3 {
		return hash{}, ErrMalformed
	}
	memory, ok1 := number(cost[0], "m=", maxMemoryKiB)
	passes, ok2 := number(cost[1], "t=", maxPasses)
	lanes, ok3 := number(cost[2], "p=", maxLanes)
	salt, ok4 := bytesOf(part[4], minSalt)
	sum, ok5 := bytesOf(part[5], minSum)
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || memory < 8*lanes {
		return hash{}, ErrMalformed
	}
	return hash{memory: memory, passes: passes, lanes: uint8(lanes), salt: salt, sum: sum}, nil //nolint:gosec // at most maxLanes
}

// number reads name and a decimal from 1 to limit, without sign or leading zero.
func number(s, name string, limit uint32) (uint32, bool) {
	digits, ok := strings.CutPrefix(s, name)
	if !ok || digits == "" || digits[0] < '1' || digits[0] > '9' {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	return uint32(n), err == nil && uint32(n) <= limit
}

func bytesOf(s string, least int) ([]byte, bool) {
	if strings.ContainsAny(s, "\r\n") { // which the decoder would skip
		return nil, false
	}
	b, err := encoding.DecodeString(s)
	return b, err == nil && len(b) >= least && len(b) <= maxBytes
}
