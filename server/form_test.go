package server

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Whatever the headers are: one credential or none, and never part of two.
func FuzzPresented(f *testing.F) {
	f.Add("Bearer enrt_p1", "", "")
	f.Add("", "a", "b")
	f.Add("bearer  x y ", "", "")
	f.Add("Basic eDp5", "", "k")
	f.Add("Bearer", " ", "\t")
	f.Fuzz(func(t *testing.T, authorization, xAPIKey, apiKey string) {
		h, sent := http.Header{}, 0
		for name, value := range map[string]string{"Authorization": authorization, "X-Api-Key": xAPIKey, "Api-Key": apiKey} {
			if value != "" {
				h.Set(name, value)
				sent++
			}
		}
		secret, err := presented(h)
		switch {
		case sent > 1 && err == nil:
			t.Error("two credentials were taken")
		case sent <= 1 && err != nil:
			t.Errorf("one credential was refused: %v", err)
		case secret != "" && !strings.Contains(authorization+xAPIKey+apiKey, secret):
			t.Errorf("it made up %q", secret)
		case err == nil && sent == 1 && authorization != "" && secret != "" && !strings.EqualFold(authorization[:6], "Bearer"):
			t.Error("a scheme other than Bearer was taken")
		}
	})
}

// Whatever the body: each parameter at most once, as net/url would write it.
func FuzzForm(f *testing.F) {
	for _, seed := range []string{"token=x", "token=x&token=y", "token=%zz", "a=1;b=2", "", "=", "token", "token=a+b%20c&client_id=%C3%A4"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		form, err := parseForm(body)
		if err != nil {
			return
		}
		for name, values := range form {
			if len(values) != 1 {
				t.Errorf("%q came %d times", name, len(values))
			}
		}
		again, err := parseForm(form.Encode())
		if err != nil || again.Encode() != form.Encode() {
			t.Errorf("%q read again is %q (%v)", form.Encode(), again.Encode(), err)
		}
	})
}

// Whatever the client sends: its credentials come out of Basic as they went in,
// and are refused when they come twice.
func FuzzClientCredentials(f *testing.F) {
	f.Add("app", "secret", "", "")
	f.Add("a:b", "p%w", "a:b", "")
	f.Add("ä", "", "x", "y")
	f.Fuzz(func(t *testing.T, id, secret, formID, formSecret string) {
		raw := url.QueryEscape(id) + ":" + url.QueryEscape(secret)
		h := http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(raw))}}
		form := url.Values{}
		if formID != "" {
			form.Set("client_id", formID)
		}
		if formSecret != "" {
			form.Set("client_secret", formSecret)
		}
		gotID, gotSecret, err := clientOf(h, form)
		twice := formSecret != "" || formID != "" && formID != id
		if twice != (err != nil) {
			t.Fatalf("twice %v, answered %v", twice, err)
		}
		if err == nil && (gotID != id || gotSecret != secret) {
			t.Errorf("%q %q came out as %q %q", id, secret, gotID, gotSecret)
		}
		if gotID, gotSecret, err = clientOf(http.Header{}, form); err != nil || gotID != formID || gotSecret != formSecret {
			t.Errorf("the form's %q %q came out as %q %q (%v)", formID, formSecret, gotID, gotSecret, err)
		}
	})
}

func TestPointersNameFieldsAsJSONPointerAndParametersByName(t *testing.T) {
	for location, want := range map[string]string{
		"body": "", "body.expiresAt": "/expiresAt", "body.scopes[3]": "/scopes/3", "body.a[0].b": "/a/0/b",
		"query.limit": "limit", "query.status[1]": "status", "path.id": "id", "header.Idempotency-Key": "Idempotency-Key",
	} {
		if got := pointer(location); got != want {
			t.Errorf("%s became %q, want %q", location, got, want)
		}
	}
}
