/** Small reports that are accepted straight into work: what is durable before their bytes leave, and who is not begun with. */
import { expect, test, vi } from 'vitest'
import type { Delivery } from '../contract/index.ts'
import { bodyOfBytes, memoryStore } from '../storage/index.ts'
import {
  actionsOf,
  chunks,
  denied,
  intercepted,
  objectsOf,
  person,
  type TestHouse,
  tenant,
  unavailable,
} from './testing/house.ts'
import { houseWith, reopened } from './testing/houses.ts'

/** Starts the worker and waits until it has found that nothing waits. */
async function started(house: TestHouse): Promise<TestHouse> {
  house.worker.start()
  await vi.waitFor(() => {
    const place = house.worker.reserve()
    expect(place).not.toBeNull()
    place?.leave()
  })
  return house
}

/** Accepts a report whose bytes come with it. */
async function accept(
  house: TestHouse,
  text = 'the report',
  more: { idempotencyKey?: string } = {},
): Promise<Delivery> {
  const files = [{ name: 'a.pdf', source: chunks(text) }]
  return await house.service.accept(tenant, person, { route: 'audit', period: '2026-10', files, ...more })
}

async function ended(house: TestHouse, id: string, state: Delivery['state'] = 'delivered'): Promise<Delivery> {
  return await vi.waitFor(async () => {
    const delivery = await house.service.show(tenant, id)
    expect(delivery.state).toBe(state)
    return delivery
  })
}

/** A store that holds every write of a report until it is told to go on. */
function heldStore() {
  const inner = memoryStore()
  const { promise: mayGo, resolve: go } = Promise.withResolvers<void>()
  const { promise: isAsked, resolve: ask } = Promise.withResolvers<void>()
  const store = intercepted(inner, {
    async before(operation) {
      if (operation !== 'put') return
      ask()
      await mayGo
    },
  })
  return { inner, store, go, isAsked }
}

/** Acceptances that are durable, and not answered until they may end. */
function heldAcceptance({ state: { deliveries } }: TestHouse) {
  const { promise: held, resolve: mayEnd } = Promise.withResolvers<void>()
  const { promise: isAsked, resolve: ask } = Promise.withResolvers<void>()
  const accept = deliveries.accept.bind(deliveries)
  const repository = vi.spyOn(deliveries, 'accept').mockImplementation(async (...parameters) => {
    const accepted = await accept(...parameters)
    ask()
    await held
    return accepted
  })
  return { repository, mayEnd, isAsked }
}

test('it is claimed, planned and counted when it is accepted, before anything is sent', async () => {
  const { inner, store, go, isAsked } = heldStore()
  const house = await started(await houseWith({ acme: { store } }))
  const delivery = await accept(house)
  expect(delivery).toMatchObject({ state: 'accepted', targets: [{ state: 'sending', attempts: 1 }] })
  const record = await house.state.deliveries.byId(tenant, delivery.id)
  expect(record?.targets[0]).toMatchObject({ state: 'sending', attempts: 1, items: [{ state: 'sent', way: 'put' }] })
  expect(await house.state.deliveries.claim('another', { small: 9, large: 9 }, 15_000)).toEqual([])
  await isAsked
  expect(await objectsOf(inner)).toEqual(new Map())
  go()
  expect(await ended(house, delivery.id)).toMatchObject({ targets: [{ attempts: 1, hasReceipt: true }] })
  const [key = ''] = delivery.targets[0]?.keys ?? []
  expect([...(await objectsOf(inner)).keys()]).toEqual([key, `${key}.receipt.json`])
  expect(await actionsOf(house)).toEqual(['delivery.accepted', 'delivery.delivered'])
  const told = house.events.filter((event) => event.type === 'target').map(({ state }) => state)
  expect(told).toEqual(['sending', 'delivered'])
})

test('a process that ends in the middle leaves it to the next one, which does not take the object for another’s', async () => {
  const { inner, store, isAsked } = heldStore()
  const first = await started(await houseWith({ acme: { store } }))
  const { id } = await accept(first)
  await isAsked
  const house = await reopened(first)
  house.targets.set('acme', { store: inner })
  const [key = ''] = (await house.service.show(tenant, id)).targets[0]?.keys ?? []
  // What was on its way arrives after all.
  await inner.put(key, bodyOfBytes(Buffer.from('the report')), { ifAbsent: true })
  expect(await house.worker.runOnce()).toBe(1)
  expect(await ended(house, id)).toMatchObject({ targets: [{ state: 'delivered', verificationLevel: 'occupied' }] })
})

test('somebody else’s object at the key is a conflict from the first attempt on', async () => {
  const { inner, store, go, isAsked } = heldStore()
  const house = await started(await houseWith({ acme: { store } }))
  const { id, targets } = await accept(house)
  await isAsked
  const [key = ''] = targets[0]?.keys ?? []
  await inner.put(key, bodyOfBytes(Buffer.from('theirs')), { ifAbsent: true })
  go()
  await ended(house, id, 'conflict')
  expect((await objectsOf(inner)).get(key)?.toString()).toBe('theirs')
})

test('what was refused was not sent: an object that stands there later is not ours, and the backup has the report', async () => {
  const primary = memoryStore()
  let isBroken = true
  const store = intercepted(primary, {
    before(operation) {
      if (isBroken) throw denied(operation)
    },
  })
  const backup = memoryStore()
  const house = await started(await houseWith({ acme: { store }, backup: { store: backup } }))
  const { id, targets } = await accept(house)
  const delivery = await ended(house, id, 'owed')
  expect(delivery.targets).toMatchObject([{ state: 'refused', attempts: 1 }, { state: 'delivered' }])
  const record = await house.state.deliveries.byId(tenant, id)
  expect(record?.targets[0]?.items).toMatchObject([{ state: 'waiting' }])
  isBroken = false
  const [key = ''] = targets[0]?.keys ?? []
  await primary.put(key, bodyOfBytes(Buffer.from('theirs')), { ifAbsent: true })
  await house.service.retry(tenant, id, person)
  await ended(house, id, 'conflict')
})

test('an answer that was lost is resolved by the identical request of a later pass', async () => {
  const inner = memoryStore()
  let isLost = true
  const store = intercepted(inner, {
    after(operation, key) {
      if (operation !== 'put' || key.endsWith('.receipt.json') || !isLost) return
      isLost = false
      throw unavailable('s3:PutObject')
    },
  })
  const house = await started(await houseWith({ acme: { store } }))
  const { id } = await accept(house)
  await vi.waitFor(async () => {
    expect((await house.service.show(tenant, id)).targets[0]?.state).toBe('waiting')
  })
  await vi.waitFor(async () => {
    house.clock.advance(60_000)
    expect((await house.service.show(tenant, id)).state).toBe('delivered')
  })
  expect((await house.service.show(tenant, id)).targets).toMatchObject([{ attempts: 2, verificationLevel: 'occupied' }])
  expect((await objectsOf(inner)).size).toBe(2)
})

test('the same key again is the same delivery, and the place that was kept for it is free', async () => {
  const house = await started(await houseWith({ acme: { store: memoryStore() } }, 'failover', { smallConcurrency: 1 }))
  const first = await accept(house, 'same', { idempotencyKey: 'k' })
  await ended(house, first.id)
  expect((await accept(house, 'same', { idempotencyKey: 'k' })).id).toBe(first.id)
  await expect(accept(house, 'other', { idempotencyKey: 'k' })).rejects.toMatchObject({ code: 'input-invalid' })
  const place = house.worker.reserve()
  expect(place).not.toBeNull()
  place?.leave()
})

test('where there is no room it waits in the database, and those that wait come first', async () => {
  const { store, go, isAsked } = heldStore()
  const house = await started(await houseWith({ acme: { store } }, 'failover', { smallConcurrency: 1 }))
  const begun = await accept(house, 'first')
  await isAsked
  const waiting = await accept(house, 'second')
  expect([begun, waiting].map(({ targets }) => targets[0]?.state)).toEqual(['sending', 'waiting'])
  expect(house.worker.reserve()).toBeNull()
  go()
  await ended(house, begun.id)
  await ended(house, waiting.id)
})

test.each([
  ['a worker that does not run', async (house: TestHouse) => house],
  ['several files', started],
  ['several targets side by side', started],
  ['a target that failed last', started],
] as const)('%s: nothing is begun with, and everything arrives', async (what, ready) => {
  const isMirror = what === 'several targets side by side'
  let isDown = what === 'a target that failed last'
  const store = intercepted(memoryStore(), {
    before(operation) {
      if (isDown) throw unavailable(operation)
    },
  })
  const targets = { acme: { store }, ...(isMirror ? { backup: { store: memoryStore() } } : {}) }
  const house = await ready(await houseWith(targets, isMirror ? 'mirror' : 'failover', { hasCircuits: true }))
  if (isDown) {
    const before = await accept(house, 'before')
    await vi.waitFor(async () => {
      expect((await house.service.health(tenant, ['acme']))[0]?.failures).toBe(1)
      expect((await house.service.show(tenant, before.id)).targets[0]?.state).toBe('waiting')
    })
    isDown = false
  }
  const names = what === 'several files' ? ['a.csv', 'b.csv'] : ['a.csv']
  const files = names.map((name) => ({ name, source: chunks(name) }))
  const input = { route: 'audit', report: 'Ledger', period: '2026-10', files }
  const delivery = await house.service.accept(tenant, person, input)
  expect(delivery.targets[0]).toMatchObject({ state: 'waiting', attempts: 0 })
  if (what === 'a worker that does not run') await house.worker.runOnce()
  await ended(house, delivery.id)
})

test('a worker that stops waits for what is being accepted; what comes after waits for the next one', async () => {
  const store = memoryStore()
  const house = await started(await houseWith({ acme: { store } }))
  const place = house.worker.reserve()
  let hasStopped = false
  const stopping = house.worker.stop({ drainMs: 0 }).then(() => {
    hasStopped = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  expect(hasStopped).toBe(false)
  place?.leave()
  await stopping
  expect(house.worker.reserve()).toBeNull()
  const { id } = await accept(house)
  const next = await reopened(house)
  expect(await next.worker.runOnce()).toBe(1)
  await ended(next, id)
})

test('what was being accepted when a worker had to stop is given back unsent', async () => {
  const store = memoryStore()
  const house = await started(await houseWith({ acme: { store } }))
  const { repository, mayEnd, isAsked } = heldAcceptance(house)
  const accepting = accept(house)
  await isAsked
  const stopping = house.worker.stop({ drainMs: 0 })
  mayEnd()
  await stopping
  expect(repository).toHaveBeenCalledOnce()
  const { id } = await accepting
  expect((await house.service.show(tenant, id)).targets[0]?.state).not.toBe('delivered')
  expect((await objectsOf(store)).size).toBe(0)
  const next = await reopened(house)
  expect(await next.worker.runOnce()).toBe(1)
  await ended(next, id)
})
