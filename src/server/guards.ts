/** What every request has to pass, and every answer carries, whatever it asks for. Pure over headers. */
import { isIP } from 'node:net'

/** Host names, as a URL has them, that never leave this machine. */
export const loopbackHosts: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost'])

/**
 * Headers of every answer.
 * @see https://owasp.org/www-project-secure-headers/
 */
export const securityHeaders: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
}

/** The Content-Security-Policy of a page. A nonce lets the page's own style elements through, and nothing else. */
export function contentSecurityPolicy(styleNonce: string | null): string {
  const style = styleNonce === null ? "'self'" : `'self' 'nonce-${styleNonce}'`
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src ${style}`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ')
}

/**
 * The `Host` values that this server answers to: its base URL's, and the loopback names of its port when it listens there.
 * A page of another origin that makes its name resolve to us (DNS rebinding) still sends its own name.
 */
export function allowedHosts(base: URL, listenHost: string, port: number): ReadonlySet<string> {
  const hosts = new Set([base.host])
  const literal = isIP(listenHost) === 6 ? `[${listenHost}]` : listenHost
  hosts.add(`${literal}:${port}`)
  for (const name of ['127.0.0.1', 'localhost', '[::1]']) hosts.add(`${name}:${port}`)
  return hosts
}

/** Where a request comes from, as far as its browser says. */
export interface RequestOrigin {
  readonly secFetchSite: string | null
  readonly origin: string | null
}

/**
 * Tells whether an unsafe request that a browser may have sent by itself comes from our own pages. Without any of the
 * two headers it is refused: every browser of today sends at least one.
 */
export function isSameOrigin(from: RequestOrigin, ownOrigins: ReadonlySet<string>): boolean {
  if (from.secFetchSite !== null) return from.secFetchSite === 'same-origin' || from.secFetchSite === 'none'
  return from.origin !== null && ownOrigins.has(from.origin)
}

/** Reduces a wanted return address to a path of our own; anything else becomes `/`. */
export function localReturnPath(wanted: string | null | undefined, base: URL): string {
  if (wanted === null || wanted === undefined || !wanted.startsWith('/') || wanted.length > 2000) return '/'
  try {
    const url = new URL(wanted, base)
    // A path that starts with two slashes would be read as a host by the browser that gets it back.
    if (url.origin !== base.origin || url.pathname.startsWith('//')) return '/'
    return `${url.pathname}${url.search}${url.hash}`
  } catch {
    return '/'
  }
}
