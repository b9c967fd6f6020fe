/**
 * The clock's turn over all schedules: every slot that came is decided about once, whoever looks, and what was decided to
 * run is run. The slot's row is the truth; a turn may be taken by any number of processes at the same time.
 */
import type { Clock } from '../../base/index.ts'
import { scheduleEntry } from '../entries.ts'
import { nextAfter } from './cron.ts'
import { dueSlots } from './due.ts'
import type { ScheduleRecord, SlotClaim, SlotEnd } from './repository.ts'
import { runSlot, type SlotTools, slotLeaseMs } from './run-slot.ts'

/** What a scheduler works with. */
export interface SchedulerParts extends SlotTools {
  readonly clock: Clock
  readonly tenant: string
  /** Names this process in its claims. */
  readonly worker: string
  /** Called when a slot could not even be written down; its lease runs out. Must not throw. */
  readonly onFault: (schedule: string, error: unknown) => void
}

/** Runs schedules. */
export class Scheduler {
  readonly #parts: SchedulerParts

  constructor(parts: SchedulerParts) {
    this.#parts = parts
  }

  /** Decides and runs what is due, and tells after how many milliseconds to look again. */
  async turn(signal: AbortSignal): Promise<number> {
    const { schedules, tenant, clock } = this.#parts
    const all = (await schedules.list(tenant)).filter((schedule) => !schedule.isPaused)
    for (const schedule of all) {
      if (signal.aborted) break
      await this.#look(schedule, signal)
    }
    const now = clock.now()
    const due = all.flatMap(({ cron, timeZone }) => nextAfter(cron, timeZone, now) ?? [])
    const left = await schedules.nextLeftAt(tenant)
    const next = [...due, ...(left === null ? [] : [left])].map((date) => date.getTime())
    return Math.min(60_000, ...next.map((time) => Math.max(0, time - now.getTime())))
  }

  /** Runs a schedule now, as a slot of its own. */
  async runNow(schedule: ScheduleRecord): Promise<SlotEnd> {
    const { schedules, clock, worker } = this.#parts
    // A slot of this very millisecond may stand already: the clock's own, or somebody else's.
    for (let time = clock.now().getTime(); ; time++) {
      const claim = await schedules.begin(schedule, new Date(time).toISOString(), 'manual', worker, slotLeaseMs)
      if (claim !== null) return await runSlot(this.#parts, schedule, claim)
    }
  }

  /** Runs what is left to do of a schedule and due, the earliest slot first: what waits, or was asked to be caught up. */
  async runLeft(schedule: ScheduleRecord): Promise<void> {
    const { schedules, worker } = this.#parts
    const claims = await schedules.claimLeft(schedule, worker, slotLeaseMs)
    for (const claim of claims.toSorted((one, other) => one.at.localeCompare(other.at))) {
      await this.#run(schedule, claim)
    }
  }

  async #look(schedule: ScheduleRecord, signal: AbortSignal): Promise<void> {
    const { schedules, clock, worker } = this.#parts
    await this.runLeft(schedule)
    const handledUntil = new Date(schedule.handledUntil)
    const { run, missed } = dueSlots({ ...schedule, handledUntil }, clock.now())
    if (missed.length > 0) await this.#miss(schedule, missed)
    for (const slot of run) {
      if (signal.aborted) return
      const claim = await schedules.begin(schedule, slot.toISOString(), 'planned', worker, slotLeaseMs)
      if (claim !== null) await this.#run(schedule, claim)
    }
  }

  async #miss(schedule: ScheduleRecord, missed: readonly Date[]): Promise<void> {
    const slots = missed.map((slot) => slot.toISOString())
    const facts = { first: slots[0] ?? '', last: slots.at(-1) ?? '', count: slots.length, catchUp: schedule.catchUp }
    await this.#parts.schedules.miss(schedule, slots, [scheduleEntry(schedule.name, 'schedule.missed', facts)])
  }

  async #run(schedule: ScheduleRecord, claim: SlotClaim): Promise<void> {
    try {
      await runSlot(this.#parts, schedule, claim)
    } catch (error) {
      this.#parts.onFault(schedule.name, error)
    }
  }
}
