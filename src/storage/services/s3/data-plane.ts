/**
 * The thin pipe for bodies: PutObject and UploadPart straight over `node:http`, signed here. Everything else goes through
 * the SDK. One attempt, no redirect, no proxy; a refusal comes out in the SDK's shape, so that one file translates both.
 */
import type { Readable } from 'node:stream'
import type { AwsCredentials } from '../../../credentials/index.ts'
import type { Agents } from '../../endpoint/agents.ts'
import { type AnswerHeaders, element, exchange } from '../../wire/exchange.ts'
import type { PiecesBody } from '../../wire/send-body.ts'
import { escaped, type Header, queryText, Signer, unsignedPayload } from './sign.ts'

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
  readonly headers: readonly Header[]
  readonly body: Uint8Array | Readable | PiecesBody
  readonly sizeBytes: number
  /** Hex. Signed, so that the store takes no other bytes. Null: the bytes are not signed, only what the headers say of them. */
  readonly sha256: string | null
  readonly signal?: AbortSignal | undefined
}

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
    const query = queryText(wanted.query)
    const now = new Date(Date.now() + this.#clockOffsetMs)
    const own: readonly Header[] = [
      ['host', address.host],
      ['content-length', `${wanted.sizeBytes}`],
    ]
    const payload = wanted.sha256 ?? unsignedPayload
    const signable = { method: 'PUT', path, query, headers: [...own, ...wanted.headers], payload }
    const headers = this.#signer.sign(signable, credentials, now)
    const {
      status,
      headers: answered,
      text,
    } = await exchange({
      agents: this.#options.agents,
      address,
      path: `${path}?${query}`,
      headers,
      body: wanted.body,
      sizeBytes: wanted.sizeBytes,
      signal: wanted.signal,
    })
    if (status >= 200 && status < 300) return answered
    const refusal = new StoreRefusal(status, answered, text)
    const storeTime = Date.parse(answered['date'] ?? '')
    if (clockCodes.has(refusal.name) && !Number.isNaN(storeTime)) this.#clockOffsetMs = storeTime - Date.now()
    throw refusal
  }
}
