/** What was promised and seen from outside during a run, for the checks at its end. Nothing here is read by the house. */
import type { BucketName } from './schedule.ts'

/** A report as its owner has it. */
export interface Report {
  readonly index: number
  readonly tenant: string
  readonly route: string
  readonly name: string
  readonly idempotencyKey: string | null
  readonly files: ReadonlyMap<string, Buffer>
}

/** Everything that was observed. */
export class History {
  /** Acknowledged deliveries and the report that each is about. */
  readonly acknowledged = new Map<string, Report>()
  /** Every report that was ever handed over, by its name. */
  readonly reports = new Map<string, Report>()
  /** Every signed checkpoint that left the database, by tenant. */
  readonly checkpoints: { tenant: string; note: string }[] = []
  /** Everything that was told to people or logs. */
  readonly told: string[] = []
  readonly secrets = new Set<string>()
  /** Faults of our own that workers told of. */
  readonly crashes: unknown[] = []
  /** Keys at which somebody else was first. */
  readonly occupied = new Map<BucketName, Set<string>>()
  readonly faults = new Map<string, number>()
  /** Deliveries that were accepted straight into work. */
  begun = 0
  deaths = 0
  /** Deliveries that were claimed again because a claim before had ended without an answer. */
  readonly reclaimed = new Set<string>()
  /** What was sent and could have created something before it was on record. */
  readonly unrecorded: string[] = []
  /** What was given out before it was durable. */
  readonly early: string[] = []
  /** Checkpoints that were signed in the transactions of commits. */
  sealed = 0
  /** Claims that were taken from a worker that nothing had stopped. */
  takenOver = 0
  /** Reports that a client could not hand over before it gave up. */
  unheard = 0

  count(fault: string): void {
    this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1)
  }
}
