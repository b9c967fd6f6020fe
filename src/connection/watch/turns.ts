/**
 * Whose turn it is to verify a connection: of several servers with one database only one verifies it at a time, and none
 * again right after. A turn is a lease, so that a server that died in the middle holds nobody up for long.
 */
import type { Clock } from '../../base/index.ts'

/** So long a turn lasts unless it is prolonged; it is, three times as often. */
export const turnMs = 60_000

/** Hands out turns, by the database's clock. Implemented by `state/`. */
export interface TurnRepository {
  /** Takes the turn; false: another server has it, or one that was ended began less than `restMs` ago. */
  takeTurn(tenant: string, connection: string, holder: string, times: TurnTimes): Promise<boolean>
  /** Prolongs it; false: it ran out, and somebody else has it. */
  keepTurn(tenant: string, connection: string, holder: string, leaseMs: number): Promise<boolean>
  /** Ends it, or, when nothing was done, gives it back as if it had never been; also succeeds when somebody else has it. */
  endTurn(tenant: string, connection: string, holder: string, isDone: boolean): Promise<void>
}

/** How long a turn lasts, and how far apart two begin. */
export interface TurnTimes {
  readonly leaseMs: number
  readonly restMs: number
}

/** The turns of one server. */
export interface Turns {
  /**
   * Does something while it has the turn; the signal aborts when the turn is lost. False: it was not this server's turn,
   * and nothing was done.
   */
  during(
    connection: string,
    restMs: number,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<boolean>
}

/** Takes turns from a repository. `holder` is this server's name, and no other's. */
export function turnsOf(repository: TurnRepository, tenant: string, holder: string, clock: Clock): Turns {
  return {
    async during(connection, restMs, signal, work) {
      if (!(await repository.takeTurn(tenant, connection, holder, { leaseMs: turnMs, restMs }))) return false
      const [lost, over] = [new AbortController(), new AbortController()]
      const held = prolong(
        () => repository.keepTurn(tenant, connection, holder, turnMs),
        () => lost.abort(),
        clock,
        over.signal,
      )
      try {
        await work(AbortSignal.any([signal, lost.signal]))
      } finally {
        over.abort()
        await held
        // A turn that can not be ended runs out.
        await repository.endTurn(tenant, connection, holder, !signal.aborted).catch(() => {})
      }
      return true
    },
  }
}

/** Until it is over. A database that does not answer is asked again: the lease outlasts one missing answer. */
async function prolong(keep: () => Promise<boolean>, lose: () => void, clock: Clock, over: AbortSignal): Promise<void> {
  for (;;) {
    await clock.sleep(turnMs / 3, over).catch(() => {})
    if (over.aborted) return
    if (!(await keep().catch(() => true))) lose()
  }
}
