/** The promises of delivery, checked at the end of a run against what was acknowledged and what stands in the buckets. */
import { createHash } from 'node:crypto'
import { DrawbridgeError } from '../../src/base/index.ts'
import type { DeliveryRecord, TargetRecord } from '../../src/delivery/index.ts'
import {
  EvidenceLog,
  exportPublicKeyPem,
  type HashReader,
  hashesForLeaf,
  leafHash,
  packSidecar,
  parseCheckpoint,
  parseEntry,
  type ReceiptFile,
  sidecarSuffix,
  treeHash,
  verifyLog,
  verifyReceiptAlone,
} from '../../src/evidence/index.ts'
import type { Bucket } from './bucket.ts'
import { type House, logOrigin, tenants } from './house.ts'
import { type BucketName, bucketNames } from './schedule.ts'

/** A promise that was broken. */
export interface Violation {
  readonly invariant: 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8' | 'I9'
  /** One line. */
  readonly what: string
}

interface Told {
  readonly tenant: string
  readonly action: string
  readonly subject: string
  readonly text: string
  readonly location: string
  readonly connection: string
  readonly key: string
}

/** Checks a house that has come to rest. */
export async function violationsOf(house: House): Promise<Violation[]> {
  const violations: Violation[] = []
  const say = (invariant: Violation['invariant'], what: string): void => {
    violations.push({ invariant, what })
  }
  for (const tenant of tenants) {
    const records = await house.state.deliveries.list(tenant, { limit: 100_000 })
    const told = await checkLog(house, tenant, say)
    checkAcknowledged(house, tenant, records, say)
    for (const record of records) {
      for (const target of record.targets) {
        await checkTarget({ house, record, target, told, say })
      }
      checkQuarantine(house, record, told, say)
    }
    checkStrangers(house, tenant, records, say)
    checkUploads(house, tenant, told, say)
  }
  checkSecrets(house, say)
  for (const what of house.history.early) say('I9', `${what}, was given out before it was durable`)
  for (const what of house.history.unrecorded) say('I5', `${what}, was sent before it was on record`)
  if (house.history.takenOver > 0) say('I8', 'work was taken from a worker that lived')
  for (const error of house.history.crashes) {
    if (!isExpectedCrash(error)) say('I8', `a worker met a fault of its own: ${String(error).slice(0, 200)}`)
  }
  return violations
}

type Say = (invariant: Violation['invariant'], what: string) => void

/** I1 and the uniqueness of keys: every acknowledged report has its delivery, every idempotency key one. */
function checkAcknowledged(house: House, tenant: string, records: readonly DeliveryRecord[], say: Say): void {
  const known = new Map(records.map((record) => [record.id, record]))
  for (const [id, report] of house.history.acknowledged) {
    if (report.tenant === tenant && !known.has(id)) say('I1', `\`${id}\` was acknowledged and is gone`)
  }
  const keyed = new Map<string, number>()
  for (const { tenant: owner, report } of records) {
    if (owner !== tenant) say('I7', `a list of ${tenant} shows a delivery of ${owner}`)
    const source = house.history.reports.get(`${tenant}/${report}`)
    if (source?.idempotencyKey != null) keyed.set(report, (keyed.get(report) ?? 0) + 1)
  }
  for (const [report, count] of keyed) if (count > 1) say('I2', `${report} was accepted ${count} times under one key`)
}

interface Look {
  readonly house: House
  readonly record: DeliveryRecord
  readonly target: TargetRecord
  readonly told: readonly Told[]
  readonly say: Say
}

async function checkTarget(look: Look): Promise<void> {
  const { house, record, target, told, say } = look
  const bucket = house.bucket(bucketName(record.tenant, target.connection))
  const at = `\`${record.id}\` at ${bucket.name}`
  const about = told.filter(({ subject }) => subject === record.id)
  const delivered = about.filter(
    ({ action, location }) => action === 'delivery.delivered' && location === bucket.location,
  )
  const isDelivered = target.state === 'delivered'
  if (delivered.length !== (isDelivered ? 1 : 0)) {
    say('I4', `${at} is ${target.state} and has ${delivered.length} entries of its delivery`)
  }
  if (isDelivered) return await checkObjects(look, bucket, at)
  const notDelivered = about.filter(({ connection, action }) => connection === target.connection && isEnd(action))
  if (target.state === 'skipped' || record.state === 'quarantined') return
  if (!wantedTargets(record).includes(target) && target.reason !== null) return
  if (target.state === 'waiting' && isHeld(bucket, target)) return
  if (isBehindHeld(house, record, target)) return
  if (target.state === 'waiting' || target.state === 'sending') return say('I8', `${at} never ended: ${target.state}`)
  if (target.reason === null || notDelivered.length === 0) say('I1', `${at} is ${target.state} for no reason`)
  if (!isExcused(house, bucket, target)) say('I1', `${at} is ${target.state} though nothing stood in its way`)
}

/** Of a failover route those up to the first that has the report. */
function wantedTargets({ policy, targets }: DeliveryRecord): readonly TargetRecord[] {
  const first = targets.findIndex(({ state }) => state === 'delivered')
  return policy === 'mirror' || first < 0 ? targets : targets.slice(0, first + 1)
}

function isEnd(action: string): boolean {
  return ['delivery.refused', 'delivery.failed', 'delivery.conflict'].includes(action)
}

/** A second write is refused without saying why, and something stands at the key: held for a human, with the reason. */
export function isHeld(bucket: Bucket, target: TargetRecord): boolean {
  if (!bucket.rights.refusesSecondWrite || target.reason === null) return false
  return target.items.some(({ key }) => bucket.objects.has(key))
}

/** A failover route does not pass a target at which the report may stand, whatever was tried behind it before. */
export function isBehindHeld(house: House, record: DeliveryRecord, target: TargetRecord): boolean {
  if (record.policy !== 'failover') return false
  return record.targets.some(
    (other) =>
      other.position < target.position &&
      other.state === 'waiting' &&
      isHeld(house.bucket(bucketName(record.tenant, other.connection)), other),
  )
}

/** Somebody else's object, or one that the way damaged, stands at the key; or the key of a refusing store is taken. */
function isExcused(house: House, bucket: Bucket, target: TargetRecord): boolean {
  return target.items.some(({ key }) => {
    if (house.history.occupied.get(bucket.name)?.has(key)) return true
    return bucket.objects.has(key) && (bucket.rights.refusesSecondWrite || bucket.rights.isLax)
  })
}

async function checkObjects({ house, record, target, say }: Look, bucket: Bucket, at: string): Promise<void> {
  const source = house.history.reports.get(`${record.tenant}/${record.report}`)
  if (source === undefined) return say('I7', `${at} is a report that nobody handed over`)
  for (const item of target.items) {
    const versions = bucket.objects.get(item.key) ?? []
    if (versions.length === 0) say('I1', `${at} counts as delivered and nothing stands at its key`)
    if (versions.length > 1) say('I2', `${at} has ${versions.length} versions of one key`)
    const expected = item.file === null ? null : source.files.get(record.files[item.file]?.name ?? '')
    const isSame = expected === null || versions.at(-1)?.bytes.equals(expected ?? Buffer.alloc(0)) === true
    // With nothing but the right to write, an object at the key after a doubtful request may be anybody's: the level says
    // so. Doubtful is also what a worker sent before it died or was stopped for longer than its lease.
    const isDoubtful =
      item.level === 'occupied' &&
      (house.way(bucket.name).doubted.has(item.key) || house.history.reclaimed.has(record.id))
    if (versions.length > 0 && !isSame && !isDoubtful) say('I3', `${at} holds other bytes than were accepted`)
    if (!isSame && isDoubtful) house.history.count('taken for ours, level occupied')
  }
  if (target.receipt !== 'made') return say('I8', `${at} has no receipt`)
  const receipt = await house.state.deliveries.receipt(record.tenant, record.id, target.connection)
  if (receipt === null) return say('I1', `${at} lost its receipt`)
  const wrong = await wrongOf(house, receipt)
  if (wrong !== null) return say('I9', `${at} has a receipt that does not verify: ${wrong}`)
  const [first] = target.items
  if (target.sidecar !== 'written' || record.files.length > 1 || first === undefined) return
  const copies = copiesOf(bucket, first.key)
  const isExcused = isCopyDoubtful({ house, record }, bucket, first.key)
  if (copies.length === 0 && !isExcused) return say('I1', `${at} has no copy of its receipt`)
  if (!isExcused && !copies.every((copy) => copy === packSidecar(receipt))) {
    say('I3', `${at} has another receipt beside it`)
  }
}

/**
 * A store that keeps damaged bytes says so, and then the copy does not count as written; unless the one who was told died
 * or was stopped for longer than its lease before it could write that down.
 */
function isCopyDoubtful({ house, record }: Pick<Look, 'house' | 'record'>, bucket: Bucket, key: string): boolean {
  const { doubted, damageHeard } = house.way(bucket.name)
  const beside = key + sidecarSuffix
  const isUnheard = (name: string): boolean => doubted.has(name) && !damageHeard.has(name)
  if (isUnheard(beside)) return true
  const damaged = [...bucket.objects.keys()].filter((name) => isShared(name) && !isWhole(bucket, name))
  if (damaged.some(isUnheard)) return true
  return (damageHeard.has(beside) || damaged.length > 0) && house.history.reclaimed.has(record.id)
}

/** What a reader finds wrong with a receipt; null: nothing. */
async function wrongOf(house: House, files: readonly ReceiptFile[]): Promise<string | null> {
  const contents = new Map(files.map(({ path, bytes }) => [path, bytes]))
  const source = { list: () => [...contents.keys()], read: (path: string) => contents.get(path) ?? null }
  const { ok, checks } = await verifyReceiptAlone(source, exportPublicKeyPem(house.state.evidenceKey.publicKey))
  return ok ? null : `${checks.at(-1)?.detail}`
}

/** The copies of a receipt: beside the report, or among the lines that small reports share. */
function copiesOf(bucket: Bucket, key: string): readonly string[] {
  const known = sharedCopies.get(bucket) ?? readShared(bucket)
  sharedCopies.set(bucket, known)
  const beside = bucket.objects
    .get(key + sidecarSuffix)
    ?.at(-1)
    ?.bytes.toString()
  return [...(beside === undefined ? [] : [beside]), ...(known.get(key) ?? [])]
}

/** Of buckets at rest: nothing is written to them any more when they are checked. */
const sharedCopies = new WeakMap<Bucket, ReadonlyMap<string, string[]>>()

function readShared(bucket: Bucket): Map<string, string[]> {
  const copies = new Map<string, string[]>()
  for (const [name, versions] of bucket.objects) {
    if (!isShared(name) || !isWhole(bucket, name)) continue
    for (const { key, receipt } of linesOf(versions.at(-1)?.bytes.toString() ?? '')) {
      copies.set(key, [...(copies.get(key) ?? []), receipt])
    }
  }
  return copies
}

function isShared(key: string): boolean {
  return key.startsWith('root/receipts/') && key.endsWith('.jsonl')
}

/** The name of what is shared tells whether its bytes were changed. */
function isWhole(bucket: Bucket, key: string): boolean {
  const hash = createHash('sha256').update(bucket.objects.get(key)?.at(-1)?.bytes ?? '')
  return key.endsWith(`/receipts-${hash.digest('hex').slice(0, 16)}.jsonl`)
}

function linesOf(text: string): { key: string; receipt: string }[] {
  const lines: { key: string; receipt: string }[] = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
  // A line names where the copy would stand by itself.
  return lines.map(({ key, receipt }) => ({ key: key.replace(sidecarSuffix, ''), receipt }))
}

function checkQuarantine(house: House, record: DeliveryRecord, told: readonly Told[], say: Say): void {
  const entries = told.filter(({ subject, action }) => subject === record.id && action === 'delivery.quarantined')
  if (record.state !== 'quarantined') return
  if (entries.length === 0) say('I4', `\`${record.id}\` is in quarantine and no entry says so`)
  if (!house.isPoison(record.id)) {
    say('I8', `\`${record.id}\` is in quarantine and was no poison`)
  }
}

/** What stands in the buckets of a tenant belongs to its own deliveries, one object per key, and to nobody else. */
function checkStrangers(house: House, tenant: string, records: readonly DeliveryRecord[], say: Say): void {
  const own = new Map(records.map((record) => [record.id, record]))
  for (const bucket of house.buckets.values()) {
    if (!bucket.name.startsWith(`${tenant}/`)) continue
    for (const [key, versions] of bucket.objects) {
      for (const { writer, metadata } of versions) {
        if (writer === 'somebody else') continue
        if (isShared(key)) {
          if (versions.length > 1) say('I2', `${bucket.name} has ${versions.length} versions of shared receipts`)
          if (!isWhole(bucket, key)) continue
          for (const line of linesOf(versions[0]?.bytes.toString() ?? '')) {
            if (!bucket.objects.has(line.key)) say('I7', `${bucket.name} holds a receipt of nothing that stands there`)
          }
          continue
        }
        const record = own.get(metadata['drawbridge-delivery'] ?? '')
        if (record === undefined) say('I7', `${bucket.name} holds an object that is no delivery of ${tenant}`)
        else checkKey(bucket, key, record, say)
      }
      const isTouched =
        house.history.occupied.get(bucket.name)?.has(key) && versions.some(({ writer }) => writer === 'us')
      if (isTouched && versions.length > 1) say('I2', `somebody else's object in ${bucket.name} was overwritten`)
    }
  }
}

function checkKey(bucket: Bucket, key: string, record: DeliveryRecord, say: Say): void {
  const target = record.targets.find(({ connection }) => bucketName(record.tenant, connection) === bucket.name)
  const [first] = target?.items ?? []
  const isPlanned = target?.items.some((item) => item.key === key) === true
  // A package's receipt stands in its folder.
  const isReceipt =
    first !== undefined &&
    (record.files.length === 1
      ? key === first.key + sidecarSuffix
      : key.startsWith(first.key.slice(0, first.key.length - first.path.length)))
  if (!isPlanned && !isReceipt) say('I2', `${bucket.name} holds \`${key}\`, which no plan names`)
}

/** I5: what is still open was found and could not be closed, and the log says so. */
function checkUploads(house: House, tenant: string, told: readonly Told[], say: Say): void {
  for (const bucket of house.buckets.values()) {
    if (!bucket.name.startsWith(`${tenant}/`)) continue
    for (const { key } of bucket.uploads.values()) {
      const isTold = told.some((entry) => entry.action === 'delivery.possible-orphan' && entry.key === key)
      if (!isTold) say('I5', `an upload of \`${key}\` stays open in ${bucket.name} and nobody knows`)
    }
  }
}

/** I6: no secret in anything that was told or written down. */
function checkSecrets(house: House, say: Say): void {
  const all = house.history.told.join('\n')
  for (const secret of house.history.secrets) {
    if (!all.includes(secret)) continue
    say('I6', 'a session token was told')
    return
  }
}

/** I9, and the log as data: whole, signed, and continuing every checkpoint that was ever given out. */
async function checkLog(house: House, tenant: string, say: Say): Promise<Told[]> {
  const { state, timeline } = house
  const { privateKey, publicKey } = state.evidenceKey
  const clock = { now: () => new Date(house.databaseNow), sleep: (ms: number) => timeline.wait(ms) }
  const log = new EvidenceLog({ store: state.log, signer: privateKey, origin: logOrigin, clock })
  try {
    await log.integrate(tenant)
    const { note } = await log.checkpoint(tenant)
    const entries = await state.log.entries(tenant, 0, await state.log.size(tenant))
    const verdict = await verifyLog(entries, note, [publicKey])
    if (!verdict.ok) say('I9', verdict.detail)
    await checkCheckpoints(house, tenant, entries, say)
    house.history.told.push(...entries)
    return entries.flatMap((json) => tellOf(json, tenant, say))
  } catch (error) {
    if (!(error instanceof DrawbridgeError)) throw error
    say('I9', error.message)
    return []
  }
}

/** The tree is built anew from the entries: every checkpoint that was given out must be the root of their beginning. */
async function checkCheckpoints(house: House, tenant: string, entries: readonly string[], say: Say): Promise<void> {
  const hashes: Uint8Array[] = []
  const read: HashReader = async (indexes) => indexes.flatMap((index) => hashes[index] ?? [])
  for (const [seq, json] of entries.entries()) {
    for (const { hash } of await hashesForLeaf(seq, leafHash(json), read)) hashes.push(hash)
  }
  for (const issued of house.history.checkpoints) {
    if (issued.tenant !== tenant) continue
    const parsed = parseCheckpoint(issued.note)
    if (!parsed.ok || parsed.value.treeSize > entries.length) {
      say('I9', `the log of ${tenant} is shorter than a checkpoint that was given out`)
      continue
    }
    const root = await treeHash(parsed.value.treeSize, read)
    if (Buffer.compare(root, parsed.value.rootHash) !== 0) {
      say('I9', `the log of ${tenant} does not begin as a checkpoint of ${parsed.value.treeSize} entries says`)
    }
  }
}

function tellOf(json: string, tenant: string, say: Say): Told[] {
  const parsed = parseEntry(json)
  if (!parsed.ok) {
    say('I9', 'an entry of the log can not be read')
    return []
  }
  const { action, subject, fields } = parsed.value
  if (parsed.value.tenant !== tenant) say('I7', `the log of ${tenant} tells of ${parsed.value.tenant}`)
  const target = fields['target']
  const location =
    typeof target === 'object' && target !== null && 'location' in target ? String(target['location']) : ''
  const text = (name: string): string => (typeof fields[name] === 'string' ? String(fields[name]) : '')
  return [{ tenant, action, subject, text: json, location, connection: text('connection'), key: text('key') }]
}

function isExpectedCrash(error: unknown): boolean {
  if (!(error instanceof DrawbridgeError)) return false
  return error.operation?.startsWith('spool.') === true || error.operation?.startsWith('sim:') === true
}

export function bucketName(tenant: string, connection: string): BucketName {
  const name = bucketNames.find((candidate) => candidate === `${tenant}/${connection}`)
  if (name === undefined) throw new TypeError('a bucket of the simulation')
  return name
}
