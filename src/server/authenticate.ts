/** Finds out who sends a request: the operator by his token, a person by the session cookie, or nobody. */
import { DrawbridgeError, type Secret } from '../base/index.ts'
import type { Caller } from '../operations/index.ts'
import { isSameOrigin } from './guards.ts'
import { isSameToken } from './operator-token.ts'
import type { Bearers } from './sign-on/bearers.ts'
import { type CookieJar, readCookie } from './sign-on/cookies.ts'
import type { Sessions } from './sign-on/sessions.ts'

/** What authentication works with. */
export interface Authentication {
  readonly token: Secret
  readonly operator: Caller
  readonly sessions: Sessions
  /** Null: only the operator comes with a token. */
  readonly bearers: Bearers | null
  readonly jar: CookieJar
  /** The origins of our own pages. */
  readonly ownOrigins: ReadonlySet<string>
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Finds the caller.
 * @throws unauthenticated — nobody, or a token that is not the server's
 * @throws forbidden — a cookie on an unsafe method that does not come from our own pages
 */
export async function authenticate(headers: Headers, method: string, parts: Authentication): Promise<Caller> {
  const authorization = headers.get('authorization')
  if (authorization !== null) return byToken(authorization, parts)
  const id = readCookie(headers.get('cookie'), parts.jar.session)
  const caller = id === null ? null : await parts.sessions.callerOf(id)
  if (caller === null) {
    throw new DrawbridgeError({
      code: 'unauthenticated',
      message: 'nobody is signed in',
      help: 'sign in at /auth/sign-in, or send the operator token of the data directory',
    })
  }
  if (!safeMethods.has(method)) requireSameOrigin(headers, parts.ownOrigins)
  return caller
}

/** @throws forbidden */
export function requireSameOrigin(headers: Headers, ownOrigins: ReadonlySet<string>): void {
  const from = { secFetchSite: headers.get('sec-fetch-site'), origin: headers.get('origin') }
  if (isSameOrigin(from, ownOrigins)) return
  throw new DrawbridgeError({ code: 'forbidden', message: 'the request does not come from a page of this server' })
}

async function byToken(authorization: string, parts: Authentication): Promise<Caller> {
  const bearer = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/.exec(authorization)?.[1]
  if (bearer !== undefined && parts.bearers !== null) return parts.bearers.callerOf(bearer)
  const presented = /^Bearer ([\w-]{1,200})$/.exec(authorization)?.[1]
  if (presented !== undefined && isSameToken(parts.token, presented)) return parts.operator
  throw new DrawbridgeError({
    code: 'unauthenticated',
    message: 'the token is not that of this server',
    help: 'the token changes with every start; it stands in `server.json` in the data directory',
  })
}
