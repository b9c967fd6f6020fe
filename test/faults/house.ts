/**
 * The house of the fault tests: real state on disk, the real worker, a bucket in a sandbox, and whatever stands between
 * them. Time limits are short, so that a fault that lasts is met within a test.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { Secret, systemClock, systemRandom } from '../../src/base/index.ts'
import type { Delivery } from '../../src/contract/index.ts'
import {
  DeliveryService,
  DeliveryWorker,
  evidenceReceipts,
  type OpenTarget,
  type Person,
  Spool,
  type TargetAccess,
} from '../../src/delivery/index.ts'
import { EvidenceLog } from '../../src/evidence/index.ts'
import { type Sandbox, sandboxAccounts } from '../../src/sandbox/index.ts'
import { openState, type State } from '../../src/state/index.ts'
import { type ObjectStore, s3Store, withRetry } from '../../src/storage/index.ts'
import { hashOf } from '../kill/customer.ts'
import { reportBytes, reportHash } from '../kill/report.ts'
import { prepare } from '../kill/target.ts'
import { stranger } from '../kills/state.ts'

export const tenant = 'default'
const region = 'eu-central-1'
const person: Person = { actor: { kind: 'operator', issuer: 'local', subject: 'local' }, claims: {} }

/** How the bucket is reached. */
export interface FaultTarget {
  /** The sandbox itself, or a proxy before it. */
  readonly endpoint: string
  readonly bucket: string
  readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** Sends large reports in parts. */
  readonly resume: boolean
  /** Silence for so long ends a request. */
  readonly idleMs?: number
}

/** Makes a bucket, and the target that leads there. */
export async function makeBucket(sandbox: Sandbox, bucket: string, resume: boolean): Promise<FaultTarget> {
  const keys = sandbox.userCredentials(sandboxAccounts.customer, 'admin')
  const s3 = new S3Client({ region, endpoint: sandbox.endpoint, forcePathStyle: true, credentials: keys })
  await s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: region } }))
  s3.destroy()
  return { endpoint: sandbox.endpoint, bucket, keys, resume }
}

/** The bucket with no retries and no proxy in between. */
export function storeOf({ endpoint, bucket, keys, idleMs }: FaultTarget): ObjectStore {
  const credentials = { accessKeyId: keys.accessKeyId, secretAccessKey: new Secret(keys.secretAccessKey) }
  return s3Store({
    ...{ bucket, region, endpoint, expectedBucketOwner: null, allowPrivateEndpoint: true },
    credentials: async () => credentials,
    ...(idleMs === undefined ? {} : { idleMs }),
  })
}

/** The way there, as the delivery room wants it. */
export function accessOf(target: FaultTarget): TargetAccess {
  const open = async (): Promise<OpenTarget> => {
    const store = storeOf(target)
    return {
      store: withRetry(store, { clock: systemClock, random: systemRandom, baseDelayMs: 20 }),
      rootPath: 'exports/',
      writing: { acl: 'none', encryption: { kind: 'bucket-default' }, resume: target.resume },
      purpose: 'export',
      facts: { service: 's3', location: `s3://${target.bucket}` },
      renew: async () => {},
      close: () => store.close(),
    }
  }
  return {
    identityFor: async () => ({ tags: {}, sourceIdentity: 'operator', sessionName: 'operator' }),
    ready: open,
    open,
    async explain(_tenant, _connection, _identity, error) {
      throw error
    },
  }
}

/** An opened house. */
export interface FaultHouse {
  readonly state: State
  readonly spool: Spool
  readonly service: DeliveryService
  readonly worker: DeliveryWorker
  accept(report: string, sizeBytes: number): Promise<string>
  /** Works pass by pass until nothing is due any more, asking for the next pass at once. */
  settle(id: string): Promise<Delivery>
}

/** Opens a house on a directory of its own, lets it be used, and removes everything. */
export async function withFaultHouse(
  access: TargetAccess,
  use: (house: FaultHouse) => Promise<void>,
  at?: string,
): Promise<void> {
  const directory = at ?? (await mkdtemp(join(tmpdir(), 'drawbridge-fault-')))
  const state = await openState({ directory, clock: systemClock })
  try {
    await prepare(state, stranger)
    const spool = await Spool.open({ directory: state.spoolDirectory, keep: new Set() })
    const signer = state.evidenceKey.privateKey
    const log = new EvidenceLog({ store: state.log, signer, origin: 'faults.example', clock: systemClock })
    state.sealWith(log)
    const shared = { clock: systemClock, random: systemRandom, repository: state.deliveries, access, spool }
    const worker = new DeliveryWorker({ ...shared, receipts: evidenceReceipts(log) })
    const service = new DeliveryService({
      ...shared,
      routes: state.routes,
      wake: () => worker.wake(),
      reserve: () => worker.reserve(),
    })
    const accept = (report: string, sizeBytes: number): Promise<string> => acceptReport(service, report, sizeBytes)
    const settle = (id: string): Promise<Delivery> => settleAll(state, service, worker, id)
    await use({ state, spool, service, worker, accept, settle })
    await worker.stop()
  } finally {
    await state.close()
    if (at === undefined) await rm(directory, { recursive: true, force: true })
  }
}

async function acceptReport(service: DeliveryService, report: string, sizeBytes: number): Promise<string> {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield* reportBytes(report, sizeBytes)
  }
  const { upload } = await service.upload(tenant, 'report.bin', source())
  return (await service.accept(tenant, person, { route: 'audit', report, period: '2026-10', uploads: [upload] })).id
}

async function settleAll(
  state: State,
  service: DeliveryService,
  worker: DeliveryWorker,
  id: string,
): Promise<Delivery> {
  for (let pass = 1; pass <= 5; pass++) {
    await worker.runOnce()
    if ((await state.deliveries.nextDueAt()) === null) break
    await state.deliveries.makeDue(tenant, id, ['acme'], [])
  }
  return await service.show(tenant, id)
}

/** What the bucket holds of a delivery: its keys, the hash of its object, and uploads that stand open anywhere. */
export async function bucketOf(
  target: FaultTarget,
  delivery: Delivery,
): Promise<{ readonly keys: string[]; readonly sha256: string | null; readonly openUploads: number }> {
  const store = storeOf(target)
  try {
    const keys: string[] = []
    for await (const { key } of store.list('')) if (key.includes(delivery.id)) keys.push(key)
    const [key = ''] = delivery.targets[0]?.keys ?? []
    const sha256 = keys.includes(key) ? await hashOf(store, key) : null
    return { keys, sha256, openUploads: (await store.listUploads('')).length }
  } finally {
    store.close()
  }
}

/** What a bucket looks like in which a delivery arrived once and whole. */
export function arrivedOnce(delivery: Delivery, report: string, sizeBytes: number) {
  const [key = ''] = delivery.targets[0]?.keys ?? []
  return { keys: [key, `${key}.receipt.json`], sha256: reportHash(report, sizeBytes), openUploads: 0 }
}
