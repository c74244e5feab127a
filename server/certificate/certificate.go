// Package certificate keeps the server's own TLS certificate: read from two
// PEM files at the start, and again when they change, so that a renewal needs
// no restart and breaks no connection. A new one that is not good is logged,
// and the one in use stays.
package certificate

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// lookEvery is how often, at most, a handshake looks at the files.
const lookEvery = time.Second

// Files is a certificate with its chain, and its key.
type Files struct{ Cert, Key string }

// Keeper has the certificate that is in use.
type Keeper struct {
	files Files
	clock func() time.Time
	log   *slog.Logger

	mu     sync.Mutex
	inUse  *tls.Certificate
	seen   [2]version
	looked time.Time
}

// version tells one state of a file from another.
type version struct {
	changed time.Time
	size    int64
}

// Open reads the files. The error is a sentence for the operator.
func Open(files Files, clock func() time.Time, log *slog.Logger) (*Keeper, error) {
	k := &Keeper{files: files, clock: clock, log: log, seen: files.versions(), looked: clock()}
	var err error
	if k.inUse, err = files.load(clock()); err != nil {
		return nil, err
	}
	return k, nil
}

// Config is for a listener: TLS 1.2 or later, with the certificate of the moment.
func (k *Keeper) Config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return k.current(), nil },
	}
}

// Expires is when the certificate in use ends.
func (k *Keeper) Expires() time.Time { return k.current().Leaf.NotAfter }

func (k *Keeper) current() *tls.Certificate {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.clock()
	if now.Sub(k.looked).Abs() < lookEvery {
		return k.inUse
	}
	k.looked = now
	seen := k.files.versions()
	if seen == k.seen {
		return k.inUse
	}
	k.seen = seen // whatever is wrong with it is said once
	fresh, err := k.files.load(now)
	if err != nil {
		k.log.Error("the new TLS certificate is not used, the one before stays", "error", err)
		return k.inUse
	}
	k.inUse = fresh
	k.log.Info("a new TLS certificate is in use", "expires", fresh.Leaf.NotAfter)
	return fresh
}

func (f Files) versions() (v [2]version) {
	for i, name := range []string{f.Cert, f.Key} {
		if info, err := os.Stat(name); err == nil {
			v[i] = version{info.ModTime(), info.Size()}
		}
	}
	return v
}

func (f Files) load(now time.Time) (*tls.Certificate, error) {
	chain, err := os.ReadFile(f.Cert)
	if err != nil {
		return nil, fmt.Errorf("the TLS certificate cannot be read: %w", err)
	}
	key, err := os.ReadFile(f.Key)
	if err != nil {
		return nil, fmt.Errorf("the TLS key cannot be read: %w", err)
	}
	c, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return nil, fmt.Errorf("the files %s and %s are not a certificate and its key in PEM: %w", f.Cert, f.Key, err)
	}
	switch {
	case now.After(c.Leaf.NotAfter):
		return nil, fmt.Errorf("the TLS certificate in %s expired on %s: renew it", f.Cert, c.Leaf.NotAfter.UTC().Format(time.DateTime+" UTC"))
	case now.Before(c.Leaf.NotBefore):
		return nil, fmt.Errorf("the TLS certificate in %s is not valid before %s: is this machine's clock right?", f.Cert, c.Leaf.NotBefore.UTC().Format(time.DateTime+" UTC"))
	}
	return &c, nil
}
