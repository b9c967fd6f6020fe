/**
 * Keeps the checks of one verification: runs them, times them, turns what they threw into an outcome, and streams every one
 * out once. After the end of the time budget whatever is still running counts as unknown, and late answers are dropped.
 */
import { DrawbridgeError } from '../../base/index.ts'
import type { Check, CheckStatus, Connection, LinkId, VerificationWait } from '../../contract/index.ts'
import type { ConnectionContext } from '../context.ts'
import { type CheckCause, causeOfCheck } from './causes.ts'
import { type CheckId, checks } from './checks.ts'

/** What a check found. */
export interface Outcome {
  readonly status: CheckStatus
  readonly detail: string
  /** Where it failed, when that is known better than from the table. */
  readonly link?: LinkId
  readonly requestIds?: readonly string[]
  /** What is wrong and what repairs it, where that is known better than from the error. */
  readonly cause?: CheckCause
  /** Not tried for want of the customer's consent. */
  readonly consent?: 'missing'
}

/** What streams out before the report. */
export type Progress =
  | { readonly type: 'check'; readonly check: Check }
  | { readonly type: 'wait'; readonly wait: VerificationWait }

/** Runs and keeps checks. */
export class Recorder {
  readonly #context: ConnectionContext
  readonly #connection: Connection
  readonly #wanted: ReadonlySet<CheckId>
  readonly #startedAt: number
  readonly #done = new Map<CheckId, Check>()
  readonly #errors = new Map<CheckId, DrawbridgeError>()
  readonly #queue: Progress[] = []
  #wake: (() => void) | null = null
  #isClosed = false

  constructor(context: ConnectionContext, connection: Connection, wanted: readonly CheckId[]) {
    this.#context = context
    this.#connection = connection
    this.#wanted = new Set(wanted)
    this.#startedAt = context.clock.now().getTime()
  }

  /** True when the check belongs to this connection and has not been answered yet. */
  isOpen(id: CheckId): boolean {
    return !this.#isClosed && this.#wanted.has(id) && !this.#done.has(id)
  }

  /** Runs one check. What it throws becomes its outcome; a bug of ours goes on to the caller. */
  async run(id: CheckId, work: () => Promise<Outcome>): Promise<boolean> {
    if (!this.isOpen(id)) return false
    const begin = this.#context.clock.now().getTime()
    try {
      const outcome = await work()
      this.settle(id, outcome, begin)
      return outcome.status === 'pass'
    } catch (error) {
      if (!(error instanceof DrawbridgeError)) throw error
      this.#errors.set(id, error)
      this.settle(id, outcomeOf(error), begin)
      return false
    }
  }

  /** Keeps an outcome that was found elsewhere. */
  settle(id: CheckId, outcome: Outcome, begin = this.#context.clock.now().getTime()): void {
    if (!this.isOpen(id)) return
    const check: Check = {
      id,
      link: outcome.link ?? checks[id].link,
      status: outcome.status,
      durationMs: Math.max(0, this.#context.clock.now().getTime() - begin),
      detail: outcome.detail,
      requestIds: [...(outcome.requestIds ?? [])],
      ...(outcome.status === 'fail' ? causeOfCheck(this.#connection, id, this.#errors.get(id)) : {}),
      ...(outcome.cause ?? {}),
      ...(outcome.consent === undefined ? {} : { consent: outcome.consent }),
    }
    this.#done.set(id, check)
    this.#queue.push({ type: 'check', check })
    this.#wake?.()
  }

  /** Streams out that a check waits before it is tried again. */
  tellWait(wait: VerificationWait): void {
    if (this.#isClosed) return
    this.#queue.push({ type: 'wait', wait })
    this.#wake?.()
  }

  /** Gives every check that is still open, or of `ids` those that are, the same outcome. */
  settleRest(outcome: Outcome, ids: Iterable<CheckId> = this.#wanted): void {
    for (const id of ids) this.settle(id, outcome, this.#startedAt)
  }

  /** Takes no more answers; the stream ends when what was found is read. */
  close(): void {
    this.#isClosed = true
    this.#wake?.()
  }

  /** Remembers the error behind an outcome. */
  blame(id: CheckId, error: DrawbridgeError): void {
    this.#errors.set(id, error)
  }

  /** The error behind a failed or unknown check. */
  errorOf(id: CheckId): DrawbridgeError | undefined {
    return this.#errors.get(id)
  }

  /** How a check ended; undefined while it has not. */
  statusOf(id: CheckId): CheckStatus | undefined {
    return this.#done.get(id)?.status
  }

  /** What was found, in the order of the table. */
  found(): readonly Check[] {
    return [...this.#wanted].flatMap((id) => this.#done.get(id) ?? [])
  }

  /** Streams the checks as they end. */
  async *stream(): AsyncGenerator<Progress, void, void> {
    for (;;) {
      const next = this.#queue.shift()
      if (next !== undefined) {
        yield next
        continue
      }
      if (this.#isClosed) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = null
    }
  }
}

/** Refusals and wrong facts fail; a world that is out of order leaves the question open. */
const open: ReadonlySet<string> = new Set([
  'throttled',
  'unavailable',
  'cancelled',
  'clock-skew',
  'protocol-broken',
  'write-conflict',
])

/** Turns an error into an outcome. */
export function outcomeOf(error: DrawbridgeError): Outcome {
  const provider = error.context['providerMessage']
  const detail = typeof provider === 'string' && provider !== '' ? `${error.message}: ${provider}` : error.message
  return { status: open.has(error.code) ? 'unknown' : 'fail', detail, requestIds: requestIdsOf(error) }
}

/** The request ids that an error carries. */
export function requestIdsOf(error: DrawbridgeError): string[] {
  const id = error.context['requestId']
  return typeof id === 'string' ? [id] : []
}
