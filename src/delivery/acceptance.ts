/**
 * Taking a report in: its files are read to their ends, and with the acceptance the delivery is durable. What follows is the
 * worker's business.
 */
import { type Clock, DrawbridgeError, newTimedId, type Random } from '../base/index.ts'
import type { Delivery, Route } from '../contract/index.ts'
import { type BeginningParts, prepareBeginning } from './begin.ts'
import { acceptedEntry } from './entries.ts'
import { checkPeriod, keyedId } from './keys.ts'
import { packageFiles } from './plan.ts'
import {
  type DeliveryRecord,
  describeDelivery,
  type SpooledFile,
  type TargetIdentity,
  type TargetRecord,
} from './record.ts'
import { checkFileName, checkReportName } from './report-names.ts'
import { acceptedRecord, type DeliveryRepository, type NewDelivery } from './repository.ts'
import { requireRoom } from './room.ts'
import type { Spool, TakenReport } from './spool/spool.ts'
import type { Person } from './target-access.ts'

/** What reports are taken in with. */
export interface AcceptanceParts extends BeginningParts {
  readonly clock: Clock
  readonly random: Random
  readonly repository: DeliveryRepository
  readonly spool: Spool
  /** Called when something became due: `worker.wake()`. */
  readonly wake: () => void
}

/** What `accept` is told, as `delivery.create` of the contract has it. */
export interface AcceptInput {
  readonly route: string
  readonly report?: string | undefined
  readonly period?: string | undefined
  readonly idempotencyKey?: string | undefined
  /** Files that were taken in before. */
  readonly uploads?: readonly string[] | undefined
  /** Files that come with the acceptance, behind the uploads. Small ones cost no step of their own this way. */
  readonly files?: readonly HandedFile[] | undefined
}

/** A file that is handed over with the acceptance of its report. */
export interface HandedFile {
  readonly name: string
  readonly source: AsyncIterable<Uint8Array>
}

/** In whose name which report is accepted, and where it is to go. */
interface Asked {
  readonly tenant: string
  readonly person: Person
  readonly route: Route
  readonly input: AcceptInput
  /** True: a probe, and no report. */
  readonly isCanary?: boolean
}

/** The files of a report, and the bytes of those that are nowhere else yet. */
interface TakenFiles {
  readonly files: readonly SpooledFile[]
  readonly handed: readonly (Uint8Array | null)[]
}

/** Reads a file to its end. A large one is in the spool then, and on record; a small one is nowhere but here. */
export async function takeIn(
  parts: AcceptanceParts,
  tenant: string,
  name: string,
  source: AsyncIterable<Uint8Array>,
): Promise<TakenReport> {
  const { repository, spool, clock, random } = parts
  const taken = await spool.take(newTimedId('upl', clock.now(), random), checkFileName(name), source)
  if (taken.bytes !== null) return taken
  try {
    await repository.addUpload(tenant, taken.file, null)
  } catch (error) {
    await spool.remove(taken.file.upload)
    throw error
  }
  return taken
}

/** Accepts a report on a route; see `DeliveryService.accept`. */
export async function acceptOn(parts: AcceptanceParts, asked: Asked): Promise<Delivery> {
  const { repository, wake } = parts
  const { tenant, route, input, isCanary = false } = asked
  const taken = await takeFiles(parts, tenant, input)
  if ('earlier' in taken) return describeDelivery(taken.earlier)
  const { files, handed } = taken
  await requireRoom(parts, tenant, route, files)
  const fresh = { ...(await draft(parts, asked, files)), isCanary }
  const beginning = await prepareBeginning(parts, fresh, handed)
  const delivery = beginning?.delivery ?? fresh
  const entries = [acceptedEntry(delivery)]
  const accepted = await repository.accept(delivery, entries, handed, beginning?.hold).catch((error: unknown) => {
    beginning?.leave()
    throw error
  })
  if (!accepted.isNew) {
    beginning?.leave()
    return describeDelivery(sameReport(accepted.earlier, files))
  }
  const { acceptedAt } = accepted
  if (beginning === null) wake()
  else beginning.begin(acceptedAt)
  return describeDelivery(acceptedRecord(delivery, acceptedAt))
}

async function takeFiles(
  parts: AcceptanceParts,
  tenant: string,
  { uploads = [], files = [], idempotencyKey }: AcceptInput,
): Promise<TakenFiles | { earlier: DeliveryRecord }> {
  const { repository } = parts
  if (uploads.length + files.length === 0) throw noFiles()
  const found = uploads.length === 0 ? [] : await findUploads(parts, tenant, uploads)
  const handed: TakenReport[] = []
  for (const { name, source } of files) handed.push(await takeIn(parts, tenant, name, source))
  const all = [...found.map(({ file }) => file), ...handed.map(({ file }) => file)]
  if (idempotencyKey !== undefined) {
    const earlier = await repository.byIdempotencyKey(tenant, idempotencyKey)
    if (earlier !== null) return { earlier: sameReport(earlier, all) }
  }
  const owned = found.find(({ delivery }) => delivery !== null)
  if (owned !== undefined) throw uploadTaken(owned.file.upload)
  if (new Set(uploads).size !== uploads.length) throw uploadTaken('the same upload')
  return { files: all, handed: [...found.map(() => null), ...handed.map(({ bytes }) => bytes)] }
}

async function findUploads(
  parts: AcceptanceParts,
  tenant: string,
  uploads: readonly string[],
): Promise<{ file: SpooledFile; delivery: string | null }[]> {
  const known = await parts.repository.uploads(tenant, uploads)
  return uploads.map((id) => {
    const found = known.find((upload) => upload.file.upload === id)
    if (found === undefined) throw notFound(`there is no upload \`${id.slice(0, 64)}\``)
    return found
  })
}

async function draft(
  parts: AcceptanceParts,
  { tenant, person, route, input }: Asked,
  files: readonly SpooledFile[],
): Promise<NewDelivery> {
  const { access, clock, random } = parts
  const [first] = files
  if (first === undefined) throw new TypeError('a report has at least one file')
  const report = checkReportName(input.report ?? first.name)
  const period = checkPeriod(input.period ?? clock.now().toISOString().slice(0, 7))
  const id =
    input.idempotencyKey === undefined ? newTimedId('dlv', clock.now(), random) : keyedId(tenant, input.idempotencyKey)
  // What no package can carry is refused now and not at the first attempt.
  if (files.length > 1) packageFiles({ id, report, period, files, acceptedAt: clock.now().toISOString() })
  const targets = await Promise.all(
    route.targets.map(async (connection, position) =>
      newTarget(connection, position, await access.identityFor(tenant, connection, person), clock),
    ),
  )
  return {
    id,
    tenant,
    route: route.name,
    policy: route.policy,
    report,
    period,
    idempotencyKey: input.idempotencyKey ?? null,
    actor: person.actor,
    claims: person.claims,
    files,
    targets,
  }
}

function newTarget(connection: string, position: number, identity: TargetIdentity, clock: Clock): TargetRecord {
  return {
    connection,
    position,
    state: 'waiting',
    identity,
    attempts: 0,
    faults: 0,
    availableAt: clock.now().toISOString(),
    items: [],
    level: null,
    deliveredAt: null,
    reason: null,
    diagnosis: null,
    entry: null,
    receipt: 'none',
    sidecar: 'none',
    sidecarAttempts: 0,
    facts: null,
  }
}

function sameReport(record: DeliveryRecord, files: readonly SpooledFile[]): DeliveryRecord {
  const isSame =
    record.files.length === files.length && record.files.every((file, index) => file.sha256 === files[index]?.sha256)
  if (isSame) return record
  throw new DrawbridgeError({
    code: 'input-invalid',
    message: `the idempotency key belongs to \`${record.id}\`, which has other bytes`,
    help: 'use a key of its own for every report',
  })
}

function noFiles(): DrawbridgeError {
  return new DrawbridgeError({
    code: 'input-invalid',
    message: 'a report has at least one file',
    help: 'name `uploads` that were made before, or hand `files` over',
  })
}

function uploadTaken(upload: string): DrawbridgeError {
  return new DrawbridgeError({
    code: 'input-invalid',
    message: `\`${upload}\` belongs to another delivery or stands twice in the list`,
    help: 'upload the file again, or use an idempotency key to ask for the same delivery twice',
  })
}

/** What was asked for is not there, or is another tenant's. */
export function notFound(message: string): DrawbridgeError {
  return new DrawbridgeError({ code: 'not-found', message })
}
