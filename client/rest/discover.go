package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"keyfob/api"
	"keyfob/client"
	"keyfob/client/internal/transport"
)

// Server is where a token server's parts are, as its discovery says. All but
// the Issuer are without trailing slash.
type Server struct {
	Address    string // the root: what connections are saved under
	Issuer     string // the OpenID issuer, byte for byte as announced
	ProfileURL string // the root of /profile
	ManagerURL string // the root of /manager
}

// discoveryPaths are tried in turn; systems of this family have either.
var discoveryPaths = []string{"/tools/auto-discovery", "/sys/auto-discovery"}

const maxDiscovery = 1 << 20

// Discover finds the token server behind what a person typed: host,
// host:port or a URL. A bare host means https, except on this computer, where
// http is tried first. It fails with client.ErrBadAddress, ErrInsecure,
// ErrOffline, ErrTimeout, ErrCertificate, ErrServer or ErrNotAServer.
func Discover(ctx context.Context, address string, hc *http.Client) (Server, error) {
	bases, err := parseAddress(address)
	if err != nil {
		return Server{}, err
	}
	hc = transport.Client(hc)
	var first error
	for _, base := range bases {
		s, err := discoverAt(ctx, base, hc)
		if err == nil || ctx.Err() != nil {
			return s, err
		}
		// A certificate that fails says more than http that was not there.
		if first == nil || errors.Is(err, client.ErrCertificate) {
			first = err
		}
	}
	return Server{}, first
}

func discoverAt(ctx context.Context, base *url.URL, hc *http.Client) (Server, error) {
	var failed error
	for _, path := range discoveryPaths {
		body, err := fetch(ctx, base.String()+path, hc)
		if err == nil {
			var s Server
			if s, err = serverFrom(base, body); err == nil {
				return s, nil
			}
		}
		failed = err
		if !errors.Is(err, client.ErrNotAServer) {
			break
		}
	}
	return Server{}, failed
}

func fetch(ctx context.Context, u string, hc *http.Client) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u, nil)
	if err != nil {
		return nil, client.ErrBadAddress
	}
	req.Header.Set("Accept", "application/json")
	resp, err := hc.Do(req)
	if err != nil {
		return nil, transport.Error(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode >= 500 {
		return nil, fmt.Errorf("%w: status %d", client.ErrServer, resp.StatusCode)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, notAServer(fmt.Sprintf("status %d", resp.StatusCode))
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxDiscovery+1))
	if err != nil {
		return nil, transport.Error(ctx, err)
	}
	if len(body) > maxDiscovery {
		return nil, notAServer("discovery is too large")
	}
	return body, nil
}

// serverFrom reads the discovery document that base answered with.
func serverFrom(base *url.URL, body []byte) (Server, error) {
	var d api.Discovery
	if err := json.Unmarshal(body, &d); err != nil {
		return Server{}, notAServer("discovery is no JSON")
	}
	s := Server{Address: base.String()}
	sites := map[string]*string{
		api.SiteID:              &s.Issuer,
		api.SiteUserProfile:     &s.ProfileURL,
		api.SiteInstanceManager: &s.ManagerURL,
	}
	for _, site := range d.WebSites {
		at := sites[site.Type]
		if at == nil || *at != "" {
			continue
		}
		u, err := siteURL(base, site.URL)
		if err != nil {
			return Server{}, err
		}
		*at = u
	}
	for name, at := range sites {
		if *at == "" {
			return Server{}, notAServer("discovery lacks " + name)
		}
	}
	s.ProfileURL = strings.TrimRight(s.ProfileURL, "/")
	s.ManagerURL = strings.TrimRight(s.ManagerURL, "/")
	return s, nil
}

// siteURL checks where a server sends us. Only a server on this computer may
// name plain http, and then only on this computer.
func siteURL(base *url.URL, site string) (string, error) {
	u, err := url.Parse(site)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", notAServer("discovery has a bad URL")
	}
	local := transport.IsLoopback(base.Hostname())
	if !transport.Confidential(u) || u.Scheme == "http" && !local {
		return "", fmt.Errorf("%w: discovery names %s", client.ErrInsecure, u.Host)
	}
	return site, nil
}

func notAServer(why string) error { return fmt.Errorf("%w: %s", client.ErrNotAServer, why) }
