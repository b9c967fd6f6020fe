/** One round of the watch: every connection that is due is verified, one after the other, backups like all others. */
import type { Clock } from '../../base/index.ts'
import type { Connection } from '../../contract/index.ts'
import { dueAt, type WatchPace } from './due.ts'

/** What the watch works with. */
export interface WatchParts {
  readonly clock: Clock
  readonly pace: WatchPace
  list(): Promise<readonly Connection[]>
  /** Verifies one connection and keeps the result. */
  verify(name: string, signal: AbortSignal): Promise<void>
  /** Called when a connection could not be verified at all. Must not throw. */
  onFault(connection: string, error: unknown): void
}

/** Watches over the connections of a tenant. */
export class ConnectionWatch {
  readonly #parts: WatchParts
  /** A connection that could not even be tried has no new verification to count from. */
  readonly #triedAt = new Map<string, number>()

  constructor(parts: WatchParts) {
    this.#parts = parts
  }

  /** Verifies what is due and tells after how many milliseconds the next one is. */
  async round(signal: AbortSignal): Promise<number> {
    const { clock, pace, list, verify, onFault } = this.#parts
    if (pace.everyMs === 0) return Number.POSITIVE_INFINITY
    for (const connection of await list()) {
      if (signal.aborted) break
      if (this.#dueAt(connection) > clock.now().getTime()) continue
      this.#triedAt.set(connection.id, clock.now().getTime())
      try {
        await verify(connection.name, signal)
      } catch (error) {
        // One connection that can not be tried must not keep the others from it.
        if (!signal.aborted) onFault(connection.name, error)
      }
    }
    const due = (await list()).map((connection) => this.#dueAt(connection))
    return Math.min(...due, Number.POSITIVE_INFINITY) - clock.now().getTime()
  }

  #dueAt(connection: Connection): number {
    const { pace } = this.#parts
    const tried = this.#triedAt.get(connection.id) ?? Number.NEGATIVE_INFINITY
    const again = tried + pace.everyMs * (1 - pace.jitter)
    return Math.max(dueAt(connection, pace).getTime(), again)
  }
}
