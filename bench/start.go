//go:build bench

package main

import (
	"errors"
	"os"
	"path/filepath"
)

// start compares the time until the server is ready with many tokens and with
// none.
func (b *bench) start() error {
	full, err := b.copyOf(many, "start")
	if err != nil {
		return err
	}
	none := filepath.Join(b.dir, "run-none")
	if err := os.RemoveAll(none); err != nil {
		return err
	}
	var took [2][]float64
	for i := range b.rounds + 1 { // the first makes the empty store, and is not counted
		for side, dir := range []string{none, full} {
			t, err := b.ready(dir)
			if err != nil {
				return err
			}
			if i > 0 {
				took[side] = append(took[side], t)
			}
		}
	}
	b.say("ready with none after %.1f ms, with %d tokens after %.1f ms", median(took[0]), many, median(took[1]))
	b.judge("start with 1,000,000 tokens / with none", median(took[1])/median(took[0]), 1.5, true)
	return nil
}

func (b *bench) ready(dir string) (float64, error) {
	p, err := b.keyfobd(dir)
	if err != nil {
		return 0, err
	}
	err = p.ready(b.ctx)
	return ms(p.took), errors.Join(err, p.stop())
}
