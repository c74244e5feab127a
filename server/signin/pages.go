package signin

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"net/http"
	"net/url"
	"strings"
)

//go:embed pages
var pageFiles embed.FS

var templates = template.Must(template.ParseFS(pageFiles, "pages/*.html"))

// styleVersion makes browsers fetch a changed style sheet.
var styleVersion = func() string {
	text, err := pageFiles.ReadFile("pages/static/signin.css")
	if err != nil {
		panic(err) // not built in: the program cannot have been built
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:6])
}()

// What the login page says when signing in did not work.
const (
	sayWrong   = "Login name or password is not right. Check both and try again."
	sayTooMany = "Too many tries. Wait a few seconds, then try again."
	sayTrouble = "The server cannot check passwords just now. Try again in a moment."
)

// message is a page that only says something.
type message struct{ Title, Text string }

var (
	expired = message{
		"This sign-in has expired",
		"It was open for too long, was finished before, or began in another browser. Go back to Keyfob and sign in again.",
	}
	brokenRequest = message{
		"This sign-in cannot go on",
		"The link that led here is not complete, or not from Keyfob. Go back to Keyfob and sign in again.",
	}
	troubled = message{
		"The server cannot answer just now",
		"Nothing was changed. Wait a moment, then try again.",
	}
	tooOften = message{
		"Too many requests that cannot be answered",
		"They came from your network. Wait a moment, then sign in again from Keyfob.",
	}
	signedOut = message{
		"You are signed out",
		"You can close this tab.",
	}
	notFound = message{
		"There is nothing here",
		"To sign in, start from Keyfob.",
	}
)

type page struct {
	Base   string // the issuer
	Server string // its host
	Style  string
	message
	loginForm
	deviceForm
}

type loginForm struct {
	Program string
	Request string
	Login   string
	Problem string
}

func (p *Provider) page() page {
	return page{Base: p.issuer, Server: p.base.Host, Style: styleVersion}
}

// show answers a page that only says something.
func (p *Provider) show(w http.ResponseWriter, status int, m message) {
	page := p.page()
	page.message = m
	p.render(w, status, "message.html", "", page)
}

// showLogin answers the login page, with the typed login kept.
func (p *Provider) showLogin(w http.ResponseWriter, status int, q *request, login, problem string) {
	page := p.page()
	page.Title = "Sign in"
	page.loginForm = loginForm{Program: desktopName, Request: q.ID, Login: login, Problem: problem}
	if q.forDevice() {
		page.UserCode = showUserCode(q.UserCode)
	}
	p.render(w, status, "login.html", formTarget(q.RedirectURI), page)
}

func (p *Provider) render(w http.ResponseWriter, status int, name, target string, data page) {
	var text bytes.Buffer
	if err := templates.ExecuteTemplate(&text, name, data); err != nil {
		p.log.Error("sign-in: writing a page", "page", name, "error", err)
		http.Error(w, "The page cannot be shown.", http.StatusInternalServerError)
		return
	}
	secure(w.Header(), target)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = text.WriteTo(w)
}

func (p *Provider) signedOutPage(w http.ResponseWriter, _ *http.Request) {
	p.show(w, http.StatusOK, signedOut)
}

func (p *Provider) noSuchPage(w http.ResponseWriter, _ *http.Request) {
	p.show(w, http.StatusNotFound, notFound)
}

// secure sets the headers of everything that a browser is shown: no script, no
// frame, no cache, no address told to others. target is where a form may lead
// beside this server.
func secure(h http.Header, target string) {
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action "+
		strings.TrimSpace("'self' "+target)+"; frame-ancestors 'none'; base-uri 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cache-Control", "no-store")
}

// formTarget is the source in form-action that a redirect URI needs: browsers
// hold the redirect after a form against it too. The grammar has no IPv6
// addresses, so there it is the scheme.
func formTarget(redirectURI string) string {
	u, err := url.Parse(redirectURI)
	if err != nil || u.Host == "" { // a device's: it is not redirected to
		return ""
	}
	if strings.Contains(u.Host, "[") {
		return "http:"
	}
	return u.Scheme + "://" + u.Host
}

// static serves the style sheet and the icon.
func static() http.Handler {
	files := http.FileServerFS(pageFiles)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/") {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "max-age=86400")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		inside := r.Clone(r.Context())
		inside.URL.Path = "/pages" + r.URL.Path
		files.ServeHTTP(w, inside)
	})
}
