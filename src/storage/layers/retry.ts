/**
 * The only place that tries again. It wraps a store and is one itself: full jitter between attempts, inside a budget of time and
 * of attempts. It never turns `object-exists` into success: whose object that is can be told only by whoever keeps the record.
 */
import type { Readable } from 'node:stream'
import type { Clock, Random } from '../../base/index.ts'
import { DrawbridgeError } from '../../base/index.ts'
import { cancelled, compareKeys } from '../fault.ts'
import type {
  Body,
  DeleteOnly,
  ObjectFacts,
  ObjectStore,
  PendingUpload,
  PutAnswer,
  PutOptions,
  StoredPart,
  UploadPartOptions,
} from '../object-store.ts'

/** An attempt that failed and will be followed by another. */
export interface RetryNotice {
  readonly operation: string
  readonly attempt: number
  readonly delayMs: number
  readonly error: DrawbridgeError
}

export interface RetryOptions {
  readonly clock: Clock
  readonly random: Random
  /** Attempts of one call, the first included. Absent: 5. */
  readonly maximumAttempts?: number
  /** No new attempt begins after this time. Absent: 120 000. */
  readonly budgetMs?: number
  /** The longest wait before the second attempt; it doubles from there. Absent: 250. */
  readonly baseDelayMs?: number
  /** The longest wait of all. Absent: 20 000. */
  readonly maximumDelayMs?: number
  readonly onRetry?: (notice: RetryNotice) => void
}

/** @see https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/ */
function jitter(options: RetryOptions, failures: number): number {
  const ceiling = Math.min(options.maximumDelayMs ?? 20_000, (options.baseDelayMs ?? 250) * 2 ** (failures - 1))
  const [a = 0, b = 0] = options.random.bytes(2)
  return Math.round((ceiling * (a * 256 + b)) / 65_535)
}

/** Tells whether a request was certainly not carried out: it never left, or was turned away at the door. */
function isUndone(error: DrawbridgeError): boolean {
  return error.context['possiblySent'] === false || error.code === 'throttled' || error.code === 'clock-skew'
}

class RetryStore implements ObjectStore {
  readonly #inner: ObjectStore
  readonly #options: RetryOptions

  constructor(inner: ObjectStore, options: RetryOptions) {
    this.#inner = inner
    this.#options = options
  }

  get location(): string {
    return this.#inner.location
  }

  get capabilities(): ObjectStore['capabilities'] {
    return this.#inner.capabilities
  }

  async #attempt<T>(signal: AbortSignal | undefined, creates: boolean, work: () => Promise<T>): Promise<T> {
    const { clock } = this.#options
    const startedAt = clock.now().getTime()
    let possiblySent = false
    let skewed = false
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof DrawbridgeError)) throw error
        if (error.retry !== 'later') {
          // An earlier attempt may have done what this one was refused for, whatever it was refused for.
          throw creates && possiblySent ? error.with({ context: { afterPossibleSend: true } }) : error
        }
        possiblySent ||= error.context['possiblySent'] !== false
        // The client has learnt the other side's time from the refusal: one more try at once, and no other for this.
        const again = error.code === 'clock-skew' ? !skewed : attempt < (this.#options.maximumAttempts ?? 5)
        const delayMs = error.code === 'clock-skew' ? 0 : jitter(this.#options, attempt)
        const spent = clock.now().getTime() - startedAt
        if (!again || spent + delayMs > (this.#options.budgetMs ?? 120_000)) {
          throw error.with({
            retry: 'exhausted',
            context: { attempts: attempt, ...(creates ? { possiblySent } : {}) },
          })
        }
        skewed ||= error.code === 'clock-skew'
        this.#options.onRetry?.({ operation: error.operation ?? 'unknown', attempt, delayMs, error })
        await this.#pause(delayMs, signal, error.operation ?? 'unknown')
      }
    }
  }

  async #pause(delayMs: number, signal: AbortSignal | undefined, operation: string): Promise<void> {
    try {
      if (delayMs > 0) await this.#options.clock.sleep(delayMs, signal)
    } catch (reason) {
      if (signal?.aborted) throw cancelled(operation)
      throw reason
    }
    if (signal?.aborted) throw cancelled(operation)
  }

  put(key: string, body: Body, options: PutOptions): Promise<PutAnswer> {
    return this.#attempt(options.signal, options.ifAbsent, () => this.#inner.put(key, body, options))
  }

  head(key: string, signal?: AbortSignal): Promise<ObjectFacts | null> {
    return this.#attempt(signal, false, () => this.#inner.head(key, signal))
  }

  /** Opening is tried again; a body that breaks off while it is read is the reader's to continue, with a range. */
  get(
    key: string,
    options: { start?: number; end?: number; signal?: AbortSignal } = {},
  ): Promise<{ facts: ObjectFacts; body: Readable }> {
    return this.#attempt(options.signal, false, () => this.#inner.get(key, options))
  }

  /** After a fault the listing begins anew, and passes over what was given already. */
  async *list(prefix: string, signal?: AbortSignal): AsyncGenerator<ObjectFacts> {
    let last: string | null = null
    let listing: AsyncIterator<ObjectFacts> | null = null
    for (;;) {
      const next: IteratorResult<ObjectFacts> = await this.#attempt(signal, false, async () => {
        listing ??= this.#inner.list(prefix, signal)[Symbol.asyncIterator]()
        try {
          let item = await listing.next()
          while (!item.done && last !== null && compareKeys(item.value.key, last) <= 0) item = await listing.next()
          return item
        } catch (error) {
          listing = null
          throw error
        }
      })
      if (next.done) return
      last = next.value.key
      yield next.value
    }
  }

  delete(key: string, signal?: AbortSignal, only?: DeleteOnly): Promise<void> {
    return this.#attempt(signal, false, () => this.#inner.delete(key, signal, only))
  }

  /** Not repeated once it may have arrived: each repetition would leave one more upload open that nobody knows of. */
  createUpload(key: string, options: PutOptions): Promise<string> {
    return this.#attempt(options.signal, false, async () => {
      try {
        return await this.#inner.createUpload(key, options)
      } catch (error) {
        if (!(error instanceof DrawbridgeError) || error.retry !== 'later' || isUndone(error)) throw error
        throw error.with({ retry: 'exhausted', context: { possiblySent: true } })
      }
    })
  }

  uploadPart(
    key: string,
    uploadId: string,
    number: number,
    body: Body,
    start: number,
    end: number,
    options: UploadPartOptions = {},
  ): Promise<StoredPart> {
    return this.#attempt(options.signal, false, () =>
      this.#inner.uploadPart(key, uploadId, number, body, start, end, options),
    )
  }

  listParts(key: string, uploadId: string, signal?: AbortSignal): Promise<StoredPart[]> {
    return this.#attempt(signal, false, () => this.#inner.listParts(key, uploadId, signal))
  }

  completeUpload(key: string, uploadId: string, parts: readonly StoredPart[], options: PutOptions): Promise<PutAnswer> {
    return this.#attempt(options.signal, true, () => this.#inner.completeUpload(key, uploadId, parts, options))
  }

  abortUpload(key: string, uploadId: string, signal?: AbortSignal): Promise<void> {
    return this.#attempt(signal, false, () => this.#inner.abortUpload(key, uploadId, signal))
  }

  listUploads(prefix: string, signal?: AbortSignal): Promise<PendingUpload[]> {
    return this.#attempt(signal, false, () => this.#inner.listUploads(prefix, signal))
  }

  close(): void {
    this.#inner.close()
  }
}

/**
 * Wraps a store so that faults with `retry: 'later'` are tried again. What stays unanswered ends in the same code with
 * `retry: 'exhausted'`, `context.attempts`, and for writes `context.possiblySent`.
 *
 * A conditional write whose answer was lost may meet its own object at the next attempt: the `object-exists` (for a completion
 * also `upload-not-found`) that follows carries `context.afterPossibleSend: true`, and is thrown like any other.
 */
export function withRetry(store: ObjectStore, options: RetryOptions): ObjectStore {
  return new RetryStore(store, options)
}
