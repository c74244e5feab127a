// Package instance opens one data directory and puts a token server together
// over it: the database, the pepper, the sign-in's key, the rules, the HTTP
// face. The server on its own and the one inside the desktop are both an
// Instance; commands beside a running server open its Records only.
//
//	keyfob.db   users, apps, tokens, the change log; unless they are in a
//	            PostgreSQL database
//	pepper      keys the MACs of tokens; outside the database, so that a
//	            stolen database is worth nothing. Those that followed it are
//	            beside it, as pepper.ID
//	signin.key  signs what the sign-in hands out
//	checkpoints signed states of the change log, with the key that signs them
//	            (.key) and the one that verifies them (.pub)
//	lock        held by the one process that serves the directory
//
// Several servers may work on one PostgreSQL database, each on a directory of
// its own with the same peppers and signin.key in it: without the same pepper
// one refuses the tokens of the other, without the same key a sign-in begun at
// one cannot end at the other.
package instance

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"keyfob/server"
	"keyfob/server/cache"
	"keyfob/server/origin"
	"keyfob/server/rules"
	"keyfob/server/secret"
	"keyfob/server/signin"
	"keyfob/server/store"
	"keyfob/server/tokens"
)

// Errors that callers match, beside store.ErrNewer.
var (
	ErrInUse       = errors.New("another program is serving this data directory")
	ErrNoRecords   = errors.New("nothing is kept in this data directory")
	ErrElsewhere   = errors.New("this data directory was served, but its keyfob.db is not here")
	ErrNotWritable = errors.New("the data directory cannot be written to")
)

// Config says which directory, and how its server is known. Dir is required;
// PublicURL too for Open.
type Config struct {
	Dir       string
	Database  string // URL of a PostgreSQL database; empty: keyfob.db in Dir
	PublicURL string // such as https://tokens.example.org; no path
	Name      string // what people call the instance; the host of PublicURL if empty
	Version   string
	Rules     rules.Rules // zero: erp
	Log       *slog.Logger
	Clock     func() time.Time
	Cache     int // how many tokens are remembered; 0: tokens.Remembered; below: none

	Trusted origin.Trusted   // proxies that may say who calls
	Expires func() time.Time // of the server's own TLS certificate; nil: it has none

	// Existing opens records only where there are some, and makes none.
	Existing bool

	// WithoutOldPepper opens records also where an old pepper is missing that
	// they need: to retire it.
	WithoutOldPepper bool

	// Copies of the checkpoints and of their verifying key that the change log
	// is compared with; empty: those in Dir.
	Checkpoints, CheckpointsKey string

	server string // its name where others are told of it; empty: it is none
}

// Records is a data directory without a server: what a command needs.
type Records struct {
	Store  *store.Store
	Tokens *tokens.Service
}

// Instance is a data directory with its server. Nobody listens yet.
type Instance struct {
	Records
	SignIn  *signin.Provider
	Handler http.Handler
	Metrics http.Handler // for the operator, on an address of its own
	lock    *os.File

	stopKeeper func()
}

// OpenRecords opens dir's records, also while a server serves them: what it
// writes, such as a revocation, takes effect there when the call returns; on
// PostgreSQL some milliseconds later.
func OpenRecords(ctx context.Context, c Config) (*Records, error) {
	c = c.withDefaults()
	if c.Existing && c.empty() {
		return nil, fmt.Errorf("%w: %s", ErrNoRecords, c.Dir)
	}
	if err := prepare(c.Dir); err != nil {
		return nil, err
	}
	c.Cache = -1
	r, err := openRecords(ctx, c)
	if err == nil {
		r.Store.WorkBeside(cache.Trusted)
	}
	return r, err
}

// Open makes dir if it is missing, takes its lock and puts its server
// together. It answers ErrInUse, ErrNotWritable or store.ErrNewer.
func Open(ctx context.Context, c Config) (*Instance, error) {
	c = c.withDefaults()
	if err := prepare(c.Dir); err != nil {
		return nil, err
	}
	lock, err := takeLock(filepath.Join(c.Dir, "lock"))
	if err != nil {
		return nil, err
	}
	c.server = c.serverName()
	records, err := openRecords(ctx, c)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	i := &Instance{Records: *records, lock: lock, stopKeeper: func() {}}
	if err := i.compose(ctx, c); err != nil {
		return nil, errors.Join(err, i.Close(ctx))
	}
	return i, nil
}

func (i *Instance) compose(ctx context.Context, c Config) (err error) {
	i.SignIn, err = openSignIn(ctx, c, i.Store)
	if err != nil {
		return fmt.Errorf("preparing the sign-in: %w", err)
	}
	status, err := i.keepCheckpoints(ctx, c)
	if err != nil {
		return err
	}
	s, err := server.New(server.Config{
		ChangeLog: status, Trusted: c.Trusted, Expires: c.Expires,
		Tokens: i.Tokens, SignIn: i.SignIn, Store: i.Store, PublicURL: c.PublicURL, Version: c.Version, Log: c.Log,
	})
	if err != nil {
		return err
	}
	i.Handler, i.Metrics = s.Handler(), s.Metrics()
	return nil
}

// Close writes what is still in memory and lets go of the directory.
func (i *Instance) Close(ctx context.Context) error {
	i.stopKeeper()
	return errors.Join(i.Records.Close(ctx), i.lock.Close())
}

// Close writes what is still in memory.
func (r *Records) Close(ctx context.Context) error {
	return errors.Join(r.Tokens.Close(ctx), r.Store.Close())
}

func openRecords(ctx context.Context, c Config) (*Records, error) {
	if c.elsewhere() {
		return nil, fmt.Errorf("%w: %s", ErrElsewhere, c.Dir)
	}
	db, err := c.openStore(ctx)
	if err != nil {
		return nil, err
	}
	pepper, err := c.pepper(ctx, db)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	r := &Records{Store: db, Tokens: tokens.New(tokens.Config{
		Store: db, Pepper: pepper, Clock: c.Clock, Instance: c.Name,
		ProfileURL: c.PublicURL + "/profile", Version: c.Version, Log: c.Log, Rules: c.Rules,
		Checkpoints: c.checkpoints, Cache: c.Cache,
		Peppers: func() ([]secret.Pepper, error) { return secret.Peppers(c.Dir) }, Server: c.server, WithoutOld: c.WithoutOldPepper,
	})}
	if err := r.Tokens.OpenPeppers(ctx); err != nil {
		return nil, errors.Join(err, r.Close(ctx))
	}
	return r, nil
}

func (c Config) openStore(ctx context.Context) (*store.Store, error) {
	place := c.Database
	if place == "" {
		place = filepath.Join(c.Dir, "keyfob.db")
		if err := private(place); err != nil {
			return nil, err
		}
	}
	db, err := store.Open(ctx, place)
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	return db, nil
}

// elsewhere tells whether a server had records that are not in Dir: new ones beside its
// peppers would pass for them.
func (c Config) elsewhere() bool {
	_, served := os.Stat(filepath.Join(c.Dir, "checkpoints"))
	return served == nil && c.Database == "" && c.empty()
}

// empty tells whether nothing was ever kept in Dir: with a database elsewhere
// a server's directory has a pepper at least.
func (c Config) empty() bool {
	kept := "keyfob.db"
	if c.Database != "" {
		kept = "pepper*"
	}
	found, err := fs.Glob(os.DirFS(c.Dir), kept)
	return err == nil && len(found) == 0
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if u, err := url.Parse(c.PublicURL); c.Name == "" && err == nil {
		c.Name = u.Host
	}
	return c
}

// prepare makes dir, for its owner alone, and tries whether it takes files.
func prepare(dir string) error {
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		var probe *os.File
		if probe, err = os.CreateTemp(dir, ".probe-*"); err == nil {
			err = errors.Join(probe.Close(), os.Remove(probe.Name()))
		}
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotWritable, err)
	}
	return nil
}

// private makes the database file with mode 0600 before SQLite does with
// another. Its companions take over the mode.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotWritable, err)
	}
	return f.Close()
}
