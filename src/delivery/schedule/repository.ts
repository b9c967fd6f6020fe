/** What the schedules need kept, free of any one database. Implemented by `state/`. */
import type { ActorSummary, CatchUp, Slot } from '../../contract/index.ts'
import type { NewEntry } from '../repository.ts'
import type { FileMark } from './folder.ts'

/** A schedule as it is kept. */
export interface ScheduleRecord {
  readonly id: string
  readonly tenant: string
  readonly name: string
  readonly route: string
  readonly folder: string
  readonly pattern: string
  readonly cron: string
  readonly timeZone: string
  readonly catchUp: CatchUp
  readonly report: string
  readonly owner: ActorSummary
  /** The verified claims of the owner's sign-in when it was made. */
  readonly claims: Readonly<Record<string, string | string[]>>
  readonly createdAt: string
  readonly isPaused: boolean
  /** Every slot up to this moment has been decided about. */
  readonly handledUntil: string
}

/** The right to work on one slot, until the lease ends or somebody else claims it. */
export interface SlotClaim {
  readonly tenant: string
  readonly schedule: string
  /** The slot's moment. */
  readonly at: string
  readonly fence: number
  /** Attempts before this one. */
  readonly attempts: number
}

/** How a slot ended, or why it has to be tried again. */
export interface SlotEnd {
  readonly state: Exclude<Slot['state'], 'running' | 'missed'>
  readonly files: number
  readonly delivery: string | null
  readonly reason: string | null
  /** With `waiting`: when. */
  readonly retryAt: string | null
}

export interface ScheduleRepository {
  /** @throws already-exists */
  add(schedule: ScheduleRecord, entries: readonly NewEntry[]): Promise<void>
  byName(tenant: string, name: string): Promise<ScheduleRecord | null>
  list(tenant: string): Promise<ScheduleRecord[]>
  /** Pauses, or resumes with every slot up to `handledUntil` decided about. */
  setPaused(
    schedule: ScheduleRecord,
    isPaused: boolean,
    handledUntil: string,
    entries: readonly NewEntry[],
  ): Promise<void>
  remove(schedule: ScheduleRecord, entries: readonly NewEntry[]): Promise<void>

  /** The newest slots first. */
  slots(schedule: ScheduleRecord, limit: number): Promise<Slot[]>
  missedCount(schedule: ScheduleRecord): Promise<number>
  /**
   * Makes the slot and claims it, in one step; null when it exists already: somebody else has it, or had it. A planned one
   * counts as decided about.
   */
  begin(
    schedule: ScheduleRecord,
    at: string,
    kind: Slot['kind'],
    worker: string,
    leaseMs: number,
  ): Promise<SlotClaim | null>
  /** Writes slots down as missed; those that exist already stay as they are. */
  miss(schedule: ScheduleRecord, slots: readonly string[], entries: readonly NewEntry[]): Promise<void>
  /** Makes missed slots due now, so that whoever looks runs them; those that are not missed stay as they are. */
  revive(schedule: ScheduleRecord, slots: readonly string[], entries: readonly NewEntry[]): Promise<void>
  /** Claims slots of the schedule that wait and are due, or whose lease ended without an answer. */
  claimLeft(schedule: ScheduleRecord, worker: string, leaseMs: number): Promise<SlotClaim[]>
  /** When the next slot that waits is due, or the next lease ends; null: none. */
  nextLeftAt(tenant: string): Promise<Date | null>
  /** Prolongs the lease. False: the claim is lost. */
  keep(claim: SlotClaim, leaseMs: number): Promise<boolean>
  /** Ends a claim, and remembers the files that were delivered. False, and nothing written: the claim is lost. */
  end(
    schedule: ScheduleRecord,
    claim: SlotClaim,
    end: SlotEnd,
    delivered: readonly FileMark[],
    entries: readonly NewEntry[],
  ): Promise<boolean>
  /** What the schedule delivered of each path the last time. */
  deliveredFiles(schedule: ScheduleRecord): Promise<ReadonlyMap<string, FileMark>>
}
