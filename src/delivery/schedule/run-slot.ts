/**
 * One slot, claimed: the new files of the folder become one report, under an idempotency key that names the slot. Whatever
 * crashes in between, there is never a second delivery of a slot.
 */
import { type Clock, DrawbridgeError } from '../../base/index.ts'
import { scheduleEntry } from '../entries.ts'
import type { DeliveryRepository } from '../repository.ts'
import type { DeliveryService } from '../service.ts'
import type { Person } from '../target-access.ts'
import { type FileMark, listFiles, readUnchanged } from './folder.ts'
import type { ScheduleRecord, ScheduleRepository, SlotClaim, SlotEnd } from './repository.ts'
import { placed } from './slot-date.ts'

/** What slots are run with. */
export interface SlotTools {
  readonly clock: Clock
  readonly schedules: ScheduleRepository
  readonly repository: DeliveryRepository
  readonly service: DeliveryService
}

export const slotLeaseMs = 5 * 60_000
const renewMs = 60_000
const maximumFiles = 1_000
/** A file that is written while it is read is read again so many times. */
const maximumReadings = 3
/** Attempts at a slot before it is given up: with the pauses between them, about five hours. */
const maximumAttempts = 12
const retryBaseMs = 30_000
const retryCapMs = 30 * 60_000

/** Runs a claimed slot to an end that is written down. Rejects only when that can not be written. */
export async function runSlot(tools: SlotTools, schedule: ScheduleRecord, claim: SlotClaim): Promise<SlotEnd> {
  const { clock, schedules } = tools
  const outcome = await attempt(tools, schedule, claim).catch((error: unknown): Attempted => {
    if (!(error instanceof DrawbridgeError) || error.operation?.startsWith('state.')) throw error
    return { end: failure(error, claim, clock.now()), files: [] }
  })
  const { end, files } = outcome
  const entries =
    end.state === 'failed'
      ? [scheduleEntry(schedule.name, 'schedule.failed', { slot: claim.at, reason: end.reason ?? '' })]
      : []
  await schedules.end(schedule, claim, end, files, entries)
  return end
}

interface Attempted {
  readonly end: SlotEnd
  readonly files: readonly FileMark[]
}

async function attempt(tools: SlotTools, schedule: ScheduleRecord, claim: SlotClaim): Promise<Attempted> {
  const { repository, schedules } = tools
  const idempotencyKey = `schedule:${schedule.id}:${claim.at}`
  const { folder, pattern, period } = placed(schedule, new Date(claim.at))
  const earlier = await repository.byIdempotencyKey(schedule.tenant, idempotencyKey)
  const found = await listFiles(folder, pattern)
  const known = await schedules.deliveredFiles(schedule)
  const fresh = found.filter((file) => !isSame(file, known.get(pathOf(folder, file))))
  if (earlier !== null) {
    // A crash came after the acceptance. What was accepted is known by its bytes; the marks of now may be newer.
    const names = new Set(earlier.files.map((file) => file.name))
    const taken = fresh.filter((file) => names.has(file.path))
    return accepted(earlier.id, earlier.files.length, folder, taken)
  }
  if (fresh.length === 0) return { end: { ...nothing, state: 'empty' }, files: [] }
  if (fresh.length > maximumFiles) throw tooMany(folder, fresh.length)
  const uploads: string[] = []
  const marks: FileMark[] = []
  for (const file of fresh) {
    const { upload, mark } = await takeFile(tools, schedule, claim, folder, file)
    uploads.push(upload)
    marks.push(mark)
  }
  const input = { route: schedule.route, report: schedule.report, period, idempotencyKey, uploads }
  const delivery = await tools.service.accept(schedule.tenant, personOf(schedule), input)
  return accepted(delivery.id, uploads.length, folder, marks)
}

const nothing = { files: 0, delivery: null, reason: null, retryAt: null } as const

function accepted(delivery: string, files: number, folder: string, marks: readonly FileMark[]): Attempted {
  return {
    end: { ...nothing, state: 'accepted', delivery, files },
    files: marks.map((mark) => ({ ...mark, path: pathOf(folder, mark) })),
  }
}

/** The folder may follow the slot's date, so that the path below it is not enough. */
function pathOf(folder: string, file: FileMark): string {
  return `${folder}/${file.path}`
}

function isSame(file: FileMark, known: FileMark | undefined): boolean {
  return known !== undefined && known.sizeBytes === file.sizeBytes && known.modifiedAt === file.modifiedAt
}

async function takeFile(
  tools: SlotTools,
  schedule: ScheduleRecord,
  claim: SlotClaim,
  folder: string,
  first: FileMark,
): Promise<{ upload: string; mark: FileMark }> {
  let mark = first
  for (let reading = 1; ; reading++) {
    try {
      const bytes = keepingClaim(tools, claim, readUnchanged(folder, mark))
      const { upload } = await tools.service.upload(schedule.tenant, mark.path, bytes)
      return { upload, mark }
    } catch (error) {
      const isChanged = error instanceof DrawbridgeError && error.operation === 'schedule.read'
      if (!isChanged || reading === maximumReadings) throw error
      mark = (await listFiles(folder, first.path)).find((file) => file.path === first.path) ?? mark
    }
  }
}

/** A large file takes longer than a lease. */
async function* keepingClaim(
  { clock, schedules }: SlotTools,
  claim: SlotClaim,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  let keptAt = clock.now().getTime()
  for await (const piece of bytes) {
    yield piece
    const now = clock.now().getTime()
    if (now - keptAt < renewMs) continue
    keptAt = now
    await schedules.keep(claim, slotLeaseMs)
  }
}

/** The schedule acts in its owner's identity, and says that it is a schedule. */
export function personOf({ name, owner, claims }: ScheduleRecord): Person {
  const actor = { kind: 'schedule', issuer: owner.issuer, subject: name, displayName: `schedule ${name}` } as const
  return { actor, claims: { sub: owner.subject, ...claims } }
}

function failure(error: DrawbridgeError, claim: SlotClaim, now: Date): SlotEnd {
  const { message: reason } = error
  if (error.retry === 'never' || claim.attempts + 1 >= maximumAttempts) return { ...nothing, state: 'failed', reason }
  const delayMs = Math.min(retryCapMs, retryBaseMs * 2 ** claim.attempts)
  return { ...nothing, state: 'waiting', reason, retryAt: new Date(now.getTime() + delayMs).toISOString() }
}

function tooMany(folder: string, count: number): DrawbridgeError {
  return new DrawbridgeError({
    code: 'input-invalid',
    message: `\`${folder}\` has ${count} new files, and a report has at most ${maximumFiles}`,
    help: 'narrow the pattern, or pack the files into one',
  })
}
