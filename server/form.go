package server

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"keyfob/api"
	"keyfob/server/tokens"
)

// errForm says that a form breaks RFC 6749, section 3.2 or appendix B.
var errForm = errors.New("not a form as OAuth has it")

// errUnreadable is credentials that failed to be any: 401 (RFC 6749, section 5.2).
var errUnreadable = &tokens.Error{Code: api.CodeUnauthenticated}

// readForm reads a form from the body alone, and refuses parameters in the
// URL, where a token would end in somebody's log (RFC 7662, section 2.1).
func readForm(r *http.Request) (url.Values, error) {
	if r.URL.RawQuery != "" || !isForm(r) {
		return nil, errForm
	}
	var body strings.Builder
	if _, err := io.Copy(&body, r.Body); err != nil { // bounded by the middleware
		return nil, errForm
	}
	return parseForm(body.String())
}

const formType = "application/x-www-form-urlencoded"

func isForm(r *http.Request) bool {
	kind := r.Header.Get("Content-Type")
	if kind == formType {
		return true
	}
	kind, _, err := mime.ParseMediaType(kind)
	return err == nil && kind == formType
}

// parseForm refuses a parameter that is there twice, unless it is one of many,
// and leaves out those without a value (RFC 6749, section 3.2).
func parseForm(body string, many ...string) (url.Values, error) {
	form, err := url.ParseQuery(body)
	if err != nil {
		return nil, errForm
	}
	for name, values := range form {
		if len(values) > 1 && !slices.Contains(many, name) {
			return nil, errForm
		}
		if values = slices.DeleteFunc(values, func(v string) bool { return v == "" }); len(values) > 0 {
			form[name] = values
		} else {
			delete(form, name)
		}
	}
	return form, nil
}

// clientOf finds an application's client credentials: HTTP Basic, or in the
// form, never both (RFC 6749, section 2.3.1). Without a secret, id may still
// name a public client. A Basic header that cannot be read is no credential,
// and so is what stands beside it.
func clientOf(h http.Header, form url.Values) (id, secret string, err error) {
	scheme, _, _ := strings.Cut(h.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Basic") {
		return form.Get("client_id"), form.Get("client_secret"), nil
	}
	if form.Has("client_secret") || len(h.Values("Authorization")) > 1 {
		return "", "", errCredentials
	}
	r := http.Request{Header: h}
	user, password, readable := r.BasicAuth()
	id, idErr := url.QueryUnescape(user)
	secret, secretErr := url.QueryUnescape(password)
	switch {
	case !readable, idErr != nil, secretErr != nil:
		return "", "", errUnreadable
	case form.Has("client_id") && form.Get("client_id") != id:
		return "", "", errCredentials
	}
	return id, secret, nil
}
