/**
 * Group commit: writes that are asked for at the same time share one transaction, and so one sync of the disk. Nobody is
 * answered before that. What a write does is its own business; it must do the same when it is run again.
 */
import { type Clock, DrawbridgeError, systemClock } from '../base/index.ts'
import type { Executor } from './schema.ts'
import { isDeadlock, type Scope, type Store } from './store.ts'

interface Job {
  readonly scope: Scope
  readonly locks: string
  readonly run: (transaction: Executor) => Promise<void>
  readonly done: () => void
  readonly fail: (error: unknown) => void
}

/** A scope, and the row that a write changes first and that others change too. */
interface Locking {
  readonly scope: Scope
  readonly locks: string
}

/** Names what a write locks: a delivery by its id, a tenant's log by `lastLock`. */
export function locking(scope: Scope, locks: string): Locking {
  return { scope, locks }
}

/** After every delivery: whoever has the log holds nothing else up while it waits. */
export const lastLock = '~log'

/** More than this wait for the next round, so that no answer is held up for long. */
const largestGroup = 512
const maximumAttempts = 4
/** After a group of this size the next one is given a moment to gather. */
const busyGroup = 8
const gatherMs = 5

/** How groups come about: by the machine's time and not by the house's clock, which tests may hold still. */
export interface CommitPace {
  /** Gives the next group its moment. */
  readonly pause: Clock['sleep']
  /** Waits for the end of a turn of the event loop. */
  turn(): Promise<void>
  /** Rises by one each millisecond. */
  milliseconds(): number
}

/** The machine's own. */
export const machinePace: CommitPace = {
  pause: systemClock.sleep,
  turn: () => new Promise((resolve) => setImmediate(resolve)),
  milliseconds: () => performance.now(),
}

/** Where time is played, all that happens in a turn happens at once. */
export function playedPace(pause: Clock['sleep']): CommitPace {
  return { pause, turn: async () => {}, milliseconds: () => 0 }
}

/** Runs writes in shared transactions, of an embedded database in the order in which they were asked for. */
export class GroupCommit {
  readonly #store: Store
  readonly #pace: CommitPace
  #waiting: Job[] = []
  #isRunning = false

  constructor(store: Store, pace: CommitPace = machinePace) {
    this.#store = store
    this.#pace = pace
  }

  /**
   * Runs one write within a scope. Durable when it resolves; when it rejects, it changed nothing, and others in its group are not
   * concerned. `write` may be run twice and must not wait for anything but its transaction.
   */
  async run<T>(within: Scope | Locking, write: (transaction: Executor) => Promise<T>): Promise<T> {
    const { scope, locks } = typeof within === 'object' ? within : locking(within, '')
    const answer: T[] = []
    await new Promise<void>((done, fail) => {
      const run = async (transaction: Executor): Promise<void> => {
        answer[0] = await write(transaction)
      }
      this.#waiting.push({ scope, locks, run, done, fail })
      if (!this.#isRunning) void this.#drain()
    })
    return answer[0] as T
  }

  async #drain(): Promise<void> {
    this.#isRunning = true
    try {
      while (this.#waiting.length > 0) {
        // Whoever is woken by this turn of the event loop still comes along. Without this, one report would go through all of
        // its commits alone while the answers of its neighbours wait to be read.
        await this.#pace.turn()
        const group = this.#waiting.splice(0, largestGroup)
        // INVARIANT: all processes lock in one order, so that no two wait for each other.
        if (this.#store.isShared)
          group.sort((one, other) => (one.locks < other.locks ? -1 : one.locks > other.locks ? 1 : 0))
        const begun = this.#pace.milliseconds()
        await this.#commit(group)
        // What came while a slow disk held everything up has gathered already.
        const gathered = this.#pace.milliseconds() - begun
        if (group.length < busyGroup || this.#waiting.length >= largestGroup || gathered >= gatherMs) continue
        await this.#pace.pause(gatherMs - gathered)
      }
    } finally {
      this.#isRunning = false
    }
  }

  async #commit(group: readonly Job[], attempt = 1): Promise<void> {
    try {
      await this.#transaction(group)
    } catch (error) {
      const [only, ...others] = group
      // Nobody knows what became of them: what is run again could happen twice.
      if (isOutcomeUnknown(error)) for (const job of group) job.fail(error)
      // One of them failed and took all back: each is run by itself, so that it fails alone.
      else if (others.length > 0) for (const job of group) await this.#commit([job])
      else if (isDeadlock(error) && attempt < maximumAttempts) await this.#commit(group, attempt + 1)
      else only?.fail(error)
      return
    }
    for (const job of group) job.done()
  }

  async #transaction(group: readonly Job[]): Promise<void> {
    await this.#store.group(async (enter) => {
      for (const job of group) await job.run(await enter(job.scope))
    })
  }
}

/** The connection broke, perhaps between the commit and its answer. */
export function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof DrawbridgeError && error.code === 'database-unavailable'
}
