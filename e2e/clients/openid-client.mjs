// Walks through a server as openid-client has it. What it needs to know comes
// as JSON on stdin; each step that went well is a line on stdout.
import assert from 'node:assert/strict'
import { webcrypto } from 'node:crypto'
import { text } from 'node:stream/consumers'

globalThis.crypto ??= webcrypto // Node 18 keeps both to itself
globalThis.CryptoKey ??= webcrypto.CryptoKey
const client = await import('openid-client')

const world = JSON.parse(await text(process.stdin))
const redirect = 'http://127.0.0.1:41234/callback'
const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
const accessToken = 'urn:ietf:params:oauth:token-type:access_token'
const scope = 'openid profile email offline_access'

const done = (step) => console.log(step)
const loopback = { execute: [client.allowInsecureRequests] } // plain http, as on one's own machine

/** What an application with client credentials is to the server. */
function application(secret, how) {
  const c = new client.Configuration(desktop.serverMetadata(), world.app.id, undefined, how(secret))
  client.allowInsecureRequests(c)
  return c
}

/** A browser: keeps cookies, follows redirects within the server. */
class Browser {
  cookies = new Map()

  async open(address, options = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(address, { ...options, redirect: 'manual', headers: { ...options.headers, ...(cookie && { cookie }) } })
    for (const line of response.headers.getSetCookie()) {
      const [name, value] = line.split(';', 1)[0].split(/=(.*)/s)
      this.cookies.set(name, value)
    }
    const to = response.headers.get('location')
    if (!to) return { page: await response.text(), address }
    const next = new URL(to, address)
    return next.href.startsWith(world.issuer) ? this.open(next.href) : { arrived: next }
  }

  /** Fills in the form of a page, as far as it has such fields. */
  async submit({ page, address }, fields) {
    const form = new URLSearchParams()
    for (const [input] of page.matchAll(/<input[^>]*>/g)) {
      const name = / name="([^"]*)"/.exec(input)
      if (name) form.set(name[1], / value="([^"]*)"/.exec(input)?.[1] ?? '')
    }
    for (const [name, value] of Object.entries(fields)) form.set(name, value)
    const action = new URL(/<form method="post" action="([^"]*)"/.exec(page)[1], address)
    return this.open(action.href, { method: 'POST', body: form, headers: { origin: world.server } })
  }

  signIn(page) {
    return this.submit(page, { login: world.ada.login, password: world.ada.password })
  }
}

/** Begins a sign-in and answers where the browser was sent, and what to check it with. */
async function authorize() {
  const checks = {
    pkceCodeVerifier: client.randomPKCECodeVerifier(), expectedState: client.randomState(), expectedNonce: client.randomNonce(), idTokenExpected: true,
  }
  const address = client.buildAuthorizationUrl(desktop, {
    redirect_uri: redirect, scope, state: checks.expectedState, nonce: checks.expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier), code_challenge_method: 'S256',
  })
  const browser = new Browser()
  const { arrived } = await browser.signIn(await browser.open(address.href))
  assert.ok(arrived, 'the browser was not sent back')
  return { arrived, checks }
}

const refused = (code) => (error) => {
  assert.equal(error.error ?? error.cause?.[0]?.parameters?.error, code, error.stack)
  return true
}

// Discovery
const desktop = await client.discovery(new URL(world.issuer), 'keyfob-desktop', undefined, client.None(), loopback)
const about = desktop.serverMetadata()
assert.equal(about.issuer, world.issuer)
assert.equal(about.supportsPKCE(), true)
assert.ok(about.grant_types_supported.includes(exchange))
done('discovery by OpenID Connect')
const plain = await client.discovery(new URL(world.issuer), 'keyfob-desktop', undefined, client.None(), { ...loopback, algorithm: 'oauth2' })
assert.deepEqual({ ...plain.serverMetadata() }, { ...about })
done('discovery by RFC 8414')

// Signing in
const { arrived, checks } = await authorize()
const signedIn = await client.authorizationCodeGrant(desktop, arrived, checks)
assert.equal(signedIn.claims().sub, world.ada.id)
done('code and PKCE through the login pages, with nonce and iss')
const again = await authorize()
await client.authorizationCodeGrant(desktop, again.arrived, again.checks)
await assert.rejects(client.authorizationCodeGrant(desktop, again.arrived, again.checks), refused('invalid_grant'))
done('a code is good once')
const info = await client.fetchUserInfo(desktop, signedIn.access_token, world.ada.id)
assert.equal(info.preferred_username, world.ada.login)
done('userinfo')

// A device without a browser
const device = await client.initiateDeviceAuthorization(desktop, { scope })
const elsewhere = new Browser()
const login = await elsewhere.submit(await elsewhere.open(device.verification_uri_complete), { user_code: device.user_code })
await elsewhere.submit(await elsewhere.signIn(login), { answer: 'allow' })
const onDevice = await client.pollDeviceAuthorizationGrant(desktop, { ...device, interval: 0 })
assert.equal((await client.fetchUserInfo(desktop, onDevice.access_token, world.ada.id)).sub, world.ada.id)
done('device flow')

// What a token is worth
const app = application(world.app.secret, client.ClientSecretBasic)
for (const [name, asker] of [['Basic', app], ['the form', application(world.app.secret, client.ClientSecretPost)]]) {
  const pat = await client.tokenIntrospection(asker, world.pat, { token_type_hint: 'access_token' })
  assert.deepEqual([pat.active, pat.sub, pat.scope, pat.client_id, pat.iss], [true, world.ada.id, 'profile openid', world.app.id, world.issuer])
  assert.deepEqual(await client.tokenIntrospection(asker, signedIn.access_token), { active: false })
  done(`introspection by ${name}`)
}
await assert.rejects(client.tokenIntrospection(application('wrong', client.ClientSecretBasic), world.pat), (error) => {
  assert.equal(error.status ?? error.cause?.status ?? error.response?.status, 401, error.stack)
  return true
})
done('introspection refuses a wrong secret')

// Token exchange
const subject = { subject_token: world.pat, subject_token_type: accessToken }
const short = await client.genericGrantRequest(desktop, exchange, { ...subject, scope: 'profile', audience: world.app.id, resource: world.server })
assert.deepEqual([short.issued_token_type, short.token_type, short.scope], [accessToken, 'bearer', 'profile'])
assert.ok(short.expires_in > 0 && short.expires_in <= 900)
await client.genericGrantRequest(app, exchange, subject) // by an application that shows who it is
done('token exchange')
const me = await client.fetchProtectedResource(desktop, short.access_token, new URL('/profile/me', world.server), 'GET')
assert.equal((await me.json()).id, world.ada.id)
done('the exchanged token is the same person')
await assert.rejects(client.genericGrantRequest(desktop, exchange, { ...subject, scope: 'tokens' }), refused('invalid_scope'))
done('token exchange refuses a scope that the token lacks')
await assert.rejects(client.genericGrantRequest(desktop, exchange, { ...subject, audience: 'another' }), refused('invalid_target'))
done('token exchange refuses another audience')
await client.tokenRevocation(app, short.access_token)
assert.deepEqual(await client.tokenIntrospection(app, short.access_token), { active: false })
assert.equal((await client.tokenIntrospection(app, world.pat)).active, true)
done('revocation of the exchanged token by the app')

// Going on, and the end
const second = await client.refreshTokenGrant(desktop, signedIn.refresh_token)
assert.notEqual(second.refresh_token, signedIn.refresh_token)
const third = await client.refreshTokenGrant(desktop, second.refresh_token)
await client.fetchUserInfo(desktop, third.access_token, world.ada.id)
done('refresh with rotation')
await assert.rejects(client.refreshTokenGrant(desktop, signedIn.refresh_token), refused('invalid_grant'))
await assert.rejects(client.refreshTokenGrant(desktop, third.refresh_token), refused('invalid_grant'))
await assert.rejects(client.fetchUserInfo(desktop, third.access_token, world.ada.id))
done('a refresh token that was used twice ends the sign-in')
const last = await authorize()
const leaving = await client.authorizationCodeGrant(desktop, last.arrived, last.checks)
await client.tokenRevocation(desktop, leaving.refresh_token, { token_type_hint: 'refresh_token' })
await assert.rejects(client.fetchUserInfo(desktop, leaving.access_token, world.ada.id))
await client.tokenRevocation(desktop, leaving.refresh_token) // once more is no error
done('revocation of a sign-in')
