/**
 * How the S3 client's requests travel. The SDK's own handler loses what goes wrong while a body is read, and opens its own
 * sockets when it waits for `100 Continue`; this one does neither. No retry, no redirect, no proxy.
 */
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { pipeline, Readable, Transform } from 'node:stream'
import { sendStream } from '../../wire/send-body.ts'
import type { AgentLease } from './agent-pool.ts'
import { escaped } from './sign.ts'

/** A request as the SDK's middleware leaves it. */
export interface WireRequest {
  readonly method: string
  readonly protocol: string
  readonly hostname: string
  readonly port?: number | undefined
  readonly path: string
  readonly query?: Record<string, string | string[] | null> | undefined
  readonly headers: Record<string, string>
  readonly body?: unknown
}

export interface WireResponse {
  readonly statusCode: number
  readonly reason?: string
  readonly headers: Record<string, string>
  readonly body: Readable
}

/** The most that an answer may hold which is read into memory: listings, and what errors say. */
const maximumAnswerBytes = 8 * 1024 * 1024
/** How long a request without a streamed body may take from beginning to end. Completing ten thousand parts takes minutes. */
const deadlineMs = 300_000

function queryOf(query: WireRequest['query']): string {
  const pairs: string[] = []
  for (const name of Object.keys(query ?? {}).sort()) {
    const value = query?.[name]
    if (value === null || value === undefined) pairs.push(escaped(name))
    else for (const each of Array.isArray(value) ? value : [value]) pairs.push(`${escaped(name)}=${escaped(each)}`)
  }
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

function headersOf(headers: IncomingHttpHeaders): Record<string, string> {
  const plain: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) plain[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return plain
}

/** An object's own bytes are the caller's to read, as many and as slowly as they come. */
function isObject(wire: WireRequest, status: number): boolean {
  return wire.query?.['x-id'] === 'GetObject' && (status === 200 || status === 206)
}

/** Cuts an answer that would fill the memory: the other side is a stranger. */
function bounded(response: IncomingMessage): Readable {
  let seen = 0
  const limit = new Transform({
    transform(piece: Buffer, _encoding, done) {
      seen += piece.length
      if (seen > maximumAnswerBytes)
        done(Object.assign(new Error('the answer is too long'), { code: 'HPE_ANSWER_TOO_LONG' }))
      else done(null, piece)
    },
  })
  pipeline(response, limit, () => undefined)
  return limit
}

/** Sends a body as it comes, or at once when it is in memory. */
function sendBody(request: ClientRequest, wire: WireRequest, fail: (error: Error) => void): void {
  const { body } = wire
  if (body instanceof Readable) {
    const waits = wire.headers['Expect'] !== undefined || wire.headers['expect'] !== undefined
    sendStream(request, body, waits, fail)
  } else request.end(typeof body === 'string' || body instanceof Uint8Array ? body : undefined)
}

/** The SDK's request handler over our own agents. */
export class S3Transport {
  readonly #lease: AgentLease

  constructor(lease: AgentLease) {
    this.#lease = lease
  }

  handle(wire: WireRequest, options: { readonly abortSignal?: unknown } = {}): Promise<{ response: WireResponse }> {
    const signal = options.abortSignal instanceof AbortSignal ? options.abortSignal : undefined
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason)
        return
      }
      const secure = wire.protocol === 'https:'
      const open = secure ? httpsRequest : httpRequest
      const request = open({
        agent: secure ? this.#lease.agents.https : this.#lease.agents.http,
        host: wire.hostname.replace(/^\[|\]$/g, ''),
        ...(wire.port === undefined ? {} : { port: wire.port }),
        method: wire.method,
        path: `${wire.path}${queryOf(wire.query)}`,
        headers: wire.headers,
      })
      const onAbort = (): void => {
        request.destroy(new Error('aborted'))
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      const streams = wire.body instanceof Readable || wire.query?.['x-id'] === 'GetObject'
      const late = (): ClientRequest =>
        request.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' }))
      const deadline = streams ? undefined : setTimeout(late, deadlineMs)
      request.once('close', () => {
        clearTimeout(deadline)
        signal?.removeEventListener('abort', onAbort)
      })
      request.on('error', reject)
      request.once('response', (response) => {
        resolve({
          response: {
            statusCode: response.statusCode ?? 0,
            ...(response.statusMessage === undefined ? {} : { reason: response.statusMessage }),
            headers: headersOf(response.headers),
            body: isObject(wire, response.statusCode ?? 0) ? response : bounded(response),
          },
        })
      })
      sendBody(request, wire, reject)
    })
  }

  updateHttpClientConfig(): void {
    // The agents are settled when the store is opened.
  }

  httpHandlerConfigs(): Record<string, never> {
    return {}
  }

  destroy(): void {
    this.#lease.release()
  }
}
