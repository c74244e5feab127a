package signin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
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
		p.leave(w, r, q, url.Values{"error": {"access_denied"}})
		return
	}
	typed := r.PostForm.Get("login")
	code, status, sentence := p.tryPassword(r, q, fold(typed), r.PostForm.Get("password"))
	if code == "" {
		if status == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", strconv.Itoa(int(longest.Seconds())))
		}
		p.showLogin(w, status, q, typed, sentence)
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

// tryPassword answers a code for the right password, and otherwise what to
// tell the person.
func (p *Provider) tryPassword(r *http.Request, q *request, login, typed string) (code string, status int, sentence string) {
	ctx, from := r.Context(), network(r.RemoteAddr)
	wait, ok := p.throttle.admit(cut(login), from, p.now())
	if !ok {
		p.tries.count("", true, nil)
		return "", http.StatusTooManyRequests, sayTooMany
	}
	if err := p.pause(ctx, wait); err != nil {
		return "", http.StatusServiceUnavailable, sayTrouble
	}
	user, ok, err := p.check(ctx, login, typed)
	if err == nil && ok {
		code, err = p.newCode(ctx, q, user, from)
	}
	p.tries.count(code, false, err)
	switch {
	case err != nil:
		p.fail(ctx, "checking a password", err)
		return "", http.StatusServiceUnavailable, sayTrouble
	case !ok:
		p.refused(ctx, user, cut(login), from)
		return "", http.StatusUnprocessableEntity, sayWrong
	}
	p.throttle.forgive(cut(login), from)
	return code, 0, ""
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

// newCode makes the authorization code that q is answered with.
func (p *Provider) newCode(ctx context.Context, q *request, user store.User, from string) (string, error) {
	code, now := random(), p.now()
	err := p.store.Write(ctx, func(tx *store.Tx) error {
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
