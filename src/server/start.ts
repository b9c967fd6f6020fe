/** Starting and stopping the server: the socket, its limits, the operator's token and the file that names them. */
import { createServer, type Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { DrawbridgeError } from '../base/index.ts'
import {
  type Claims,
  defaultRights,
  type House,
  operatorCaller,
  type RightsRule,
  rightsOf,
} from '../operations/index.ts'
import { makeApp } from './app.ts'
import { allowedHosts, loopbackHosts } from './guards.ts'
import type { ServedMetrics } from './metrics.ts'
import { makeOperatorToken, removeServerFile, writeServerFile } from './operator-token.ts'
import { loadPages } from './pages.ts'
import { type ServerLog, silentLog } from './request-log.ts'
import { cookieJar } from './sign-on/cookies.ts'
import { IdentityProvider, type OidcSettings } from './sign-on/identity-provider.ts'
import type { SignOn } from './sign-on/routes.ts'
import { Sessions } from './sign-on/sessions.ts'

/** How a server is started. */
export interface ServerOptions {
  readonly house: House
  /** Absent: 127.0.0.1. */
  readonly host?: string
  /** 0: any free port. */
  readonly port: number
  /** The address under which people reach it, when that is not where it listens. */
  readonly baseUrl?: string
  /** The folder of the built web pages; null: none. */
  readonly webRoot: string | null
  /** Where `server.json` is written; null: nowhere. */
  readonly dataDirectory: string | null
  readonly oidc?: OidcSettings
  readonly rights?: RightsRule
  /** What the operator's identity mapping finds, beside `sub`. */
  readonly operatorClaims?: Claims
  readonly log?: ServerLog
  readonly metrics?: ServedMetrics
}

/** A server that answers. */
export interface RunningServer {
  /** The base URL. */
  readonly url: string
  /** Where it listens: what the terminal on the same machine uses. */
  readonly localUrl: string
  /** The operator token, for whoever started it. */
  readonly token: string
  /** Stops answering, ends what is under way after five seconds, removes `server.json`. May be called twice. */
  close(): Promise<void>
}

const graceMilliseconds = 5_000

/**
 * Starts a server.
 * @throws unavailable when the address can not be listened on; configuration-invalid for a refused issuer
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { house, host = '127.0.0.1' } = options
  let answer: (request: Request) => Response | Promise<Response> = () => new Response(null, { status: 503 })
  const server = createAdaptorServer({
    fetch: (request) => answer(request),
    createServer,
    serverOptions: { headersTimeout: 15_000, requestTimeout: 0, maxHeaderSize: 16_384, keepAliveTimeout: 10_000 },
  }) as Server
  // A report may take hours to arrive, so silence is what ends a connection, not its age.
  server.setTimeout(120_000)
  const port = await listen(server, options.port, host)
  const localUrl = `http://${localName(host)}:${port}`
  const base = new URL(options.baseUrl ?? localUrl)
  try {
    requireProtected(base)
    const signOn = signOnOf(options, base, localUrl)
    const pages = await loadPages(options.webRoot, house.random)
    const hosts = allowedHosts(base, host, port)
    const app = makeApp({
      house,
      hosts,
      signOn,
      pages,
      log: options.log ?? silentLog,
      metrics: options.metrics ?? null,
    })
    answer = (request) => app.fetch(request)
    if (options.dataDirectory !== null) await announce(options.dataDirectory, localUrl, signOn, house)
    return {
      url: base.origin,
      localUrl,
      token: signOn.token.reveal(),
      close: async () => {
        if (options.dataDirectory !== null) await removeServerFile(options.dataDirectory, process.pid)
        await closeServer(server)
      },
    }
  } catch (error) {
    await closeServer(server)
    throw error
  }
}

/** Over plain http a session cookie could be read on its way; only this machine's own loopback has no way. */
function requireProtected(base: URL): void {
  if (base.protocol === 'https:' || loopbackHosts.has(base.hostname)) return
  throw new DrawbridgeError({
    code: 'configuration-invalid',
    message: `people would reach the server over plain http at \`${base.origin}\``,
    operation: 'server.listen',
    help: 'put a proxy with TLS in front and name its https address as `baseUrl`',
  })
}

function signOnOf(options: ServerOptions, base: URL, localUrl: string): SignOn {
  const { house, oidc } = options
  const redirectUri = new URL('/auth/callback', base).href
  const rights = options.rights ?? defaultRights
  const operator = operatorCaller(options.operatorClaims)
  const provider =
    oidc === undefined ? null : new IdentityProvider(oidc, rights, redirectUri, house.clock, house.random)
  return {
    base,
    jar: cookieJar(base),
    sessions: new Sessions({
      clock: house.clock,
      random: house.random,
      tenant: house.tenant,
      repository: house.sessions,
      callerOf: ({ actor, claims }) =>
        actor.kind === 'operator' ? operator : { actor, claims, rights: rightsOf(claims, rights) },
    }),
    provider,
    bearers: provider?.bearers() ?? null,
    token: makeOperatorToken(house.random),
    operator,
    ownOrigins: new Set([base.origin, new URL(localUrl).origin]),
  }
}

function announce(directory: string, url: string, signOn: SignOn, house: House): Promise<void> {
  const startedAt = house.clock.now().toISOString()
  return writeServerFile(directory, { url, token: signOn.token, pid: process.pid, startedAt })
}

function localName(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const inUse = cause.code === 'EADDRINUSE'
      reject(
        new DrawbridgeError({
          code: 'unavailable',
          message: `can not listen on \`${host}:${port}\`: ${inUse ? 'the port is taken' : (cause.code ?? 'refused')}`,
          operation: 'server.listen',
          help: 'choose another port with --port',
          cause,
        }),
      )
    })
    server.listen(port, host, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), graceMilliseconds)
    server.close(() => {
      clearTimeout(force)
      resolve()
    })
    server.closeIdleConnections()
  })
}
