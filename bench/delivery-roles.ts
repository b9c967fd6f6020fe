/** Counts how often a role is assumed for many deliveries of one person at a time, from the sandbox's own record of requests. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSandbox } from '../src/sandbox/index.ts'
import { setUpCustomer } from '../test/kill/customer.ts'
import { openBenchHouse, person, tenant } from './delivery-house.ts'

/** Delivers that many small reports through the whole house to the sandbox, all accepted at once. */
export async function countAssumedRoles(deliveries: number): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'drawbridge-roles-'))
  const sandbox = await startSandbox()
  try {
    const customer = await setUpCustomer(sandbox, { bucket: 'bench-roles', resume: false })
    const { promise: ended, resolve, reject } = Promise.withResolvers<void>()
    let delivered = 0
    const { house, worker, close } = await openBenchHouse({
      directory,
      endpoint: sandbox.endpoint,
      role: { ...customer, provider: () => baseCredentials(sandbox.endpoint) },
      onDelivery(event) {
        if (event.type === 'crash') reject(event.error)
        if (event.type !== 'delivery' || event.state !== 'delivered' || event.availableAt !== null) return
        delivered += 1
        if (delivered === deliveries) resolve()
      },
    })
    await Promise.all(
      Array.from({ length: deliveries }, async (_, n) => {
        const { upload } = await house.deliveries.upload(tenant, `report-${n}.csv`, bytesOf(n))
        await house.deliveries.accept(tenant, person, { route: 'audit', period: '2026-10', uploads: [upload] })
      }),
    )
    worker.start()
    await ended
    await close()
    return sandbox.history().filter(({ operation }) => operation === 'AssumeRole').length
  } finally {
    await sandbox.close()
    await rm(directory, { recursive: true, force: true })
  }
}

async function* bytesOf(n: number): AsyncGenerator<Buffer> {
  yield Buffer.from(`report ${n}`)
}

/** The sandbox hands out our base identity's credentials as a container's endpoint would. */
async function baseCredentials(endpoint: string) {
  const answer = await fetch(`${endpoint}/_sandbox/credentials/drawbridge-base`)
  const told = (await answer.json()) as Record<'AccessKeyId' | 'SecretAccessKey' | 'Token' | 'Expiration', string>
  return {
    accessKeyId: told.AccessKeyId,
    secretAccessKey: told.SecretAccessKey,
    sessionToken: told.Token,
    expiration: new Date(told.Expiration),
  }
}
