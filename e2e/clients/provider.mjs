// An OpenID provider that nobody wrote for Keyfob, on a port of the moment:
// its issuer is the first line on stdout. Whoever logs in is who they say;
// it ends when stdin does.
import { createServer } from 'node:http'
import Provider from 'oidc-provider'

const web = createServer()
web.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${web.address().port}`
  const provider = new Provider(issuer, {
    clients: ['keyfob-desktop', 'another-program'].map(client_id => ({
      client_id, application_type: 'native', token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1/callback', 'http://localhost/callback'], response_types: ['code'],
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    })),
    features: { deviceFlow: { enabled: true }, revocation: { enabled: true } },
    claims: { openid: ['sub'], profile: ['name', 'preferred_username'] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, name: 'Ada Admin', preferred_username: id }) }),
    pkce: { required: () => true },
    rotateRefreshToken: true,
    cookies: { keys: ['of this run only'] },
  })
  web.on('request', provider.callback())
  console.log(issuer)
})
process.stdin.resume().on('end', () => process.exit())
