/**
 * The network between one process and one bucket, as an `ObjectStore`: requests travel, get lost, arrive late, are
 * answered wrongly or not at all. A request that has left is on its way whatever becomes of its sender.
 */
import { DrawbridgeError, type ErrorParts } from '../../src/base/index.ts'
import type { Body, ObjectStore, PutAnswer, PutOptions, StoredPart } from '../../src/storage/index.ts'
import { type Bucket, refusal, sha256 } from './bucket.ts'
import type { Chance } from './chance.ts'
import type { Process } from './process.ts'
import type { BucketName, Fault, RequestFault } from './schedule.ts'
import type { Timeline } from './timeline.ts'

/** The faults of the way to one bucket, over the whole run. */
export class Way {
  readonly #timeline: Timeline
  readonly #requests = new Map<number, RequestFault>()
  readonly #windows: Extract<Fault, { at: number; until: number }>[] = []
  readonly #endOfSessions: { at: number; kind: 'expired' | 'revoked' }[] = []
  /** Keys whose requests met a fault: what stands there may be anybody's. */
  readonly doubted = new Set<string>()
  /** Keys that hold damaged bytes, of which the store said so to whoever wrote them. */
  readonly damageHeard = new Set<string>()
  #count = 0

  constructor(timeline: Timeline, bucket: BucketName, faults: readonly Fault[]) {
    this.#timeline = timeline
    for (const fault of faults) {
      if (!('bucket' in fault) || fault.bucket !== bucket) continue
      if (fault.kind === 'request') this.#requests.set(fault.request, fault.fault)
      else if (fault.kind === 'expired' || fault.kind === 'revoked') this.#endOfSessions.push(fault)
      else if ('until' in fault) this.#windows.push(fault)
    }
  }

  /** From now on nothing goes wrong any more. */
  calm(): void {
    this.#requests.clear()
    this.#windows.length = 0
  }

  nextRequest(): RequestFault | undefined {
    return this.#requests.get(++this.#count)
  }

  isIn(kind: 'burst' | 'down' | 'denied' | 'sessions-down'): boolean {
    const { now } = this.#timeline
    return this.#windows.some((window) => window.kind === kind && window.at <= now && now < window.until)
  }

  /** Why a session that was issued then is not accepted any more. */
  endOf(issuedAt: number): 'expired' | 'revoked' | null {
    const { now } = this.#timeline
    return this.#endOfSessions.find(({ at }) => issuedAt < at && at <= now)?.kind ?? null
  }
}

/** What a wire is made of. */
export interface WireParts {
  readonly timeline: Timeline
  readonly process: Process
  readonly bucket: Bucket
  readonly way: Way
  readonly chance: Chance
  /** When the session in use was issued, and its secret. */
  readonly session: () => { readonly issuedAt: number; readonly secret: string }
  /** Tells whether sending this object kills whoever sends it. */
  readonly isPoison: (options: PutOptions) => boolean
}

/** The longest that nobody answers. */
const silenceMs = 30_000

/** One process's view of one bucket. Retries nothing. */
export class Wire implements ObjectStore {
  readonly location: string
  readonly capabilities
  readonly #parts: WireParts

  constructor(parts: WireParts) {
    this.#parts = parts
    this.location = parts.bucket.location
    const { resume } = parts.bucket.rights
    // Small requests only where parts are allowed, so that a report of a few bytes goes that way too.
    const maximumPutBytes = resume ? 100 : 2 ** 31 - 1
    this.capabilities = {
      conditionalWrite: true,
      multipart: true,
      maximumPutBytes,
      minimumPartBytes: 1,
      maximumParts: 100,
    }
  }

  async put(key: string, body: Body, options: PutOptions): Promise<PutAnswer> {
    if (this.#parts.isPoison(options)) this.#parts.process.die()
    const bytes = await bytesOf(body, 0, body.sizeBytes)
    const { bucket, way } = this.#parts
    let isKept = false
    const answer = await this.#call('put', key, options.signal, (flips) => {
      if (flips && !bucket.rights.isLax) throw damaged()
      if (!flips && sha256(bytes) !== Buffer.from(body.sha256, 'hex').toString('base64')) throw damaged()
      const stored = bucket.put(key, flips ? flipped(bytes) : bytes, options)
      isKept = flips
      return stored
    })
    if (isKept) way.damageHeard.add(key)
    return answer
  }

  async head(key: string, signal?: AbortSignal): ReturnType<ObjectStore['head']> {
    return await this.#call('head', key, signal, () => this.#parts.bucket.head(key))
  }

  async createUpload(key: string, options: PutOptions): Promise<string> {
    if (this.#parts.isPoison(options)) this.#parts.process.die()
    return await this.#call('createUpload', key, options.signal, () => this.#parts.bucket.create(key, options))
  }

  async uploadPart(
    key: string,
    uploadId: string,
    number: number,
    body: Body,
    start: number,
    end: number,
    options: { signal?: AbortSignal } = {},
  ): Promise<StoredPart> {
    const bytes = await bytesOf(body, start, end)
    return await this.#call('uploadPart', key, options.signal, (flips) => {
      if (flips) throw damaged()
      return this.#parts.bucket.part(key, uploadId, number, bytes)
    })
  }

  async listParts(key: string, uploadId: string, signal?: AbortSignal): Promise<StoredPart[]> {
    return await this.#call('listParts', key, signal, () => this.#parts.bucket.parts(key, uploadId))
  }

  async completeUpload(
    key: string,
    uploadId: string,
    parts: readonly StoredPart[],
    options: PutOptions,
  ): Promise<PutAnswer> {
    const { bucket } = this.#parts
    return await this.#call('completeUpload', key, options.signal, () => bucket.complete(key, uploadId, parts, options))
  }

  async abortUpload(key: string, uploadId: string, signal?: AbortSignal): Promise<void> {
    await this.#call('abortUpload', key, signal, () => this.#parts.bucket.abort(key, uploadId))
  }

  async listUploads(prefix: string, signal?: AbortSignal): ReturnType<ObjectStore['listUploads']> {
    return await this.#call('listUploads', prefix, signal, () => this.#parts.bucket.pending(prefix))
  }

  get(): never {
    throw refusal('access-denied', 'get')
  }

  list(): never {
    throw refusal('access-denied', 'list')
  }

  async delete(): Promise<void> {
    throw refusal('access-denied', 'delete')
  }

  close(): void {}

  async #call<T>(
    operation: string,
    key: string,
    signal: AbortSignal | undefined,
    act: (flips: boolean) => T,
  ): Promise<T> {
    const { process } = this.#parts
    await process.step()
    if (signal?.aborted) throw refusal('cancelled', operation)
    const exchange = this.#exchange(operation, key, act)
    // Nobody may be there any more to hear how it ended.
    exchange.catch(() => {})
    try {
      return await untilAborted(exchange, signal, operation)
    } finally {
      await process.step()
    }
  }

  async #exchange<T>(operation: string, key: string, act: (flips: boolean) => T): Promise<T> {
    const { timeline, chance, way } = this.#parts
    const fault = way.nextRequest()
    if (fault !== undefined) way.doubted.add(key)
    const session = this.#parts.session()
    await timeline.wait(chance.between(2, 40))
    if (way.isIn('down')) throw this.#unanswered(key, 'unavailable', chance.happens(0.5))
    if (fault === 'request-lost') {
      await timeline.wait(chance.between(10, silenceMs))
      throw this.#unanswered(key, 'unavailable', true)
    }
    if (fault === 'slow') await timeline.wait(chance.between(16_000, 45_000))
    const creates = operation === 'put' || operation === 'completeUpload'
    // An upload that is begun after everybody has gone could only be found by looking for it for ever.
    if (fault === 'arrives-late' && creates) {
      timeline.in(chance.between(100, 120_000), () => quietly(() => act(false)))
      throw this.#unanswered(key, 'unavailable', true)
    }
    const answer = this.#answer(operation, key, fault, session, act)
    // It is known there now, and here only when it has travelled back.
    answer.catch(() => {})
    await timeline.wait(chance.between(2, 40))
    return await answer
  }

  /** What happens at the bucket, at one moment. */
  async #answer<T>(
    operation: string,
    key: string,
    fault: RequestFault | undefined,
    session: { readonly issuedAt: number; readonly secret: string },
    act: (flips: boolean) => T,
  ): Promise<T> {
    const { way } = this.#parts
    const end = way.endOf(session.issuedAt)
    if (end === 'expired') throw withSecret(refusal('session-expired', operation), session.secret)
    if (end === 'revoked' || way.isIn('denied')) throw withSecret(refusal('access-denied', operation), session.secret)
    if (way.isIn('burst') || fault === 'slow-down') throw this.#unanswered(key, 'throttled', true)
    if (fault === 'write-conflict') throw passing('write-conflict', { possiblySent: true })
    if (fault === 'error-in-200') throw passing('unavailable', { isIn200: true, possiblySent: true })
    const answer = act(fault === 'bit-flip')
    if (fault === 'answer-lost' || fault === 'error-after-success') throw this.#unanswered(key, 'unavailable', true)
    return answer
  }

  #unanswered(key: string, code: 'unavailable' | 'throttled', possiblySent: boolean): DrawbridgeError {
    this.#parts.way.doubted.add(key)
    return passing(code, { possiblySent })
  }
}

function passing(code: ErrorParts['code'], context: NonNullable<ErrorParts['context']>): DrawbridgeError {
  return new DrawbridgeError({
    code,
    message: `the store answers ${code}`,
    retry: 'later',
    operation: 'sim:way',
    context,
  })
}

/** S3 compares the SHA-256 or the CRC that it is told, and keeps nothing that differs. */
function damaged(): DrawbridgeError {
  return passing('checksum-mismatch', {})
}

/** Clients' errors hold the request, and with it the session: none of that may be told on. */
function withSecret(error: DrawbridgeError, secret: string): DrawbridgeError {
  const { code, message, operation } = error
  const cause = Object.assign(new Error(`request with token ${secret}`), { request: { token: secret } })
  return new DrawbridgeError({ code, message, ...(operation === undefined ? {} : { operation }), cause })
}

async function bytesOf(body: Body, start: number, end: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of body.open(start, end) as AsyncIterable<Buffer>) pieces.push(piece)
  return Buffer.concat(pieces)
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined, operation: string): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(refusal('cancelled', operation))
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  const middle = copy.length >> 1
  if (copy.length > 0) copy[middle] = (copy[middle] ?? 0) ^ 1
  return copy
}

function quietly(work: () => unknown): void {
  try {
    work()
  } catch (error) {
    if (!(error instanceof DrawbridgeError)) throw error
  }
}
