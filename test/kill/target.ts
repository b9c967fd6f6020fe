/** The vendor's side of the delivery tests, wired by hand: one connection, one route, and the way to its bucket. */
import { systemClock, systemRandom } from '../../src/base/index.ts'
import type { Connection } from '../../src/contract/index.ts'
import { type AwsCredentials, assumeRole, createBaseIdentity, type RoleSession } from '../../src/credentials/index.ts'
import type { OpenTarget, TargetAccess, TargetIdentity } from '../../src/delivery/index.ts'
import type { State } from '../../src/state/index.ts'
import { s3Store, withRetry } from '../../src/storage/index.ts'

const tenant = 'default'

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

/** Adds the connection and its route unless they are there. */
export async function prepare(state: State, job: KillJob): Promise<void> {
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
export function targetAccess(job: KillJob): TargetAccess {
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
