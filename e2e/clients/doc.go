// Package clients shows that clients which nobody wrote for this server get
// along with it: go-oidc with x/oauth2, and openid-client for JavaScript, which
// is certified. Each walks the same way over HTTP: discovery, code and PKCE
// through the login pages, refresh, userinfo, introspection, revocation, token
// exchange.
//
// The other way round, the desktop's own client/session signs in at a provider
// that nobody wrote for it, and that is certified too: oidc-provider, which
// provider.mjs runs on a port of the moment.
//
// openid-client.mjs says what it has done, one line for each step;
// openidclient_test.go demands every one of them. Its packages are pinned in
// package-lock.json; `make test` installs them once, and needs no network
// after that.
package clients
