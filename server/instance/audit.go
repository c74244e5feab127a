package instance

import (
	"context"
	"path/filepath"
	"sync"

	"keyfob/server/audit"
)

// checkpoints reads the signed checkpoints: those in the data directory, or the
// copies that c names.
func (c Config) checkpoints() ([]audit.Signed, error) {
	file, key := c.Checkpoints, c.CheckpointsKey
	if file == "" {
		file = filepath.Join(c.Dir, audit.File)
	}
	if key == "" {
		key = filepath.Join(c.Dir, audit.VerifyingFile)
	}
	return audit.ReadCheckpoints(file, key)
}

// keepCheckpoints signs checkpoints until stop is called, which waits for the
// last one. It answers how the change log is.
func (i *Instance) keepCheckpoints(ctx context.Context, c Config) (func() audit.Status, error) {
	book, err := audit.OpenBook(c.Dir)
	if err != nil {
		return nil, err
	}
	keeper := audit.NewKeeper(i.Store, book, c.Clock, c.Log)
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var done sync.WaitGroup
	done.Go(func() { keeper.Run(running) })
	i.stopKeeper = func() {
		cancel()
		done.Wait()
	}
	return keeper.Status, nil
}
