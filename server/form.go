package server

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
)

// errForm says that a form breaks RFC 6749, section 3.2 or appendix B.
var errForm = errors.New("not a form as OAuth has it")

// readForm reads a form from the body alone: never from the URL, where a token
// would end in somebody's log (RFC 7662, section 2.1).
func readForm(r *http.Request) (url.Values, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, errForm
	}
	body, err := io.ReadAll(r.Body) // bounded by the middleware
	if err != nil {
		return nil, errForm
	}
	return parseForm(string(body))
}

// parseForm refuses a parameter that is there twice (RFC 6749, section 3.2).
func parseForm(body string) (url.Values, error) {
	form, err := url.ParseQuery(body)
	if err != nil {
		return nil, errForm
	}
	for _, values := range form {
		if len(values) > 1 {
			return nil, errForm
		}
	}
	return form, nil
}

// clientOf finds an application's client credentials: HTTP Basic, or in the
// form, never both (RFC 6749, section 2.3.1). Without a secret, id may still
// name a public client.
func clientOf(h http.Header, form url.Values) (id, secret string, err error) {
	r := http.Request{Header: h}
	user, password, basic := r.BasicAuth()
	if !basic {
		return form.Get("client_id"), form.Get("client_secret"), nil
	}
	if form.Has("client_secret") {
		return "", "", errCredentials
	}
	id, idErr := url.QueryUnescape(user)
	secret, secretErr := url.QueryUnescape(password)
	if idErr != nil || secretErr != nil || (form.Has("client_id") && form.Get("client_id") != id) {
		return "", "", errCredentials
	}
	return id, secret, nil
}
