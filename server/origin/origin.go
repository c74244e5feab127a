// Package origin finds out where a call comes from.
//
// That is the address at the other end of the connection, unless that is a
// proxy which the operator trusts: then it is what the proxy says in
// X-Forwarded-For or Forwarded (RFC 7239). Every hop writes at the right, so
// the caller is the rightmost address that is not a trusted proxy; what stands
// left of it may be anybody's invention. Nothing else is taken from such
// headers: the server's own address is its public URL.
package origin

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Trusted are the networks of the proxies that are believed. None: nobody is.
type Trusted []netip.Prefix

// ParseTrusted reads networks such as 10.0.0.0/8, or single addresses.
func ParseTrusted(list []string) (Trusted, error) {
	var t Trusted
	for _, s := range list {
		s = strings.TrimSpace(s)
		p, err := netip.ParsePrefix(s)
		if err != nil {
			a, addrErr := netip.ParseAddr(s)
			if addrErr != nil || a.Zone() != "" {
				return nil, fmt.Errorf("%q is neither a network such as 10.0.0.0/8 nor an address", s)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		t = append(t, p.Masked())
	}
	return t, nil
}

func (t Trusted) has(a netip.Addr) bool {
	for _, p := range t {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// Caller is the address of whoever made a call. It is invalid if remoteAddr,
// which is as in http.Request, has none.
func (t Trusted) Caller(remoteAddr string, h http.Header) netip.Addr {
	peer, ok := addrOf(remoteAddr)
	if !ok || !t.has(peer) {
		return peer
	}
	x, forwarded := h.Values("X-Forwarded-For"), h.Values("Forwarded")
	switch {
	case len(forwarded) == 0:
		return t.rightmost(peer, strings.Split(strings.Join(x, ","), ","))
	case len(x) == 0:
		return t.rightmost(peer, forwardedFor(strings.Join(forwarded, ",")))
	}
	// A proxy writes one of them and may pass on the other as the caller made it
	// up. Where they disagree, neither is believed.
	a := t.rightmost(peer, strings.Split(strings.Join(x, ","), ","))
	if a == t.rightmost(peer, forwardedFor(strings.Join(forwarded, ","))) {
		return a
	}
	return peer
}

// rightmost goes from the nearest hop outwards, as far as trust reaches.
func (t Trusted) rightmost(peer netip.Addr, hops []string) netip.Addr {
	at := peer
	for _, hop := range slices.Backward(hops) {
		a, ok := addrOf(strings.TrimSpace(hop))
		if !ok {
			return at // unknown, hidden or garbage: the last one that is sure
		}
		if at = a; !t.has(a) {
			return at
		}
	}
	return at
}

// addrOf reads an address with or without a port: 192.0.2.1, 192.0.2.1:80,
// 2001:db8::1, [2001:db8::1], [2001:db8::1]:80.
func addrOf(s string) (netip.Addr, bool) {
	at, err := netip.ParseAddrPort(s) // as most are
	a := at.Addr()
	if err != nil {
		a, err = netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	}
	return a.Unmap().WithZone(""), err == nil
}

// forwardedFor is the for of each hop in Forwarded; empty where it is missing.
func forwardedFor(header string) []string {
	var hops []string
	for _, element := range split(header, ',') {
		hop := ""
		for _, pair := range split(element, ';') {
			name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
			if strings.EqualFold(name, "for") {
				hop = strings.Trim(value, `"`)
			}
		}
		hops = append(hops, hop)
	}
	return hops
}

// split cuts at sep, but not inside double quotes. A quote that does not end
// leaves one piece that no address is read from.
func split(s string, sep byte) []string {
	var parts []string
	quoted, from := false, 0
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && quoted:
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == sep && !quoted:
			parts = append(parts, s[from:i])
			from = i + 1
		}
	}
	return append(parts, s[from:])
}

// Network is what one customer of a provider has: an IPv4 address, or the /64
// of an IPv6 address.
func Network(a netip.Addr) netip.Prefix {
	bits := a.BitLen()
	if a.Is6() && !a.Is4In6() {
		bits = 64
	}
	p, err := a.Unmap().Prefix(min(bits, a.Unmap().BitLen()))
	if err != nil {
		return netip.Prefix{} // of the invalid address: the same for all of them
	}
	return p
}
