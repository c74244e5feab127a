package instance

import (
	"context"
	"path/filepath"

	"keyfob/server/signin"
	"keyfob/server/store"
)

func openSignIn(ctx context.Context, c Config, db *store.Store) (*signin.Provider, error) {
	return signin.New(ctx, signin.Config{
		Store: db, Issuer: c.PublicURL + "/id", Clock: c.Clock, Log: c.Log, KeyFile: filepath.Join(c.Dir, "signin.key"),
		Exchange: c.Rules.OrDefault().Exchange,
	})
}
