/**
 * The benchmark of the verification: how many round trips of wall time a complete one takes, per purpose and mode, when every
 * request to the sandbox is delayed by 50 ms. `npm run bench -- verification`.
 */
import { CreateAccessKeyCommand } from '@aws-sdk/client-iam'
import type { ConnectionSecret } from '../src/connection/index.ts'
import type { Connection, ConnectionInput, Purpose, Verification } from '../src/contract/index.ts'
import { customerAccountId } from '../src/sandbox/index.ts'
import { type House, openHouse, textOf } from '../test/kit/house.ts'
import { table } from './table.ts'

const delayMs = 50
const limit = 10
const rounds = 5

const purposes: readonly Purpose[] = ['source', 'enrichment', 'export']
// The access keys first: a key policy of a role's kit is not made for users.
const modes = ['access-key', 'role'] as const

/** Sets each connection up with its own kit, delays every request, and verifies it five times over; the median counts. */
export async function benchVerification(): Promise<string> {
  const house = await openHouse()
  try {
    const rows: string[][] = []
    for (const mode of modes) for (const purpose of purposes) rows.push(await measure(house, mode, purpose))
    const head = ['mode', 'purpose', 'status', 'checks', 'requests', 'wall ms', 'round trips', 'limit']
    return [
      `Every request delayed by ${delayMs} ms; nothing known beforehand; KMS, multipart uploads and all negative checks; median of ${rounds}`,
      table([head, ...rows]),
    ].join('\n')
  } finally {
    await house.close()
  }
}

async function measure(house: House, mode: (typeof modes)[number], purpose: Purpose): Promise<string[]> {
  const { connection, secret } = await setUp(house, mode, purpose)
  const walls: number[] = []
  let report: Verification | null = null
  let requests = 0
  house.sandbox.setFaults([{ match: {}, do: { kind: 'latency', milliseconds: delayMs } }])
  for (let round = 0; round < rounds; round += 1) {
    house.sandbox.clearHistory()
    const around = house.freshContext()
    const begin = performance.now()
    report = await house.verify(connection, secret, around)
    walls.push(performance.now() - begin)
    requests = house.sandbox.history().length
  }
  house.sandbox.setFaults([])
  const wall = walls.sort((one, other) => one - other)[rounds >>> 1] ?? 0
  const status = report?.status ?? 'none'
  const checks = String(report?.checks.length ?? 0)
  const trips = (wall / delayMs).toFixed(1)
  return [mode, purpose, status, checks, String(requests), wall.toFixed(0), trips, `${limit}`]
}

/** Makes the connection and everything on the other side of it, as the kit says. */
async function setUp(
  house: House,
  mode: (typeof modes)[number],
  purpose: Purpose,
): Promise<{ connection: Connection; secret: ConnectionSecret }> {
  const name = `bench-${mode}-${purpose}`
  const encryption = { kind: 'sse-kms' as const, keyArn: house.keyArn }
  const writing: ConnectionInput['writing'] =
    purpose === 'source' ? { encryption } : { encryption, resume: true, acl: 'bucket-owner-full-control' }
  const location = house.place(`${name}/`)
  if (mode === 'role') {
    const made = await house.connect({ name, purpose, location, writing })
    const kit = await house.kitOf(made.connection)
    const [trust, permissions] = [textOf(kit, 'trust-policy.json'), textOf(kit, 'permissions-policy.json')]
    await house.putRole(customerAccountId, `drawbridge-${name}`, '/', trust, permissions)
    await house.putKeyPolicy(textOf(kit, 'key-policy.json'))
    if (purpose !== 'export') await house.fill(made.connection)
    return made
  }
  // Users have no key of the customer's policy to stand in: the key leaves them to the account's permissions.
  await house.putUser(customerAccountId, name, nothing)
  const { AccessKey } = await house.administrator().iam.send(new CreateAccessKeyCommand({ UserName: name }))
  const { AccessKeyId: accessKeyId = '', SecretAccessKey: secretAccessKey = '' } = AccessKey ?? {}
  const authentication = { kind: 'access-key' as const, accessKeyId, secretAccessKey }
  const made = await house.connect({ name, purpose, location, writing, authentication })
  const kit = await house.kitOf(made.connection)
  await house.putUser(customerAccountId, name, textOf(kit, 'permissions-policy.json'))
  if (purpose !== 'export') await house.fill(made.connection)
  return made
}

const nothing = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:ListAllMyBuckets', Resource: '*' }],
})
