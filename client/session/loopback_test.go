package session_test

import (
	"net"
	"net/url"
	"testing"

	"keyfob/client/session"
)

// security requirement 12
func TestTheListenerIsOnThisComputerOnly(t *testing.T) {
	for host, wantHost := range map[string]string{"": "127.0.0.1", "127.0.0.1": "127.0.0.1", "localhost": "localhost"} {
		p := newProvider(t)
		var redirect *url.URL
		s, pages := newSession(p, &watched{}, func(c *session.Config) {
			open := c.OpenBrowser
			c.LoopbackHost = host
			c.OpenBrowser = func(a string) error {
				u, _ := url.Parse(a)
				redirect, _ = url.Parse(u.Query().Get("redirect_uri"))
				onlyLoopback(t, redirect.Port())
				return open(a)
			}
		})
		if _, err := s.SignIn(t.Context()); err != nil {
			t.Errorf("%q: %v", host, err)
		}
		if page := <-pages; page.Status != 200 || redirect.Hostname() != wantHost {
			t.Errorf("%q: came back to %v, %d %v", host, redirect, page.Status, page.Err)
		}
	}
}

// onlyLoopback demands that port is reached by no address of this computer
// that others know.
func onlyLoopback(t *testing.T, port string) {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		ip, _, err := net.ParseCIDR(a.String())
		if err != nil || ip.IsLoopback() || ip.IsLinkLocalUnicast() {
			continue
		}
		var d net.Dialer
		if c, err := d.DialContext(t.Context(), "tcp", net.JoinHostPort(ip.String(), port)); err == nil {
			_ = c.Close()
			t.Errorf("the listener is reached at %s", ip)
		}
	}
}

func TestTheBrowserComesBackToNoOtherHost(t *testing.T) {
	for _, host := range []string{"0.0.0.0", "example.com", "127.0.0.1:80", "[::1]"} {
		p := newProvider(t)
		s, _ := newSession(p, &watched{}, func(c *session.Config) {
			c.LoopbackHost = host
			c.OpenBrowser = func(string) error { t.Errorf("%s: the browser opened", host); return nil }
		})
		if _, err := s.SignIn(t.Context()); err == nil {
			t.Errorf("%s was taken", host)
		}
	}
}
