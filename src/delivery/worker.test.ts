/** Deliveries from acceptance to receipt, and through faults: the real database and spool, stores in memory. */
import { expect, test } from 'vitest'
import { bodyOfBytes, memoryStore } from '../storage/index.ts'
import { actionsOf, denied, intercepted, objectsOf, person, tenant, unavailable } from './testing/house.ts'
import { houseWith, reopened } from './testing/houses.ts'

const hour = 60 * 60_000

test('a report of one file becomes one object, a receipt and a copy of the receipt', async () => {
  const store = memoryStore()
  const house = await houseWith({ acme: { store } })
  const id = await house.deliver({ 'Audit 2026-10.pdf': 'the report' })
  expect(await house.worker.runOnce()).toBe(1)
  const delivery = await house.service.show(tenant, id)
  expect(delivery).toMatchObject({
    state: 'delivered',
    report: 'Audit 2026-10.pdf',
    targets: [{ attempts: 1, hasReceipt: true }],
  })
  const [key = ''] = delivery.targets[0]?.keys ?? []
  expect(key).toMatch(new RegExp(`^root/audit-2026-10/2026-10/${id}-[0-9a-f]{16}\\.pdf$`))
  const objects = await objectsOf(store)
  expect([...objects.keys()]).toEqual([key, `${key}.receipt.json`])
  expect(objects.get(key)?.toString()).toBe('the report')
  const receipt = await house.service.receipt(tenant, id, 'acme')
  expect(receipt.files.map((file) => file.path)).toContain('receipt.dsse.json')
  expect(await actionsOf(house)).toEqual(['delivery.accepted', 'delivery.delivered'])
  expect(await house.state.deliveries.spooledUploads()).toEqual([])
  expect(house.spool.usedBytes).toBe(0)
})

test('a delivery is told as delivered before its file is freed, which takes its time', async () => {
  const house = await houseWith({ acme: { store: memoryStore() } })
  await house.deliver({ 'a.bin': new Uint8Array(100_000) })
  const told: (string | undefined)[] = []
  const { spool } = house
  const remove = spool.remove.bind(spool)
  spool.remove = async (upload) => {
    const last = house.events.at(-1)
    told.push(last?.type === 'delivery' ? last.state : last?.type)
    await remove(upload)
  }
  await house.worker.runOnce()
  expect(told).toEqual(['delivered'])
  expect(spool.usedBytes).toBe(0)
})

test('a report of several files becomes a package folder with its tag files and receipt', async () => {
  const store = memoryStore()
  const house = await houseWith({ acme: { store } })
  const id = await house.deliver({ 'a.csv': 'a', 'b.csv': 'b' }, { report: 'Ledger' })
  await house.worker.runOnce()
  const folder = `root/ledger/2026-10/${id}/`
  const keys = [...(await objectsOf(store)).keys()]
  expect(keys.every((key) => key.startsWith(folder))).toBe(true)
  expect(keys.map((key) => key.slice(folder.length))).toEqual(
    expect.arrayContaining([
      'data/a.csv',
      'data/b.csv',
      'bagit.txt',
      'manifest-sha256.txt',
      'receipt.sig',
      'VERIFY.md',
    ]),
  )
})

test('an answer that was lost is resolved by the identical request, and counts as occupied', async () => {
  const inner = memoryStore()
  let isLost = true
  const store = intercepted(inner, {
    after(operation, key) {
      if (operation !== 'put' || key.endsWith('.receipt.json') || !isLost) return
      isLost = false
      throw unavailable('s3:PutObject')
    },
  })
  const house = await houseWith({ acme: { store } })
  const id = await house.deliver({ 'a.pdf': 'bytes' })
  await house.worker.runOnce()
  expect((await house.service.show(tenant, id)).state).toBe('accepted')
  house.clock.advance(5 * 60_000)
  await house.worker.runOnce()
  const delivery = await house.service.show(tenant, id)
  expect(delivery).toMatchObject({ state: 'delivered', targets: [{ verificationLevel: 'occupied', attempts: 2 }] })
  expect([...(await objectsOf(inner)).keys()]).toHaveLength(2)
})

test('somebody else’s object at the key is a conflict, also when asked again, and is never overwritten', async () => {
  const inner = memoryStore()
  const house = await houseWith({ acme: { store: inner } })
  const id = await house.deliver({ 'a.pdf': 'ours' })
  const sha = (await house.service.show(tenant, id)).files[0]?.sha256 ?? ''
  const key = `root/a/2026-10/${id}-${sha.slice(0, 16)}.pdf`
  await inner.put(key, bodyOfBytes(Buffer.from('theirs')), { ifAbsent: true })
  await house.worker.runOnce()
  expect(await house.service.show(tenant, id)).toMatchObject({ state: 'conflict', targets: [{ state: 'conflict' }] })
  await house.service.retry(tenant, id, person)
  await house.worker.runOnce()
  expect(await house.service.show(tenant, id)).toMatchObject({ state: 'conflict', targets: [{ attempts: 2 }] })
  expect((await objectsOf(inner)).get(key)?.toString()).toBe('theirs')
  await inner.delete(key)
  await house.service.retry(tenant, id, person)
  await house.worker.runOnce()
  expect((await house.service.show(tenant, id)).state).toBe('delivered')
})

test('a refused target gets one fresh session, is explained, and the report goes to the next one', async () => {
  const broken = { isBroken: true }
  let renewals = 0
  const primary = memoryStore()
  const store = intercepted(primary, {
    before(operation) {
      if (broken.isBroken) throw denied(operation)
    },
  })
  const backup = memoryStore()
  const house = await houseWith({ acme: { store, onRenew: () => renewals++ }, backup: { store: backup } })
  const id = await house.deliver({ 'a.pdf': 'bytes' })
  await house.worker.runOnce()
  expect(renewals).toBe(1)
  expect(house.explained).toHaveLength(1)
  expect(await house.service.show(tenant, id)).toMatchObject({
    state: 'owed',
    targets: [
      { state: 'refused', reason: 'Access Denied', diagnosis: { summary: 'refused' } },
      { state: 'delivered', hasReceipt: true },
    ],
  })
  expect((await objectsOf(backup)).size).toBe(2)
  broken.isBroken = false
  expect(await house.service.targetIsWell(tenant, 'acme')).toBe(1)
  await house.worker.runOnce()
  expect((await house.service.show(tenant, id)).state).toBe('delivered')
  expect((await objectsOf(primary)).size).toBe(2)
  expect(await actionsOf(house)).toEqual([
    'delivery.accepted',
    'delivery.refused',
    'delivery.delivered',
    'delivery.delivered',
  ])
})

test('a session that was renewed is enough when the refusal was the old session’s', async () => {
  let isStale = true
  const store = intercepted(memoryStore(), {
    before(operation) {
      if (isStale) throw denied(operation)
    },
  })
  const house = await houseWith({ acme: { store, onRenew: () => (isStale = false) } })
  const id = await house.deliver({ 'a.pdf': 'bytes' })
  await house.worker.runOnce()
  expect((await house.service.show(tenant, id)).targets).toMatchObject([{ state: 'delivered', attempts: 1 }])
  expect(house.explained).toEqual([])
})

test('passing faults use up a budget of three attempts before the route turns to its next target', async () => {
  const store = intercepted(memoryStore(), {
    before(operation) {
      throw unavailable(operation)
    },
  })
  const backup = memoryStore()
  const house = await houseWith({ acme: { store }, backup: { store: backup } })
  const id = await house.deliver({ 'a.pdf': 'bytes' })
  for (let attempt = 1; attempt <= 2; attempt++) {
    await house.worker.runOnce()
    expect(await house.service.show(tenant, id)).toMatchObject({
      state: 'accepted',
      targets: [{ attempts: attempt }, {}],
    })
    house.clock.advance(2 * 60_000)
  }
  await house.worker.runOnce()
  expect(await house.service.show(tenant, id)).toMatchObject({
    state: 'owed',
    targets: [{ state: 'failed', attempts: 3 }, { state: 'delivered' }],
  })
})

test('all targets down: the delivery is parked, held, and goes out by itself when one comes back', async () => {
  const broken = { isBroken: true }
  const before = (operation: string): void => {
    if (broken.isBroken) throw denied(operation)
  }
  const store = memoryStore()
  const house = await houseWith({ acme: { store: intercepted(store, { before }) } })
  const id = await house.deliver({ 'a.pdf': 'bytes' })
  await house.worker.runOnce()
  expect((await house.service.show(tenant, id)).state).toBe('parked')
  expect(await house.worker.runOnce()).toBe(0)
  broken.isBroken = false
  house.clock.advance(6 * hour)
  await house.worker.runOnce()
  expect((await house.service.show(tenant, id)).state).toBe('delivered')
})

test('a mirror route delivers everywhere and owes what is missing', async () => {
  const broken = { isBroken: true }
  const failing = intercepted(memoryStore(), {
    before(operation) {
      if (broken.isBroken) throw denied(operation)
    },
  })
  const house = await houseWith(
    { a: { store: memoryStore() }, b: { store: failing }, c: { store: memoryStore() } },
    'mirror',
  )
  const id = await house.deliver({ 'a.pdf': 'bytes' })
  await house.worker.runOnce()
  const states = (await house.service.show(tenant, id)).targets.map((target) => target.state)
  expect(states).toEqual(['delivered', 'refused', 'delivered'])
  expect((await house.service.show(tenant, id)).state).toBe('owed')
  broken.isBroken = false
  await house.service.retry(tenant, id, person)
  await house.worker.runOnce()
  expect((await house.service.show(tenant, id)).state).toBe('delivered')
})

test('targets that were never needed are skipped', async () => {
  const house = await houseWith({ acme: { store: memoryStore() }, backup: { store: memoryStore() } })
  const id = await house.deliver({ 'a.pdf': 'bytes' })
  await house.worker.runOnce()
  expect(await house.service.show(tenant, id)).toMatchObject({
    state: 'delivered',
    targets: [{ state: 'delivered' }, { state: 'skipped' }],
  })
})

test('a worker that vanished after the store took the bytes leaves one object and one receipt', async () => {
  const inner = memoryStore()
  const gate: { hold: (() => void) | null } = { hold: null }
  const reached = new Promise<void>((resolve) => {
    gate.hold = resolve
  })
  let isFirst = true
  const store = intercepted(inner, {
    async after(operation) {
      if (operation !== 'put' || !isFirst) return
      isFirst = false
      gate.hold?.()
      await new Promise<never>(() => {})
    },
  })
  const house = await houseWith({ acme: { store } })
  const id = await house.deliver({ 'a.pdf': 'bytes' })
  void house.worker.runOnce()
  await reached
  // As after a kill -9: the process is gone, its lease is not, and the next process opens the same directory.
  const next = await reopened(house)
  expect(await next.worker.runOnce()).toBe(1)
  expect(await next.service.show(tenant, id)).toMatchObject({
    state: 'delivered',
    targets: [{ verificationLevel: 'occupied' }],
  })
  expect([...(await objectsOf(inner)).keys()]).toHaveLength(2)
  expect(await actionsOf(next)).toEqual(['delivery.accepted', 'delivery.delivered'])
})

test('a zombie writes nothing after somebody else claimed its delivery', async () => {
  const inner = memoryStore()
  let letGo: () => void = () => {}
  let reachedIt: () => void = () => {}
  const reached = new Promise<void>((resolve) => (reachedIt = resolve))
  const held = new Promise<void>((resolve) => (letGo = resolve))
  let isFirst = true
  const store = intercepted(inner, {
    async before(operation) {
      if (operation !== 'put' || !isFirst) return
      isFirst = false
      reachedIt()
      await held
    },
  })
  const house = await houseWith({ acme: { store } })
  const id = await house.deliver({ 'a.pdf': 'bytes' })
  const zombie = house.worker.runOnce()
  await reached
  // As after SIGSTOP: the lease ran out before the zombie's heartbeat gets to run.
  house.clock.advance(16_000)
  const [claim] = await house.state.deliveries.claim('other', { small: 1, large: 1 }, 15_000)
  expect(claim).toMatchObject({ delivery: id, crashes: 1, fence: 2 })
  letGo()
  await zombie
  expect(await house.service.show(tenant, id)).toMatchObject({ state: 'accepted', targets: [{ state: 'sending' }] })
  expect(await actionsOf(house)).toEqual(['delivery.accepted'])
})

test('a delivery whose claims end without an answer five times is quarantined, and comes back when asked', async () => {
  const broken = { isBroken: true }
  const store = intercepted(memoryStore(), {
    before() {
      if (broken.isBroken) throw new TypeError('a fault of ours')
    },
  })
  const house = await houseWith({ acme: { store } })
  const id = await house.deliver({ 'a.pdf': 'bytes' })
  for (let crash = 1; crash <= 6; crash++) {
    await house.worker.runOnce()
    house.clock.advance(hour)
  }
  expect((await house.service.show(tenant, id)).state).toBe('quarantined')
  expect(await house.service.targetIsWell(tenant, 'acme')).toBe(0)
  expect(await house.worker.runOnce()).toBe(0)
  expect(await actionsOf(house)).toContain('delivery.quarantined')
  expect(house.events.filter((event) => event.type === 'crash')).toHaveLength(5)
  broken.isBroken = false
  await house.service.retry(tenant, id, person)
  await house.worker.runOnce()
  expect((await house.service.show(tenant, id)).state).toBe('delivered')
})

test('a refusal to take the copies of the receipt does not undo the delivery', async () => {
  const store = intercepted(memoryStore(), {
    before(operation, key) {
      if (key.endsWith('.receipt.json')) throw denied(operation)
    },
  })
  const house = await houseWith({ acme: { store } })
  const id = await house.deliver({ 'a.pdf': 'bytes' })
  await house.worker.runOnce()
  expect(await house.service.show(tenant, id)).toMatchObject({ state: 'delivered', targets: [{ hasReceipt: true }] })
  expect(await actionsOf(house)).toEqual(['delivery.accepted', 'delivery.delivered', 'receipt.refused'])
})

test('copies of the receipt that a passing fault held back are written when somebody asks', async () => {
  const broken = { isBroken: true }
  const inner = memoryStore()
  const store = intercepted(inner, {
    before(operation, key) {
      if (broken.isBroken && key.endsWith('.receipt.json')) throw unavailable(operation)
    },
  })
  const house = await houseWith({ acme: { store } })
  const id = await house.deliver({ 'a.pdf': 'bytes' })
  await house.worker.runOnce()
  expect((await objectsOf(inner)).size).toBe(1)
  expect(await house.worker.runOnce()).toBe(0)
  broken.isBroken = false
  await house.service.retry(tenant, id, person)
  await house.worker.runOnce()
  expect((await objectsOf(inner)).size).toBe(2)
  expect((await actionsOf(house)).filter((action) => action === 'delivery.delivered')).toHaveLength(1)
})

test('a stopping worker gives its work back, and nothing is counted against the delivery', async () => {
  let reachedIt: () => void = () => {}
  const reached = new Promise<void>((resolve) => (reachedIt = resolve))
  let isFirst = true
  const store = intercepted(memoryStore(), {
    async before(operation) {
      if (operation !== 'put' || !isFirst) return
      isFirst = false
      reachedIt()
      await new Promise((_, reject) => setImmediate(() => reject(unavailable(operation))))
    },
  })
  const house = await houseWith({ acme: { store } })
  const id = await house.deliver({ 'a.pdf': 'bytes' })
  const run = house.worker.runOnce()
  await reached
  await house.worker.stop({ drainMs: 0 })
  await run
  const next = await reopened(house)
  await next.worker.runOnce()
  expect((await next.service.show(tenant, id)).state).toBe('delivered')
})

test('an Azure token that only creates: a 403 after a possible send is no reason to fail over', async () => {
  const inner = memoryStore()
  let puts = 0
  const store = intercepted(inner, {
    before(operation) {
      if (operation === 'put' && ++puts > 1) throw denied(operation)
    },
    after(operation) {
      if (operation === 'put') throw unavailable(operation)
    },
  })
  const backup = memoryStore()
  const house = await houseWith({ azure: { store, service: 'azblob' }, backup: { store: backup } })
  const id = await house.deliver({ 'a.pdf': 'bytes' })
  await house.worker.runOnce()
  house.clock.advance(2 * 60_000)
  await house.worker.runOnce()
  expect(await house.service.show(tenant, id)).toMatchObject({
    state: 'accepted',
    targets: [
      { state: 'waiting', reason: 'Access Denied' },
      { state: 'waiting', attempts: 0 },
    ],
  })
  expect((await objectsOf(backup)).size).toBe(0)
})

test('what crashed twice is claimed alone, the fewest crashes first, and holds no fresh delivery back', async () => {
  const house = await houseWith({ acme: { store: memoryStore() } })
  const room = { small: 9, large: 9 }
  const killed = async (): Promise<string[]> => {
    const claims = await house.state.deliveries.claim('killed', room, 15_000)
    house.clock.advance(16_000)
    return claims.map(({ delivery }) => delivery)
  }
  const [a, b] = [await house.deliver({ 'a.pdf': 'a' }), await house.deliver({ 'b.pdf': 'b' })]
  expect(await killed()).toHaveLength(2)
  expect(await killed()).toHaveLength(2)
  const fresh = await house.deliver({ 'c.pdf': 'c' })
  const [suspect = '', ...others] = await killed()
  expect(others).toEqual([fresh])
  expect([a, b]).toContain(suspect)
  expect(await killed()).toEqual([suspect === a ? b : a, fresh])
  expect(await house.state.deliveries.claim('full', { ...room, suspects: 0 }, 15_000)).toEqual([])
  expect(await house.worker.runOnce()).toBe(3)
})
