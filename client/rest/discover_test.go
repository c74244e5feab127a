package rest

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keyfob/client"
	"keyfob/client/internal/transport"
)

func sites(root string) string {
	return fmt.Sprintf(`{"Host":"x","WebSites":[
		{"Type":"DomainAPI","Status":"Working","Url":"%[1]s/api/"},
		{"Type":"ID","Status":"Working","Url":"%[1]s/id"},
		{"Type":"UserProfile","Status":"Working","Url":"%[1]s/profile/"},
		{"Type":"InstanceManager","Status":"NotWorking","Url":"%[1]s/manager"}]}`, root)
}

func TestAnAddressIsFoundHoweverItIsWritten(t *testing.T) {
	var srv *httptest.Server
	srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/tools/auto-discovery" {
			http.NotFound(w, r)
			return
		}
		writeJSON(w, 200, sites(srv.URL))
	}))
	defer srv.Close()
	host := strings.TrimPrefix(srv.URL, "http://")
	want := at(srv.URL)
	for _, address := range []string{host, srv.URL, srv.URL + "/", " " + srv.URL + "// ", "HTTP://" + host} {
		got, err := Discover(t.Context(), address, nil)
		if err != nil {
			t.Errorf("%q: %v", address, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", address, diff)
		}
	}
}

func TestHTTPSOnThisComputerIsFoundToo(t *testing.T) {
	var srv *httptest.Server
	srv = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, 200, sites(srv.URL))
	}))
	srv.Config.ErrorLog = quietLog()
	srv.StartTLS()
	defer srv.Close()
	host := strings.TrimPrefix(srv.URL, "https://")
	if got, err := Discover(t.Context(), host, srv.Client()); err != nil || got.Address != srv.URL {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := Discover(t.Context(), host, nil); !errors.Is(err, client.ErrCertificate) {
		t.Errorf("got %v, want ErrCertificate", err)
	}
}

func TestTheOlderDiscoveryPathIsTried(t *testing.T) {
	for name, first := range map[string]http.HandlerFunc{
		"404":  http.NotFound,
		"HTML": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
	} {
		var srv *httptest.Server
		srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/sys/auto-discovery" {
				first(w, r)
				return
			}
			writeJSON(w, 200, sites(srv.URL))
		}))
		if _, err := Discover(t.Context(), srv.URL, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		srv.Close()
	}
}

func TestWhatIsNoTokenServerIsSaidToBeNone(t *testing.T) {
	text := func(s string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, 200, s) }
	}
	good := sites("http://127.0.0.1:9")
	for name, tc := range map[string]struct {
		h    http.HandlerFunc
		want error
	}{
		"404":             {http.NotFound, client.ErrNotAServer},
		"HTML":            {text("<!doctype html>"), client.ErrNotAServer},
		"cut JSON":        {text(good[:60]), client.ErrNotAServer},
		"an empty object": {text("{}"), client.ErrNotAServer},
		"a list":          {text("[]"), client.ErrNotAServer},
		"a site missing":  {text(strings.Replace(good, "InstanceManager", "Other", 1)), client.ErrNotAServer},
		"a bad URL":       {text(strings.Replace(good, "http://127.0.0.1:9/id", "nowhere", 1)), client.ErrNotAServer},
		"plain http":      {text(strings.Replace(good, "http://127.0.0.1:9/id", "http://id.example.com", 1)), client.ErrInsecure},
		"a huge reply":    {text(good + strings.Repeat(" ", 2<<20)), client.ErrNotAServer},
		"500":             {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, client.ErrServer},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://example.com", http.StatusFound)
		}, client.ErrNotAServer},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(tc.h)
			defer srv.Close()
			if _, err := Discover(t.Context(), srv.URL, nil); !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
}

func TestNobodyThereIsOffline(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	for _, address := range []string{srv.URL, strings.TrimPrefix(srv.URL, "http://")} {
		if _, err := Discover(t.Context(), address, nil); !errors.Is(err, client.ErrOffline) {
			t.Errorf("%q: got %v, want ErrOffline", address, err)
		}
	}
}

func TestARemoteServerCannotSendUsToThisComputer(t *testing.T) {
	base := &url.URL{Scheme: "https", Host: "tokens.example.com"}
	if _, err := serverFrom(base, []byte(sites("http://127.0.0.1:9"))); !errors.Is(err, client.ErrInsecure) {
		t.Errorf("got %v, want ErrInsecure", err)
	}
	if _, err := serverFrom(base, []byte(sites("https://id.example.com"))); err != nil {
		t.Error(err)
	}
}

func TestAddresses(t *testing.T) {
	for address, want := range map[string][]string{
		"example.com":            {"https://example.com"},
		"Example.COM:8443":       {"https://example.com:8443"},
		"example.com/keyfob/":    {"https://example.com/keyfob"},
		"https://example.com///": {"https://example.com"},
		"schlüssel.example":      {"https://schl%C3%BCssel.example"},
		"localhost:8642":         {"http://localhost:8642", "https://localhost:8642"},
		"127.0.0.1":              {"http://127.0.0.1", "https://127.0.0.1"},
		"::1":                    {"http://[::1]", "https://[::1]"},
		"[::1]:8642":             {"http://[::1]:8642", "https://[::1]:8642"},
		"http://[::1]:8642/":     {"http://[::1]:8642"},
		"https://localhost":      {"https://localhost"},
		"10.0.0.7:8642":          {"https://10.0.0.7:8642"},
		"2001:db8::7":            {"https://[2001:db8::7]"},
		"https://h/a%2Fb":        {"https://h/a%2Fb"},
	} {
		roots, err := parseAddress(address)
		var got []string
		for _, r := range roots {
			got = append(got, r.String())
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%q: %v %s", address, err, diff)
		}
	}
}

func TestAddressesThatAreNone(t *testing.T) {
	for address, want := range map[string]error{
		"": client.ErrBadAddress, "   ": client.ErrBadAddress, "https://": client.ErrBadAddress,
		"ftp://example.com": client.ErrBadAddress, "file:///etc/passwd": client.ErrBadAddress,
		"two words": client.ErrBadAddress, "ada@example.com": client.ErrBadAddress,
		"https://ada:pw@example.com": client.ErrBadAddress, "example.com?x=1": client.ErrBadAddress,
		"example.com#x": client.ErrBadAddress, "example.com:0": client.ErrBadAddress,
		"example.com:65536": client.ErrBadAddress, "example.com:": client.ErrBadAddress,
		"example.com:http": client.ErrBadAddress, "-x.example.com": client.ErrBadAddress,
		"a..b": client.ErrBadAddress, "a.b.": client.ErrBadAddress, "[::1": client.ErrBadAddress,
		"fe80::1%eth0": client.ErrBadAddress, "exa\x00mple.com": client.ErrBadAddress,
		"http://example.com": client.ErrInsecure, "http://10.0.0.7": client.ErrInsecure,
		"http://localhost.example.com": client.ErrInsecure, "http://127.0.0.1.example.com": client.ErrInsecure,
	} {
		if got, err := parseAddress(address); !errors.Is(err, want) {
			t.Errorf("%q: got %v, %v, want %v", address, got, err, want)
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"example.com", "[::1]:8642", "::1", "http://127.0.0.1/", "https://a/b%2f//", "HTTP://localhost:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, address string) {
		roots, err := parseAddress(address)
		if err != nil {
			if !errors.Is(err, client.ErrBadAddress) && !errors.Is(err, client.ErrInsecure) {
				t.Fatalf("%q: %v", address, err)
			}
			return
		}
		for _, r := range roots {
			if !transport.Confidential(r) || r.User != nil || r.RawQuery != "" || r.Fragment != "" || strings.HasSuffix(r.String(), "/") {
				t.Fatalf("%q gave %q", address, r)
			}
			again, err := parseAddress(r.String())
			if err != nil || len(again) != 1 || again[0].String() != r.String() {
				t.Fatalf("%q gave %q, which gives %v, %v", address, r, again, err)
			}
		}
	})
}

func FuzzDiscovery(f *testing.F) {
	f.Add([]byte(sites("https://example.com")), true)
	f.Add([]byte(sites("http://127.0.0.1:9")), false)
	f.Add([]byte(`{"WebSites":[{"Type":"ID","Url":"https://a/?b#c"}]}`), true)
	f.Fuzz(func(t *testing.T, body []byte, remote bool) {
		base := &url.URL{Scheme: "http", Host: "127.0.0.1:9"}
		if remote {
			base = &url.URL{Scheme: "https", Host: "tokens.example.com"}
		}
		s, err := serverFrom(base, body)
		if err != nil {
			if !errors.Is(err, client.ErrNotAServer) && !errors.Is(err, client.ErrInsecure) {
				t.Fatal(err)
			}
			return
		}
		for _, site := range []string{s.Issuer, s.ProfileURL, s.ManagerURL} {
			u, err := url.Parse(site)
			if err != nil || !transport.Confidential(u) || remote && u.Scheme != "https" {
				t.Fatalf("trusted %q, %v", site, err)
			}
		}
	})
}
