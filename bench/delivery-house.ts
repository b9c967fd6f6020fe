/** A whole Drawbridge for the delivery benchmark, wired as the server wires it: real connection, real database, real log. */
import { systemClock, systemRandom } from '../src/base/index.ts'
import { parseConfig } from '../src/cli/config.ts'
import { type HouseOptions, type OpenedHouse, openHouse } from '../src/cli/house.ts'
import type { Connection } from '../src/contract/index.ts'
import type { DeliveryEvent, Person } from '../src/delivery/index.ts'

export const tenant = 'default'
export const person: Person = { actor: { kind: 'operator', issuer: 'local', subject: 'local' }, claims: {} }

/** What the benchmark's house is opened with. */
export interface BenchHouseOptions {
  readonly directory: string
  readonly endpoint: string
  readonly onDelivery: (event: DeliveryEvent) => void
  /** Absent: `s3`. */
  readonly service?: 's3' | 'azblob' | undefined
  /** True: with the one right to create, so that each report travels in one request. */
  readonly isOneRequest?: boolean | undefined
  /** Absent: an access key, or Azure's SAS. */
  readonly role?: BenchRole
}

/** A role at the endpoint, and who we are to it. */
export interface BenchRole {
  readonly bucket: string
  readonly bucketOwner: string
  readonly region: string
  readonly roleArn: string
  readonly externalId: string
  readonly provider: NonNullable<HouseOptions['provider']>
}

const accessKey = { kind: 'access-key', secretAccessKey: 'benchmarks-need-no-secret-access-key' } as const
const sasExpiresAt = '2099-01-01T00:00:00Z'
const sasOf = (letters: string): string =>
  `sv=2024-11-04&sr=c&sp=${letters}&se=${encodeURIComponent(sasExpiresAt)}&sig=YmVuY2htYXJrcyBuZWVkIG5vIHNpZ25hdHVyZQ%3D%3D`

/** Opens a house with one connection `acme`, and one route `audit` to it. */
export async function openBenchHouse(options: BenchHouseOptions): Promise<OpenedHouse> {
  const { endpoint, role, service = 's3', isOneRequest = false } = options
  const letters = isOneRequest ? 'c' : 'cw'
  const settings = { allowedEndpoints: [endpoint], stsEndpoint: endpoint, ...(role && { region: role.region }) }
  const config = parseConfig(JSON.stringify(settings), 'bench')
  const opened = await openHouse({
    config,
    directory: options.directory,
    works: true,
    clock: systemClock,
    random: systemRandom,
    provider: role?.provider ?? null,
    onDelivery: options.onDelivery,
  })
  const createdAt = systemClock.now().toISOString()
  await opened.house.connections.add(
    service === 'azblob' ? azureConnection(endpoint, createdAt, letters) : s3Connection(endpoint, createdAt, role),
    service === 'azblob' ? { kind: 'sas', token: sasOf(letters) } : role === undefined ? accessKey : { kind: 'none' },
  )
  const route = { id: 'rte_bench', name: 'audit', policy: 'failover' as const, targets: ['acme'], createdAt }
  await opened.house.routes.add(tenant, route)
  return opened
}

function azureConnection(endpoint: string, createdAt: string, permissions: 'c' | 'cw'): Connection {
  return {
    ...common,
    createdAt,
    writing: { ...common.writing, resume: permissions === 'cw' },
    location: { service: 'azblob', containerUrl: `${endpoint}/acme-audit`, rootPath: 'exports/' },
    authentication: { kind: 'sas', fingerprint: '0123456789abcdef', permissions, expiresAt: sasExpiresAt },
  }
}

function s3Connection(endpoint: string, createdAt: string, role: BenchRole | undefined): Connection {
  const region = role?.region ?? 'eu-central-1'
  return {
    ...common,
    createdAt,
    location: {
      service: 's3',
      uri: `s3://${role?.bucket ?? 'acme-audit'}`,
      rootPath: 'exports/',
      region,
      bucketOwner: role?.bucketOwner ?? '222222222222',
      endpoint,
    },
    authentication:
      role === undefined
        ? { kind: 'access-key', accessKeyId: 'AKIABENCHMARKS000000', createdAt }
        : {
            kind: 'role',
            roleArn: role.roleArn,
            externalId: role.externalId,
            externalIdOrigin: 'generated',
            stsRegion: region,
            durationSeconds: 3600,
          },
  }
}

const common = {
  id: 'con_bench',
  tenant,
  name: 'acme',
  purpose: 'export',
  identityMapping: { sourceIdentityClaim: 'sub', tags: [] },
  writing: { acl: 'none', encryption: { kind: 'bucket-default' }, resume: true },
  state: 'active',
  version: 1,
  warnings: [],
} satisfies Partial<Connection>
