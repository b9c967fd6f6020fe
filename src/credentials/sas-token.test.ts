/** SAS tokens as they are pasted: read exactly, refused clearly, and never shown. */
import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SasFindingCode, SasNeed } from './sas-check.ts'
import { checkSasToken } from './sas-check.ts'
import type { SasToken } from './sas-token.ts'
import { parseSasToken, sasFingerprint } from './sas-token.ts'

const signature = 'sig=Yk5W%2Bs3cr3t%2Fabc%3D'
const good = `sv=2024-11-04&si=drawbridge&sr=c&spr=https&sp=cw&st=2026-11-01T00:00:00Z&se=2027-06-30T00:00:00Z&${signature}`

function read(text: string): SasToken {
  const result = parseSasToken(text)
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

const need: SasNeed = {
  now: new Date('2026-11-22T12:00:00Z'),
  containerUrl: 'https://customer.blob.core.windows.net/reports',
  needs: 'write',
  rootPath: 'audit/exports/',
}

function findings(text: string, more: Partial<SasNeed> = {}): Record<string, 'refused' | 'warning'> {
  return Object.fromEntries(
    checkSasToken(read(text), { ...need, ...more }).map(({ code, severity }) => [code, severity]),
  )
}

describe('parseSasToken', () => {
  test('reads the fields and keeps the token byte for byte', () => {
    const token = read(`?${good}`)
    expect(token.secret.reveal()).toBe(good)
    expect(token).toMatchObject({
      kind: 'service',
      version: '2024-11-04',
      permissions: 'cw',
      resource: 'c',
      protocols: 'https',
      storedPolicy: 'drawbridge',
      startsAt: new Date('2026-11-01T00:00:00Z'),
      expiresAt: new Date('2027-06-30T00:00:00Z'),
      addresses: null,
      signatureDecoded: false,
    })
  })

  test('has one fingerprint, with or without the question mark and blanks', () => {
    expect(read(` ?${good}\n`).fingerprint).toBe(sasFingerprint(good))
    expect(sasFingerprint(`?${good}`)).toMatch(/^[0-9a-f]{16}$/)
    expect(sasFingerprint(read(good).secret)).toBe(sasFingerprint(good))
  })

  test('tells the three kinds apart', () => {
    expect(read(`sv=2024-11-04&ss=b&srt=co&sp=rwl&se=2027-01-01&${signature}`).kind).toBe('account')
    expect(read(`sv=2024-11-04&sr=c&sp=r&skoid=x&sktid=y&ske=2026-11-28T00:00:00Z&${signature}`).kind).toBe(
      'user-delegation',
    )
  })

  test.each([
    ['', 'empty'],
    ['?', 'empty'],
    ['hello', 'malformed'],
    [`${good}&sp=rwd`, 'duplicate-field'],
    ['sv=2024-11-04&sp=r', 'missing-field'],
    [`sp=r&${signature}`, 'missing-field'],
    [`${good}x%zz`, 'malformed'],
    [`sv=2024-11-04&se=tomorrow&${signature}`, 'bad-date'],
    [`sv=2024-11-04&se=2026-13-45T00:00:00Z&${signature}`, 'bad-date'],
    [`https://customer.blob.core.windows.net/reports?${good}`, 'whole-url'],
    [`BlobEndpoint=https://x.blob.core.windows.net;SharedAccessSignature=${good}`, 'connection-string'],
    [`DefaultEndpointsProtocol=https;AccountName=x;AccountKey=abc==`, 'connection-string'],
    [`${good}#fragment`, 'malformed'],
    [`${good}&x=a b`, 'malformed'],
    [`${good}&note=${'a'.repeat(5000)}`, 'too-long'],
  ])('refuses %s', (text, kind) => {
    const result = parseSasToken(text)
    expect(result.ok ? 'read' : result.error.kind).toBe(kind)
    if (!result.ok) expect(`${result.error.message} ${result.error.help}`).not.toContain('s3cr3t')
  })

  test('never shows the signature', () => {
    const token = read(good)
    expect(`${inspect(token, { depth: 9 })} ${JSON.stringify(token)}`).not.toContain('s3cr3t')
  })

  test('ends quietly on any text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary-ascii', maxLength: 200 }),
        (text) => typeof parseSasToken(text).ok === 'boolean',
      ),
    )
  })
})

describe('checkSasToken', () => {
  test('finds nothing in a token that is bound, narrow and in time', () => {
    expect(findings(good)).toEqual({})
  })

  const cases: readonly (readonly [string, SasFindingCode, 'refused' | 'warning', Partial<SasNeed>?])[] = [
    [`sv=2024-11-04&ss=b&srt=co&sp=rwl&spr=https&se=2027-01-01&${signature}`, 'account-sas', 'refused'],
    [good.replace('2027-06-30', '2026-11-20'), 'expired', 'refused'],
    [good.replace('2026-11-01', '2026-12-01'), 'not-yet-valid', 'refused'],
    [good.replace('2027-06-30', '2026-12-10'), 'expires-soon', 'warning'],
    [good.replace('2027-06-30', '2036-06-30'), 'long-lived', 'warning'],
    [good.replace('&si=drawbridge', '').replace(/&se=[^&]*/, ''), 'no-expiry', 'refused'],
    [good.replace('sp=cw', 'sp=rl'), 'missing-letters', 'refused'],
    [good.replace('sp=cw', 'sp=c'), 'missing-letters', 'refused', { needs: 'read-write' }],
    [good.replace('sp=cw', 'sp=racwdl'), 'excess-letters', 'warning'],
    [good.replace('sr=c', 'sr=b'), 'wrong-resource', 'refused'],
    [good.replace('sr=c', 'sr=d&sdd=3'), 'outside-root', 'refused'],
    [good, 'http-url', 'refused', { containerUrl: 'http://customer.example/reports' }],
    [good.replace('&spr=https', ''), 'http-allowed', 'warning'],
    [good.replace('spr=https', 'spr=https,http'), 'http-allowed', 'warning'],
    [good.replace('&si=drawbridge', ''), 'irrevocable', 'warning'],
    [good.replace('%2Bs3cr3t', '+s3cr3t'), 'signature-decoded', 'refused'],
    [`${good}&sip=10.0.0.0-10.0.0.255`, 'address-bound', 'warning'],
    [
      `sv=2024-11-04&sr=c&sp=cw&spr=https&se=2026-12-30&skoid=x&ske=2026-11-23T00:00:00Z&${signature}`,
      'delegation-key-expires',
      'warning',
    ],
  ]
  for (const [text, code, severity, more] of cases) {
    test(`of ${text} says ${code}`, () => {
      expect(findings(text, more)).toMatchObject({ [code]: severity })
    })
  }

  test('lets a directory token pass whose directory is at or above the root path', () => {
    expect(findings(good.replace('sr=c', 'sr=d&sdd=2'))).toEqual({})
    expect(findings(good.replace('sr=c', 'sr=d&sdd=1'))).toEqual({})
  })

  test('asks nothing of letters and times that the stored access policy holds', () => {
    expect(findings(`sv=2024-11-04&si=drawbridge&sr=c&spr=https&${signature}`)).toEqual({})
  })

  test('a token with `c` alone can write, one request at a time', () => {
    expect(findings(good.replace('sp=cw', 'sp=c'))).toEqual({})
  })

  test('names refusals before warnings', () => {
    const severities = checkSasToken(read(`sv=2024-11-04&sr=b&sp=racwdl&se=2026-11-20&${signature}`), need).map(
      ({ severity }) => severity,
    )
    expect(severities).toEqual([...severities].sort())
    expect(new Set(severities).size).toBe(2)
  })
})
