/** A real OpenID provider on loopback, with the people that a test names. For tests and the demo; signs nobody in by itself. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'

/** The client that the provider knows. */
export const testClient = { clientId: 'drawbridge', clientSecret: 'a-secret-of-the-test-client' } as const

/** The client of people at a terminal. */
export const terminalClientId = 'drawbridge-terminal'

/** A running provider. */
export interface TestIdentityProvider {
  readonly issuer: string
  close(): Promise<void>
}

/**
 * Starts a provider.
 * @param people their claims by subject
 * @param idTokenSeconds how long an ID token holds; absent: an hour
 * @param redirectUris where it may send browsers back to; asked when the server's address is known
 */
export async function startIdentityProvider(
  people: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  redirectUris: readonly string[],
  { idTokenSeconds }: { readonly idTokenSeconds?: number } = {},
): Promise<TestIdentityProvider> {
  const server = createServer()
  const port = await listen(server)
  const issuer = `http://127.0.0.1:${port}`
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: testClient.clientId,
        client_secret: testClient.clientSecret,
        redirect_uris: [...redirectUris],
        response_types: ['code'],
        grant_types: ['authorization_code'],
      },
      {
        // A native application: no secret, and any port of loopback.
        client_id: terminalClientId,
        token_endpoint_auth_method: 'none',
        application_type: 'native',
        redirect_uris: ['http://127.0.0.1/callback'],
        response_types: ['code'],
        grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      },
    ],
    features: { deviceFlow: { enabled: true }, revocation: { enabled: true } },
    ...(idTokenSeconds === undefined ? {} : { ttl: { IdToken: idTokenSeconds } }),
    claims: { openid: ['sub'], profile: ['name', 'groups', 'department'] },
    conformIdTokenClaims: false,
    cookies: { keys: ['cookie-key-of-the-test'] },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({ sub: id, ...people[id] }),
    }),
  })
  server.on('request', provider.callback())
  return {
    issuer,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}
