package server

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
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

// Whatever the body: each parameter at most once, unless it may be there more
// often, none without a value, as net/url would write it.
func FuzzForm(f *testing.F) {
	for _, seed := range []string{"token=x", "token=x&token=y", "token=%zz", "a=1;b=2", "", "=", "token", "token=&token=x", "many=a&many=&many=b", "token=a+b%20c&client_id=%C3%A4"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		form, err := parseForm(body, "many")
		raw, rawErr := url.ParseQuery(body)
		if err != nil {
			twice := false
			for name, values := range raw {
				twice = twice || name != "many" && len(values) > 1
			}
			if rawErr == nil && !twice {
				t.Error("a good form was refused")
			}
			return
		}
		for name, values := range form {
			if slices.Contains(values, "") || len(values) == 0 || len(values) > 1 && name != "many" {
				t.Errorf("%q came as %q", name, values)
			}
		}
		again, err := parseForm(form.Encode(), "many")
		if err != nil || again.Encode() != form.Encode() {
			t.Errorf("%q read again is %q (%v)", form.Encode(), again.Encode(), err)
		}
	})
}

// Whatever the header: credentials or an answer that there are none, and what
// is taken is what stands in it, decoded.
func FuzzBasic(f *testing.F) {
	for _, seed := range []string{"Basic eDp5", "basic eDp5", "Basic", "Basic %", "Basic JTp4", "Basic eA==", "Bearer x", "Basic OjpAOg==", "", "Basic  eDp5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		id, secret, err := clientOf(http.Header{"Authorization": {header}}, url.Values{"client_id": {"of the form"}})
		scheme, rest, _ := strings.Cut(header, " ")
		switch {
		case !strings.EqualFold(scheme, "Basic"):
			if err != nil || id != "of the form" || secret != "" {
				t.Errorf("another scheme gave %q %q %v", id, secret, err)
			}
		case err == nil:
			raw, decodeErr := base64.StdEncoding.DecodeString(rest)
			user, password, found := strings.Cut(string(raw), ":")
			wantID, idErr := url.QueryUnescape(user)
			want, secretErr := url.QueryUnescape(password)
			if decodeErr != nil || !found || idErr != nil || secretErr != nil || id != wantID || secret != want || id != "of the form" {
				t.Errorf("%q gave %q %q", header, id, secret)
			}
		case id != "" || secret != "":
			t.Error("refused, and yet given")
		}
	})
}

// Whatever the body: it is an exchange only if it says so once, and then it is
// read the same way again.
func FuzzExchangeForm(f *testing.F) {
	for _, seed := range []string{"grant_type=" + url.QueryEscape(grantExchange), "grant_type=refresh_token", "grant_type=a&grant_type=" + grantExchange, "%", "audience=a&audience=b&resource="} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r := &http.Request{URL: new(url.URL), Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}}
		form, err := readExchangeForm(r, body)
		if err != nil || !asksForExchange(body) {
			return
		}
		if form.Get("grant_type") != grantExchange {
			t.Error("another grant was taken for an exchange")
		}
		if askedTooMuch(form) == "" && (len(form["subject_token"]) != 1 || form.Get("subject_token_type") != typeAccessToken || form.Has("actor_token")) {
			t.Errorf("it passed: %q", form)
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
