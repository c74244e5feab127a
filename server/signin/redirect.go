package signin

import (
	"net/url"
	"strconv"
	"strings"
)

// allowedRedirect reports whether uri is where the desktop program waits for
// its answer: http://127.0.0.1:{port}/callback or http://[::1]:{port}/callback,
// any port (RFC 8252, section 7.3), and not one byte else. Not localhost,
// which may be another machine (section 8.3).
func allowedRedirect(uri string) bool {
	rest, ok := strings.CutPrefix(uri, "http://127.0.0.1:")
	if !ok {
		rest, ok = strings.CutPrefix(uri, "http://[::1]:")
	}
	if !ok {
		return false
	}
	port, ok := strings.CutSuffix(rest, "/callback")
	if !ok {
		return false
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0 && strconv.FormatUint(n, 10) == port
}

// answerURL is the authorization response: the redirect URI with the
// parameters, the request's state and the issuer (RFC 9207), by which a client
// of several servers tells who answers.
func answerURL(redirectURI, state, issuer string, parameters url.Values) string {
	if state != "" {
		parameters.Set("state", state)
	}
	parameters.Set("iss", issuer)
	return redirectURI + "?" + parameters.Encode()
}
