package transport

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"keyfob/client"
)

// WithCA is a copy of base that trusts the authorities in file, in PEM form,
// beside those that it trusts anyway: the operating system's unless base has
// its own. A nil base is the default client.
func WithCA(base *http.Client, file []byte) (*http.Client, error) {
	certs, err := parse(file)
	if err != nil {
		return nil, err
	}
	if base == nil {
		base = &http.Client{}
	}
	from := base.Transport
	if from == nil {
		from = http.DefaultTransport
	}
	plain, ok := from.(*http.Transport)
	if !ok {
		return nil, errors.New("transport: this client has no TLS settings of its own")
	}
	own := plain.Clone()
	if own.TLSClientConfig == nil {
		own.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	roots, err := rootsOf(own.TLSClientConfig)
	if err != nil {
		return nil, err
	}
	for _, c := range certs {
		roots.AddCert(c)
	}
	own.TLSClientConfig.RootCAs = roots
	c := *base
	c.Transport = own
	return &c, nil
}

func rootsOf(c *tls.Config) (*x509.CertPool, error) {
	if c.RootCAs != nil {
		return c.RootCAs.Clone(), nil
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("reading the system's authorities: %w", err)
	}
	return roots, nil
}

// Certificates are those in file, in PEM form, as people compare them. It
// fails with client.ErrNoCertificate.
func Certificates(file []byte) ([]client.Certificate, error) {
	certs, err := parse(file)
	if err != nil {
		return nil, err
	}
	var out []client.Certificate
	for _, c := range certs {
		out = append(out, client.Certificate{
			Fingerprint: fingerprint(c), Subject: c.Subject.String(), Issuer: c.Issuer.String(),
			NotBefore: c.NotBefore, NotAfter: c.NotAfter, IsAuthority: c.IsCA,
		})
	}
	return out, nil
}

func fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	var out []string
	for _, b := range sum {
		out = append(out, fmt.Sprintf("%02X", b))
	}
	return strings.Join(out, ":")
}

// parse reads the certificates of a PEM file. One that cannot be read makes
// the whole file useless: trust is not guessed at.
func parse(file []byte) ([]*x509.Certificate, error) {
	var certs []*x509.Certificate
	for rest := file; ; {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", client.ErrNoCertificate, err)
		}
		certs = append(certs, c)
	}
	if len(certs) == 0 {
		return nil, client.ErrNoCertificate
	}
	return certs, nil
}
