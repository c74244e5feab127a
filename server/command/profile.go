package command

import (
	"errors"
	"os"
	"runtime/pprof"
)

// profile writes a CPU profile to a file until it is stopped; empty: none.
func profile(name string) (stop func(), err error) {
	if name == "" {
		return func() {}, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() {
		pprof.StopCPUProfile()
		_ = f.Close() // a torn profile says so when it is read
	}, nil
}
