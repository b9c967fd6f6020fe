/**
 * The process that the kill test kills: opens the data directory, accepts one report (once, by its idempotency key) and
 * works until it is delivered. Everything it needs comes as one JSON argument; what it does goes to stdout, line by line.
 */
import { systemClock, systemRandom } from '../../src/base/index.ts'
import type { Connection } from '../../src/contract/index.ts'
import { type AwsCredentials, assumeRole, createBaseIdentity, type RoleSession } from '../../src/credentials/index.ts'
import {
  DeliveryService,
  DeliveryWorker,
  evidenceReceipts,
  type OpenTarget,
  type Person,
  Spool,
  type TargetAccess,
  type TargetIdentity,
} from '../../src/delivery/index.ts'
import { EvidenceLog } from '../../src/evidence/index.ts'
import { openState, type State } from '../../src/state/index.ts'
import { s3Store, withRetry } from '../../src/storage/index.ts'
import { reportBytes } from './report.ts'

/** What the test tells the process. */
export interface KillJob {
  readonly directory: string
  readonly endpoint: string
  readonly region: string
  readonly bucket: string
  readonly bucketOwner: string
  readonly roleArn: string
  readonly externalId: string
  readonly resume: boolean
  readonly sizeBytes: number
  /** Names the report and is its idempotency key. */
  readonly report: string
}

const tenant = 'default'
const person: Person = { actor: { kind: 'operator', issuer: 'local', subject: 'local' }, claims: {} }

async function run(job: KillJob): Promise<void> {
  const state = await openState({ directory: job.directory, clock: systemClock })
  const keep = new Set(await state.deliveries.spooledUploads())
  const spool = await Spool.open({ directory: state.spoolDirectory, keep })
  await prepare(state, job)
  const log = new EvidenceLog({
    store: state.log,
    signer: state.evidenceKey.privateKey,
    origin: 'kill.example',
    clock: systemClock,
  })
  const access = targetAccess(job)
  const shared = { clock: systemClock, random: systemRandom, repository: state.deliveries, access, spool }
  const ended = Promise.withResolvers<void>()
  const worker = new DeliveryWorker({
    ...shared,
    receipts: evidenceReceipts(log, state.evidenceKey.privateKey),
    // The test kills far more often than any machine would.
    quarantineAfter: 1_000,
    onEvent(event) {
      if (event.type === 'progress' && event.bytesSent > 0) say(event.bytesSent < event.sizeBytes ? 'sending' : 'sent')
      if (event.type === 'target') say(`target ${event.state} ${event.reason ?? ''}`)
      if (event.type === 'crash') say(`crash ${String(event.error)}`)
      if (event.type === 'delivery' && event.state === 'delivered' && event.availableAt === null) ended.resolve()
    },
  })
  const service = new DeliveryService({ ...shared, routes: state.routes, wake: () => worker.wake() })
  say('ready')
  const id = await acceptOnce(state, service, job)
  say(`accepted ${id}`)
  worker.start()
  const delivery = await state.deliveries.byId(tenant, id)
  if (delivery?.isSpooled === true) await ended.promise
  await worker.stop()
  await state.close()
  say('done')
}

async function acceptOnce(state: State, service: DeliveryService, job: KillJob): Promise<string> {
  const earlier = await state.deliveries.byIdempotencyKey(tenant, job.report)
  if (earlier !== null) return earlier.id
  async function* source(): AsyncGenerator<Uint8Array> {
    yield* reportBytes(job.report, job.sizeBytes)
  }
  const { upload } = await service.upload(tenant, `${job.report}.bin`, source())
  const { id } = await service.accept(tenant, person, {
    route: 'audit',
    period: '2026-10',
    idempotencyKey: job.report,
    uploads: [upload],
  })
  return id
}

async function prepare(state: State, job: KillJob): Promise<void> {
  if ((await state.routes.byName(tenant, 'audit')) !== null) return
  const createdAt = systemClock.now().toISOString()
  if ((await state.connections.byName(tenant, 'acme')) === null) {
    await state.connections.add(connectionOf(job, createdAt), { kind: 'none' })
  }
  await state.routes.add(tenant, { id: 'rte_1', name: 'audit', policy: 'failover', targets: ['acme'], createdAt })
}

function connectionOf(job: KillJob, createdAt: string): Connection {
  return {
    id: 'con_1',
    tenant,
    name: 'acme',
    purpose: 'export',
    location: {
      service: 's3',
      uri: `s3://${job.bucket}`,
      rootPath: 'exports/',
      region: job.region,
      bucketOwner: job.bucketOwner,
      endpoint: job.endpoint,
    },
    authentication: {
      kind: 'role',
      roleArn: job.roleArn,
      externalId: job.externalId,
      externalIdOrigin: 'generated',
      stsRegion: job.region,
      durationSeconds: 3600,
    },
    identityMapping: { sourceIdentityClaim: 'sub', tags: [] },
    writing: writingOf(job),
    state: 'active',
    version: 1,
    createdAt,
    warnings: [],
  }
}

function writingOf(job: KillJob): Connection['writing'] {
  return { acl: 'none', encryption: { kind: 'bucket-default' }, resume: job.resume }
}

/** The shortest way from a base identity to an open target: no cache, no mapping, no diagnosis. */
function targetAccess(job: KillJob): TargetAccess {
  const { endpoint, region } = job
  const base = createBaseIdentity({
    provider: () => baseCredentials(endpoint),
    region,
    stsEndpoint: endpoint,
    clock: systemClock,
  })
  return {
    identityFor: async () => ({ tags: {}, sourceIdentity: 'operator', sessionName: 'operator' }),
    async open(_tenant, _connection, identity) {
      let session = await assume(await base.credentials(), job, identity)
      const store = s3Store({
        bucket: job.bucket,
        region,
        endpoint,
        expectedBucketOwner: job.bucketOwner,
        credentials: async () => session.credentials,
        allowPrivateEndpoint: true,
      })
      const open: OpenTarget = {
        store: withRetry(store, { clock: systemClock, random: systemRandom }),
        rootPath: 'exports/',
        writing: writingOf(job),
        purpose: 'export',
        facts: {
          service: 's3',
          location: `s3://${job.bucket}`,
          bucketOwner: job.bucketOwner,
          principal: session.assumedRoleArn,
        },
        async renew() {
          session = await assume(await base.credentials(), job, identity)
        },
        close: () => store.close(),
      }
      return open
    },
    async explain(_tenant, _connection, _identity, error) {
      throw error
    },
  }
}

async function assume(base: AwsCredentials, job: KillJob, identity: TargetIdentity): Promise<RoleSession> {
  const request = {
    roleArn: job.roleArn,
    sessionName: identity.sessionName,
    externalId: job.externalId,
    tags: identity.tags,
    sourceIdentity: identity.sourceIdentity,
    durationSeconds: 3600,
    sessionPolicy: null,
    region: job.region,
    endpoint: job.endpoint,
  }
  return await assumeRole(base, request, { clock: systemClock })
}

/** The sandbox hands out the vendor role's credentials as a container's endpoint would. */
async function baseCredentials(
  endpoint: string,
): Promise<{ accessKeyId: string; secretAccessKey: string; sessionToken: string; expiration: Date }> {
  const answer = await fetch(`${endpoint}/_sandbox/credentials/drawbridge-base`)
  const told = (await answer.json()) as Record<'AccessKeyId' | 'SecretAccessKey' | 'Token' | 'Expiration', string>
  return {
    accessKeyId: told.AccessKeyId,
    secretAccessKey: told.SecretAccessKey,
    sessionToken: told.Token,
    expiration: new Date(told.Expiration),
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

if (import.meta.main) await run(JSON.parse(process.argv[2] ?? ''))
