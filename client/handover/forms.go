package handover

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
)

func plain(c Card) string { return c.Secret.Reveal() }

func header(c Card) string { return "Authorization: Bearer " + c.Secret.Reveal() }

func curl(c Card) string { return "curl -H " + quoted(header(c)) + " " + quoted(c.Try) + "\n" }

// curlConfig is for curl -K: other than in a command, the secret is then
// neither in the list of processes nor in the history of the shell.
func curlConfig(c Card) string {
	return "header = " + inConfig(header(c)) + "\nurl = " + inConfig(c.Try) + "\n"
}

func env(c Card) string {
	name := variable(c.App)
	return name + "_SERVER=" + inEnv(c.Server) + "\n" + name + "_TOKEN=" + inEnv(c.Secret.Reveal()) + "\n"
}

// netrc is for programs that send the secret as a password.
func netrc(c Card) string {
	host := c.Server
	if u, err := url.Parse(c.Server); err == nil && u.Hostname() != "" {
		host = u.Hostname() // netrc knows no ports
	}
	login := c.Login
	if login == "" {
		login = "token"
	}
	return "machine " + inNetrc(host) + "\nlogin " + inNetrc(login) + "\npassword " + inNetrc(c.Secret.Reveal()) + "\n"
}

// environment is what Postman imports as one.
type environment struct {
	Name   string  `json:"name"`
	Values []value `json:"values"`
	Scope  string  `json:"_postman_variable_scope"`
}

type value struct {
	Key     string `json:"key"`
	Value   string `json:"value"`
	Type    string `json:"type"` // secret: Postman shows it masked
	Enabled bool   `json:"enabled"`
}

func postman(c Card) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	_ = e.Encode(environment{ // into memory: cannot fail
		Name: "Keyfob: " + c.App, Scope: "environment",
		Values: []value{
			{Key: "server", Value: c.Server, Type: "default", Enabled: true},
			{Key: "token", Value: c.Secret.Reveal(), Type: "secret", Enabled: true},
		},
	})
	return b.String()
}

// kubernetes is for kubectl apply -f. What is in data is encoded, not
// encrypted, and needs no quoting.
func kubernetes(c Card) string {
	encoded := base64.StdEncoding.EncodeToString
	return "apiVersion: v1\nkind: Secret\nmetadata:\n  name: " + slug(c.App) + "-token\ntype: Opaque\ndata:\n" +
		"  server: " + encoded([]byte(c.Server)) + "\n  token: " + encoded([]byte(c.Secret.Reveal())) + "\n"
}

// quoted is right for a POSIX shell and, for what tokens and addresses are made
// of, for the one of Windows too.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`, "`", "\\`").Replace(s) + `"`
}

// inConfig is a value of a curl config file.
func inConfig(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// inEnv leaves what needs no quotes without: not every reader of such files
// takes quotes off.
func inEnv(s string) string {
	if bare(s, "_-.:/@%+,=") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// inNetrc quotes only what has to be, for the same reason.
func inNetrc(s string) string {
	if s != "" && !strings.ContainsAny(s, " \t\"\\#") {
		return s
	}
	return inConfig(s)
}

// bare reports whether s is letters, digits and these marks only.
func bare(s, marks string) bool {
	return strings.IndexFunc(s, func(r rune) bool {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return false
		}
		return !strings.ContainsRune(marks, r)
	}) < 0
}
