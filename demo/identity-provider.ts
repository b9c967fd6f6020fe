/**
 * A real OpenID provider on loopback, with the people of the story in it. Signing in takes the code flow with PKCE and
 * two forms (log in, consent), whether a script or a person fills them in. Any password will do: it is a demo's provider.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'

/** Who can sign in; the claims are what the company's directory says of them. */
export const people: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'maria.keller': { name: 'Maria Keller', department: 'Quality', cost_center: 'QA-114', groups: 'quality' },
  'jonas.lind': { name: 'Jonas Lind', department: 'Regulatory', cost_center: 'RA-201', groups: 'regulatory' },
}

/** Seconds. */
const hour = 3_600

export interface IdentityProvider {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  close(): Promise<void>
}

/** Starts the provider for one client, whose sign-ins come back to `redirectUri`. */
export async function startIdentityProvider(redirectUri: string): Promise<IdentityProvider> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const clientId = 'drawbridge'
  const clientSecret = Buffer.from(globalThis.crypto.getRandomValues(new Uint8Array(24))).toString('base64url')
  const provider = quietly(
    () =>
      new Provider(issuer, {
        clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri] }],
        claims: { openid: ['sub'], profile: ['name', 'department', 'cost_center', 'groups'] },
        conformIdTokenClaims: false,
        cookies: { keys: [clientSecret] },
        ttl: { AccessToken: hour, AuthorizationCode: 60, Grant: hour, IdToken: hour, Interaction: hour, Session: hour },
        findAccount: (_context, id) => {
          const known = people[id]
          return known === undefined ? undefined : { accountId: id, claims: () => ({ sub: id, ...known }) }
        },
      }),
  )
  server.on('request', provider.callback())
  return {
    issuer,
    clientId,
    clientSecret,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** The provider warns on the console that keys and sessions live in memory only; for a demo that is as it should be. */
function quietly<T>(make: () => T): T {
  const { info, warn } = console
  console.info = console.warn = () => {}
  try {
    return make()
  } finally {
    Object.assign(console, { info, warn })
  }
}
