/** The HTTP application: what every request passes, in order, and which door it then goes to. Opens no socket. */
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { DrawbridgeError } from '../base/index.ts'
import { apiPrefix, uploadRoute } from '../contract/index.ts'
import type { Caller, House } from '../operations/index.ts'
import { makeApi, openApiDocument } from './api.ts'
import { type Authentication, authenticate } from './authenticate.ts'
import { securityHeaders } from './guards.ts'
import { answerMetrics, type ServedMetrics } from './metrics.ts'
import type { Pages } from './pages.ts'
import { loggablePath, type ServerLog } from './request-log.ts'
import { type SignOn, signOnRoutes } from './sign-on/routes.ts'
import { takeUpload } from './uploads.ts'
import { errorResponse } from './wire-error.ts'

/** What the application is made of. */
export interface AppParts {
  readonly house: House
  readonly hosts: ReadonlySet<string>
  readonly signOn: SignOn
  readonly pages: Pages
  readonly log: ServerLog
  /** Null: they are not answered here. */
  readonly metrics: ServedMetrics | null
}

type Environment = { Variables: { caller: Caller | null } }

/** An operation's input: policies and error texts, never a report. */
const maximumBodyBytes = 1024 * 1024

/** Makes the application. */
export function makeApp(parts: AppParts): Hono<Environment> {
  const { house, signOn, log } = parts
  const app = new Hono<Environment>()
  app.use(logged(parts))
  app.use(hardened(parts))
  app.onError((error) => {
    if (!(error instanceof DrawbridgeError)) log.fault(error)
    return errorResponse(error)
  })
  app.use(`${apiPrefix}/*`, async (context, next) => {
    const caller = await authenticate(context.req.raw.headers, context.req.method, authenticationOf(signOn))
    context.set('caller', caller)
    await next()
    context.res.headers.set('cache-control', 'no-store')
  })
  app.post(`${apiPrefix}${uploadRoute.path}`, (context) => takeUpload(house, callerOf(context), context.req.raw))
  const limit = bodyLimit({ maxSize: maximumBodyBytes, onError: () => errorResponse(tooLarge()) })
  const api = makeApi(house)
  app.all(`${apiPrefix}/*`, limit, async (context) => {
    requireJson(context.req.raw)
    const answer = await api(context.req.raw, callerOf(context), (error) => log.fault(error))
    return answer ?? errorResponse(noSuchAddress(context))
  })
  const { metrics } = parts
  if (metrics !== null) {
    app.get('/metrics', (context) => answerMetrics(metrics, context.req.raw.headers, authenticationOf(signOn)))
  }
  app.get('/openapi.json', async () => Response.json(await openApiDocument(house.version, signOn.base.origin)))
  const limited = new Hono().use(limit).route('/', signOnRoutes(signOn))
  app.route('/auth', limited)
  app.get('*', (context) => parts.pages(context.req.path) ?? errorResponse(noSuchAddress(context)))
  app.notFound((context) => errorResponse(noSuchAddress(context)))
  return app
}

function logged(parts: AppParts) {
  return async (context: Context<Environment>, next: () => Promise<void>): Promise<void> => {
    const startedAt = performance.now()
    context.set('caller', null)
    await next()
    closeAfterUnreadBody(context)
    parts.log.request({
      time: parts.house.clock.now().toISOString(),
      method: context.req.method.slice(0, 10),
      path: loggablePath(context.req.path),
      status: context.res.status,
      durationMs: Math.round(performance.now() - startedAt),
      caller: context.get('caller')?.actor.kind ?? 'nobody',
    })
  }
}

/** An answer that came before the body was read leaves the rest of it on the wire: nothing else can travel there. */
function closeAfterUnreadBody(context: Context): void {
  if (context.res.status < 400 || context.req.method === 'GET' || context.req.raw.bodyUsed) return
  context.res.headers.set('connection', 'close')
}

function hardened(parts: AppParts) {
  const isHttps = parts.signOn.base.protocol === 'https:'
  return async (context: Context<Environment>, next: () => Promise<void>): Promise<Response | undefined> => {
    const host = context.req.header('host') ?? ''
    if (!parts.hosts.has(host.toLowerCase())) return errorResponse(strangeHost(host))
    await next()
    for (const [name, value] of Object.entries(securityHeaders)) context.res.headers.set(name, value)
    if (isHttps) context.res.headers.set('strict-transport-security', 'max-age=31536000; includeSubDomains')
    return undefined
  }
}

function authenticationOf(signOn: SignOn): Authentication {
  const { token, operator, sessions, bearers, jar, ownOrigins } = signOn
  return { token, operator, sessions, bearers, jar, ownOrigins }
}

function callerOf(context: Context<Environment>): Caller {
  const caller = context.get('caller')
  if (caller === null) throw new TypeError('an API route was reached without authentication')
  return caller
}

/** A form of another site can send its content types without asking; JSON it can not. @throws input-invalid */
function requireJson(request: Request): void {
  // A request without either header has no body, whatever the platform makes of it: a DELETE, most of the time.
  const length = request.headers.get('content-length')
  const hasBody = (length !== null && length !== '0') || request.headers.has('transfer-encoding')
  if (request.method === 'GET' || !hasBody) return
  const type = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase()
  if (type === 'application/json') return
  throw new DrawbridgeError({
    code: 'input-invalid',
    message: 'the body is not JSON',
    help: 'send it with the content type `application/json`',
  })
}

function strangeHost(host: string): DrawbridgeError {
  return new DrawbridgeError({
    code: 'forbidden',
    message: `this server is not \`${loggablePath(host)}\``,
    help: '`baseUrl` in the configuration names the address under which people reach it',
  })
}

function noSuchAddress(context: Context): DrawbridgeError {
  return new DrawbridgeError({
    code: 'not-found',
    message: `there is nothing at \`${loggablePath(context.req.path)}\``,
    help: '/openapi.json describes every operation',
  })
}

function tooLarge(): DrawbridgeError {
  return new DrawbridgeError({
    code: 'input-invalid',
    message: 'the body is larger than 1 MiB',
    help: 'the bytes of a report go to /api/v1/uploads',
  })
}
