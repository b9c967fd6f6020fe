/** A clock that stood ahead and was set right: what was accepted meanwhile is not put off until the clock is there again. */
import { expect, test } from 'vitest'
import { memoryStore } from '../storage/index.ts'
import { denied, intercepted, objectsOf, tenant, unavailable } from './testing/house.ts'
import { houseWith, reopened } from './testing/houses.ts'

const hour = 60 * 60_000

/** A store that answers everything with this for as long as it is broken. */
function answering(fault: (operation: string) => Error) {
  const broken = { isBroken: true }
  const store = intercepted(memoryStore(), {
    before(operation) {
      if (broken.isBroken) throw fault(operation)
    },
  })
  return { store, broken }
}

test('a report that was accepted in what is the future now is delivered at once', async () => {
  const store = memoryStore()
  const house = await houseWith({ acme: { store } })
  house.clock.advance(2 * hour)
  const id = await house.deliver({ 'a.pdf': 'bytes' })
  house.clock.advance(-3 * hour)
  expect(await house.worker.runOnce()).toBe(1)
  expect((await house.service.show(tenant, id)).state).toBe('delivered')
  expect((await objectsOf(store)).size).toBe(2)
})

test('a report that was accepted in the future and refused by its target waits from then on as any other', async () => {
  let asked = 0
  const store = intercepted(memoryStore(), {
    before(operation) {
      if (operation === 'put') asked++
      throw denied(operation)
    },
  })
  const house = await houseWith({ acme: { store } })
  house.clock.advance(2 * hour)
  await house.deliver({ 'a.pdf': 'bytes' })
  house.clock.advance(-3 * hour)
  await house.worker.runOnce()
  const before = asked
  expect(before).toBeGreaterThan(0)
  for (let minute = 0; minute < 2; minute++) {
    house.clock.advance(60_000)
    expect(await house.worker.runOnce()).toBe(0)
  }
  expect(asked).toBe(before)
  house.clock.advance(hour)
  expect(await house.worker.runOnce()).toBeGreaterThan(0)
})

test('a lease that was taken while the clock stood ahead ends no later than one that is taken now', async () => {
  const house = await houseWith({ acme: { store: memoryStore() } })
  const id = await house.deliver({ 'a.pdf': 'bytes' })
  house.clock.advance(2 * hour)
  expect(await house.state.deliveries.claim('stopped', { small: 1, large: 1 }, 15_000)).toHaveLength(1)
  house.clock.advance(-2 * hour)
  expect(await house.worker.runOnce()).toBe(0)
  house.clock.advance(16_000)
  expect(await house.worker.runOnce()).toBe(1)
  expect((await house.service.show(tenant, id)).state).toBe('delivered')
})

test('what was put off while the clock stood years ahead does not wait for years', async () => {
  const { store, broken } = answering(denied)
  const house = await houseWith({ acme: { store } })
  const id = await house.deliver({ 'a.pdf': 'bytes' })
  house.clock.advance(100_000 * hour)
  await house.worker.runOnce()
  broken.isBroken = false
  house.clock.advance(-100_000 * hour)
  // Another process, which did not see the clock being set back.
  const later = await reopened(house)
  await later.worker.runOnce()
  expect((await later.service.show(tenant, id)).state).toBe('delivered')
})

test('what was put off while the clock stood ahead waits for what was left of its time', async () => {
  const { store, broken } = answering(denied)
  const house = await houseWith({ acme: { store } })
  const id = await house.deliver({ 'a.pdf': 'bytes' })
  house.clock.advance(2 * hour)
  await house.worker.runOnce()
  broken.isBroken = false
  house.clock.advance(-2 * hour)
  expect(await house.worker.runOnce()).toBe(0)
  // The first wait of a target that refuses is five minutes at most.
  house.clock.advance(5 * 60_000)
  expect(await house.worker.runOnce()).toBe(1)
  expect((await house.service.show(tenant, id)).state).toBe('delivered')
})

test('a circuit that opened while the clock stood ahead lets its probe go when its time is over', async () => {
  const { store, broken } = answering(unavailable)
  const house = await houseWith({ acme: { store } }, 'failover', { hasCircuits: true })
  const ids = [await house.deliver({ 'a.pdf': 'bytes' })]
  house.clock.advance(2 * hour)
  for (let number = 0; number < 6; number++) ids.push(await house.deliver({ 'a.pdf': `bytes ${number}` }))
  await house.worker.runOnce()
  expect(await house.state.circuits.list(tenant)).toMatchObject([{ openedAt: expect.any(String) }])
  broken.isBroken = false
  house.clock.advance(-2 * hour)
  await house.worker.runOnce()
  house.clock.advance(6 * 60_000)
  await house.worker.runOnce()
  for (const id of ids) expect((await house.service.show(tenant, id)).state).toBe('delivered')
})
