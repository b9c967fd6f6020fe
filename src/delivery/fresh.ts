/**
 * Reports that were accepted a moment ago, as this process has them in memory: whoever claims one for the first time need
 * not ask the database for what was just written there. Nothing depends on it; what is not here is read.
 */
import type { Clock } from '../base/index.ts'
import type { DeliveryRecord } from './record.ts'
import type { Claim, Found } from './repository.ts'

/** So many bytes of reports are held. The oldest are claimed first, so that the youngest are not taken in. */
const mostBytes = 8 * 1024 * 1024
/** By then another process has it, or nobody works. */
const longestMs = 30_000

interface Held {
  readonly found: Found
  readonly sizeBytes: number
  readonly since: number
}

/** Between the service that accepts and the worker that claims, of one process. */
export class FreshReports {
  readonly #clock: Pick<Clock, 'now'>
  readonly #held = new Map<string, Held>()
  #bytes = 0

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  /** Keeps what was accepted, if there is room. `report`: the bytes of its one file, that is kept in the database. */
  keep(record: DeliveryRecord, report: Uint8Array): void {
    const now = this.#clock.now().getTime()
    for (const [id, { since }] of this.#held) {
      if (since > now - longestMs && since <= now) break
      this.#drop(id)
    }
    if (this.#bytes + report.length > mostBytes) return
    this.#held.set(record.id, { found: { record, report }, sizeBytes: report.length, since: now })
    this.#bytes += report.length
  }

  /** What a claim is about, if nothing can have changed it since it was accepted. Handed out once. */
  take(claim: Claim): Found | null {
    const held = this.#held.get(claim.delivery)
    this.#drop(claim.delivery)
    if (held === undefined || !isFirst(claim)) return null
    const now = this.#clock.now().getTime()
    const { found } = held
    // A clock that was set back since: in the database that was mended.
    const isDue = found.record.targets.every(
      ({ availableAt }) => availableAt !== null && Date.parse(availableAt) <= now,
    )
    return isDue ? found : null
  }

  #drop(id: string): void {
    this.#bytes -= this.#held.get(id)?.sizeBytes ?? 0
    this.#held.delete(id)
  }
}

/** Tells whether nobody held this delivery before, nor asked for another attempt or for its end. */
export function isFirst({ fence, nudges }: Pick<Claim, 'fence' | 'nudges'>): boolean {
  return fence === 1 && nudges === 0
}
