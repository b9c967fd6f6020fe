/** The operations on schedules, and the loop that runs them in a server. */
import { isAbsolute, resolve, sep } from 'node:path'
import type { z } from 'zod'
import { DrawbridgeError, newId } from '../base/index.ts'
import { Loop } from '../connection/index.ts'
import type { OperationOutput, operations, Schedule, ScheduleDetail } from '../contract/index.ts'
import {
  checkCron,
  checkReportName,
  nextAfter,
  personOfSchedule,
  type ScheduleRecord,
  slotsAfter,
} from '../delivery/index.ts'
import type { Caller } from './caller.ts'
import { entryOf } from './evidence.ts'
import type { House } from './house.ts'
import { findRoute } from './route.ts'

/** How many slots are shown. */
const shownSlots = 50
/** How many moments that come are shown. */
const shownMoments = 5
/** So many slots of a schedule are kept. */
const keptSlots = 1_000
/** Slots that one call catches up. */
const slotsAtOnce = 100

/** Makes the loop over a house's schedules, and over the canaries of its routes; not started. */
export function makeScheduleLoop(
  house: House,
  onFault: (error: unknown) => void,
  canaries: () => Promise<number>,
): Loop {
  return new Loop({
    clock: house.clock,
    onFault,
    turn: async (signal) => Math.min(await house.scheduler.turn(signal), await canaries()),
  })
}

/** Makes a schedule, after trying everything that would fail at its first slot. */
export async function createSchedule(
  house: House,
  caller: Caller,
  input: z.output<(typeof operations)['schedule.create']['input']>,
): Promise<Schedule> {
  const { cron, timeZone, catchUp, pattern } = input
  checkCron(cron, timeZone)
  const folder = allowedFolder(house, caller, input.folder)
  const now = house.clock.now().toISOString()
  const record: ScheduleRecord = {
    id: newId('sch', house.random),
    tenant: house.tenant,
    name: input.name,
    route: input.route,
    ...{ folder, pattern, cron, timeZone, catchUp },
    report: checkReportName(input.report ?? input.name),
    owner: caller.actor,
    claims: caller.claims,
    createdAt: now,
    isPaused: false,
    handledUntil: now,
  }
  const { targets } = await findRoute(house, input.route)
  for (const target of targets) await house.deliveries.tryIdentity(house.tenant, target, personOfSchedule(record))
  const facts = { schedule: record.name, route: record.route, cron, timeZone, catchUp }
  await house.schedules.add(record, [entryOf(caller, 'schedule.created', record.id, facts)])
  return await describe(house, record)
}

/**
 * Refuses folders that the caller may not have read. Whoever is at the machine may; somebody who signs in from elsewhere
 * could otherwise have any file of the server delivered.
 */
function allowedFolder(house: House, caller: Caller, folder: string): string {
  const dated = folder.replaceAll(/\{(?:year|month|day)\}/g, '0')
  if (!isAbsolute(folder) || resolve(dated) !== dated.replace(/\/+$/, '') || folder.includes('\0')) {
    throw new DrawbridgeError({
      code: 'input-invalid',
      message: `\`${folder.slice(0, 200)}\` is no whole path of a folder`,
      help: 'write it from the root on, without `..`',
    })
  }
  const isInside = (allowed: string): boolean => folder === allowed || folder.startsWith(allowed.replace(/\/*$/, sep))
  if (caller.actor.kind === 'operator' || house.scheduleFolders.some(isInside)) return folder.replace(/\/+$/, '')
  throw new DrawbridgeError({
    code: 'forbidden',
    message: `schedules may not read \`${folder.slice(0, 200)}\``,
    help: 'the operator names the folders that may be read in `schedules.folders`',
  })
}

export async function listSchedules(house: House): Promise<OperationOutput<'schedule.list'>> {
  const records = await house.schedules.list(house.tenant)
  return { schedules: await Promise.all(records.map((record) => describe(house, record))) }
}

/** Finds a schedule of the tenant. @throws not-found */
async function findSchedule(house: House, name: string): Promise<ScheduleRecord> {
  const record = await house.schedules.byName(house.tenant, name)
  if (record !== null) return record
  throw new DrawbridgeError({
    code: 'not-found',
    message: `there is no schedule \`${name}\``,
    help: '`drawbridge schedule list` names them all',
  })
}

export async function showSchedule(house: House, name: string): Promise<ScheduleDetail> {
  return await inDetail(house, await findSchedule(house, name))
}

/** Tells what a pattern means before anything is made of it. @throws input-invalid */
export function previewSchedule(
  house: House,
  { cron, timeZone, count }: { readonly cron: string; readonly timeZone: string; readonly count: number },
): OperationOutput<'schedule.preview'> {
  checkCron(cron, timeZone)
  return { timeZone, next: momentsOf(house, { cron, timeZone }, count) }
}

/** Pauses a schedule, or lets it go on: what passed while it was paused counts as decided about. */
export async function setPaused(house: House, caller: Caller, name: string, isPaused: boolean): Promise<Schedule> {
  const record = await findSchedule(house, name)
  if (record.isPaused !== isPaused) {
    const action = isPaused ? 'schedule.paused' : 'schedule.resumed'
    const until = isPaused ? record.handledUntil : house.clock.now().toISOString()
    const entry = entryOf(caller, action, record.id, { schedule: name })
    await house.schedules.setPaused(record, isPaused, until, [entry])
  }
  return await describe(house, await findSchedule(house, name))
}

/** Runs a schedule now. What became of it stands in its newest slot. */
export async function runSchedule(house: House, caller: Caller, name: string): Promise<ScheduleDetail> {
  const record = await findSchedule(house, name)
  await house.record([entryOf(caller, 'schedule.run', record.id, { schedule: name })])
  await house.scheduler.runNow(record)
  return await showSchedule(house, name)
}

/**
 * Runs slots that were missed, because somebody asked for them: the earliest first, at most a hundred at a time. They are
 * made due before, so that what a crash leaves is run by whoever looks next.
 * @throws not-found
 * @throws input-invalid — one of them is no missed slot, any more or at all
 */
export async function catchUp(
  house: House,
  caller: Caller,
  name: string,
  wanted: 'all' | readonly string[],
): Promise<ScheduleDetail> {
  const record = await findSchedule(house, name)
  const kept = await house.schedules.slots(record, keptSlots)
  const missed = kept.filter(({ state }) => state === 'missed').map(({ at }) => at)
  const slots = wanted === 'all' ? missed.toReversed().slice(0, slotsAtOnce) : wanted.map(moment)
  const stranger = slots.find((slot) => !missed.includes(slot))
  if (stranger !== undefined || slots.length === 0) {
    throw new DrawbridgeError({
      code: 'input-invalid',
      message: `\`${name}\` missed ${stranger === undefined ? 'no slot' : `no slot \`${stranger}\``}`,
      help: `\`drawbridge schedule show ${name}\` shows what became of every slot`,
    })
  }
  const facts = { schedule: name, count: String(slots.length), first: slots[0] ?? '', last: slots.at(-1) ?? '' }
  await house.schedules.revive(record, slots, [entryOf(caller, 'schedule.caught-up', record.id, facts)])
  await house.scheduler.runLeft(record)
  return await showSchedule(house, name)
}

/** As a slot's row writes it, whoever wrote it with fewer digits. */
function moment(text: string): string {
  return new Date(text).toISOString()
}

/** Removes a schedule and tells what it was. */
export async function removeSchedule(house: House, caller: Caller, name: string): Promise<Schedule> {
  const record = await findSchedule(house, name)
  const described = await describe(house, record)
  await house.schedules.remove(record, [entryOf(caller, 'schedule.removed', record.id, { schedule: name })])
  return described
}

async function inDetail(house: House, record: ScheduleRecord): Promise<ScheduleDetail> {
  const slots = await house.schedules.slots(record, shownSlots)
  const next = record.isPaused ? [] : momentsOf(house, record, shownMoments)
  return { ...(await describe(house, record)), slots, next }
}

function momentsOf(house: House, { cron, timeZone }: Pick<Schedule, 'cron' | 'timeZone'>, count: number): string[] {
  return slotsAfter(cron, timeZone, house.clock.now(), count).map((slot) => slot.toISOString())
}

async function describe(house: House, record: ScheduleRecord): Promise<Schedule> {
  const { tenant: _tenant, claims: _claims, isPaused, handledUntil: _handledUntil, ...shown } = record
  const [last] = await house.schedules.slots(record, 1)
  const nextAt = isPaused ? null : nextAfter(record.cron, record.timeZone, house.clock.now())
  return {
    ...shown,
    state: isPaused ? 'paused' : 'active',
    nextAt: nextAt?.toISOString() ?? null,
    ...(last === undefined ? {} : { lastSlot: last }),
    missed: await house.schedules.missedCount(record),
  }
}
