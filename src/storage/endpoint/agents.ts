/**
 * Sockets to stores: kept alive, bounded in number, cut when they do not connect or stand still, and, for endpoints that a
 * customer named, only to addresses that were checked.
 */
import type { ClientRequestArgs } from 'node:http'
import { Agent as HttpAgent } from 'node:http'
import type { RequestOptions } from 'node:https'
import { Agent as HttpsAgent } from 'node:https'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { literalAddress, refusedAddress } from './address.ts'
import { EndpointRefused, guardedLookup } from './lookup.ts'

export interface AgentOptions {
  /** True: addresses that are not public are refused. */
  readonly guarded: boolean
  /** A connection that does not stand after this time is given up. */
  readonly connectMs?: number
  /** A socket on which nothing moves for this time is cut. */
  readonly idleMs?: number
  readonly maximumSockets?: number
}

/** The two agents of a store. */
export interface Agents {
  readonly http: HttpAgent
  readonly https: HttpsAgent
  destroy(): void
}

type Created = (error: Error | null, stream: Duplex) => void

function timedOut(what: string): Error {
  return Object.assign(new Error(what), { code: 'ETIMEDOUT' })
}

/** Cuts a socket that does not connect in time, or stands still later. */
function watch(
  stream: Duplex | null | undefined,
  connected: 'connect' | 'secureConnect',
  connectMs: number,
  idleMs: number,
): void {
  if (!(stream instanceof Socket)) return
  const timer = setTimeout(() => stream.destroy(timedOut('the connection did not stand in time')), connectMs)
  timer.unref()
  const stop = (): void => clearTimeout(timer)
  stream.once(connected, stop)
  stream.once('close', stop)
  stream.setTimeout(idleMs)
  stream.on('timeout', () => stream.destroy(timedOut('nothing moved on the connection')))
}

function refusesHost(guarded: boolean, host: string | null | undefined): boolean {
  const literal = guarded ? literalAddress(host ?? '') : null
  return literal !== null && refusedAddress(literal) !== null
}

class WatchedHttpAgent extends HttpAgent {
  readonly #settings: Required<AgentOptions>

  constructor(settings: Required<AgentOptions>) {
    super(agentOptionsOf(settings))
    this.#settings = settings
  }

  override createConnection(options: ClientRequestArgs, callback?: Created): Duplex | null | undefined {
    if (refusesHost(this.#settings.guarded, options.host)) return new Socket().destroy(new EndpointRefused())
    const stream = super.createConnection(options, callback)
    watch(stream, 'connect', this.#settings.connectMs, this.#settings.idleMs)
    return stream
  }
}

class WatchedHttpsAgent extends HttpsAgent {
  readonly #settings: Required<AgentOptions>

  constructor(settings: Required<AgentOptions>) {
    super(agentOptionsOf(settings))
    this.#settings = settings
  }

  override createConnection(options: RequestOptions, callback?: Created): Duplex | null | undefined {
    if (refusesHost(this.#settings.guarded, options.host)) return new Socket().destroy(new EndpointRefused())
    const stream = super.createConnection(options, callback)
    watch(stream, 'secureConnect', this.#settings.connectMs, this.#settings.idleMs)
    return stream
  }
}

/** Literal addresses never reach the lookup, so they are checked where the connection is made. */
function agentOptionsOf(settings: Required<AgentOptions>): Record<string, unknown> {
  return {
    keepAlive: true,
    maxSockets: settings.maximumSockets,
    timeout: settings.idleMs,
    ...(settings.guarded ? { lookup: guardedLookup } : {}),
  }
}

/** Opens agents. `destroy` closes every socket. */
export function openAgents(options: AgentOptions): Agents {
  const settings: Required<AgentOptions> = {
    guarded: options.guarded,
    connectMs: options.connectMs ?? 10_000,
    idleMs: options.idleMs ?? 30_000,
    maximumSockets: options.maximumSockets ?? 50,
  }
  const http = new WatchedHttpAgent(settings)
  const https = new WatchedHttpsAgent(settings)
  return {
    http,
    https,
    destroy() {
      http.destroy()
      https.destroy()
    },
  }
}
