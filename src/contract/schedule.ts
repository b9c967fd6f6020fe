/** Schedules: which files are delivered when, and what became of every moment at which something was due. */
import { z } from 'zod'
import { name } from './connection.ts'
import { actor } from './delivery.ts'

/** What happens to the slots that came while nobody was there to run them: nothing, the last of them, or every one. */
export const catchUp = z.enum(['none', 'last', 'all'])
export type CatchUp = z.infer<typeof catchUp>

/**
 * `running` at work; `waiting` could not be done yet and is tried again; `accepted` a delivery was made of it; `empty`
 * no file was new; `failed` given up, with the reason; `missed` nobody was there, and the catch-up policy left it.
 */
export const slotState = z.enum(['running', 'waiting', 'accepted', 'empty', 'failed', 'missed'])

/** One moment of a schedule. There is at most one of each, whatever the number of workers. */
export const slot = z.object({
  at: z.iso.datetime(),
  /** `manual`: somebody asked for it by hand. */
  kind: z.enum(['planned', 'manual']),
  state: slotState,
  attempts: z.number().int(),
  /** How many files the report has. */
  files: z.number().int(),
  delivery: z.string().optional(),
  /** Why it failed, or waits: one line, lower case. */
  reason: z.string().optional(),
  endedAt: z.iso.datetime().optional(),
})
export type Slot = z.infer<typeof slot>

/** What is said of a schedule when it is made, and shown of it afterwards. */
const scheduleSettings = z.object({
  name,
  route: name,
  /** On the machine where the server runs. */
  folder: z.string().min(1).max(1000),
  /** Which files of the folder: `*.pdf`, `2026/**`. */
  pattern: z.string().min(1).max(200),
  /** Minute, hour, day of the month, month, day of the week. */
  cron: z.string().min(1).max(200),
  /** `Europe/Berlin`. */
  timeZone: z.string().min(1).max(64),
  catchUp,
  /** The report's name. */
  report: z.string().min(1).max(200),
})
const { pattern, timeZone, report } = scheduleSettings.shape

/** A schedule as it is asked for. */
export const scheduleInput = scheduleSettings.extend({
  pattern: pattern.default('*'),
  timeZone: timeZone.default('UTC'),
  catchUp: catchUp.default('last'),
  /** Absent: the schedule's name. */
  report: report.optional(),
})

export const schedule = scheduleSettings.extend({
  id: z.string(),
  state: z.enum(['active', 'paused']),
  /** In whose name it delivers. */
  owner: actor,
  createdAt: z.iso.datetime(),
  /** The next moment; null while it is paused, and when there is none. */
  nextAt: z.iso.datetime().nullable(),
  lastSlot: slot.optional(),
  /** Slots that were missed, of those that are kept. */
  missed: z.number().int(),
})
export type Schedule = z.infer<typeof schedule>

/** A schedule with its newest slots, and the moments that come. */
export const scheduleDetail = schedule.extend({
  slots: z.array(slot),
  /** The next five; none while it is paused. */
  next: z.array(z.iso.datetime()),
})
export type ScheduleDetail = z.infer<typeof scheduleDetail>
