/**
 * One request with a body over `node:http`, and as much of its answer as is of use. One attempt, no redirect, no proxy; what
 * is signed, and what an answer means, is the business of whoever asks.
 */
import { type ClientRequest, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Readable } from 'node:stream'
import type { Agents } from '../endpoint/agents.ts'
import { type PiecesBody, sendStream } from './send-body.ts'

/** A PUT as it goes out. */
export interface WirePut {
  readonly agents: Agents
  /** For protocol, host and port alone. */
  readonly address: URL
  /** With the query. */
  readonly path: string
  /** Names and values in turn, which Node writes as they stand; with `host` and `content-length`. */
  readonly headers: readonly string[]
  readonly body: Uint8Array | Readable | PiecesBody
  readonly sizeBytes: number
  readonly signal?: AbortSignal | undefined
}

/** Headers of an answer, lower-case names. */
export type AnswerHeaders = Readonly<Record<string, string>>

/** What came back, whatever its status. */
export interface Answer {
  readonly status: number
  readonly headers: AnswerHeaders
  readonly text: string
}

/** A refusal must be read before gigabytes are sent. */
const expectContinueBytes = 1024 * 1024
/** More of an answer than this is not read. */
const maximumAnswerBytes = 64 * 1024
/** How long a request with a small body may take from beginning to end. */
const deadlineMs = 300_000

/** Sends one PUT. Rejects when there is no answer. */
export function exchange({ agents, address, path, headers, body, sizeBytes, signal }: WirePut): Promise<Answer> {
  const secure = address.protocol === 'https:'
  const waits = sizeBytes > expectContinueBytes
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason)
      return
    }
    const request = (secure ? httpsRequest : httpRequest)({
      agent: secure ? agents.https : agents.http,
      host: address.hostname.replace(/^\[|\]$/g, ''),
      ...(address.port === '' ? {} : { port: address.port }),
      method: 'PUT',
      path,
      headers: waits ? [...headers, 'expect', '100-continue'] : headers,
      setHost: false,
    })
    const onAbort = (): void => void request.destroy(new Error('aborted'))
    signal?.addEventListener('abort', onAbort, { once: true })
    // Larger ones take as long as they take: a socket on which nothing moves is cut.
    const deadline = waits ? undefined : setTimeout(giveUp, deadlineMs, request)
    request.once('close', () => {
      clearTimeout(deadline)
      signal?.removeEventListener('abort', onAbort)
    })
    request.on('error', reject)
    request.once('response', (response) => read(response, resolve, reject))
    if (!(body instanceof Uint8Array) || waits) sendStream(request, body, waits, reject)
    else request.end(body)
  })
}

/** Reads an answer to its end, or as much of it as is of use: the other side is a stranger. */
function read(response: IncomingMessage, resolve: (answer: Answer) => void, reject: (error: Error) => void): void {
  const status = response.statusCode ?? 0
  const pieces: Buffer[] = []
  let bytes = 0
  const answer = (): void =>
    resolve({ status, headers: plain(response.headers), text: Buffer.concat(pieces).toString('utf8') })
  response.on('data', (piece: Buffer) => {
    bytes += piece.length
    pieces.push(piece)
    if (bytes <= maximumAnswerBytes) return
    answer()
    response.destroy()
  })
  response.once('end', answer)
  response.once('error', reject)
}

function giveUp(request: ClientRequest): void {
  request.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' }))
}

function plain(headers: IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) kept[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return kept
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** The text of an element of an error's XML; no document is built of a stranger's words. */
export function element(xml: string, name: string): string | undefined {
  const start = xml.indexOf(`<${name}>`)
  const end = start === -1 ? -1 : xml.indexOf(`</${name}>`, start)
  if (end === -1) return undefined
  const text = xml.slice(start + name.length + 2, Math.min(end, start + 8_192))
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (_, entity: string) => entities[entity] ?? '')
}
