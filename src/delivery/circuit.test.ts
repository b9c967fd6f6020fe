/** Circuits of targets, on the real database: when they open, who probes, and how what is owed follows. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { localStore, memoryStore, type ObjectStore } from '../storage/index.ts'
import { Circuits } from './circuit.ts'
import { recordBytes } from './spool/piece-sums.ts'
import {
  actionsOf,
  denied,
  intercepted,
  objectsOf,
  type TestHouse,
  type TestHouseOptions,
  type TestTarget,
  tenant,
  unavailable,
} from './testing/house.ts'
import { houseWith as closedHouse } from './testing/houses.ts'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

function houseWith(
  targets: Record<string, TestTarget>,
  policy: 'failover' | 'mirror' = 'failover',
  more: TestHouseOptions = {},
): Promise<TestHouse> {
  return closedHouse(targets, policy, { hasCircuits: true, ...more })
}

/** A store that can be switched off, and counts what it is asked. */
function switchable(inner: ObjectStore): { store: ObjectStore; isDown: boolean; asked: number } {
  const state = { store: inner, isDown: true, asked: 0 }
  state.store = intercepted(inner, {
    before: (operation) => {
      state.asked += 1
      if (state.isDown) throw unavailable(`s3:${operation}`)
    },
  })
  return state
}

const second = 1_000
const minute = 60 * second

/** Lets every attempt that is due happen, for a while. */
async function pass(house: TestHouse, milliseconds: number, step = 10 * second): Promise<void> {
  for (let waited = 0; waited < milliseconds; waited += step) {
    house.clock.advance(step)
    await house.worker.runOnce()
  }
}

test('five faults in a row open it; then nobody asks but one probe at a time, and further deliveries go elsewhere at once', async () => {
  const first = switchable(memoryStore())
  const backup = memoryStore()
  const house = await houseWith({ first, backup: { store: backup } })
  const ids = [await house.deliver({ 'a.pdf': 'a' }), await house.deliver({ 'b.pdf': 'b' })]
  await house.worker.runOnce()
  await pass(house, 25 * second, 5 * second)
  for (const id of ids) expect((await house.service.show(tenant, id)).state).toBe('owed')
  const [health] = await house.service.health(tenant, ['first'])
  expect(health).toMatchObject({ circuit: 'open', owed: 2, reason: 'the store does not answer' })
  expect(health?.failures).toBeGreaterThanOrEqual(5)
  const askedBefore = first.asked
  const third = await house.deliver({ 'c.pdf': 'c' })
  await house.worker.runOnce()
  const shown = await house.service.show(tenant, third)
  expect(shown).toMatchObject({ state: 'owed', targets: [{ state: 'failed', attempts: 0 }, { state: 'delivered' }] })
  expect(shown.targets[0]?.reason).toMatch(
    /^out of reach since 2026-.*, tried again at 2026-.*: the store does not answer$/,
  )
  expect(first.asked).toBe(askedBefore)
  expect((await actionsOf(house)).filter((action) => action === 'target.down')).toHaveLength(1)
})

test('a probe that succeeds closes it, and what is owed follows in the order of acceptance, no faster than asked', async () => {
  const first = switchable(memoryStore())
  const house = await houseWith({ first }, 'failover', { backfillSpacingMs: 10_000 })
  const ids: string[] = []
  for (let index = 0; index < 8; index++) ids.push(await house.deliver({ [`${index}.pdf`]: String(index) }))
  await house.worker.runOnce()
  await pass(house, 5 * minute)
  expect((await house.service.health(tenant, ['first']))[0]).toMatchObject({ owed: 8 })
  first.isDown = false
  const delivered = async (): Promise<string[]> => {
    const shown = await Promise.all(ids.map((id) => house.service.show(tenant, id)))
    return shown.filter(({ state }) => state === 'delivered').map(({ id }) => id)
  }
  for (let waited = 0; (await delivered()).length === 0 && waited < 900; waited++) {
    house.clock.advance(second)
    await house.worker.runOnce()
  }
  expect(await house.service.health(tenant, ['first'])).toEqual([
    { connection: 'first', circuit: 'closed', failures: 0, owed: expect.any(Number) },
  ])
  const early = (await delivered()).length
  expect(early).toBeLessThanOrEqual(2)
  await pass(house, 30 * second, second)
  expect((await delivered()).length - early).toBeLessThanOrEqual(4)
  await pass(house, 2 * minute)
  expect(await delivered()).toEqual(ids)
  expect((await actionsOf(house)).filter((action) => action.startsWith('target.'))).toEqual([
    'target.down',
    'target.up',
  ])
})

test('a probe that fails waits twice as long, up to ten minutes', async () => {
  const house = await houseWith({ first: { store: memoryStore() } })
  const circuits = new Circuits(house.clock, house.state.circuits)
  for (let fault = 0; fault < 5; fault++) await circuits.failed(tenant, 'first', 'no answer')
  const waits: number[] = []
  for (let probe = 0; probe < 7; probe++) {
    const record = await circuits.open(tenant, 'first')
    waits.push(Date.parse(record?.probeAt ?? '') - house.clock.now().getTime())
    house.clock.advance(waits.at(-1) ?? 0)
    expect((await circuits.gate(tenant, 'first')).kind).toBe('probe')
    await circuits.failed(tenant, 'first', 'no answer')
  }
  expect(waits.map((wait) => wait / second)).toEqual([30, 60, 120, 240, 480, 600, 600])
})

test('of several processes one gets the probe, and a straggler of before does not put it off', async () => {
  const house = await houseWith({ first: { store: memoryStore() } })
  const [one, two] = [new Circuits(house.clock, house.state.circuits), new Circuits(house.clock, house.state.circuits)]
  for (let fault = 0; fault < 5; fault++) await one.failed(tenant, 'first', 'no answer')
  const before = await one.open(tenant, 'first')
  await two.failed(tenant, 'first', 'a straggler')
  expect((await one.open(tenant, 'first'))?.probeAt).toBe(before?.probeAt)
  house.clock.advance(30 * second)
  const gates = await Promise.all([one.gate(tenant, 'first'), two.gate(tenant, 'first')])
  expect(gates.map(({ kind }) => kind).sort()).toEqual(['open', 'probe'])
  // Whoever took the probe died: after its time another one goes.
  house.clock.advance(5 * minute)
  expect((await two.gate(tenant, 'first')).kind).toBe('probe')
})

test('a refusal is an answer: it opens nothing, and closes what was open', async () => {
  const inner = memoryStore()
  const store = intercepted(inner, {
    before: (operation) => {
      throw denied(`s3:${operation}`)
    },
  })
  const house = await houseWith({ first: { store } })
  for (let index = 0; index < 6; index++) await house.deliver({ [`${index}.pdf`]: String(index) })
  await house.worker.runOnce()
  expect((await house.service.health(tenant, ['first']))[0]).toMatchObject({ circuit: 'closed', failures: 0 })
})

test('with every target down reports are held, up to half of the spool, and nothing is lost', async () => {
  const first = switchable(memoryStore())
  const second = switchable(memoryStore())
  const more = { spool: { quotaBytes: 4_000, smallBytes: 100 } }
  const house = await houseWith({ first, second }, 'mirror', more)
  const held = [await house.deliver({ 'a.bin': Buffer.alloc(900, 1) })]
  await house.worker.runOnce()
  const circuits = async () => (await house.service.health(tenant, ['first', 'second'])).map(({ circuit }) => circuit)
  // When the fifth attempt is made is left to chance.
  for (let hour = 0; hour < 24 && (await circuits()).includes('closed'); hour++) await pass(house, 60 * minute, minute)
  expect(await circuits()).not.toContain('closed')
  held.push(await house.deliver({ 'b.bin': Buffer.alloc(900, 2) }))
  const audit = { id: 'rte_1', name: 'audit', policy: 'mirror', targets: ['first', 'second'], createdAt: '' } as const
  const route = { ...audit, targets: [...audit.targets] }
  expect(await house.service.room(tenant, route)).toEqual({
    ...{ heldBytes: 1_800, isDown: true, limitBytes: 2_000, roomBytes: 200 },
  })
  expect((await house.service.waitingFor(tenant, 'first', 1)).map(({ id }) => id)).toEqual(held.slice(0, 1))
  expect((await house.service.waitingFor(tenant, 'second', 10)).map(({ id }) => id)).toEqual(held)
  await expect(house.deliver({ 'c.bin': Buffer.alloc(900, 3) })).rejects.toMatchObject({
    code: 'spool-full',
    context: { retryAfterSeconds: 60 },
    message: 'every target of `audit` is down, and what waits for them fills half of the spool',
  })
  first.isDown = false
  second.isDown = false
  await pass(house, 30 * minute, minute)
  for (const id of held) expect((await house.service.show(tenant, id)).state).toBe('delivered')
  // The upload that no delivery took lies there for a day, with what is known of its one piece.
  expect(await house.service.room(tenant, route)).toEqual({
    ...{ heldBytes: 0, isDown: false, limitBytes: null, roomBytes: 4_000 - 900 - recordBytes },
  })
  expect(await house.service.waitingFor(tenant, 'first', 10)).toEqual([])
  await house.deliver({ 'c.bin': Buffer.alloc(900, 3) })
})

test('a folder of our own is a last resort, and the bucket gets its due when it is back', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'drawbridge-resort-'))
  folders.push(folder)
  const bucket = switchable(memoryStore())
  const resort = localStore({ directory: folder })
  const house = await houseWith({ bucket, resort: { store: resort, service: 'local' } })
  const id = await house.deliver({ 'a.pdf': 'bytes' })
  await house.worker.runOnce()
  await pass(house, 3 * minute)
  expect(await house.service.show(tenant, id)).toMatchObject({ state: 'owed', targets: [{}, { state: 'delivered' }] })
  expect((await objectsOf(resort)).size).toBe(2)
  bucket.isDown = false
  await house.service.targetIsWell(tenant, 'bucket')
  await house.worker.runOnce()
  expect((await house.service.show(tenant, id)).state).toBe('delivered')
})
