/** The operations on schedules, as rows of the one table. */
import { z } from 'zod'
import { name } from './connection.ts'
import { defineOperation } from './operation.ts'
import { schedule, scheduleDetail, scheduleInput } from './schedule.ts'

const byName = z.object({ name })

export const scheduleOperations = {
  'schedule.create': defineOperation({
    name: 'schedule.create',
    summary: 'Delivers the new files of a folder by the clock, in the name of whoever is signed in.',
    right: 'connect',
    http: { method: 'POST', path: '/schedules' },
    cli: {
      words: ['schedule', 'create'],
      example:
        'drawbridge schedule create monthly --route audit --folder /srv/reports --cron "0 6 1 * *" --time-zone Europe/Berlin',
    },
    input: scheduleInput,
    output: schedule,
    errors: ['already-exists', 'not-found', 'claim-missing', 'report-unreadable'],
  }),
  'schedule.preview': defineOperation({
    name: 'schedule.preview',
    summary: 'Tells the next moments that a cron pattern names in a time zone, before a schedule is made of it.',
    right: 'view',
    http: { method: 'POST', path: '/schedules/preview' },
    cli: {
      words: ['schedule', 'preview'],
      example: 'drawbridge schedule preview "0 6 1 * *" --time-zone Europe/Berlin',
    },
    input: scheduleInput.pick({ cron: true, timeZone: true }).extend({
      count: z.coerce.number().int().min(1).max(20).default(5),
    }),
    output: z.object({ timeZone: z.string(), next: z.array(z.iso.datetime()) }),
    errors: [],
  }),
  'schedule.list': defineOperation({
    name: 'schedule.list',
    summary: 'Lists the schedules with their next and their last slot.',
    right: 'view',
    http: { method: 'GET', path: '/schedules' },
    cli: { words: ['schedule', 'list'], example: 'drawbridge schedule list' },
    input: z.object({}),
    output: z.object({ schedules: z.array(schedule) }),
    errors: [],
  }),
  'schedule.show': defineOperation({
    name: 'schedule.show',
    summary: 'Shows one schedule with its newest slots: what was delivered, what was missed, what waits.',
    right: 'view',
    http: { method: 'GET', path: '/schedules/{name}' },
    cli: { words: ['schedule', 'show'], example: 'drawbridge schedule show monthly' },
    input: byName,
    output: scheduleDetail,
    errors: ['not-found'],
  }),
  'schedule.pause': defineOperation({
    name: 'schedule.pause',
    summary: 'Pauses a schedule. Slots that pass meanwhile are not missed: they do not happen.',
    right: 'operate',
    http: { method: 'POST', path: '/schedules/{name}/pause' },
    cli: { words: ['schedule', 'pause'], example: 'drawbridge schedule pause monthly' },
    input: byName,
    output: schedule,
    errors: ['not-found'],
  }),
  'schedule.resume': defineOperation({
    name: 'schedule.resume',
    summary: 'Lets a paused schedule go on with the next slot.',
    right: 'operate',
    http: { method: 'POST', path: '/schedules/{name}/resume' },
    cli: { words: ['schedule', 'resume'], example: 'drawbridge schedule resume monthly' },
    input: byName,
    output: schedule,
    errors: ['not-found'],
  }),
  'schedule.run': defineOperation({
    name: 'schedule.run',
    summary: 'Runs a schedule now, as a slot of its own; what the clock planned stays as it is.',
    right: 'operate',
    http: { method: 'POST', path: '/schedules/{name}/run' },
    cli: { words: ['schedule', 'run'], example: 'drawbridge schedule run monthly' },
    input: byName,
    output: scheduleDetail,
    errors: ['not-found'],
  }),
  'schedule.catchup': defineOperation({
    name: 'schedule.catchup',
    summary: 'Runs slots of a schedule that were missed, the earliest first. Those that are not named stay missed.',
    right: 'operate',
    http: { method: 'POST', path: '/schedules/{name}/catch-up' },
    cli: { words: ['schedule', 'catch-up'], example: 'drawbridge schedule catch-up monthly --all' },
    input: byName.extend({
      /** The moments of missed slots; `all`: the earliest hundred of them. */
      slots: z.union([z.literal('all'), z.array(z.iso.datetime()).min(1).max(100)]),
    }),
    output: scheduleDetail,
    errors: ['not-found'],
  }),
  'schedule.remove': defineOperation({
    name: 'schedule.remove',
    summary: 'Removes a schedule with its slots. Deliveries that it made go on.',
    right: 'connect',
    http: { method: 'DELETE', path: '/schedules/{name}' },
    cli: { words: ['schedule', 'remove'], example: 'drawbridge schedule remove monthly' },
    input: byName,
    output: schedule,
    errors: ['not-found'],
  }),
} as const
