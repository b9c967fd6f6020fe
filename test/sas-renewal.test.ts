/**
 * A SAS token that is replaced while a large blob is being staged, on Azurite: the upload goes on with its successor, and
 * what was staged before is committed with it. The old token is revoked at once, by its stored access policy.
 */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock, systemRandom } from '../src/base/index.ts'
import { type ConnectionContext, createConnection, openConnection } from '../src/connection/index.ts'
import { SessionCache } from '../src/credentials/index.ts'
import { intercepted, openTestHouse, type TestHouse, tenant } from '../src/delivery/testing/house.ts'
import { type Azurite, startAzurite } from './servers/azurite.ts'

const container = 'renewal'
const bytes = Buffer.alloc(56 * 1024 * 1024, 'staged ')
let azurite: Azurite
let house: TestHouse | null = null

beforeAll(async () => {
  azurite = await startAzurite()
  await azurite.createContainer(container)
}, 60_000)
afterAll(async () => {
  await house?.close()
  await azurite.close()
})

/** Sets the container's stored access policies to these alone: any other is revoked. */
async function allowOnly(...policies: string[]): Promise<void> {
  const expiresOn = new Date(Date.now() + 3_600_000)
  const startsOn = new Date(Date.now() - 60_000)
  await azurite.owner.getContainerClient(container).setAccessPolicy(
    undefined,
    policies.map((id) => ({ id, accessPolicy: { expiresOn, startsOn, permissions: 'cw' } })),
  )
}

function surroundings(): ConnectionContext {
  const assume = (): Promise<never> => Promise.reject(new Error('no role here'))
  return {
    clock: systemClock,
    random: systemRandom,
    base: null,
    sessions: new SessionCache({ clock: systemClock, assume }),
    egress: 'dynamic',
    observedAddress: null,
    ownAccounts: [],
    allowedEndpoints: [new URL(azurite.url).origin],
    evidencePublicKeyPem: '',
    stsEndpoint: null,
  }
}

it('goes on with the successor after the token before it was revoked, in the same attempt', async () => {
  await allowOnly('first')
  const tokenOf = (storedPolicy: string): string => azurite.sas(container, { storedPolicy })
  let current = tokenOf('first')
  const context = surroundings()
  const location = { service: 'azblob', containerUrl: azurite.containerUrl(container), rootPath: '' } as const
  const authentication = { kind: 'sas', token: current } as const
  const input = { name: 'acme', purpose: 'export', location, authentication, writing: { resume: true } } as const
  const { connection, secret } = await createConnection(tenant, input, context, async () => null)
  const identity = { tags: {}, sourceIdentity: 'dana', sessionName: 'dana' }
  const open = await openConnection(connection, secret, identity, context, async () => ({
    kind: 'sas',
    token: current,
  }))
  const staged: number[] = []
  let renewals = 0
  const store = intercepted(open.store, {
    before: async (operation, _key, [, number]) => {
      if (operation !== 'uploadPart') return
      // Some parts are there when somebody replaces the token and revokes the old one.
      if (staged.length === 3 && current === tokenOf('first')) {
        current = tokenOf('second')
        await allowOnly('second')
      }
      staged.push(Number(number))
    },
  })
  const onRenew = (): Promise<void> => {
    renewals += 1
    return open.renew()
  }
  house = await openTestHouse({ acme: { store, service: 'azblob', writing: { resume: true }, onRenew } })
  const id = await house.deliver({ 'large.bin': bytes })
  await house.worker.runOnce()
  const { state, targets } = await house.service.show(tenant, id)
  expect([state, targets[0]?.attempts, targets[0]?.reason]).toEqual(['delivered', 1, undefined])
  expect(renewals).toBeGreaterThanOrEqual(1)
  const blob = azurite.owner.getContainerClient(container).getBlobClient(targets[0]?.keys[0] ?? '')
  const found = await blob.downloadToBuffer()
  expect(createHash('sha256').update(found).digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'))
  await expect(blob.getProperties()).resolves.toMatchObject({ contentLength: bytes.length })
  open.close()
}, 60_000)

it('is refused, and not tried for ever, where there is no successor', async () => {
  await allowOnly('third')
  const token = azurite.sas(container, { storedPolicy: 'third' })
  const context = surroundings()
  const location = { service: 'azblob', containerUrl: azurite.containerUrl(container), rootPath: '' } as const
  const input = { name: 'lone', purpose: 'export', location, authentication: { kind: 'sas', token } } as const
  const { connection, secret } = await createConnection(tenant, input, context, async () => null)
  const identity = { tags: {}, sourceIdentity: 'dana', sessionName: 'dana' }
  const open = await openConnection(connection, secret, identity, context, async () => secret)
  await allowOnly('fourth')
  const lone = await openTestHouse({ acme: { store: open.store, service: 'azblob', onRenew: () => open.renew() } })
  const id = await lone.deliver({ 'small.pdf': 'bytes' })
  await lone.worker.runOnce()
  expect(await lone.service.show(tenant, id)).toMatchObject({ targets: [{ state: 'refused', attempts: 1 }] })
  open.close()
  await lone.close()
}, 60_000)
