/** ID tokens as bearers: what is signed by the provider for us counts, and nothing that only looks like it. */
import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { claimFault, isSignedBy, type PublishedKey, readToken } from './id-token.ts'

const now = new Date('2026-11-22T12:00:00Z')
const seconds = now.getTime() / 1000
const claims = { iss: 'https://idp.example', sub: 'ada', aud: 'terminal', iat: seconds - 10, exp: seconds + 600 }
const expected = { issuer: 'https://idp.example', audience: 'terminal', now }
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed = generateKeyPairSync('ed25519')

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const published = (key: KeyObject): PublishedKey => key.export({ format: 'jwk' }) as PublishedKey

function made(alg: string, key: KeyObject, hash: string | null, header: Record<string, unknown> = {}): string {
  const signed = `${part({ alg, ...header })}.${part(claims)}`
  const signature = sign(hash, Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' })
  return `${signed}.${signature.toString('base64url')}`
}

const isAccepted = (token: string, key: PublishedKey): boolean => {
  const read = readToken(token)
  return read !== null && isSignedBy(read, key)
}

describe('a signature', () => {
  it.each([
    ['RS256', rsa, 'sha256'],
    ['ES256', ec, 'sha256'],
    ['EdDSA', ed, null],
  ] as const)('of %s holds with its key, and with no other', (alg, pair, hash) => {
    const token = made(alg, pair.privateKey, hash)
    expect(isAccepted(token, published(pair.publicKey))).toBe(true)
    for (const other of [rsa, ec, ed]) {
      if (other !== pair) expect(isAccepted(token, published(other.publicKey))).toBe(false)
    }
  })

  it('of nothing, or of a secret that everybody knows, is none', () => {
    const key = published(rsa.publicKey)
    const none = `${part({ alg: 'none' })}.${part(claims)}.AA`
    expect(isAccepted(none, key)).toBe(false)
    const signed = `${part({ alg: 'HS256' })}.${part(claims)}`
    const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' })
    const forged = `${signed}.${createHmac('sha256', pem).update(signed).digest('base64url')}`
    expect(isAccepted(forged, key)).toBe(false)
    expect(isAccepted(`${part({ alg: 'constructor' })}.${part(claims)}.AA`, key)).toBe(false)
  })

  it('by a short key, a key for encryption, or under a critical extension is none', () => {
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 })
    expect(isAccepted(made('RS256', short.privateKey, 'sha256'), published(short.publicKey))).toBe(false)
    const token = made('RS256', rsa.privateKey, 'sha256')
    expect(isAccepted(token, { ...published(rsa.publicKey), use: 'enc' })).toBe(false)
    expect(isAccepted(token, { ...published(rsa.publicKey), alg: 'PS256' })).toBe(false)
    expect(readToken(made('RS256', rsa.privateKey, 'sha256', { crit: ['b64'] }))).toBeNull()
  })

  it('does not survive one changed character', () => {
    const token = made('ES256', ec.privateKey, 'sha256')
    const key = published(ec.publicKey)
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom('A', 'b', '0', '_'), (place, sign) => {
        // The last character of the signature carries bits that mean nothing.
        fc.pre(token[place] !== sign && token[place] !== '.' && place < token.length - 1)
        return !isAccepted(`${token.slice(0, place)}${sign}${token.slice(place + 1)}`, key)
      }),
    )
  })

  it('is not looked for in what is no token', () => {
    fc.assert(fc.property(fc.string(), (text) => readToken(text) === null || text.split('.').length === 3))
    expect(readToken(`${'a'.repeat(20_000)}.b.c`)).toBeNull()
  })
})

describe('the claims', () => {
  it('hold for their issuer, their audience and their time', () => {
    expect(claimFault(claims, expected)).toBeNull()
    expect(claimFault({ ...claims, aud: ['terminal', 'other'], azp: 'terminal' }, expected)).toBeNull()
  })

  it.each([
    [{ iss: 'https://idp.example/' }, 'another identity provider'],
    [{ aud: 'drawbridge' }, 'another application'],
    [{ aud: ['terminal', 'other'] }, 'another application'],
    [{ azp: 'other' }, 'another application'],
    [{ sub: '' }, 'names nobody'],
    [{ exp: seconds - 31 }, 'expired'],
    [{ exp: 'never' }, 'from when'],
    [{ iat: seconds + 120 }, 'not hold yet'],
    [{ nbf: seconds + 120 }, 'not hold yet'],
  ])('with %j do not', (change, why) => {
    expect(claimFault({ ...claims, ...change }, expected)).toContain(why)
  })
})
