package signin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"keyfob/server/store"
)

// Bounds of what is typed, in bytes. Longer is wrong, like any other mistake.
const (
	maxLogin    = 256
	maxPassword = 1024
)

// loginPage answers GET /login.
func (p *Provider) loginPage(w http.ResponseWriter, r *http.Request) {
	q, ok := p.pending(r, r.URL.Query().Get("request"))
	if !ok {
		p.show(w, http.StatusBadRequest, expired)
		return
	}
	p.showLogin(w, http.StatusOK, q, q.LoginHint, "")
}

// login answers POST /login: back to the desktop with a code, or the page
// again with what was typed and one sentence.
func (p *Provider) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		p.show(w, http.StatusBadRequest, brokenRequest)
		return
	}
	q, ok := p.pending(r, r.PostForm.Get("request"))
	if !ok {
		p.show(w, http.StatusBadRequest, expired)
		return
	}
	if r.PostForm.Has("cancel") {
		p.cancel(w, r, q)
		return
	}
	typed := r.PostForm.Get("login")
	user, status, sentence := p.tryPassword(r, fold(typed), r.PostForm.Get("password"))
	switch {
	case status == http.StatusTooManyRequests:
		comeBack(w.Header(), longest)
		fallthrough
	case status != http.StatusOK:
		p.showLogin(w, status, q, typed, sentence)
	case q.forDevice():
		p.toConsent(w, r, q, user)
	default:
		p.giveCode(w, r, q, user)
	}
}

// cancel leaves the login page without a sign-in.
func (p *Provider) cancel(w http.ResponseWriter, r *http.Request, q *request) {
	if !q.forDevice() {
		p.leave(w, r, q, url.Values{"error": {"access_denied"}})
		return
	}
	http.SetCookie(w, p.cookieNamed(q.ID, "", -1))
	p.show(w, http.StatusOK, deviceLeft) // whose device it is is not known here: it goes on waiting
}

// giveCode sends a browser in which user has signed in back to the program.
func (p *Provider) giveCode(w http.ResponseWriter, r *http.Request, q *request, user store.User) {
	code, err := p.newCode(r.Context(), q, user, network(r.RemoteAddr))
	if errors.Is(err, errSignedOut) {
		p.showLogin(w, http.StatusUnprocessableEntity, q, user.Login, sayWrong)
		return
	}
	if err != nil {
		p.fail(r.Context(), "giving out a code", err)
		p.showLogin(w, http.StatusServiceUnavailable, q, user.Login, sayTrouble)
		return
	}
	p.leave(w, r, q, url.Values{"code": {code}})
}

// leave sends the browser back to the program that asked, and forgets the request.
func (p *Provider) leave(w http.ResponseWriter, r *http.Request, q *request, parameters url.Values) {
	http.SetCookie(w, p.cookieNamed(q.ID, "", -1))
	secure(w.Header(), "")
	http.Redirect(w, r, p.answer(q, parameters), http.StatusSeeOther)
}

// tryPassword answers whose the right password is, and otherwise what to tell
// the person.
func (p *Provider) tryPassword(r *http.Request, login, typed string) (user store.User, status int, sentence string) {
	ctx, from := r.Context(), network(r.RemoteAddr)
	wait, ok := p.throttle.admit(cut(login), from, p.now())
	if !ok {
		p.tries.throttled.Add(1)
		return user, http.StatusTooManyRequests, sayTooMany
	}
	if err := p.pause(ctx, wait); err != nil {
		return user, http.StatusServiceUnavailable, sayTrouble
	}
	user, ok, err := p.check(ctx, login, typed)
	p.tries.count(ok, err)
	switch {
	case err != nil:
		p.fail(ctx, "checking a password", err)
		return user, http.StatusServiceUnavailable, sayTrouble
	case !ok:
		p.refused(ctx, user, cut(login), from)
		return user, http.StatusUnprocessableEntity, sayWrong
	}
	p.throttle.forgive(cut(login), from)
	return user, http.StatusOK, ""
}

// check reports whether the password is that user's. Unknown, inactive and
// without a password take the same time as wrong: a hash is worked out each
// time.
func (p *Provider) check(ctx context.Context, login, typed string) (store.User, bool, error) {
	user, err := p.store.UserByLogin(ctx, login)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return store.User{}, false, err
	}
	known := err == nil && user.IsActive && user.PasswordHash != "" && len(login) <= maxLogin && len(typed) <= maxPassword
	against := p.nobody
	if known {
		against = user.PasswordHash
	}
	right, err := p.verify(ctx, against, typed[:min(len(typed), maxPassword)])
	if err != nil {
		return store.User{}, false, err
	}
	return user, known && right, nil
}

var errSignedOut = errors.New("signin: the user was signed out everywhere meanwhile")

// newCode makes the authorization code that q is answered with, unless the user
// was signed out everywhere since the password was checked: errSignedOut.
func (p *Provider) newCode(ctx context.Context, q *request, user store.User, from string) (string, error) {
	code, now := random(), p.now()
	err := p.store.Write(ctx, func(tx *store.Tx) error {
		current, err := tx.UserByID(ctx, user.ID)
		if err != nil {
			return err
		}
		if !current.IsActive || current.SignOuts != user.SignOuts {
			return errSignedOut
		}
		return errors.Join(
			tx.PurgeSignIns(ctx, now),
			tx.InsertSignInCode(ctx, store.SignInCode{
				Hash: digest(code), UserID: user.ID, ClientID: q.ClientID, RedirectURI: q.RedirectURI, Nonce: q.Nonce,
				Scopes: q.Scopes, Challenge: q.Challenge, AuthenticatedAt: now, ExpiresAt: now.Add(codeLife),
			}),
			record(ctx, tx, now, user.ID, "signin.started", user.ID, map[string]any{"from": from, "client": q.ClientID}))
	})
	return code, err
}

// sameOrigin refuses a form that another site sends.
func (p *Provider) sameOrigin(next http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		p.show(w, http.StatusForbidden, brokenRequest)
	}))
	// The public address, which a proxy may have replaced in Host. It was
	// parsed by New, so it is an origin.
	if err := guard.AddTrustedOrigin(p.base.Scheme + "://" + p.base.Host); err != nil {
		p.log.Error("sign-in: the issuer is no origin", "error", err)
	}
	return guard.Handler(next)
}

// fold writes a login as the store keeps it.
func fold(login string) string { return strings.ToLower(strings.TrimSpace(login)) }

// cut bounds what the throttle remembers.
func cut(login string) string { return login[:min(len(login), maxLogin)] }
