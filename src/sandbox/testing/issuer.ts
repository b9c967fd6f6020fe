/** An identity provider on loopback, for tests: discovery, key set, and tokens signed with whatever key the test wants. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One signing key. */
export interface TestKey {
  readonly id: string
  readonly algorithm: 'RS256' | 'ES256'
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/** Makes a signing key. */
export function testKey(id: string, algorithm: TestKey['algorithm'] = 'ES256'): TestKey {
  const pair =
    algorithm === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  return { id, algorithm, ...pair }
}

/** The key set of some keys, as an issuer publishes it. */
export function keySetOf(...keys: readonly TestKey[]): { readonly keys: readonly object[] } {
  return { keys: keys.map(({ id, publicKey }) => ({ ...publicKey.export({ format: 'jwk' }), kid: id, use: 'sig' })) }
}

/** Signs claims; what is not given is right: issued now, for five minutes. */
export function tokenOf(key: TestKey, claims: Readonly<Record<string, unknown>>, header: object = {}): string {
  const seconds = Math.floor(Date.now() / 1000)
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const head = part({ alg: key.algorithm, kid: key.id, typ: 'JWT', ...header })
  const signed = `${head}.${part({ iat: seconds, exp: seconds + 300, ...claims })}`
  const signature = sign('sha256', Buffer.from(signed), { key: key.privateKey, dsaEncoding: 'ieee-p1363' })
  return `${signed}.${signature.toString('base64url')}`
}

/** An issuer that answers on loopback. */
export interface TestIssuer {
  readonly url: string
  /** Puts other keys in the place of those published. */
  publish(...keys: readonly TestKey[]): void
  close(): Promise<void>
}

/** Starts an issuer. */
export async function startIssuer(...keys: readonly TestKey[]): Promise<TestIssuer> {
  let published = keySetOf(...keys)
  let url = ''
  const server = createServer((request, response) => {
    const body =
      request.url === '/.well-known/openid-configuration'
        ? { issuer: url, jwks_uri: `${url}/keys` }
        : request.url === '/keys'
          ? published
          : null
    response.writeHead(body === null ? 404 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    publish: (...others) => {
      published = keySetOf(...others)
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
