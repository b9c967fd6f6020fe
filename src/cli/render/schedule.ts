/** Schedules for the terminal: when they come, and what became of every slot. Pure. */
import type { OperationOutput, Schedule, ScheduleDetail, Slot } from '../../contract/index.ts'
import { type Colors, printable } from '../terminal.ts'
import { renderTable } from './table.ts'

const slotColors: Readonly<Record<Slot['state'], 'green' | 'red' | 'dim' | 'yellow'>> = {
  running: 'yellow',
  waiting: 'yellow',
  accepted: 'green',
  empty: 'dim',
  failed: 'red',
  missed: 'red',
}

/** Lists schedules, one a line. */
export function renderSchedules(schedules: readonly Schedule[], colors: Colors): string {
  if (schedules.length === 0) return 'no schedules yet; `drawbridge schedule create --help` shows how to begin'
  return renderTable([
    ['NAME', 'ROUTE', 'CRON', 'NEXT', 'LAST'].map(colors.dim),
    ...schedules.map((schedule) => [
      colors.bold(schedule.name),
      schedule.route,
      `${printable(schedule.cron)} ${printable(schedule.timeZone)}`,
      schedule.state === 'paused' ? colors.yellow('paused') : (schedule.nextAt ?? 'never'),
      lastText(schedule, colors),
    ]),
  ])
}

function lastText({ lastSlot, missed }: Schedule, colors: Colors): string {
  const last = lastSlot === undefined ? 'not yet' : colors[slotColors[lastSlot.state]](lastSlot.state)
  return missed === 0 ? last : `${last}, ${colors.red(`${missed} missed`)}`
}

/** Draws one schedule with its slots, the newest first. */
export function renderSchedule(schedule: ScheduleDetail, colors: Colors): string {
  const { folder, pattern, report, catchUp, owner, slots, next, timeZone } = schedule
  const facts = renderTable([
    [`  ${colors.dim('files')}`, `${printable(pattern)} in ${printable(folder)}`],
    [`  ${colors.dim('report')}`, printable(report)],
    [`  ${colors.dim('after an outage')}`, catchUp],
    [`  ${colors.dim('for')}`, printable(owner.displayName ?? owner.subject)],
    ...next.map((at, index) => [`  ${colors.dim(index === 0 ? 'next' : '')}`, momentText(at, timeZone)]),
  ])
  const lines = slots.map((slot) => [
    slot.at,
    colors[slotColors[slot.state]](slot.state),
    slot.kind === 'manual' ? 'by hand' : '',
    slot.delivery ?? '',
    slot.reason === undefined ? '' : colors.dim(printable(slot.reason)),
  ])
  return [renderSchedules([schedule], colors), facts, ...(lines.length === 0 ? [] : ['', renderTable(lines)])].join(
    '\n',
  )
}

/** Lists moments that come, each as clocks there show it. */
export function renderMoments({ next, timeZone }: OperationOutput<'schedule.preview'>): string {
  if (next.length === 0) return 'there is no such moment any more'
  return next.map((at) => momentText(at, timeZone)).join('\n')
}

/** `2026-12-01T05:00:00.000Z` and, beside it, what clocks in the time zone show. */
function momentText(at: string, timeZone: string): string {
  const local = new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'full', timeStyle: 'short' })
  return `${at}  ${local.format(new Date(at))} in ${timeZone}`
}
