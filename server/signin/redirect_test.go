package signin

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"testing"
)

func slowRedirect(uri string) bool {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "http" || u.User != nil || u.Path != "/callback" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return false
	}
	host, port := u.Hostname(), u.Port()
	n, err := strconv.Atoi(port)
	if err != nil || n < 1 || n > 65535 || host != "127.0.0.1" && host != "::1" {
		return false
	}
	return uri == fmt.Sprintf("http://%s/callback", net.JoinHostPort(host, strconv.Itoa(n)))
}

func FuzzOnlyTheDesktopsAddressIsARedirect(f *testing.F) {
	for _, seed := range []string{
		"http://127.0.0.1:1/callback", "http://[::1]:65535/callback", "http://127.0.0.1:/callback", "http://127.0.0.1:+1/callback",
		"http://127.0.0.1:01/callback", "http://127.0.0.1:65536/callback", "http://127.0.0.1:1/callback#", "http://127.0.0.1:1/callback?",
		"http://[::1%25lo]:1/callback", "http://127.0.0.1:1//callback", "http://127.0.0.1:1/callback\n", "http://localhost:1/callback",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		if got, want := allowedRedirect(uri), slowRedirect(uri); got != want {
			t.Fatalf("allowedRedirect(%q) = %v, want %v", uri, got, want)
		}
	})
}

func TestNearlyTheDesktopsAddressIsNoRedirect(t *testing.T) {
	parts := [][]string{
		{"http", "https", "HTTP", ""},
		{"://", ":/", "://u@", "://u:p@"},
		{"127.0.0.1", "[::1]", "localhost", "127.0.0.01", "[::1%25x]", "[0:0::1]", "127.1", "::1"},
		{":", "", "::"},
		{"1", "80", "65535", "65536", "0", "01", "+1", "-1", "", " 1", "1e1", "１"},
		{"/callback", "/", "", "/callback/", "//callback", "/Callback", "/%63allback", "/./callback"},
		{"", "?", "?x", "#", "#x", "\n", " ", ";x", "/..", "%00"},
	}
	good := 0
	each("", parts, func(uri string) {
		got, want := allowedRedirect(uri), slowRedirect(uri)
		if got != want {
			t.Errorf("allowedRedirect(%q) = %v, want %v", uri, got, want)
		}
		if got {
			good++
		}
	})
	if good != 2*3 { // two hosts, three ports
		t.Errorf("%d good addresses", good)
	}
}

func each(start string, parts [][]string, do func(string)) {
	if len(parts) == 0 {
		do(start)
		return
	}
	for _, choice := range parts[0] {
		each(start+choice, parts[1:], do)
	}
}
