/**
 * Whether the bytes of a part are covered by its signature. They need not be where their CRC stands in a signed header and
 * the store says that it compared it: that spares hashing every byte once more. A customer's policy may refuse such requests
 * (condition key `s3:x-amz-content-sha256`), and some stores know neither them nor the CRC. Then parts are signed with
 * their SHA-256, as long as this process lives.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 */
import type { AnswerHeaders } from '../../wire/exchange.ts'

/** A part in the two forms in which it can be sent. */
export interface PartForms {
  /** Without a hash of its bytes, and with their CRC. */
  unsigned(): Promise<AnswerHeaders>
  signed(): Promise<AnswerHeaders>
}

/** Buckets that want signed parts. What is forgotten is found out again. */
const wanting = new Set<string>()
const mostWanting = 1_000

/** Decides for the parts that one store sends to one bucket. */
export class PartSigning {
  readonly #bucket: string
  /** What a signed part was refused with as well: it is not the form that is refused. */
  #denial: { readonly error: unknown } | null = null
  #trial: Promise<void> | null = null

  /** @param bucket with where it is */
  constructor(bucket: string) {
    this.#bucket = bucket
  }

  /** A new upload: what was refused before may be allowed by now. */
  begin(): void {
    this.#denial = null
  }

  /**
   * Sends a part unsigned, and once more signed when the store refuses that, or takes it without a word of its CRC. A denial
   * that has nothing to do with the form costs one request more, however many parts it meets, and it is the signed request's
   * denial that is thrown.
   */
  async send(part: PartForms): Promise<AnswerHeaders> {
    if (this.#denial !== null || wanting.has(this.#bucket)) return await part.signed()
    let answer: AnswerHeaders
    try {
      answer = await part.unsigned()
    } catch (refusal) {
      if (!mayBeAboutForm(refusal)) throw refusal
      return await this.#signedInstead(part)
    }
    if (answer[crcHeader] !== undefined) return answer
    remember(this.#bucket)
    return await part.signed()
  }

  /** One part tries for all that are refused meanwhile. */
  async #signedInstead(part: PartForms): Promise<AnswerHeaders> {
    while (this.#trial !== null) await this.#trial
    if (this.#denial !== null) throw this.#denial.error
    if (wanting.has(this.#bucket)) return await part.signed()
    const sent = part.signed()
    this.#trial = this.#learn(sent)
    return await sent
  }

  async #learn(sent: Promise<unknown>): Promise<void> {
    try {
      await sent
      remember(this.#bucket)
    } catch (error) {
      // A fault of the way tells nothing of the form.
      if (mayBeAboutForm(error)) this.#denial = { error }
    } finally {
      this.#trial = null
    }
  }
}

/** Tells where the CRC of a part stands, in the request and in the answer of a store that compared it. */
export const crcHeader = 'x-amz-checksum-crc32'

function remember(bucket: string): void {
  const [oldest] = wanting
  if (wanting.size >= mostWanting && oldest !== undefined) wanting.delete(oldest)
  wanting.add(bucket)
}

/** Refusals that speak of the caller or of the time, and not of what was asked. */
const otherRefusals: ReadonlySet<string> = new Set([
  'ExpiredToken',
  'InvalidAccessKeyId',
  'InvalidToken',
  'RequestExpired',
  'RequestInTheFuture',
  'RequestTimeTooSkewed',
  'TokenRefreshRequired',
])

/** Tells whether a request may have been refused for the form in which its payload was signed. */
function mayBeAboutForm(error: unknown): boolean {
  if (!(error instanceof Error) || !('$metadata' in error)) return false
  const { $metadata: metadata, name, message } = error
  const status =
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata && metadata.httpStatusCode
  if (status === 403) return !otherRefusals.has(name) && !name.startsWith('KMS.')
  return status === 400 && (name === 'XAmzContentSHA256Mismatch' || /content-sha256|unsigned.payload/iu.test(message))
}
