//go:build e2e

package clients

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyfob/client"
	"keyfob/client/credentials"
	"keyfob/client/session"
)

// startProvider runs oidc-provider and answers its issuer.
func startProvider(t *testing.T) string {
	t.Helper()
	node := exec.CommandContext(t.Context(), "node", "provider.mjs")
	stdin, err := node.StdinPipe() // it ends with it
	must(t, err)
	stdout, err := node.StdoutPipe()
	must(t, err)
	var complaints bytes.Buffer
	node.Stderr = &complaints
	must(t, node.Start())
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = node.Wait()
	})
	issuer, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		_ = node.Wait()
		t.Fatalf("%v (`make test` installs what is missing)\n%s", err, complaints.String())
	}
	return strings.TrimSpace(issuer)
}

// someone is a person at a browser: they fill in every form that they are
// shown, until there is none.
type someone struct {
	login string
	pages chan string // the last page
}

func newSomeone(login string) *someone { return &someone{login, make(chan string, 10)} }

func (s *someone) open(address string) error {
	go func() {
		page, err := s.walk(address)
		s.pages <- fmt.Sprint(page, err)
	}()
	return nil
}

var formOf = regexp.MustCompile(`<form[^>]* action="([^"]*)"`)

func (s *someone) walk(address string) (page string, err error) {
	return s.walkIn(&http.Client{}, address)
}

func (s *someone) walkIn(browser *http.Client, address string) (page string, err error) {
	if browser.Jar, err = cookiejar.New(nil); err != nil {
		return "", err
	}
	at, page, err := show(browser, http.MethodGet, address, nil)
	for range 6 {
		to := formOf.FindStringSubmatch(page)
		if err != nil || to == nil {
			break
		}
		form := url.Values{}
		for _, m := range inputs.FindAllStringSubmatch(page, -1) {
			if v := values.FindStringSubmatch(m[0]); v != nil {
				form.Set(m[1], html.UnescapeString(v[1]))
			}
		}
		form.Set("login", s.login)
		form.Set("password", "any")
		target, bad := at.Parse(html.UnescapeString(to[1]))
		if bad != nil {
			return page, bad
		}
		at, page, err = show(browser, http.MethodPost, target.String(), form)
	}
	return page, err
}

func show(browser *http.Client, method, address string, form url.Values) (*url.URL, string, error) {
	r, err := http.NewRequestWithContext(context.Background(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "text/html")
	res, err := browser.Do(r)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	return res.Request.URL, string(text), err
}

func desktopAt(issuer string, who *someone, store credentials.Store) *session.Session {
	return session.New(session.Config{
		Issuer: issuer, ClientID: "keyfob-desktop", HTTP: &http.Client{}, Credentials: store, OpenBrowser: who.open,
	})
}

// RFC 6749, 7636, 7009, 8252, 9207; OpenID Connect Core and Discovery: the
// desktop at a provider that is certified and nobody wrote for it.
func TestTheDesktopSignsInAtOIDCProvider(t *testing.T) {
	issuer := startProvider(t)
	store := &credentials.Memory{}
	ada := newSomeone("ada")
	s := desktopAt(issuer, ada, store)
	who, err := s.SignIn(t.Context())
	if err != nil {
		t.Fatalf("%v; the browser shows %s", err, <-ada.pages)
	}
	if diff := cmp.Diff(session.Identity{Issuer: issuer, Subject: "ada", Login: "ada", Name: "Ada Admin"}, who); diff != "" {
		t.Error(diff)
	}
	if page := <-ada.pages; !strings.Contains(page, "Signed in.") {
		t.Errorf("the browser shows %s", page)
	}
	first, err := s.AccessToken(t.Context())
	must(t, err)
	s.Rejected(t.Context(), first)
	second, err := s.AccessToken(t.Context())
	must(t, err)
	if second.Reveal() == first.Reveal() {
		t.Error("the access token was not renewed")
	}

	next := desktopAt(issuer, ada, store)
	must(t, next.Resume(t.Context(), "ada"))
	kept, err := store.Get(t.Context(), issuer+"|ada")
	must(t, err)
	must(t, next.SignOut(t.Context()))
	must(t, session.Finish(t.Context(), session.Config{Issuer: issuer, ClientID: "keyfob-desktop", Credentials: store}))

	must(t, store.Set(t.Context(), issuer+"|ada", kept))
	if err := desktopAt(issuer, ada, store).Resume(t.Context(), "ada"); !errors.Is(err, client.ErrSignInExpired) {
		t.Errorf("after signing out the refresh token works: %v", err)
	}
}

func TestTheDesktopSignsInAtOIDCProviderByDevice(t *testing.T) {
	issuer := startProvider(t)
	store := &credentials.Memory{}
	elsewhere := newSomeone("ada")
	s := desktopAt(issuer, nil, store)
	who, err := s.SignInByDevice(t.Context(), func(d session.DevicePrompt) {
		if d.UserCode == "" || !strings.HasPrefix(d.URL, issuer) || time.Until(d.Expires) <= 0 {
			t.Errorf("shown %+v", d)
		}
		_ = elsewhere.open(d.CompleteURL)
	})
	if err != nil || who.Login != "ada" {
		t.Fatalf("%+v, %v; the browser shows %s", who, err, <-elsewhere.pages)
	}
	must(t, desktopAt(issuer, nil, store).Resume(t.Context(), "ada"))
}

// The provider has localhost registered, as few servers that are told not to
// (RFC 8252, section 8.3).
func TestTheDesktopSignsInAtOIDCProviderByWayOfLocalhost(t *testing.T) {
	issuer, ada := startProvider(t), newSomeone("ada")
	asked := ""
	s := session.New(session.Config{
		Issuer: issuer, ClientID: "keyfob-desktop", HTTP: &http.Client{}, Credentials: &credentials.Memory{}, LoopbackHost: "localhost",
		OpenBrowser: func(address string) error { asked = address; return ada.open(address) },
	})
	who, err := s.SignIn(t.Context())
	if err != nil || who.Login != "ada" || !strings.Contains(asked, url.QueryEscape("http://localhost:")) {
		t.Errorf("%+v, %v, asked by %s", who, err, asked)
	}
	if page := <-ada.pages; !strings.Contains(page, "Signed in.") {
		t.Errorf("the browser shows %s", page)
	}
}
