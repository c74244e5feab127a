package client

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// What went wrong, in the desktop's terms. Callers match with errors.Is; the
// sentence for people is made in ui. Every error of client/rest and
// client/session that a user can do something about wraps one of these.
var (
	ErrOffline       = errors.New("server not reachable")
	ErrTimeout       = errors.New("server did not answer in time")
	ErrCertificate   = errors.New("server certificate not trusted")
	ErrNoCertificate = errors.New("no certificate in the file")
	ErrInsecure      = errors.New("plain http beyond this computer")
	ErrBadAddress    = errors.New("not a server address")
	ErrNotAServer    = errors.New("no token server at this address")
	ErrGarbled       = errors.New("reply not understood")
	ErrSignInExpired = errors.New("sign-in expired")
	ErrSignInRefused = errors.New("sign-in refused")
	ErrSignInStopped = errors.New("sign-in cancelled by the person")
	ErrCodeExpired   = errors.New("code of a device sign-in ran out")
	ErrTokenRefused  = errors.New("token not taken for a sign-in")
	ErrTokenWeak     = errors.New("token not allowed what a sign-in needs")
	ErrTokenNarrow   = errors.New("token not allowed to list tokens")
	ErrNotWorking    = errors.New("token does not work")
	ErrOtherAccount  = errors.New("signed in as another account")
	ErrNoBrowser     = errors.New("browser could not be opened")
	ErrLocked        = errors.New("locked by the person, or for them")
	ErrKeyring       = errors.New("keyring does not give the credential")
	ErrNoKeyring     = errors.New("no keyring that could have the credential")
	ErrDenied        = errors.New("not allowed")
	ErrNotFound      = errors.New("no such thing")
	ErrConflict      = errors.New("in conflict with what is there")
	ErrInvalid       = errors.New("not valid")
	ErrLimit         = errors.New("limit reached")
	ErrBusy          = errors.New("too many requests")
	ErrServer        = errors.New("server failed")

	// Of the built-in server's data directory.
	ErrDataInUse      = errors.New("data in use by another program")
	ErrDataUnwritable = errors.New("data directory not writable")
	ErrDataNewer      = errors.New("data written by a newer version")

	// Of the encrypted file in which credentials may be kept.
	ErrPassphrase  = errors.New("not the file's passphrase")
	ErrFileLocked  = errors.New("credential file locked")
	ErrFileDamaged = errors.New("credential file damaged")
	ErrFileThere   = errors.New("credential file there already")
)

// Problem is an error that a server explained. errors.Is(err, ErrDenied) and
// the like look through it; errors.As gives the details. It never holds a
// value that was sent.
type Problem struct {
	Kind       error  // one of the errors above
	Code       string // the server's stable code, such as policy_none
	Detail     string // the server's own words, in its language
	Fields     []FieldError
	RequestID  string
	RetryAfter time.Duration // 0: not said
}

// FieldError is one bad field of a request; Field is its JSON name, such as
// expiresAt, and Code is stable, such as past.
type FieldError struct{ Field, Code, Detail string }

// Error is for logs, not for people.
func (p *Problem) Error() string {
	return fmt.Sprintf("%v: %s (request %s)", p.Kind, p.Code, p.RequestID)
}

// Unwrap gives the kind.
func (p *Problem) Unwrap() error { return p.Kind }

// SignOutError says which half of a sign-out is not confirmed. On this
// computer the sign-in is over in any case.
type SignOutError struct {
	Revoke error // the server has not confirmed its end
	Delete error // the keyring has not confirmed that the credential is gone

	// Pending says that the credential stays where it is kept, marked as ended,
	// so that the end is tried again at the next start.
	Pending bool

	// Lost says that there is nothing left on this computer to end the sign-in
	// at the server with: it is not tried again.
	Lost bool
}

// Error is for logs, not for people.
func (e *SignOutError) Error() string {
	return fmt.Sprintf("signing out: at the server: %v; in the keyring: %v", e.Revoke, e.Delete)
}

// Unwrap gives what failed.
func (e *SignOutError) Unwrap() []error {
	return slices.DeleteFunc([]error{e.Revoke, e.Delete}, func(err error) bool { return err == nil })
}
