package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"keyfob/client"
)

// Error gives err, from an exchange under ctx, its meaning: client.ErrOffline,
// ErrTimeout, ErrCertificate (a client.CertificateError, with an x509 error beneath),
// ErrInsecure (the server speaks plain http where https was asked for) or
// ErrGarbled (too large). When ctx was cancelled it is context.Canceled. Nil
// stays nil.
func Error(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return context.Canceled
	}
	// The address in a url.Error may hold a query: its host alone is kept.
	var host string
	if ue, ok := errors.AsType[*url.Error](err); ok {
		if ue.Timeout() {
			return fmt.Errorf("%w: %w", client.ErrTimeout, ue.Err)
		}
		if u, bad := url.Parse(ue.URL); bad == nil {
			host = u.Hostname()
		}
		err = ue.Err
	}
	if reason := CertificateReason(err); reason != nil {
		return &client.CertificateError{Host: host, Check: failed(reason, time.Now()), Reason: reason}
	}
	if errors.Is(err, http.ErrSchemeMismatch) {
		return fmt.Errorf("%w: %w", client.ErrInsecure, err)
	}
	if errors.Is(err, errTooLarge) {
		return fmt.Errorf("%w: %w", client.ErrGarbled, err)
	}
	ne, ok := errors.AsType[net.Error](err)
	if errors.Is(err, context.DeadlineExceeded) || ok && ne.Timeout() {
		return fmt.Errorf("%w: %w", client.ErrTimeout, err)
	}
	return fmt.Errorf("%w: %w", client.ErrOffline, err)
}

// CertificateReason is the failed check when err comes of a certificate that
// is not trusted, else nil.
func CertificateReason(err error) error {
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return e
	}
	if e, ok := errors.AsType[x509.HostnameError](err); ok {
		return e
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		return e
	}
	return nil
}

// failed is the check that reason, an error of package x509, is about.
func failed(reason error, now time.Time) client.CertificateCheck {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](reason); ok {
		return client.CertificateUnknownAuthority
	}
	if _, ok := errors.AsType[x509.HostnameError](reason); ok {
		return client.CertificateWrongHost
	}
	e, ok := errors.AsType[x509.CertificateInvalidError](reason)
	switch {
	case !ok || e.Reason != x509.Expired:
		return client.CertificateOther
	case e.Cert != nil && now.Before(e.Cert.NotBefore):
		return client.CertificateNotYetValid
	}
	return client.CertificateExpired
}
