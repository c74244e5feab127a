package transport_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"io/fs"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keyfob/client"
	"keyfob/client/internal/transport"
)

// authority issues certificates that no operating system knows.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T, name string) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := authority{key: key}
	a.cert = a.sign(t, &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(time.Hour),
	}, key)
	return a
}

func (a authority) sign(t *testing.T, c *x509.Certificate, key *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	by := a.cert
	if by == nil {
		by = c
	}
	der, err := x509.CreateCertificate(rand.Reader, c, by, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	out, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (a authority) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

// serve is a server whose certificate of a is as change has it.
func (a authority) serve(t *testing.T, change func(*x509.Certificate)) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "server"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	change(c)
	leaf := a.sign(t, c, key)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{leaf.Raw}, PrivateKey: key}}}
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return srv.URL
}

func get(ctx context.Context, hc *http.Client, address string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	resp, err := transport.Client(hc).Do(r)
	if err != nil {
		return transport.Error(ctx, err)
	}
	return resp.Body.Close()
}

func TestAnAuthorityOfOnesOwnIsTrustedByItsClientAlone(t *testing.T) {
	a := newAuthority(t, "Example Authority")
	address := a.serve(t, func(*x509.Certificate) {})
	own, err := transport.WithCA(nil, a.pem())
	if err != nil {
		t.Fatal(err)
	}
	if err := get(t.Context(), own, address); err != nil {
		t.Error(err)
	}
	if err := get(t.Context(), nil, address); !errors.Is(err, client.ErrCertificate) {
		t.Errorf("everybody trusts it: %v", err)
	}
	both, err := transport.WithCA(own, newAuthority(t, "Another").pem())
	if err != nil {
		t.Fatal(err)
	}
	if err := get(t.Context(), both, address); err != nil {
		t.Errorf("a second authority took the first one's place: %v", err)
	}
}

// security requirement 13
func TestACertificateThatIsNotTrustedSaysWhy(t *testing.T) {
	a := newAuthority(t, "Example Authority")
	trusting, err := transport.WithCA(nil, a.pem())
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		change func(*x509.Certificate)
		hc     *http.Client
		want   client.CertificateCheck
	}{
		"unknown authority": {func(*x509.Certificate) {}, nil, client.CertificateUnknownAuthority},
		"wrong host": {func(c *x509.Certificate) {
			c.IPAddresses, c.DNSNames = nil, []string{"other.example.com"}
		}, trusting, client.CertificateWrongHost},
		"expired":       {func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }, trusting, client.CertificateExpired},
		"not yet valid": {func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) }, trusting, client.CertificateNotYetValid},
		"not for servers": {func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		}, trusting, client.CertificateOther},
	} {
		err := get(t.Context(), tc.hc, a.serve(t, tc.change)+"/?code=hush")
		failed, ok := errors.AsType[*client.CertificateError](err)
		if !ok || failed.Check != tc.want || failed.Host != "127.0.0.1" || !errors.Is(err, client.ErrCertificate) {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: the address is in %v", name, err)
		}
	}
}

func TestCertificatesAreShownAsPeopleCompareThem(t *testing.T) {
	a := newAuthority(t, "Example Authority")
	got, err := transport.Certificates(append([]byte("# ours\n"), a.pem()...))
	if err != nil || len(got) != 1 {
		t.Fatalf("%v, %v", got, err)
	}
	c := got[0]
	if len(c.Fingerprint) != 32*3-1 || strings.Trim(c.Fingerprint, "0123456789ABCDEF:") != "" {
		t.Errorf("fingerprint %s", c.Fingerprint)
	}
	if c.Subject != "CN=Example Authority" || c.Issuer != c.Subject || !c.IsAuthority || !c.NotAfter.Equal(a.cert.NotAfter) {
		t.Errorf("got %+v", c)
	}
}

func TestAFileWithoutACertificateIsRefused(t *testing.T) {
	good := string(newAuthority(t, "Example Authority").pem())
	for name, file := range map[string]string{
		"empty": "", "no PEM": "hello", "another kind": strings.ReplaceAll(good, "CERTIFICATE", "PUBLIC KEY"),
		"damaged":               "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n",
		"one good, one damaged": good + "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n",
	} {
		if _, err := transport.Certificates([]byte(file)); !errors.Is(err, client.ErrNoCertificate) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := transport.WithCA(nil, []byte(file)); !errors.Is(err, client.ErrNoCertificate) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzCertificates(f *testing.F) {
	f.Add([]byte("-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n"))
	f.Add([]byte("-----BEGIN CERTIFICATE-----"))
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := transport.Certificates(file)
		if (err == nil) != (len(got) > 0) || err != nil && !errors.Is(err, client.ErrNoCertificate) {
			t.Fatalf("%v, %v", got, err)
		}
	})
}

// security requirement 13: there is no switch that turns the checks off.
func TestNobodyTurnsTheChecksOfCertificatesOff(t *testing.T) {
	const root = "../../.."
	files := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && (d.Name() == "node_modules" || path == filepath.Join(root, "build")) {
			return filepath.SkipDir
		}
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files++
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte("Insecure"+"SkipVerify")) {
			t.Errorf("%s does", path)
		}
		return err
	})
	if err != nil || files < 100 {
		t.Errorf("%d files, %v", files, err)
	}
}
