/**
 * Rights, sessions and buckets that change while a report travels, on a real upload. The delivery is refused or parked with
 * its reason, nothing is lost, and when things are right again it arrives once, from where it stopped.
 */
import { DeleteBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Secret, systemClock, systemRandom } from '../../src/base/index.ts'
import type { OpenTarget, TargetAccess } from '../../src/delivery/index.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts'
import { azureStore, withRetry } from '../../src/storage/index.ts'
import { administratorStore, grant, setUpCustomer } from '../kill/customer.ts'
import { targetAccess } from '../kill/target.ts'
import { startAzurite } from '../servers/azurite.ts'
import { accessOf, arrivedOnce, bucketOf, makeBucket, tenant, withFaultHouse } from './house.ts'
import { startFaultProxy } from './proxy.ts'

const sizeBytes = 20 * (1 << 20)
let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.close())

/** Asks every few milliseconds until something is so, for as long as the test may take. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20))
}

test('a right that is taken away in the middle of an upload parks the delivery; given back, the upload goes on', async () => {
  const mode = { bucket: 'rights-revoked', resume: true }
  const proxy = await startFaultProxy(sandbox.endpoint)
  const job = { ...(await setUpCustomer(sandbox, mode)), directory: '', report: '', sizeBytes: 0 }
  const store = administratorStore(sandbox, mode.bucket)
  try {
    proxy.setRules([{ line: /partNumber=/u, times: 100, fault: { kind: 'slow', bytesPerSecond: 8_000_000 } }])
    const access = targetAccess({ ...job, endpoint: proxy.endpoint })
    await withFaultHouse(access, async ({ accept, worker, service, state, settle }) => {
      const id = await accept('revoked', sizeBytes)
      const pass = worker.runOnce()
      await until(async () => (await store.listUploads('')).length === 1)
      await grant(sandbox, mode, false)
      await pass
      const parked = await service.show(tenant, id)
      expect(parked).toMatchObject({ state: 'parked', targets: [{ state: 'refused', attempts: 1 }] })
      expect(parked.targets[0]?.reason).toBeTruthy()
      await grant(sandbox, mode, true)
      proxy.setRules([])
      await state.deliveries.makeDue(tenant, id, ['acme'], [])
      const delivery = await settle(id)
      expect(delivery).toMatchObject({ state: 'delivered', targets: [{ hasReceipt: true }] })
      const target = { endpoint: sandbox.endpoint, bucket: mode.bucket, keys: sandbox.customer, resume: true }
      expect(await bucketOf(target, delivery)).toEqual(arrivedOnce(delivery, 'revoked', sizeBytes))
    })
  } finally {
    store.close()
    await proxy.close()
  }
})

test('sessions that end in the middle of an upload are renewed, and the upload goes on in the same attempt', async () => {
  const mode = { bucket: 'rights-aged', resume: true }
  const proxy = await startFaultProxy(sandbox.endpoint)
  const job = { ...(await setUpCustomer(sandbox, mode)), directory: '', report: '', sizeBytes: 0 }
  const store = administratorStore(sandbox, mode.bucket)
  try {
    proxy.setRules([{ line: /partNumber=/u, times: 100, fault: { kind: 'slow', bytesPerSecond: 8_000_000 } }])
    await withFaultHouse(targetAccess({ ...job, endpoint: proxy.endpoint }), async ({ accept, worker, service }) => {
      const id = await accept('aged', sizeBytes)
      const pass = worker.runOnce()
      await until(async () => (await store.listUploads('')).length === 1)
      sandbox.advance(3_700)
      await pass
      const delivery = await service.show(tenant, id)
      expect(delivery).toMatchObject({ state: 'delivered', targets: [{ hasReceipt: true, attempts: 1 }] })
      const target = { endpoint: sandbox.endpoint, bucket: mode.bucket, keys: sandbox.customer, resume: true }
      expect(await bucketOf(target, delivery)).toEqual(arrivedOnce(delivery, 'aged', sizeBytes))
    })
  } finally {
    store.close()
    await proxy.close()
  }
})

test('a bucket that was deleted parks the delivery; made anew, it gets the report', async () => {
  const target = await makeBucket(sandbox, 'rights-deleted', false)
  const s3 = new S3Client({
    region: 'eu-central-1',
    endpoint: sandbox.endpoint,
    forcePathStyle: true,
    credentials: target.keys,
  })
  await s3.send(new DeleteBucketCommand({ Bucket: target.bucket }))
  s3.destroy()
  await withFaultHouse(accessOf(target), async ({ accept, worker, service, settle, state }) => {
    const id = await accept('deleted', 100_000)
    await worker.runOnce()
    expect(await service.show(tenant, id)).toMatchObject({ state: 'parked', targets: [{ state: 'refused' }] })
    await makeBucket(sandbox, target.bucket, false)
    await state.deliveries.makeDue(tenant, id, ['acme'], [])
    const delivery = await settle(id)
    expect(delivery.state).toBe('delivered')
    expect(await bucketOf(target, delivery)).toEqual(arrivedOnce(delivery, 'deleted', 100_000))
  })
})

test('a SAS token that ends in the middle of an upload parks the delivery; a new one commits the blocks that stand', async () => {
  const azurite = await startAzurite()
  const proxy = await startFaultProxy(new URL(azurite.url).origin)
  try {
    await azurite.createContainer('reports')
    const inFourSeconds = new Date(Date.now() + 4_000)
    let sas = azurite.sas('reports', { permissions: 'rcwl', expiresAt: inFourSeconds })
    proxy.setRules([{ line: /comp=block&/u, times: 100, fault: { kind: 'slow', bytesPerSecond: 3_000_000 } }])
    const { host } = new URL(proxy.endpoint)
    const containerUrl = azurite.containerUrl('reports').replace(new URL(azurite.url).host, host)
    const access = sasAccess(containerUrl, () => sas)
    await withFaultHouse(access, async ({ accept, worker, service, settle, state }) => {
      const id = await accept('sas', sizeBytes)
      await worker.runOnce()
      const parked = await service.show(tenant, id)
      expect(parked).toMatchObject({ state: 'parked', targets: [{ state: 'refused' }] })
      const sent = proxy.hits
      expect(sent).toBeGreaterThanOrEqual(1)
      sas = azurite.sas('reports', { permissions: 'rcwl' })
      proxy.setRules([{ line: /comp=block&/u, times: 100, fault: { kind: 'slice', pieceBytes: 1 << 20 } }])
      await state.deliveries.makeDue(tenant, id, ['acme'], [])
      const delivery = await settle(id)
      expect(delivery).toMatchObject({ state: 'delivered', targets: [{ hasReceipt: true }] })
      // What stood there was not sent again.
      expect(proxy.hits).toBeLessThan(Math.ceil(sizeBytes / (8 << 20)))
      const blob = azurite.owner.getContainerClient('reports').getBlobClient(delivery.targets[0]?.keys[0] ?? '')
      expect((await blob.getProperties()).contentLength).toBe(sizeBytes)
    })
  } finally {
    await proxy.close()
    await azurite.close()
  }
})

function sasAccess(containerUrl: string, sas: () => string): TargetAccess {
  return {
    identityFor: async () => ({ tags: {}, sourceIdentity: 'operator', sessionName: 'operator' }),
    async open(): Promise<OpenTarget> {
      const store = azureStore({ containerUrl, sas: new Secret(sas()), allowPrivateEndpoint: true })
      return {
        store: withRetry(store, { clock: systemClock, random: systemRandom, baseDelayMs: 20 }),
        rootPath: '',
        writing: { acl: 'none', encryption: { kind: 'bucket-default' }, resume: true },
        purpose: 'export',
        facts: { service: 'azblob', location: containerUrl },
        renew: async () => {},
        close: () => store.close(),
      }
    },
    async explain(_tenant, _connection, _identity, error) {
      throw error
    },
  }
}
