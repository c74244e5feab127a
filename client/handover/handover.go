// Package handover brings a secret to where it is used without showing it: in
// the form that a program reads (forms.go), in a file of its owner's (file.go),
// or sealed for a colleague (seal.go).
package handover

import (
	"strings"
	"unicode"

	"keyfob/client"
)

// Card is a secret and what its forms say beside it.
type Card struct {
	Secret client.Secret
	Server string // the server's address
	Try    string // an address that answers a call with the secret
	App    string // the application's name
	Login  string // whom the secret acts as; empty: nobody knows
}

// Form is a text that some program reads a secret from.
type Form struct {
	Name   string // stable
	suffix string // of a file with it
	text   func(Card) string
}

// The forms.
var (
	Plain      = Form{"plain", ".token", plain}
	Header     = Form{"header", ".header", header}
	Curl       = Form{"curl", ".sh", curl}
	CurlConfig = Form{"curlConfig", ".curlrc", curlConfig}
	Env        = Form{"env", ".env", env}
	Netrc      = Form{"netrc", ".netrc", netrc}
	Postman    = Form{"postman", ".postman_environment.json", postman}
	Kubernetes = Form{"kubernetes", ".yaml", kubernetes}
)

// Forms are all of them, in the order in which they are offered.
var Forms = []Form{Env, Header, Curl, CurlConfig, Netrc, Postman, Kubernetes, Plain}

// Text is the secret in the form. Wipe it after use.
func (f Form) Text(c Card) client.Secret { return client.NewSecret(f.text(c)) }

// FileName is a name for a file with it, such as local-scripts.env.
func (f Form) FileName(c Card) string { return slug(c.App) + f.suffix }

// slug is a name with nothing in it but a-z, 0-9 and single hyphens.
func slug(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	const most = 50
	s := strings.Join(words, "-")
	if s = strings.Trim(s[:min(len(s), most)], "-"); s == "" {
		return "access"
	}
	return s
}

// variable is a name as environments have it, such as LOCAL_SCRIPTS.
func variable(app string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return unicode.ToUpper(r)
		}
		return '_'
	}, strings.TrimSpace(app))
	if name = strings.Trim(name, "_0123456789"); name == "" {
		return "ACCESS"
	}
	return name
}
