/**
 * Going on after the newest database is lost: the log begins anew under an origin of its own, so that it contradicts no
 * checkpoint that was given out, and what receipts from the customers' buckets show as delivered is not delivered again.
 */
import { type Clock, DrawbridgeError } from '../../base/index.ts'
import type { Connection } from '../../contract/index.ts'
import type { Claim, DeliveryRecord, NewEntry, TargetRecord } from '../../delivery/index.ts'
import { deliveryStateOf } from '../../delivery/index.ts'
import { EvidenceLog, exportPublicKeyPem, parseCheckpoint } from '../../evidence/index.ts'
import { logKeys } from '../../operations/index.ts'
import { type State, witnessed } from '../../state/index.ts'
import { openHouseState, type StateParts } from '../database.ts'
import { witnessesOf } from '../witnesses.ts'
import { type FoundReceipt, readReceipts } from './receipts.ts'

/** What a recovery found and did. */
export interface Recovery {
  /** False: the log continues every checkpoint, and nothing had to be done to it. */
  readonly isBegunAnew: boolean
  readonly origin: string
  /** Entries that the restored database holds, and that the newest known checkpoint says there were. */
  readonly entriesKept: number
  readonly entriesSigned: number
  /** Deliveries that the database held as open and a receipt shows as delivered. */
  readonly delivered: readonly string[]
  /** Deliveries of which only their receipts are left: they were accepted after the backup. */
  readonly onlyReceipts: readonly string[]
  /** Files that look like receipts and do not verify. */
  readonly refused: readonly string[]
}

export interface RecoveryOptions extends StateParts {
  /** A folder with receipts that were fetched from the customers' buckets; null: none could be had. */
  readonly receipts: string | null
}

const leaseMs = 60_000
const services = ['s3', 'azblob', 'local'] as const
const everything = { small: 100_000, large: 100_000, suspects: 100_000 }

/**
 * Recovers a data directory whose database was restored from a backup. Nothing else may work on it meanwhile.
 * @throws data-directory-locked | data-directory-broken | database-… | report-unreadable | unavailable
 */
export async function recover(options: RecoveryOptions): Promise<Recovery> {
  const { config, clock, receipts } = options
  const state = await openHouseState(options)
  try {
    const { current, former } = state.evidenceKeys.keys
    const keys = [current, ...former].map(({ publicKey }) => exportPublicKeyPem(publicKey))
    const found = receipts === null ? { receipts: [], refused: [] } : await readReceipts(receipts, keys)
    const log = await continued(state, options, found.receipts)
    const reconciled = await reconcile(state, config.tenant, found.receipts, clock)
    await log.end()
    return { ...log.told, ...reconciled, refused: found.refused }
  } finally {
    await state.close()
  }
}

/** Finds out whether the log continues everything that was signed, and where it does not, prepares to begin it anew. */
async function continued(state: State, { config, directory, clock }: RecoveryOptions, found: readonly FoundReceipt[]) {
  const { tenant, origin } = config
  const witnesses = witnessesOf(config, directory)
  const store = witnessed(state.log, witnesses)
  const log = new EvidenceLog({ store, ...logKeys(state.evidenceKeys.keys), origin, clock })
  const notes = (await Promise.all(witnesses.map((witness) => witness.newest(tenant)))).flatMap((note) => note ?? [])
  for (const { files } of found) {
    const note = files.find(({ path }) => path === 'checkpoint')
    if (note !== undefined) notes.push(Buffer.from(note.bytes).toString())
  }
  let isBegunAnew = false
  for (const note of notes) isBegunAnew ||= !(await continues(log, tenant, note))
  const newest = newestOf(log, tenant, notes)
  const entriesKept = await state.log.size(tenant)
  const epoch = (newest?.epoch ?? 1) + 1
  return {
    told: {
      isBegunAnew,
      origin: await log.originOf(tenant, isBegunAnew ? epoch : undefined),
      entriesKept,
      entriesSigned: Math.max(newest?.treeSize ?? 0, isBegunAnew ? 0 : entriesKept),
    },
    async end(): Promise<void> {
      if (!isBegunAnew) return
      await state.record(tenant, [beganAnewEntry(newest, entriesKept)])
      for (const witness of witnesses) await witness.forget(tenant)
      await log.beginAnew(tenant, epoch)
    },
  }
}

async function continues(log: EvidenceLog, tenant: string, note: string): Promise<boolean> {
  try {
    await log.assertContinues(tenant, note)
    return true
  } catch (error) {
    if (error instanceof DrawbridgeError && error.code === 'evidence-forked') return false
    throw error
  }
}

interface Newest {
  readonly epoch: number
  readonly treeSize: number
  readonly origin: string
  readonly rootHash: string
}

function newestOf(log: EvidenceLog, tenant: string, notes: readonly string[]): Newest | null {
  let newest: Newest | null = null
  for (const note of notes) {
    const epoch = log.epochOf(tenant, note)
    const parsed = parseCheckpoint(note)
    if (epoch === null || !parsed.ok) continue
    const { origin, treeSize, rootHash } = parsed.value
    const isNewer = newest === null || epoch > newest.epoch || (epoch === newest.epoch && treeSize > newest.treeSize)
    if (isNewer) newest = { epoch, treeSize, origin, rootHash: Buffer.from(rootHash).toString('base64') }
  }
  return newest
}

function beganAnewEntry(newest: Newest | null, entriesKept: number): NewEntry {
  const { origin = '', treeSize = 0, rootHash = '' } = newest ?? {}
  return {
    actor: 'operator:local',
    action: 'evidence.began-anew',
    subject: origin,
    fields: { formerOrigin: origin, formerTreeSize: treeSize, formerRootHash: rootHash, entriesKept },
  }
}

/** Marks as delivered what receipts show as delivered; of other deliveries their receipts are entered into the log. */
async function reconcile(
  state: State,
  tenant: string,
  receipts: readonly FoundReceipt[],
  clock: Clock,
): Promise<{ readonly delivered: string[]; readonly onlyReceipts: string[] }> {
  const connections = await state.connections.list(tenant)
  const open = new Map<string, { record: DeliveryRecord; delivered: TargetRecord; receipt: FoundReceipt }>()
  const onlyReceipts = new Map<string, NewEntry>()
  for (const receipt of receipts) {
    const { facts } = receipt.parts
    const record = await state.deliveries.byId(tenant, facts.delivery)
    const target = record?.targets.find((one) => isAt(connections, one, receipt)) ?? null
    if (record === null) onlyReceipts.set(facts.delivery, knownByReceiptEntry(receipt))
    if (record === null || target === null || target.state === 'delivered') continue
    const delivered = deliveredTarget(record, target, receipt)
    if (delivered !== null) open.set(`${record.id} ${target.connection}`, { record, delivered, receipt })
  }
  await state.record(tenant, [...onlyReceipts.values()])
  for (const { record, delivered } of open.values()) {
    await state.deliveries.makeDue(tenant, record.id, [delivered.connection], [])
  }
  if (open.size === 0) return { delivered: [], onlyReceipts: [...onlyReceipts.keys()] }
  const now = clock.now().toISOString()
  for (const claim of await state.deliveries.claim('evidence recover', everything, leaseMs)) {
    for (const { record, delivered, receipt } of open.values()) {
      if (record.id === claim.delivery) await commit(state, claim, delivered, receipt)
    }
    const record = await state.deliveries.byId(claim.tenant, claim.delivery)
    if (record !== null) await state.deliveries.release(claim, { state: deliveryStateOf(record), availableAt: now }, [])
  }
  return { delivered: [...open.values()].map(({ record }) => record.id), onlyReceipts: [...onlyReceipts.keys()] }
}

async function commit(state: State, claim: Claim, target: TargetRecord, receipt: FoundReceipt): Promise<void> {
  await state.deliveries.saveItems(claim, target.connection, target.items)
  const entry = { ...knownByReceiptEntry(receipt), action: 'delivery.recovered' }
  const committed = await state.deliveries.commitTarget(claim, target, entry)
  await state.deliveries.saveReceipt(claim, committed, receipt.files)
}

function isAt(connections: readonly Connection[], target: TargetRecord, { parts }: FoundReceipt): boolean {
  const connection = connections.find(({ name }) => name === target.connection)
  if (connection === undefined) return false
  const { location } = connection
  const place =
    location.service === 's3'
      ? location.uri
      : location.service === 'azblob'
        ? location.containerUrl
        : location.directory
  return (
    place === parts.facts.target.location && parts.facts.objects.every(({ key }) => key.startsWith(location.rootPath))
  )
}

/** The target as the receipt tells of it; null when the receipt is about other bytes than the delivery. */
function deliveredTarget(record: DeliveryRecord, target: TargetRecord, receipt: FoundReceipt): TargetRecord | null {
  const { facts } = receipt.parts
  const left = new Map(record.files.map((file, index) => [index, file]))
  const items: TargetRecord['items'][number][] = []
  for (const [index, { path, key, sizeBytes, sha256 }] of facts.objects.entries()) {
    const [file] = [...left].find(([, one]) => one.sha256 === sha256 && one.sizeBytes === sizeBytes) ?? []
    if (file === undefined) return null
    left.delete(file)
    // What the store answered stands in the receipt.
    const sent = { way: 'put', isCreateSent: false, uploadId: null, partSizeBytes: 0, answer: null } as const
    items.push({ index, file, path, key, sizeBytes, sha256, state: 'done', ...sent, level: facts.verificationLevel })
  }
  if (left.size > 0) return null
  const { deliveredAt, verificationLevel: level } = facts
  const service = services.find((each) => each === facts.target.service)
  if (service === undefined) return null
  return {
    ...target,
    ...{
      state: 'delivered',
      items,
      level,
      deliveredAt,
      facts: { ...facts.target, service },
      availableAt: null,
      faults: 0,
    },
    ...{ reason: null, diagnosis: null, receipt: 'made', sidecar: 'written' },
  }
}

function knownByReceiptEntry({ parts }: FoundReceipt): NewEntry {
  const { facts, log } = parts
  return {
    actor: 'operator:local',
    action: 'delivery.known-by-receipt',
    subject: facts.delivery,
    fields: {
      report: facts.report,
      period: facts.period,
      location: facts.target.location,
      objects: facts.objects.map(({ key, sizeBytes, sha256 }) => ({ key, sizeBytes, sha256 })),
      log: { origin: log.origin, seq: log.seq, treeSize: log.treeSize, rootHash: log.rootHash },
    },
  }
}
