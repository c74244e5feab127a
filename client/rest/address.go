package rest

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"keyfob/client"
	"keyfob/client/internal/transport"
)

// parseAddress gives the roots that address may mean, the likeliest first,
// without trailing slash. It fails with client.ErrBadAddress or ErrInsecure.
func parseAddress(address string) ([]*url.URL, error) {
	scheme, rest, said := strings.Cut(strings.TrimSpace(address), "://")
	if !said {
		scheme, rest = "", scheme
	}
	scheme = strings.ToLower(scheme)
	if scheme != "" && scheme != "https" && scheme != "http" {
		return nil, badAddress("only https and http are spoken")
	}
	// A bare IPv6 address lacks the brackets that a URL wants.
	if a, err := netip.ParseAddr(rest); err == nil && a.Is6() && !said {
		rest = "[" + rest + "]"
	}
	u, err := url.Parse("https://" + rest)
	if err != nil {
		return nil, badAddress("not a URL")
	}
	host, err := hostOf(u)
	if err != nil {
		return nil, err
	}
	local := transport.IsLoopback(u.Hostname())
	if scheme == "http" && !local {
		return nil, fmt.Errorf("%w: %s", client.ErrInsecure, host)
	}
	schemes := []string{scheme}
	if !said {
		schemes = []string{"https"}
		if local {
			schemes = []string{"http", "https"}
		}
	}
	path := strings.TrimRight(u.EscapedPath(), "/")
	var roots []*url.URL
	for _, s := range schemes {
		root, err := url.Parse(s + "://" + host + path)
		if err != nil {
			return nil, badAddress("not a URL")
		}
		roots = append(roots, root)
	}
	return roots, nil
}

// hostOf is u's host and port, in lower case, once u is nothing but an
// address.
func hostOf(u *url.URL) (string, error) {
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return "", badAddress("more than an address")
	}
	name := strings.ToLower(u.Hostname())
	a, err := netip.ParseAddr(name)
	isLiteral := err == nil && a.Zone() == ""
	if !isLiteral && !isHostName(name) {
		return "", badAddress("not a host name")
	}
	if strings.HasSuffix(u.Host, ":") {
		return "", badAddress("not a port")
	}
	if isLiteral && a.Is6() {
		name = "[" + name + "]"
	}
	port := u.Port()
	if port == "" {
		return name, nil
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", badAddress("not a port")
	}
	return name + ":" + port, nil
}

// isHostName accepts the letters of any script; net/http spells them for DNS.
func isHostName(s string) bool {
	if s == "" || len(s) > 253 || net.ParseIP(s) != nil {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
		for _, r := range label {
			if r != '-' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
				return false
			}
		}
	}
	return true
}

func badAddress(why string) error { return fmt.Errorf("%w: %s", client.ErrBadAddress, why) }
