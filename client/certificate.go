package client

import (
	"fmt"
	"time"
)

// CertificateCheck is what a server's certificate was found to fail.
type CertificateCheck int

// The checks.
const (
	CertificateOther CertificateCheck = iota // revoked, not meant for servers, malformed…
	CertificateUnknownAuthority
	CertificateWrongHost
	CertificateExpired
	CertificateNotYetValid
)

// CertificateError is an ErrCertificate that says what failed. Nothing was
// sent to the server.
type CertificateError struct {
	Host   string // which was asked for; empty when that is not known
	Check  CertificateCheck
	Reason error // for logs
}

// Error is for logs, not for people.
func (e *CertificateError) Error() string {
	return fmt.Sprintf("%v: %s: %v", ErrCertificate, e.Host, e.Reason)
}

// Unwrap gives the kind and the reason.
func (e *CertificateError) Unwrap() []error { return []error{ErrCertificate, e.Reason} }

// Certificate is what a person compares before trusting one.
type Certificate struct {
	Fingerprint         string // SHA-256, in hex with colons
	Subject, Issuer     string
	NotBefore, NotAfter time.Time
	IsAuthority         bool
}
