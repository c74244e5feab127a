//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// open starts the desktop program and waits until its window has the keyboard.
func (d *desktop) open(args ...string) *process {
	d.t.Helper()
	p := d.start("keyfob", nil, append([]string{program(d.t, "keyfob")}, args...)...)
	eventually(d.t, "the window has the keyboard", func() error {
		if p.over() {
			d.t.Fatalf("keyfob ended: %s", d.log("keyfob"))
		}
		name, err := d.output("xdotool", "getactivewindow", "getwindowname")
		if err == nil && !strings.HasPrefix(name, "Keyfob") {
			err = fmt.Errorf("%q has it", name)
		}
		return err
	})
	return p
}

func (p *process) over() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// quit leaves the program by its own key.
func (d *desktop) quit(p *process) {
	d.t.Helper()
	d.press("ctrl+q")
	d.gone(p)
}

// gone waits until the program has ended, without complaint.
func (d *desktop) gone(p *process) {
	d.t.Helper()
	eventually(d.t, "keyfob ends", func() error {
		if !p.over() {
			return errors.New("it runs")
		}
		return nil
	})
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		d.t.Errorf("keyfob ended with %d", code)
	}
}

// log is what a program has printed.
func (d *desktop) log(name string) string {
	text, _ := os.ReadFile(filepath.Join(d.logs, name+".log"))
	return string(text)
}

// data is where the desktop program keeps the built-in server's data.
func (d *desktop) data() string { return filepath.Join(d.home, "data", "keyfob") }

// operator runs keyfobd on the built-in server's data, as its operator can
// beside the running program, and answers what it printed.
func (d *desktop) operator(args ...string) string {
	d.t.Helper()
	return strings.TrimSpace(d.do(program(d.t, "keyfobd"), append([]string{"--data", d.data()}, args...)...))
}

// server is the address of the built-in server, which it notes in its data.
func (d *desktop) server() string {
	d.t.Helper()
	var noted struct{ Port int }
	eventually(d.t, "the built-in server notes its port", func() error {
		text, err := os.ReadFile(filepath.Join(d.data(), "builtin.json"))
		if err != nil {
			return err
		}
		return json.Unmarshal(text, &noted)
	})
	return fmt.Sprintf("http://127.0.0.1:%d", noted.Port)
}

// answer is what a server said.
type answer struct {
	status int
	body   map[string]any
}

// me asks who the bearer of a token is.
func (d *desktop) me(secret string) answer {
	d.t.Helper()
	return d.ask(http.MethodGet, "/profile/me", "Bearer "+secret, nil)
}

// introspect asks, as the application whose client credentials these are, what
// a token is worth.
func (d *desktop) introspect(app credentials, secret string) answer {
	d.t.Helper()
	request := http.Request{Header: http.Header{}}
	request.SetBasicAuth(url.QueryEscape(app.ID), url.QueryEscape(app.Secret))
	return d.ask(http.MethodPost, "/id/connect/introspect", request.Header.Get("Authorization"), url.Values{"token": {secret}})
}

func (d *desktop) ask(method, path, authorization string, form url.Values) answer {
	d.t.Helper()
	request, err := http.NewRequestWithContext(d.t.Context(), method, d.server()+path, strings.NewReader(form.Encode()))
	must(d.t, err)
	request.Header.Set("Authorization", authorization)
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := (&http.Client{Timeout: 20 * time.Second}).Do(request)
	must(d.t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	must(d.t, err)
	a := answer{status: response.StatusCode}
	if err := json.Unmarshal(text, &a.body); err != nil {
		d.t.Fatalf("%s %s answers %d %q: %v", method, path, a.status, text, err)
	}
	return a
}

// credentials are an application's own, for introspection.
type credentials struct {
	ID     string `json:"clientId"`
	Secret string `json:"clientSecret"`
}

func (d *desktop) credentialsOf(app string) credentials {
	d.t.Helper()
	var c credentials
	must(d.t, json.Unmarshal([]byte(d.operator("--json", "app", "secret", app)), &c))
	return c
}

// copied waits until the clipboard holds a text with the prefix and answers it.
func (d *desktop) copied(prefix string) string {
	d.t.Helper()
	var text string
	eventually(d.t, "the clipboard holds "+prefix+"…", func() (err error) {
		text, err = d.output("xclip", "-selection", "clipboard", "-o")
		if err == nil && !strings.HasPrefix(text, prefix) {
			err = fmt.Errorf("it holds %d other bytes", len(text))
		}
		return err
	})
	return text
}

// clipboardHas reports whether the clipboard holds text now.
func (d *desktop) clipboardHas(text string) bool {
	got, err := d.output("xclip", "-selection", "clipboard", "-o")
	return err == nil && strings.Contains(got, text)
}

// filesWith are the files below the home and among the logs that hold a text,
// as it is or in one of the forms that programs write secrets in.
func (d *desktop) filesWith(text string) []string {
	d.t.Helper()
	var found []string
	for _, root := range []string{d.home, d.logs} {
		must(d.t, filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
			if err != nil || !e.Type().IsRegular() {
				return ignoreGone(err)
			}
			content, err := os.ReadFile(path)
			if holds(content, text) {
				found = append(found, path)
			}
			return ignoreGone(err)
		}))
	}
	return found
}

// ignoreGone: programs come and go with files of theirs while we look.
func ignoreGone(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

func holds(content []byte, text string) bool {
	for _, form := range forms(text) {
		if bytes.Contains(content, form) {
			return true
		}
	}
	return false
}
