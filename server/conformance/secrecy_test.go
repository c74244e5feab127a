package conformance

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"math/big"
	"net/http"
	"regexp"
	"strings"

	"keyfob/api"
)

// secrecy is about the value of a token, and where it must not be.
var secrecy = []requirement{
	{1, "A value begins with the rules' prefix: `enrt_`", []string{erp}, func(w *world) {
		for _, secret := range []string{w.bob.pat(w.bob.wish()).Secret, w.sat(w.app, w.ada.wish()).Secret} {
			if !strings.HasPrefix(secret, "enrt_") {
				w.Error("another prefix")
			}
		}
	}},
	{2, "A value has the form `pat_<tenantId>_<token>`, with the caller's own tenant", []string{lucanet}, func(w *world) {
		secret := w.bob.pat(w.bob.wish()).Secret
		if !regexp.MustCompile("^pat_" + w.tenant + "_[0-9A-Za-z]+$").MatchString(secret) {
			w.Error("another form")
		}
		w.bob.create(w.bob.wish().with("tenants", []string{unique("foreign")})).invalid("/tenants", api.FieldTooMuch)
	}},
	{3, "A value is opaque: no three parts, no claims", nil, func(w *world) {
		k := w.bob.pat(w.bob.wish())
		if strings.Contains(k.Secret, ".") {
			w.Error("a value has parts")
		}
		for _, text := range decoded(k.Secret) {
			for _, claim := range []string{k.Token.ID, w.bob.user.ID, w.bob.user.Login, w.app.ID, `"sub"`, `"exp"`} {
				if strings.Contains(text, claim) {
					w.Errorf("%s is in the value, once it is decoded", claim)
				}
			}
		}
	}},
	{5, "A value is in one reply only, the create's", nil, func(w *world) {
		pat, sat := w.bob.pat(w.bob.wish()), w.sat(w.app, w.ada.wish())
		for _, r := range []reply{
			w.bob.get("/profile/tokens"), w.bob.get("/profile/tokens/" + pat.Token.ID), w.bob.get("/profile/events"),
			w.ada.get("/manager/apps/" + w.app.ID + "/tokens"), w.ada.get("/manager/events?limit=200"),
		} {
			r.is(http.StatusOK).lacks(pat.Secret, sat.Secret)
		}
	}},
	{6, "The data files have no value in them", nil, func(w *world) {
		pat := w.bob.pat(w.bob.wish())
		found := false
		w.files(w.T, func(name, text string) {
			found = found || strings.Contains(text, pat.Token.ID)
			w.absent(name, text, pat.Secret)
		})
		if !found {
			w.Error("the token's record is nowhere: this looks at nothing")
		}
	}},
	{7, "No value and no Authorization header in log or error", nil, func(w *world) {
		pat := w.bob.pat(w.bob.wish())
		w.whoAmI(pat.Secret).is(http.StatusOK)
		w.bob.create(wish{"description": pat.Secret + strings.Repeat("x", 500), "appId": pat.Secret}).lacks(pat.Secret)
		w.call(http.MethodGet, "/"+pat.Secret, pat.Secret, nil).is(http.StatusNotFound).lacks(pat.Secret)
		log := w.log.String()
		if !strings.Contains(log, "/profile/me") {
			w.Error("the log has no requests: this looks at nothing")
		}
		w.absent("the log", log, pat.Secret, w.bob.access, "Bearer")
	}},
}

func (r reply) lacks(secrets ...string) {
	r.Helper()
	r.absent("a reply", string(r.body), secrets...)
}

// absent demands that no secret, nor the random part of one, is in text.
func (w *world) absent(where, text string, secrets ...string) {
	w.Helper()
	for _, s := range secrets {
		if strings.Contains(text, s) || len(s) > 40 && strings.Contains(text, s[len(s)-40:]) {
			w.Errorf("a secret is in %s", where)
		}
	}
}

// decoded is a value and its parts as they are, and as they are read in the ways
// that bytes are usually written.
func decoded(value string) []string {
	out := []string{value}
	for _, part := range append(strings.Split(value, "_"), value) {
		part = strings.TrimRight(part, "=")
		for _, read := range []func(string) ([]byte, error){base64.RawStdEncoding.DecodeString, base64.RawURLEncoding.DecodeString, base32.StdEncoding.DecodeString, hex.DecodeString} {
			raw, _ := read(part) // as far as it goes
			out = append(out, string(raw))
		}
		if n, ok := new(big.Int).SetString(part, 62); ok {
			out = append(out, string(n.Bytes()))
		}
	}
	return out
}
