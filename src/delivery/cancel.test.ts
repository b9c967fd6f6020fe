/** Cancelling a delivery: what had not arrived ends, what had arrived keeps its proof, and nothing open is left behind. */
import { expect, test } from 'vitest'
import { memoryStore } from '../storage/index.ts'
import { actionsOf, denied, intercepted, objectsOf, person, tenant, unavailable } from './testing/house.ts'
import { houseWith } from './testing/houses.ts'

const large = Buffer.alloc(24 * 1024 * 1024, 7)

test('a delivery that nobody worked on yet is ended before a byte of it leaves', async () => {
  const store = memoryStore()
  const house = await houseWith({ acme: { store } })
  const id = await house.deliver({ 'a.pdf': 'bytes' })
  expect(await house.service.cancel(tenant, id, person)).toMatchObject({ state: 'cancelled' })
  await house.worker.runOnce()
  expect(await house.service.show(tenant, id)).toMatchObject({
    state: 'cancelled',
    targets: [{ state: 'cancelled', attempts: 0, reason: 'cancelled before it arrived' }],
  })
  expect((await objectsOf(store)).size).toBe(0)
  expect(await actionsOf(house)).toEqual(['delivery.accepted', 'delivery.cancelled'])
  expect(await house.state.deliveries.spooledUploads()).toEqual([])
  expect(await house.worker.runOnce()).toBe(0)
})

test('what a backup has keeps its receipt, and the backfill ends', async () => {
  const [first, second] = [memoryStore(), memoryStore()]
  const refusing = intercepted(first, {
    before: (operation) => {
      throw denied(`s3:${operation}`)
    },
  })
  const house = await houseWith({ first: { store: refusing }, second: { store: second } })
  const id = await house.deliver({ 'a.pdf': 'bytes' })
  await house.worker.runOnce()
  expect((await house.service.show(tenant, id)).state).toBe('owed')
  await house.service.cancel(tenant, id, person)
  await house.worker.runOnce()
  const delivery = await house.service.show(tenant, id)
  expect(delivery).toMatchObject({
    state: 'cancelled',
    targets: [{ state: 'cancelled' }, { state: 'delivered', hasReceipt: true }],
  })
  expect((await house.service.receipt(tenant, id, 'second')).files.length).toBeGreaterThan(3)
  expect((await objectsOf(second)).size).toBe(2)
  await house.service.targetIsWell(tenant, 'first')
  expect(await house.worker.runOnce()).toBe(0)
})

test('an upload under way stops at the next heartbeat, and its parts are aborted', async () => {
  const inner = memoryStore()
  let isHeld: () => void = () => {}
  const held = new Promise<void>((resolve) => {
    isHeld = resolve
  })
  const store = intercepted(inner, {
    async before(operation, _key, rest) {
      if (operation !== 'uploadPart') return
      isHeld()
      const { signal } = rest.at(-1) as { signal: AbortSignal }
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
    },
  })
  const house = await houseWith({ acme: { store, writing: { resume: true } } })
  const id = await house.deliver({ 'a.bin': large })
  const work = house.worker.runOnce()
  await held
  expect(await inner.listUploads('root/')).toHaveLength(1)
  await house.service.cancel(tenant, id, person)
  house.clock.advance(5_000)
  await work
  await house.worker.runOnce()
  expect(await house.service.show(tenant, id)).toMatchObject({ state: 'cancelled', targets: [{ state: 'cancelled' }] })
  expect(await inner.listUploads('root/')).toEqual([])
  expect((await objectsOf(inner)).size).toBe(0)
})

test('a write whose answer was lost is named as a possible object', async () => {
  const inner = memoryStore()
  const store = intercepted(inner, {
    after: (operation) => {
      if (operation === 'put') throw unavailable('s3:PutObject')
    },
  })
  const house = await houseWith({ acme: { store } })
  const id = await house.deliver({ 'a.pdf': 'bytes' })
  await house.worker.runOnce()
  await house.service.cancel(tenant, id, person)
  await house.worker.runOnce()
  const [key = ''] = [...(await objectsOf(inner)).keys()]
  const { targets } = await house.service.show(tenant, id)
  expect(targets[0]?.reason).toBe(`cancelled; an object may stand at \`${key}\``)
  expect(await actionsOf(house)).toEqual(['delivery.accepted', 'delivery.cancelled', 'delivery.possible-object'])
})

test('parts that our rights can not remove are written down', async () => {
  const inner = memoryStore()
  const store = intercepted(inner, {
    before: (operation) => {
      if (operation === 'uploadPart') throw unavailable('s3:UploadPart')
      if (operation === 'abortUpload' || operation === 'listUploads') throw denied(`s3:${operation}`)
    },
  })
  const house = await houseWith({ acme: { store, writing: { resume: true } } })
  const id = await house.deliver({ 'a.bin': large })
  await house.worker.runOnce()
  await house.service.cancel(tenant, id, person)
  await house.worker.runOnce()
  expect(await actionsOf(house)).toContain('delivery.possible-orphan')
})

test('what is delivered can not be cancelled, and what is cancelled not tried again', async () => {
  const house = await houseWith({ acme: { store: memoryStore() } })
  const done = await house.deliver({ 'a.pdf': 'bytes' })
  await house.worker.runOnce()
  await expect(house.service.cancel(tenant, done, person)).rejects.toMatchObject({ code: 'ended' })
  const id = await house.deliver({ 'b.pdf': 'bytes' })
  await house.service.cancel(tenant, id, person)
  expect(await house.service.cancel(tenant, id, person)).toMatchObject({ state: 'cancelled' })
  await expect(house.service.retry(tenant, id, person)).rejects.toMatchObject({ code: 'ended' })
  await expect(house.service.cancel(tenant, 'dlv_nobody', person)).rejects.toMatchObject({ code: 'not-found' })
  await house.worker.runOnce()
  expect((await actionsOf(house)).filter((action) => action === 'delivery.cancelled')).toHaveLength(1)
})
