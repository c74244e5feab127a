package signin

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/zitadel/oidc/v3/pkg/oidc"

	"keyfob/server/store"
)

// What the page for the code says when it is not the right one.
const (
	sayNoDevice      = "No device waits with this code. Check it, or start again on the device: a code is good for ten minutes."
	sayManyCodes     = "Too many codes were tried. Wait a few seconds, then try again."
	sayDeviceTrouble = "The server cannot look for the device just now. Try again in a moment."
)

var (
	deviceAllowed = message{
		"The device is signed in",
		"Go back to it: it goes on by itself in a few seconds. You can close this tab.",
	}
	deviceDenied = message{
		"The device was not signed in",
		"You can close this tab. If you did not start this yourself, somebody may be trying to use your sign-in: tell your administrator.",
	}
	deviceLeft = message{
		"The device was not signed in",
		"Nothing was allowed. You can close this tab.",
	}
	deviceOver = message{
		"There is nothing to allow any more",
		"The code has expired, or was answered before. If the device still waits, start again there.",
	}
)

// deviceForm is what the pages of a device show.
type deviceForm struct {
	UserCode string   // as it is shown or was typed
	Person   string   // who is signed in here
	Rights   []string // what the device would get
}

// devicePage answers GET /device: where the code goes. One that came in the
// address is filled in, and still has to be compared and sent by a person.
func (p *Provider) devicePage(w http.ResponseWriter, r *http.Request) {
	typed := r.URL.Query().Get("user_code")
	code, ok := parseUserCode(typed)
	if !ok {
		p.showDevice(w, http.StatusOK, "", "")
		return
	}
	p.showDevice(w, http.StatusOK, showUserCode(code), "")
}

func (p *Provider) showDevice(w http.ResponseWriter, status int, typed, problem string) {
	page := p.page()
	page.Title = "Sign in on a device"
	page.UserCode, page.Problem, page.Program = typed, problem, desktopName
	p.render(w, status, "device.html", "", page)
}

// enterCode answers POST /device: on to the login page with the right code.
func (p *Provider) enterCode(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		p.show(w, http.StatusBadRequest, brokenRequest)
		return
	}
	typed := r.PostForm.Get("user_code")
	if len(typed) > maxUserCode {
		typed = ""
	}
	if wait, ok := p.guesses.take(network(r.RemoteAddr), p.now()); !ok {
		comeBack(w.Header(), wait)
		p.showDevice(w, http.StatusTooManyRequests, typed, sayManyCodes)
		return
	}
	code, ok := parseUserCode(typed)
	var c store.DeviceCode
	if ok {
		var err error
		if c, ok, err = p.pendingDevice(r.Context(), code); err != nil {
			p.fail(r.Context(), "looking for a device", err)
			p.showDevice(w, http.StatusServiceUnavailable, typed, sayDeviceTrouble)
			return
		}
	}
	if !ok {
		p.showDevice(w, http.StatusUnprocessableEntity, typed, sayNoDevice)
		return
	}
	p.toLogin(w, r, &request{
		ID: random()[:22], ClientID: c.ClientID, Scopes: c.Scopes, UserCode: code, Device: c.Hash, ExpiresAt: c.ExpiresAt,
	})
}

// toConsent goes on from the login page of a device: the browser's cookie now
// says who signed in.
func (p *Provider) toConsent(w http.ResponseWriter, r *http.Request, q *request, user store.User) {
	q.UserID, q.SignedInAt, q.SignOuts = user.ID, p.now(), user.SignOuts
	cookie, err := p.cookie(q)
	if err != nil {
		p.show(w, http.StatusBadRequest, brokenRequest)
		return
	}
	http.SetCookie(w, cookie)
	secure(w.Header(), "")
	http.Redirect(w, r, p.issuer+"/device/confirm?request="+url.QueryEscape(q.ID), http.StatusSeeOther)
}

// signedInFor is the request of a device whose person has signed in, in this browser.
func (p *Provider) signedInFor(r *http.Request, id string) (*request, bool) {
	q, ok := p.pending(r, id)
	return q, ok && q.forDevice() && q.UserID != ""
}

// consentPage answers GET /device/confirm: who allows what to which program,
// and the code to compare.
func (p *Provider) consentPage(w http.ResponseWriter, r *http.Request) {
	q, ok := p.signedInFor(r, r.URL.Query().Get("request"))
	if !ok {
		p.show(w, http.StatusBadRequest, deviceOver)
		return
	}
	user, err := p.store.UserByID(r.Context(), q.UserID)
	if err == nil {
		_, ok, err = p.pendingDevice(r.Context(), q.UserCode)
	}
	switch {
	case err != nil:
		p.fail(r.Context(), "showing what a device asks for", err)
		p.show(w, http.StatusServiceUnavailable, troubled)
		return
	case !ok || !q.still(user):
		p.show(w, http.StatusBadRequest, deviceOver)
		return
	}
	page := p.page()
	page.Title = "Allow this device?"
	page.Program, page.Request = desktopName, q.ID
	page.deviceForm = deviceForm{UserCode: showUserCode(q.UserCode), Person: personName(user), Rights: rights(user, q.Scopes)}
	p.render(w, http.StatusOK, "allow.html", "", page)
}

func personName(u store.User) string {
	if u.Name == "" {
		return u.Login
	}
	return u.Name + " (" + u.Login + ")"
}

// rights says what a device may do that user lets in with these scopes.
func rights(user store.User, scopes []string) []string {
	say := []string{"See, create and revoke your access tokens"}
	if user.IsAdmin {
		say = append(say, "Administer this server: applications, users and everybody's tokens")
	}
	if slices.Contains(scopes, oidc.ScopeProfile) || slices.Contains(scopes, oidc.ScopeEmail) {
		say = append(say, "See your name and email address")
	}
	if slices.Contains(scopes, oidc.ScopeOfflineAccess) {
		return append(say, "Stay signed in, for up to 90 days")
	}
	return append(say, "Do so for 15 minutes")
}

// consent answers POST /device/confirm: Allow or Deny.
func (p *Provider) consent(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		p.show(w, http.StatusBadRequest, brokenRequest)
		return
	}
	q, ok := p.signedInFor(r, r.PostForm.Get("request"))
	allowed := r.PostForm.Get("answer") == "allow"
	if !ok || !allowed && r.PostForm.Get("answer") != "deny" {
		p.show(w, http.StatusBadRequest, deviceOver)
		return
	}
	decided, err := p.decide(r.Context(), q, allowed, network(r.RemoteAddr))
	if err != nil {
		p.fail(r.Context(), "deciding about a device", err)
		p.show(w, http.StatusServiceUnavailable, troubled)
		return
	}
	http.SetCookie(w, p.cookieNamed(q.ID, "", -1))
	switch {
	case !decided:
		p.show(w, http.StatusBadRequest, deviceOver)
	case allowed:
		p.show(w, http.StatusOK, deviceAllowed)
	default:
		p.show(w, http.StatusOK, deviceDenied)
	}
}
