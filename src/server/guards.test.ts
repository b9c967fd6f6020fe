/** Who may speak to the server, from where, and to which addresses it sends browsers back. */
import { describe, expect, it } from 'vitest'
import { allowedHosts, isSameOrigin, localReturnPath } from './guards.ts'
import { loggablePath, scrub } from './request-log.ts'

const base = new URL('https://drawbridge.example')
const own = new Set([base.origin])

describe('an unsafe request with a cookie', () => {
  it.each([
    ['same-origin', null, true],
    ['none', null, true],
    ['same-site', 'https://drawbridge.example', false],
    ['cross-site', 'https://drawbridge.example', false],
    [null, 'https://drawbridge.example', true],
    [null, 'https://evil.example', false],
    [null, 'null', false],
    [null, null, false],
  ])('with Sec-Fetch-Site %s and Origin %s: %s', (secFetchSite, origin, isOwn) => {
    expect(isSameOrigin({ secFetchSite, origin }, own)).toBe(isOwn)
  })
})

describe('the hosts', () => {
  it('are the base URL and the loopback names, not whatever resolves to us', () => {
    const hosts = allowedHosts(base, '127.0.0.1', 4780)
    expect(hosts.has('drawbridge.example')).toBe(true)
    expect(hosts.has('localhost:4780')).toBe(true)
    expect(hosts.has('rebound.evil.example:4780')).toBe(false)
  })
})

describe('the way back after a sign-in', () => {
  it.each([
    ['/connections/acme?x=1#y', '/connections/acme?x=1#y'],
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['https://evil.example', '/'],
    ['javascript:alert(1)', '/'],
    ['/..//evil.example', '/'],
    ['', '/'],
    [null, '/'],
  ])('%s leads to %s', (wanted, path) => {
    expect(localReturnPath(wanted, base)).toBe(path)
  })
})

describe('the log', () => {
  it('takes out whatever has the form of a credential', () => {
    const text = scrub(
      'AKIAABCDEFGHIJKLMNOP https://x.blob.core.windows.net/c?sv=1&sig=abc%3D dbo_0123456789abcdefghjkmnpqrs eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxNyJ9.c2ln',
    )
    for (const secret of ['AKIAABCDEFGHIJKLMNOP', 'abc%3D', 'dbo_0123', 'eyJzdWIiOiIxNyJ9'])
      expect(text).not.toContain(secret)
  })

  it('keeps a path in one line', () => {
    expect(loggablePath('/a\r\nb\u001b')).toBe('/a??b?')
  })
})
