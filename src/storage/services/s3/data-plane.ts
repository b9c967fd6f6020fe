/**
 * The thin pipe for bodies: PutObject and UploadPart straight over `node:http`, signed here. Everything else goes through
 * the SDK. One attempt, no redirect, no proxy; a refusal comes out in the SDK's shape, so that one file translates both.
 */
import { type ClientRequest, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Readable } from 'node:stream'
import type { AwsCredentials } from '../../../credentials/index.ts'
import type { Agents } from '../../endpoint/agents.ts'
import { type PiecesBody, sendStream } from './send-body.ts'
import { escaped, queryText, Signer } from './sign.ts'

/** Where a bucket is reached: its address, without a slash at the end. */
export type BucketAddress = () => Promise<URL>

export interface DataPlaneOptions {
  readonly region: string
  readonly agents: Agents
  readonly credentials: () => Promise<AwsCredentials>
  readonly address: BucketAddress
}

/** One body on its way to one key. */
export interface BodyRequest {
  readonly key: string
  readonly query: readonly (readonly [name: string, value: string])[]
  /** Lower-case names; absent values are left out. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array | Readable | PiecesBody
  readonly sizeBytes: number
  /** Hex. Signed, so that the store takes no other bytes. */
  readonly sha256: string
  readonly signal?: AbortSignal | undefined
}

/** Headers of an answer, lower-case names. */
export type AnswerHeaders = Readonly<Record<string, string>>

/** A refusal must be read before gigabytes are sent. */
const expectContinueBytes = 1024 * 1024
/** More of an answer than this is not read. */
const maximumAnswerBytes = 64 * 1024
/** How long a request with a small body may take from beginning to end. */
const deadlineMs = 300_000
const clockCodes: ReadonlySet<string> = new Set(['RequestTimeTooSkewed', 'RequestExpired', 'RequestInTheFuture'])

/** What a store answered instead of success, in the shape in which the SDK throws it. */
class StoreRefusal extends Error {
  readonly $metadata: { readonly httpStatusCode: number }
  readonly $response: { readonly headers: AnswerHeaders }
  readonly Region: string | undefined

  constructor(status: number, headers: AnswerHeaders, text: string) {
    super(element(text, 'Message') ?? '')
    this.name = element(text, 'Code') ?? 'Unknown'
    this.$metadata = { httpStatusCode: status }
    this.$response = { headers }
    this.Region = element(text, 'Region')
  }
}

/** Sends bodies to one bucket. */
export class DataPlane {
  readonly #options: DataPlaneOptions
  readonly #signer: Signer
  #address: Promise<URL> | null = null
  /** How far the store's clock is from ours, learnt from a refusal. */
  #clockOffsetMs = 0

  constructor(options: DataPlaneOptions) {
    this.#options = options
    this.#signer = new Signer(options.region)
  }

  /** Sends one body and answers with the headers of the success. @throws what `s3Error` translates */
  async send(wanted: BodyRequest): Promise<AnswerHeaders> {
    this.#address ??= this.#options.address()
    const [address, credentials] = await Promise.all([this.#address, this.#options.credentials()])
    const path = `${address.pathname.replace(/\/$/, '')}/${wanted.key.split('/').map(escaped).join('/')}`
    const now = new Date(Date.now() + this.#clockOffsetMs)
    const signable = {
      method: 'PUT',
      path,
      query: wanted.query,
      headers: { ...given(wanted.headers), host: address.host, 'content-length': `${wanted.sizeBytes}` },
      payloadSha256: wanted.sha256,
    }
    const headers = this.#signer.sign(signable, credentials, now)
    const { status, headers: answered, text } = await this.#exchange(address, path, headers, wanted)
    if (status >= 200 && status < 300) return answered
    const refusal = new StoreRefusal(status, answered, text)
    const storeTime = Date.parse(answered['date'] ?? '')
    if (clockCodes.has(refusal.name) && !Number.isNaN(storeTime)) this.#clockOffsetMs = storeTime - Date.now()
    throw refusal
  }

  #exchange(address: URL, path: string, headers: Record<string, string>, wanted: BodyRequest): Promise<Answer> {
    const { agents } = this.#options
    const { body, signal } = wanted
    const secure = address.protocol === 'https:'
    const waits = wanted.sizeBytes > expectContinueBytes
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
        path: `${path}?${queryText(wanted.query)}`,
        headers: waits ? { ...headers, expect: '100-continue' } : headers,
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
}

interface Answer {
  readonly status: number
  readonly headers: AnswerHeaders
  readonly text: string
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

function given(headers: BodyRequest['headers']): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) kept[name] = value
  return kept
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
function element(xml: string, name: string): string | undefined {
  const start = xml.indexOf(`<${name}>`)
  const end = start === -1 ? -1 : xml.indexOf(`</${name}>`, start)
  if (end === -1) return undefined
  const text = xml.slice(start + name.length + 2, Math.min(end, start + 8_192))
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (_, entity: string) => entities[entity] ?? '')
}
