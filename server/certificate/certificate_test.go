package certificate

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var today = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// place is two files, and a clock that is moved.
type place struct {
	*testing.T
	Files
	now time.Time
	log bytes.Buffer
}

func newPlace(t *testing.T) *place {
	t.Helper()
	dir := t.TempDir()
	p := &place{T: t, Files: Files{filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")}, now: today}
	return p
}

// issue writes a certificate by that name, from yesterday until the given time.
func (p *place) issue(name string, until time.Time) {
	p.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	p.must(err)
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: today.Add(-24 * time.Hour), NotAfter: until,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	p.must(err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	p.must(err)
	p.write(p.Cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	p.write(p.Key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))
}

func (p *place) write(name string, text []byte) {
	p.Helper()
	p.now = p.now.Add(lookEvery)
	p.must(os.WriteFile(name, text, 0o600))
	p.must(os.Chtimes(name, p.now, p.now)) // the file system's own steps may be coarse
}

func (p *place) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

func (p *place) open() *Keeper {
	p.Helper()
	k, err := Open(p.Files, func() time.Time { return p.now }, slog.New(slog.NewTextHandler(&p.log, nil)))
	p.must(err)
	return k
}

func TestRenewedCertificateIsUsedWithoutBreakingConnections(t *testing.T) {
	p := newPlace(t)
	p.issue("one.example", today.AddDate(0, 0, 90))
	k := p.open()
	ln, err := tls.Listen("tcp", "127.0.0.1:0", k.Config())
	p.must(err)
	defer func() { _ = ln.Close() }()
	go echo(ln)

	first := p.dial(ln)
	first.says("one.example")
	p.issue("two.example", today.AddDate(0, 0, 180))
	p.dial(ln).says("two.example")
	first.says("one.example") // and still talks
	if !k.Expires().Equal(today.AddDate(0, 0, 180)) {
		t.Errorf("expires %v", k.Expires())
	}
	old := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11}} //nolint:gosec // what is refused
	if _, err := old.DialContext(t.Context(), "tcp", ln.Addr().String()); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
}

func echo(ln net.Listener) {
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		go func() { _, _ = io.Copy(c, c) }()
	}
}

type dialled struct {
	*place
	*tls.Conn
}

func (p *place) dial(ln net.Listener) dialled {
	p.Helper()
	d := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // self-signed
	c, err := d.DialContext(p.Context(), "tcp", ln.Addr().String())
	p.must(err)
	p.Cleanup(func() { _ = c.Close() })
	return dialled{p, c.(*tls.Conn)}
}

func (d dialled) says(name string) {
	d.Helper()
	if got := d.ConnectionState().PeerCertificates[0].Subject.CommonName; got != name {
		d.Errorf("the server is %s, want %s", got, name)
	}
	_, err := d.Write([]byte("x"))
	d.must(err)
	_, err = io.ReadFull(d.Conn, make([]byte, 1))
	d.must(err)
}

func TestBadNewCertificateIsSaidOnceAndTheOldOneStays(t *testing.T) {
	p := newPlace(t)
	p.issue("one.example", today.AddDate(0, 0, 90))
	k := p.open()
	for name, spoil := range map[string]func(){
		"garbage": func() { p.write(p.Cert, []byte("garbage")) },
		"another's key": func() {
			old, err := os.ReadFile(p.Cert)
			p.must(err)
			p.issue("x", today.AddDate(1, 0, 0))
			p.write(p.Cert, old)
		},
		"expired": func() { p.issue("late.example", today.Add(-time.Hour)) },
		"gone":    func() { p.must(os.Remove(p.Cert)) },
	} {
		p.log.Reset()
		spoil()
		for range 3 {
			p.now = p.now.Add(lookEvery)
			if got := k.current().Leaf.Subject.CommonName; got != "one.example" {
				t.Errorf("%s: now it is %s", name, got)
			}
		}
		if n := strings.Count(p.log.String(), "level=ERROR"); n != 1 {
			t.Errorf("%s: %d complaints: %s", name, n, &p.log)
		}
	}
	p.issue("two.example", today.AddDate(0, 0, 90))
	if got := k.current().Leaf.Subject.CommonName; got != "two.example" {
		t.Errorf("after a good one: %s", got)
	}
}

func TestStartRefusesWhatWouldNotServe(t *testing.T) {
	p := newPlace(t)
	for _, c := range []struct {
		prepare func()
		says    string
	}{
		{func() {}, "certificate cannot be read"},
		{func() { p.issue("x", today.AddDate(1, 0, 0)); p.must(os.Remove(p.Key)) }, "key cannot be read"},
		{func() { p.write(p.Key, []byte("no key")) }, "not a certificate and its key"},
		{func() { p.issue("x", today.Add(-time.Hour)) }, "expired on 2026-11-22 08:00:00 UTC"},
		{func() { p.issue("x", today.AddDate(1, 0, 0)); p.now = today.AddDate(0, 0, -2) }, "not valid before"},
	} {
		p.now = today
		c.prepare()
		if _, err := Open(p.Files, func() time.Time { return p.now }, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("want %q, got %v", c.says, err)
		}
	}
}
