/** One round of the watch: every connection that is due is verified, one after the other, backups like all others. */
import type { Clock } from '../../base/index.ts'
import type { Connection } from '../../contract/index.ts'
import { dueAt, type WatchPace } from './due.ts'
import { type Turns, turnMs } from './turns.ts'

/** What the watch works with. */
export interface WatchParts {
  readonly clock: Clock
  readonly pace: WatchPace
  list(): Promise<readonly Connection[]>
  readonly turns: Turns
  /** Verifies one connection and keeps the result. */
  verify(name: string, signal: AbortSignal): Promise<void>
  /** Called when a connection could not be verified at all. Must not throw. */
  onFault(connection: string, error: unknown): void
}

/** Watches over the connections of a tenant. */
export class ConnectionWatch {
  readonly #parts: WatchParts
  /** A connection that could not even be tried has no new verification to count from; nor has one that others verify now. */
  readonly #notBefore = new Map<string, number>()

  constructor(parts: WatchParts) {
    this.#parts = parts
  }

  /** Verifies what is due and tells after how many milliseconds the next one is. */
  async round(signal: AbortSignal): Promise<number> {
    const { clock, pace, list, onFault } = this.#parts
    if (pace.everyMs === 0) return Number.POSITIVE_INFINITY
    for (const connection of await list()) {
      if (signal.aborted) break
      if (this.#dueAt(connection) > clock.now().getTime()) continue
      try {
        await this.#try(connection, signal)
      } catch (error) {
        // One connection that can not be tried must not keep the others from it.
        if (!signal.aborted) onFault(connection.name, error)
      }
    }
    const due = (await list()).map((connection) => this.#dueAt(connection))
    return Math.min(...due, Number.POSITIVE_INFINITY) - clock.now().getTime()
  }

  async #try({ id, name }: Connection, signal: AbortSignal): Promise<void> {
    const { clock, pace, turns, verify } = this.#parts
    const restMs = pace.everyMs * (1 - pace.jitter)
    const now = clock.now().getTime()
    this.#notBefore.set(id, now + restMs)
    const isOurs = await turns.during(name, restMs, signal, (during) => verify(name, during))
    // Should the other server die of it, its turn has run out by then.
    if (!isOurs) this.#notBefore.set(id, now + turnMs)
  }

  #dueAt(connection: Connection): number {
    const again = this.#notBefore.get(connection.id) ?? Number.NEGATIVE_INFINITY
    return Math.max(dueAt(connection, this.#parts.pace).getTime(), again)
  }
}
