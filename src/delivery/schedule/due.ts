/** Which slots of a schedule are run now, and which are written down as missed. Pure. */
import type { CatchUp } from '../../contract/index.ts'
import { slotsBetween } from './cron.ts'

/** A slot is late, and so a matter of catching up, when it is older than this. */
export const graceMs = 5 * 60_000

/** More slots than this are looked at in several turns. */
const maximumSlots = 1_000

/** What to do about the slots since the last look. */
export interface DueSlots {
  readonly run: readonly Date[]
  readonly missed: readonly Date[]
}

/** What the decision depends on. */
export interface DueSchedule {
  readonly cron: string
  readonly timeZone: string
  readonly catchUp: CatchUp
  /** Every slot up to this moment has been decided about. */
  readonly handledUntil: Date
}

/** Decides about every slot since the last look, in order; each is in one of the two lists. */
export function dueSlots({ cron, timeZone, catchUp, handledUntil }: DueSchedule, now: Date): DueSlots {
  const slots = slotsBetween(cron, timeZone, handledUntil, now, maximumSlots)
  if (catchUp === 'all') return { run: slots, missed: [] }
  const isPunctual = (slot: Date): boolean => now.getTime() - slot.getTime() <= graceMs
  // More of them follow in the next turn: none of these is the last.
  const last = slots.length < maximumSlots ? slots.at(-1) : undefined
  const run = slots.filter((slot) => isPunctual(slot) || (catchUp === 'last' && slot === last))
  return { run, missed: slots.filter((slot) => !run.includes(slot)) }
}
