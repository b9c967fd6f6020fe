/** From one target to the next: when a route goes on, when it must not, and what becomes of a target that it left. */
import { expect, test } from 'vitest'
import { DrawbridgeError, systemRandom } from '../base/index.ts'
import { memoryStore, type ObjectStore, withRetry } from '../storage/index.ts'
import {
  actionsOf,
  denied,
  intercepted,
  objectsOf,
  person,
  type TestHouse,
  tenant,
  unavailable,
} from './testing/house.ts'
import { houseWith } from './testing/houses.ts'

const hour = 60 * 60_000
/** Goes in parts. */
const large = Buffer.alloc(24 * 1024 * 1024, 7)
/** A store that refuses everything for as long as `isShut`. */
function shutting(inner: ObjectStore): { store: ObjectStore; isShut: boolean } {
  const door = {
    isShut: true,
    store: intercepted(inner, {
      before(operation) {
        if (door.isShut) throw denied(operation)
      },
    }),
  }
  return door
}

/** A store that breaks off in the middle of an upload, with what it holds; `isDown`: it answers nothing. */
function breaking(inner: ObjectStore): { store: ObjectStore; isDown: boolean; isBreaking: boolean } {
  const way = {
    isDown: false,
    isBreaking: true,
    store: intercepted(inner, {
      before(operation) {
        if (way.isDown || (way.isBreaking && operation === 'uploadPart')) throw unavailable(operation)
      },
    }),
  }
  return way
}

/** Runs the worker as time passes. */
async function liveFor(house: TestHouse, hours: number): Promise<void> {
  for (let elapsed = 0; elapsed < hours; elapsed += 0.5) {
    await house.worker.runOnce()
    house.clock.advance(hour / 2)
  }
  await house.worker.runOnce()
}

test('an Azure token that only creates: the repetition of a lost write is refused in the same attempt, and nothing fails over', async () => {
  let puts = 0
  const lossy = intercepted(memoryStore(), {
    before(operation) {
      if (operation === 'put' && ++puts > 1) throw denied(operation)
    },
    after(operation) {
      const context = { possiblySent: true }
      if (operation === 'put')
        throw new DrawbridgeError({ code: 'unavailable', message: 'no answer', retry: 'later', operation, context })
    },
  })
  const store = withRetry(lossy, { clock: { now: () => new Date(), sleep: async () => {} }, random: systemRandom })
  const backup = memoryStore()
  const house = await houseWith({ azure: { store, service: 'azblob' }, backup: { store: backup } })
  const id = await house.deliver({ 'a.pdf': 'bytes' })
  await house.worker.runOnce()
  expect(await house.service.show(tenant, id)).toMatchObject({
    state: 'accepted',
    targets: [
      { state: 'waiting', reason: 'Access Denied' },
      { state: 'waiting', attempts: 0 },
    ],
  })
  expect(puts).toBeGreaterThan(1)
  expect((await objectsOf(backup)).size).toBe(0)
})

test('an upload that a backup was left with is aborted when the first target has the report', async () => {
  const [first, second] = [memoryStore(), memoryStore()]
  const [door, way] = [shutting(first), breaking(second)]
  const house = await houseWith({
    first: { store: door.store },
    second: { store: way.store, writing: { resume: true } },
  })
  const id = await house.deliver({ 'a.pdf': large })
  await liveFor(house, 1)
  expect(await house.service.show(tenant, id)).toMatchObject({
    state: 'parked',
    targets: [{ state: 'refused' }, { state: 'failed' }],
  })
  expect(await second.listUploads('')).toHaveLength(1)
  way.isDown = true
  door.isShut = false
  await house.service.targetIsWell(tenant, 'first')
  await house.worker.runOnce()
  expect(await house.service.show(tenant, id)).toMatchObject({
    state: 'delivered',
    targets: [{ state: 'delivered' }, { state: 'failed' }],
  })
  // Out of reach when it was not needed any more, and back a day later.
  await liveFor(house, 24)
  expect(await second.listUploads('')).toHaveLength(1)
  way.isDown = false
  await liveFor(house, 7)
  expect(await house.service.show(tenant, id)).toMatchObject({
    state: 'delivered',
    targets: [
      { state: 'delivered' },
      { state: 'skipped', reason: expect.stringMatching(/^not needed any more; before:/) },
    ],
  })
  expect(await second.listUploads('')).toEqual([])
  expect((await objectsOf(second)).size).toBe(0)
  expect(await actionsOf(house)).not.toContain('delivery.possible-orphan')
  expect(await house.state.deliveries.owedCount(tenant, 'second')).toBe(0)
  expect(await house.state.deliveries.spooledUploads()).toEqual([])
})

test('an upload at a backup that stays out of reach, or does not let us, goes on record', async () => {
  for (const end of ['down', 'denied'] as const) {
    const [first, second] = [memoryStore(), memoryStore()]
    const [door, way] = [shutting(first), breaking(second)]
    const denying = shutting(way.store)
    denying.isShut = false
    const house = await houseWith({
      first: { store: door.store },
      second: { store: denying.store, writing: { resume: true } },
    })
    const id = await house.deliver({ 'a.pdf': large })
    await liveFor(house, 1)
    way.isDown = end === 'down'
    denying.isShut = end === 'denied'
    door.isShut = false
    await house.service.targetIsWell(tenant, 'first')
    await liveFor(house, 144)
    expect((await house.service.show(tenant, id)).targets).toMatchObject([{ state: 'delivered' }, { state: 'skipped' }])
    expect((await actionsOf(house)).filter((action) => action === 'delivery.possible-orphan')).toHaveLength(1)
  }
})

test('a backup that may hold the report says so when the first target has it', async () => {
  const [first, second] = [memoryStore(), memoryStore()]
  const door = shutting(first)
  const silent = intercepted(second, {
    after(operation) {
      if (operation === 'put') throw unavailable(operation)
    },
  })
  const house = await houseWith({ first: { store: door.store }, second: { store: silent } })
  const id = await house.deliver({ 'a.pdf': 'bytes' })
  await house.worker.runOnce()
  door.isShut = false
  await house.service.targetIsWell(tenant, 'first')
  await house.worker.runOnce()
  const [[key]] = [[...(await objectsOf(second)).keys()]]
  expect((await house.service.show(tenant, id)).targets).toMatchObject([
    { state: 'delivered' },
    {
      state: 'skipped',
      reason: `not needed any more; an object may stand at \`${key}\`; before: the store does not answer`,
    },
  ])
  expect(await actionsOf(house)).toContain('delivery.possible-object')
})

test("a conflict at a backup is nobody's task any more when the first target has the report", async () => {
  const [first, second] = [memoryStore(), memoryStore()]
  const door = shutting(first)
  const taking = intercepted(second, {
    before(operation) {
      if (operation === 'put')
        throw new DrawbridgeError({ code: 'object-exists', message: 'an object stands there', operation })
    },
  })
  const house = await houseWith({ first: { store: door.store }, second: { store: taking } })
  const id = await house.deliver({ 'a.pdf': 'bytes' })
  await house.worker.runOnce()
  expect(await house.service.show(tenant, id)).toMatchObject({
    state: 'conflict',
    targets: [{ state: 'refused' }, { state: 'conflict' }],
  })
  door.isShut = false
  await house.service.retry(tenant, id, person)
  await house.worker.runOnce()
  expect(await house.service.show(tenant, id)).toMatchObject({
    state: 'delivered',
    targets: [
      { state: 'delivered' },
      { state: 'skipped', reason: expect.stringMatching(/^not needed any more; before: another object stands at/) },
    ],
  })
  expect(await house.worker.runOnce()).toBe(0)
})
