/**
 * Cron patterns with a time zone: which moments they name. Five fields, so never more often than once a minute. Where
 * the clock jumps forward, a fixed time in the gap is due at the first moment after it; where it goes back, a fixed time is
 * due once, the first time round; patterns that run every hour or minute follow real time.
 */
import { Cron } from 'croner'
import { DrawbridgeError } from '../../base/index.ts'

/** Checks a pattern and a time zone. @throws input-invalid */
export function checkCron(pattern: string, timeZone: string): void {
  if (pattern.trim().split(/\s+/).length !== 5) {
    throw invalid(
      `\`${pattern}\` is no cron pattern of five fields`,
      'minute, hour, day of the month, month, day of the week: `0 6 1 * *` is six in the morning of the first',
    )
  }
  const zone = zoneProblem(timeZone)
  if (zone) throw invalid(`\`${timeZone}\` is no time zone`, 'a name such as `Europe/Berlin`, or `UTC`')
  let next: Date | null
  try {
    next = nextAfter(pattern, timeZone, new Date('2024-01-01T00:00:00Z'))
  } catch (cause) {
    throw new DrawbridgeError({
      code: 'input-invalid',
      message: `\`${pattern}\` is no cron pattern`,
      help: 'minute 0-59, hour 0-23, day 1-31, month 1-12, day of the week 0-7; `*`, `1,15`, `1-5`, `*/10`, `L`',
      cause,
    })
  }
  if (next === null) throw invalid(`\`${pattern}\` names no moment at all`, 'there is no such day')
}

/** The first moment after `after`; null when there is none. */
export function nextAfter(pattern: string, timeZone: string, after: Date): Date | null {
  return new Cron(pattern, { timezone: timeZone, paused: true }).nextRun(after)
}

/** The first `count` moments after `after`; fewer where there are no more. */
export function slotsAfter(pattern: string, timeZone: string, after: Date, count: number): Date[] {
  return new Cron(pattern, { timezone: timeZone, paused: true }).nextRuns(count, after)
}

/** The moments after `after` up to and with `until`, the earliest first; at most `limit`. */
export function slotsBetween(pattern: string, timeZone: string, after: Date, until: Date, limit: number): Date[] {
  const cron = new Cron(pattern, { timezone: timeZone, paused: true })
  const slots: Date[] = []
  let last = after
  while (slots.length < limit) {
    const next = cron.nextRun(last)
    if (next === null || next > until) break
    slots.push(next)
    last = next
  }
  return slots
}

function zoneProblem(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
    return false
  } catch {
    return true
  }
}

function invalid(message: string, help: string): DrawbridgeError {
  return new DrawbridgeError({ code: 'input-invalid', message, help })
}
