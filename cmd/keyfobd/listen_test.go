package main_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certified are the files of a TLS certificate.
type certified struct {
	*testing.T
	cert, key string
}

// issue puts a new certificate in place, and answers what trusts it alone.
func (c certified) issue(serial int64) *x509.CertPool {
	c.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		c.Fatal(err)
	}
	now := time.Now()
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(serial), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(48 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, key.Public(), key)
	if err != nil {
		c.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		c.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{c.cert: {Type: "CERTIFICATE", Bytes: der}, c.key: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			c.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return pool
}

// A renewed certificate is served without a restart; connections of before
// live on.
func TestOwnTLSIsServedAndRenewed(t *testing.T) {
	p := newPlace(t)
	files := certified{t, filepath.Join(t.TempDir(), "tls.crt"), filepath.Join(t.TempDir(), "tls.key")}
	first := files.issue(1)
	s := p.serve("--tls-cert", files.cert, "--tls-key", files.key)
	if !strings.HasPrefix(s.url, "https://127.0.0.1:") {
		t.Errorf("it serves %s", s.url)
	}
	old := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: first, MinVersion: tls.VersionTLS12}}
	defer old.CloseIdleConnections()
	ask := func(by *http.Transport) (serial int64, err error) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/tools/auto-discovery", nil)
		if err != nil {
			return 0, err
		}
		res, err := by.RoundTrip(req)
		if err != nil {
			return 0, err
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if !strings.Contains(string(body), s.url+"/id") {
			t.Errorf("discovery over TLS: %s", body)
		}
		return res.TLS.PeerCertificates[0].SerialNumber.Int64(), err
	}
	if serial, err := ask(old); err != nil || serial != 1 {
		t.Fatalf("certificate %d, %v", serial, err)
	}
	renewed := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: files.issue(2), MinVersion: tls.VersionTLS12}, DisableKeepAlives: true}
	until := time.Now().Add(20 * time.Second)
	for {
		serial, err := ask(renewed)
		if err == nil && serial == 2 {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("the new certificate is not served: %d, %v\n", serial, err)
		}
	}
	if serial, err := ask(old); err != nil || serial != 1 {
		t.Errorf("the connection of before: certificate %d, %v", serial, err)
	}
}

// waiting opens a connection and sends a request but for the end of its body.
func (s *serving) waiting() (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(s.Context(), "tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		return nil, err
	}
	_, err = io.WriteString(conn, "POST /id/connect/introspect HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 8\r\n\r\ntoken=")
	return conn, err
}

// 4,096 requests are worked on at once; one more is asked to
// come again. What is on an address of its own answers still.
func TestMoreRequestsThanTheServerTakesAreToldToComeAgain(t *testing.T) {
	const most = 4096
	p := newPlace(t)
	s := p.serve("--json", "--metrics-listen", "127.0.0.1:0")
	conns := make([]net.Conn, 0, most)
	defer func() {
		for _, c := range conns {
			_ = c.Close()
		}
	}()
	for range most {
		c, err := s.waiting()
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, c)
	}
	busy := func() int { // once all that was sent is taken
		for {
			status, _ := s.get("/tools/auto-discovery", "")
			if status != http.StatusOK {
				return status
			}
			if c, err := s.waiting(); err == nil { // in the place of one that the system dropped
				conns = append(conns, c)
			}
		}
	}
	if status := busy(); status != http.StatusServiceUnavailable {
		t.Errorf("one more is answered %d", status)
	}
	if got := s.metric("keyfob_http_requests_in_flight"); got != fmt.Sprint(most) {
		t.Errorf("%s requests are in flight", got)
	}
	t.Logf("%s bytes resident with %d requests", s.metric("process_resident_memory_bytes"), most)
	if _, err := io.WriteString(conns[0], "xy"); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conns[0]), nil)
	if err != nil || res.StatusCode != http.StatusUnauthorized {
		t.Fatalf("one of them is answered %v, %v", res, err)
	}
	_ = res.Body.Close()
	if status, _ := s.get("/tools/auto-discovery", ""); status != http.StatusOK {
		t.Errorf("with room again: %d", status)
	}
}

// metric is the value of a metric without labels.
func (s *serving) metric(name string) string {
	s.Helper()
	req, err := http.NewRequestWithContext(s.Context(), http.MethodGet, s.metrics, nil)
	if err != nil {
		s.Fatal(err)
	}
	_, body := s.do(req)
	for line := range strings.Lines(body) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	s.Errorf("no %s in %d bytes of metrics", name, len(body))
	return ""
}
