/** A whole Drawbridge for the delivery benchmark, wired as the server wires it: real connection, real database, real log. */
import { systemClock, systemRandom } from '../src/base/index.ts'
import { parseConfig } from '../src/cli/config.ts'
import { type OpenedHouse, openHouse } from '../src/cli/house.ts'
import type { Connection } from '../src/contract/index.ts'
import type { DeliveryEvent, Person } from '../src/delivery/index.ts'

export const tenant = 'default'
export const person: Person = { actor: { kind: 'operator', issuer: 'local', subject: 'local' }, claims: {} }

/** What the benchmark's house is opened with. */
export interface BenchHouseOptions {
  readonly directory: string
  readonly endpoint: string
  readonly onDelivery: (event: DeliveryEvent) => void
}

/** Opens a house with one connection `acme`, reached by an access key, and one route `audit` to it. */
export async function openBenchHouse(options: BenchHouseOptions): Promise<OpenedHouse> {
  const config = parseConfig(JSON.stringify({ allowedEndpoints: [options.endpoint] }), 'bench')
  const opened = await openHouse({
    config,
    directory: options.directory,
    clock: systemClock,
    random: systemRandom,
    provider: null,
    onDelivery: options.onDelivery,
  })
  const createdAt = systemClock.now().toISOString()
  await opened.house.connections.add(connection(options.endpoint, createdAt), {
    kind: 'access-key',
    secretAccessKey: 'benchmarks-need-no-secret-access-key',
  })
  const route = { id: 'rte_bench', name: 'audit', policy: 'failover' as const, targets: ['acme'], createdAt }
  await opened.house.routes.add(tenant, route)
  return opened
}

function connection(endpoint: string, createdAt: string): Connection {
  return {
    id: 'con_bench',
    tenant,
    name: 'acme',
    purpose: 'export',
    location: {
      service: 's3',
      uri: 's3://acme-audit',
      rootPath: 'exports/',
      region: 'eu-central-1',
      bucketOwner: '222222222222',
      endpoint,
    },
    authentication: { kind: 'access-key', accessKeyId: 'AKIABENCHMARKS000000', createdAt },
    identityMapping: { sourceIdentityClaim: 'sub', tags: [] },
    writing: { acl: 'none', encryption: { kind: 'bucket-default' }, resume: true },
    state: 'active',
    version: 1,
    createdAt,
    warnings: [],
  }
}
