/**
 * The addresses under /auth: sign in through the identity provider, come back, sign out. Without an identity provider
 * the person who holds the data directory signs in with the operator token.
 */
import { Hono } from 'hono'
import { DrawbridgeError, type Secret } from '../../base/index.ts'
import type { Caller } from '../../operations/index.ts'
import { requireSameOrigin } from '../authenticate.ts'
import { contentSecurityPolicy, localReturnPath } from '../guards.ts'
import { isSameToken } from '../operator-token.ts'
import { toWireError } from '../wire-error.ts'
import type { Bearers } from './bearers.ts'
import { type CookieJar, readCookie, setCookie } from './cookies.ts'
import type { IdentityProvider } from './identity-provider.ts'
import type { Sessions } from './sessions.ts'

/** What signing on works with. */
export interface SignOn {
  readonly base: URL
  readonly jar: CookieJar
  readonly sessions: Sessions
  /** People at terminals; null: nobody signs in there. */
  readonly bearers: Bearers | null
  /** Null: no identity provider is configured. */
  readonly provider: IdentityProvider | null
  readonly token: Secret
  readonly operator: Caller
  readonly ownOrigins: ReadonlySet<string>
}

/** Makes the routes, to be mounted at /auth. */
export function signOnRoutes(parts: SignOn): Hono {
  const app = new Hono()
  app.get('/sign-in', async (context) => {
    const returnPath = localReturnPath(context.req.query('return'), parts.base)
    if (parts.provider === null) return tokenForm(200, null, returnPath)
    const { location, binding } = await parts.provider.begin(returnPath)
    return redirect(location, [setCookie(parts.jar, parts.jar.signIn, binding, 600)])
  })
  app.get('/terminal', () => {
    const terminal = parts.provider?.terminal() ?? null
    if (terminal === null) throw notConfigured()
    return Response.json(terminal, { headers: { 'cache-control': 'no-store' } })
  })
  app.get('/callback', (context) => complete(parts, context.req.raw))
  app.post('/operator', (context) => signInOperator(parts, context.req.raw))
  app.post('/sign-out', async (context) => {
    const { headers } = context.req.raw
    requireSameOrigin(headers, parts.ownOrigins)
    const id = readCookie(headers.get('cookie'), parts.jar.session)
    if (id !== null && context.req.query('everywhere') !== undefined) await parts.sessions.endEverywhere(id)
    if (id !== null) await parts.sessions.end(id)
    return new Response(null, {
      status: 204,
      headers: { 'set-cookie': setCookie(parts.jar, parts.jar.session, '', 0) },
    })
  })
  return app
}

async function complete(parts: SignOn, request: Request): Promise<Response> {
  if (parts.provider === null) throw notConfigured()
  const binding = readCookie(request.headers.get('cookie'), parts.jar.signIn)
  const forget = setCookie(parts.jar, parts.jar.signIn, '', 0)
  try {
    const { caller, returnPath } = await parts.provider.complete(binding, new URL(request.url).search)
    return redirect(returnPath, [forget, await startSession(parts, request, caller)])
  } catch (error) {
    if (!(error instanceof DrawbridgeError)) throw error
    const { status, body } = toWireError(error)
    return page(status, `<h1>Signing in did not work</h1><p>${escapeHtml(body.message)}</p>${tryAgain}`, [forget])
  }
}

const tryAgain = '<p><a href="/auth/sign-in">Try again</a></p>'

async function signInOperator(parts: SignOn, request: Request): Promise<Response> {
  if (parts.provider !== null) throw notConfigured()
  requireSameOrigin(request.headers, parts.ownOrigins)
  const form = new URLSearchParams((await request.text()).slice(0, 4000))
  const returnPath = localReturnPath(form.get('return'), parts.base)
  const presented = form.get('token')?.trim() ?? ''
  if (!isSameToken(parts.token, presented)) return tokenForm(401, 'This is not the token of this server.', returnPath)
  return redirect(returnPath, [await startSession(parts, request, parts.operator)], 303)
}

/** Always a new session: an id that somebody planted before the sign-in is worth nothing after it. */
async function startSession(parts: SignOn, request: Request, caller: Caller): Promise<string> {
  const before = readCookie(request.headers.get('cookie'), parts.jar.session)
  if (before !== null) await parts.sessions.end(before)
  return setCookie(parts.jar, parts.jar.session, await parts.sessions.open(caller), null)
}

function redirect(location: string, cookies: readonly string[], status = 302): Response {
  const headers = new Headers({ location, 'cache-control': 'no-store' })
  for (const cookie of cookies) headers.append('set-cookie', cookie)
  return new Response(null, { status, headers })
}

function tokenForm(status: number, problem: string | null, returnPath: string): Response {
  const said = problem === null ? '' : `<p role="alert">${escapeHtml(problem)}</p>`
  return page(
    status,
    `<h1>Sign in to Drawbridge</h1>${said}
<p>No identity provider is configured. Whoever holds the data directory can sign in with the token that stands in its file <code>server.json</code>.</p>
<form method="post" action="/auth/operator">
<input type="hidden" name="return" value="${escapeHtml(returnPath)}">
<label>Operator token <input type="password" name="token" autocomplete="off" required></label>
<button>Sign in</button>
</form>`,
    [],
  )
}

function page(status: number, body: string, cookies: readonly string[]): Response {
  const headers = new Headers({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': contentSecurityPolicy(null),
  })
  for (const cookie of cookies) headers.append('set-cookie', cookie)
  const html = `<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>Drawbridge: sign in</title>\n${body}\n</html>\n`
  return new Response(html, { status, headers })
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}

function notConfigured(): DrawbridgeError {
  return new DrawbridgeError({ code: 'not-found', message: 'this way of signing in is not configured here' })
}
