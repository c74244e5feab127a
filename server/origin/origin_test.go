package origin

import (
	"net/http"
	"net/netip"
	"testing"
)

func TestOnlyATrustedProxySaysWhoCalls(t *testing.T) {
	trusted, err := ParseTrusted([]string{"10.0.0.0/8", " 2001:db8:1::/48", "192.0.2.9"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, peer   string
		x, forwarded []string
		want         string
	}{
		{"nobody in between", "198.51.100.1:5", nil, nil, "198.51.100.1"},
		{"a stranger who makes it up", "198.51.100.1:5", []string{"203.0.113.7"}, []string{"for=203.0.113.7"}, "198.51.100.1"},
		{"a proxy", "10.1.2.3:5", []string{"203.0.113.7"}, nil, "203.0.113.7"},
		{"a proxy that says nothing", "10.1.2.3:5", nil, nil, "10.1.2.3"},
		{"a single trusted address", "192.0.2.9:5", []string{"203.0.113.7"}, nil, "203.0.113.7"},
		{"two proxies", "10.1.2.3:5", []string{"203.0.113.7, 10.9.9.9"}, nil, "203.0.113.7"},
		{"two proxies, two lines", "10.1.2.3:5", []string{"203.0.113.7", "10.9.9.9"}, nil, "203.0.113.7"},
		{"an invention at the left", "10.1.2.3:5", []string{"127.0.0.1, 203.0.113.7"}, nil, "203.0.113.7"},
		{"only proxies", "10.1.2.3:5", []string{"10.4.4.4, 10.5.5.5"}, nil, "10.4.4.4"},
		{"garbage at the right", "10.1.2.3:5", []string{"203.0.113.7, who"}, nil, "10.1.2.3"},
		{"garbage behind a proxy", "10.1.2.3:5", []string{"203.0.113.7, , 10.5.5.5"}, nil, "10.5.5.5"},
		{"with a port", "10.1.2.3:5", []string{"203.0.113.7:8080"}, nil, "203.0.113.7"},
		{"IPv6", "[2001:db8:1::1]:5", []string{"2001:db8::7"}, nil, "2001:db8::7"},
		{"IPv6 with a port", "[2001:db8:1::1]:5", []string{"[2001:db8::7]:80"}, nil, "2001:db8::7"},
		{"IPv4 as IPv6", "[::ffff:10.1.2.3]:5", []string{"::ffff:203.0.113.7"}, nil, "203.0.113.7"},
		{"Forwarded", "10.1.2.3:5", nil, []string{`for=192.0.2.43, For="[2001:db8::17]:4711";proto=http;by=10.0.0.1`}, "2001:db8::17"},
		{"Forwarded, hidden", "10.1.2.3:5", nil, []string{`for=192.0.2.43, for=_hidden`}, "10.1.2.3"},
		{"Forwarded without for", "10.1.2.3:5", nil, []string{`for=192.0.2.43, proto=https`}, "10.1.2.3"},
		{"Forwarded, a comma in quotes", "10.1.2.3:5", nil, []string{`for=192.0.2.43;x="a,for=6.6.6.6"`}, "192.0.2.43"},
		{"Forwarded, a quote without end", "10.1.2.3:5", nil, []string{`for="192.0.2.43, for=203.0.113.7`}, "10.1.2.3"},
		{"both, which agree", "10.1.2.3:5", []string{"203.0.113.7"}, []string{"for=203.0.113.7"}, "203.0.113.7"},
		{"both, which do not", "10.1.2.3:5", []string{"203.0.113.7"}, []string{"for=127.0.0.1"}, "10.1.2.3"},
		{"no address at all", "@", []string{"203.0.113.7"}, nil, "invalid IP"},
	} {
		h := http.Header{"X-Forwarded-For": c.x, "Forwarded": c.forwarded}
		if got := trusted.Caller(c.peer, h).String(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestWhatIsNoNetworkIsNotTrusted(t *testing.T) {
	for _, s := range []string{"", "proxy", "10.0.0.0/33", "10.0.0", "fe80::1%eth0"} {
		if got, err := ParseTrusted([]string{s}); err == nil {
			t.Errorf("%q is %v", s, got)
		}
	}
}

func TestOneIPv6CustomerIsOneNetwork(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"2001:db8::1", "2001:db8::ffff:1", true},
		{"2001:db8::1", "2001:db8:0:1::1", false},
		{"192.0.2.1", "::ffff:192.0.2.1", true},
	} {
		if got := Network(netip.MustParseAddr(c.a)) == Network(netip.MustParseAddr(c.b)); got != c.same {
			t.Errorf("%s and %s: same = %v", c.a, c.b, got)
		}
	}
}

// Whatever is sent through a proxy, the caller is an address: never one of the
// trusted unless all that is said is theirs, and never taken from left of the
// first address that is not.
func FuzzCaller(f *testing.F) {
	f.Add("203.0.113.7, 10.0.0.1", `for="[2001:db8::17]:4711";proto=http`)
	f.Add("", `for="unknown`)
	f.Add("::ffff:10.0.0.1%x", "for=_a;for=\"\\\"")
	trusted := Trusted{netip.MustParsePrefix("10.0.0.0/8")}
	f.Fuzz(func(t *testing.T, x, forwarded string) {
		for _, h := range []http.Header{{"X-Forwarded-For": {x}}, {"Forwarded": {forwarded}}, {"X-Forwarded-For": {x}, "Forwarded": {forwarded}}} {
			a := trusted.Caller("10.0.0.2:1", h)
			if !a.IsValid() || a.Zone() != "" || a.Is4In6() {
				t.Fatalf("%v: %v", h, a)
			}
			if got := trusted.Caller("198.51.100.1:1", h); got != netip.MustParseAddr("198.51.100.1") {
				t.Fatalf("a stranger is believed: %v", got)
			}
			if !Network(a).Contains(a) {
				t.Fatalf("%v is not in its network", a)
			}
		}
		appended := http.Header{"X-Forwarded-For": {x + ", 203.0.113.7"}}
		if got := trusted.Caller("10.0.0.2:1", appended); got != netip.MustParseAddr("203.0.113.7") {
			t.Fatalf("%q: what the proxy wrote is passed over: %v", x, got)
		}
	})
}
