// Package tokens is the rules of the token server: who may issue what, for
// which application, and what a presented secret is worth.
//
// A personal access token (PAT) acts as the user who issued it, a service
// access token (SAT) as its application's System User, looked up at each use.
// An application's AccessTokens policy says who may issue tokens for it. A
// token's secret exists once, in the reply that issues it: kept is its MAC
// (package server/secret).
//
// Every call takes a Caller, as CheckToken or SignedIn made it, and answers an
// *Error where the rules refuse; any other error is the store's. Every change
// is durable when its call returns, with its row in the change log.
package tokens

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"keyfob/api"
	"keyfob/server/audit"
	"keyfob/server/rules"
	"keyfob/server/secret"
	"keyfob/server/store"
)

// Config is what a Service works with. Clock and Log may be nil.
type Config struct {
	Store      *store.Store
	Pepper     secret.Pepper // the current one, or that of new records
	Clock      func() time.Time
	Instance   string // the name of this installation
	ProfileURL string // root of /profile, for links
	Version    string
	Log        *slog.Logger
	Rules      rules.Rules // zero: erp

	// Cache is how many tokens are remembered, so that checking them again needs
	// no read; 0: Remembered; below: none.
	Cache int

	// Peppers reads all that are here; nil: Pepper is the only one. Server is
	// under which name it tells others which it holds; empty: it is none.
	// WithoutOld works also where an old one is missing that is needed.
	Peppers    func() ([]secret.Pepper, error)
	Server     string
	WithoutOld bool

	// Checkpoints reads what VerifyEvents compares the change log with; nil: nothing.
	Checkpoints func() ([]audit.Signed, error)
}

// Service applies the rules. It is safe for concurrent use. Close it, so that
// the last uses of tokens are kept.
type Service struct {
	Config
	caches caches
	used   lastUses

	peppers     atomic.Pointer[peppers]
	moved       moves                       // tokens
	movedSecret moves                       // of apps
	pepperWait  func(context.Context) error // until each server that runs has told what it holds

	running context.Context //nolint:containedctx // ends with Close
	stop    context.CancelFunc
	done    sync.WaitGroup

	verifying sync.Mutex
	broken    atomic.Bool // as VerifyEvents found the change log
}

// New starts a Service.
func New(c Config) *Service {
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Rules = c.Rules.OrDefault()
	ctx, stop := context.WithCancel(context.Background())
	s := &Service{Config: c, running: ctx, stop: stop, pepperWait: waitForTells}
	s.peppers.Store(&peppers{current: withID(c.Pepper)})
	s.openCaches(ctx)
	s.done.Go(func() { s.housekeeping(ctx) })
	return s
}

// Close writes the last uses that are not yet kept, as many as it can while ctx
// lasts: the rest is lost, as in a crash, and the log says how many. The Store
// stays open.
func (s *Service) Close(ctx context.Context) error {
	s.stop()
	s.done.Wait()
	err := s.flush(ctx)
	if err != nil && ctx.Err() != nil {
		s.Log.Warn("stopped before every last use was written", "left", len(s.used.unwritten()))
		return nil
	}
	return err
}

// Caller is who asks.
type Caller struct {
	User        store.User
	Token       *store.Token // what was presented; nil: an interactive sign-in
	SignInID    string       // of a person who signed in
	App         *store.App   // an application that showed its client secret; nil: a user
	Scopes      []string     // what the caller may do, at most
	Permissions []string     // what the caller holds and the token, if any, was granted
	Tenants     []string     // the same

	From string // the IP address that the call came from
}

// Interactive reports whether a person signed in, rather than a program.
func (c Caller) Interactive() bool { return c.Token == nil && c.App == nil && c.User.ID != "" }

// Operator is the command line on the server's own data: it may do all that an
// administrator may, and issue a PAT to a named user.
func Operator() Caller {
	return Caller{User: store.User{ID: operatorID, Login: operatorID, Name: "Operator", IsAdmin: true, IsActive: true}}
}

const operatorID = "operator"

func (c Caller) operator() bool { return c.User.ID == operatorID }

// Error is a refusal by the rules. Code is one of api's; Detail and Fields are
// for people and never repeat what was sent.
type Error struct {
	Code   string
	Detail string
	Fields []api.FieldError
}

// Error is for logs.
func (e *Error) Error() string { return "tokens: " + e.Code + ": " + e.Detail }

func refuse(code, detail string) *Error { return &Error{Code: code, Detail: detail} }

func invalid(fields ...api.FieldError) *Error {
	return &Error{Code: api.CodeInvalid, Detail: "Some fields are not valid.", Fields: fields}
}

func notFound() *Error { return refuse(api.CodeNotFound, "There is no such thing here.") }

// interactive refuses programs: token management needs a person signed in.
func interactive(c Caller) error {
	if !c.Interactive() {
		return refuse(api.CodeInteractive, "This needs an interactive sign-in.")
	}
	return nil
}

// administrator refuses all but administrators (requirement 35).
func administrator(c Caller) error {
	if err := interactive(c); err != nil {
		return err
	}
	if !c.User.IsAdmin {
		return refuse(api.CodeDenied, "This needs an administrator.")
	}
	return nil
}

// newID makes an id that sorts by its time.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// now is the time as the store keeps it.
func (s *Service) now() time.Time { return s.Clock().UTC().Truncate(time.Millisecond) }
