/** The two cookies of the server: the session's, and the one that binds a sign-in under way to its browser. */

/** How this deployment names and marks its cookies. */
export interface CookieJar {
  readonly session: string
  readonly signIn: string
  readonly secure: boolean
}

/**
 * Names the cookies for a base URL. Over https the `__Host-` prefix ties them to the host; on plain-http loopback,
 * where cookies are shared between ports, the port is part of the name so that two deployments do not sign each other out.
 * @see https://www.rfc-editor.org/rfc/rfc6265 section 8.5 (cookies are not isolated by port)
 */
export function cookieJar(base: URL): CookieJar {
  const secure = base.protocol === 'https:'
  const stem = secure ? '__Host-drawbridge' : `drawbridge-${base.port === '' ? '80' : base.port}`
  return { session: stem, signIn: `${stem}-sign-in`, secure }
}

/** Writes a Set-Cookie header. `maxAgeSeconds` 0 deletes; null ends with the browser session. */
export function setCookie(jar: CookieJar, name: string, value: string, maxAgeSeconds: number | null): string {
  const parts = [`${name}=${value}`, 'Path=/', 'HttpOnly', 'SameSite=Lax']
  if (jar.secure) parts.push('Secure')
  if (maxAgeSeconds !== null) parts.push(`Max-Age=${maxAgeSeconds}`)
  return parts.join('; ')
}

/** Reads one cookie of a Cookie header; null when it is absent or not of our own alphabet. */
export function readCookie(header: string | null | undefined, name: string): string | null {
  if (header === null || header === undefined || header.length > 16_384) return null
  for (const pair of header.split(';')) {
    const [key, value] = pair.trim().split('=', 2)
    if (key === name && value !== undefined && /^[\w-]{20,100}$/.test(value)) return value
  }
  return null
}
