package harden

import (
	"errors"

	"golang.org/x/sys/unix"
)

func process() error {
	return errors.Join(unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}), unix.PtraceDenyAttach())
}
