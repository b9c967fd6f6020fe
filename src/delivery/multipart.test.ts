/** Multipart uploads through faults: what is resumed, what is sent again, what is left behind. */
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { DrawbridgeError } from '../base/index.ts'
import { memoryStore, type ObjectStore } from '../storage/index.ts'
import { actionsOf, denied, intercepted, type TestHouse, tenant, unavailable } from './testing/house.ts'
import { houseWith as closedHouse } from './testing/houses.ts'

const mebibyte = 1 << 20

function houseWith(store: ObjectStore): Promise<TestHouse> {
  return closedHouse({ acme: { store, writing: { resume: true } } })
}

/** 20 MiB that no two parts share: three parts of 8, 8 and 4 MiB. */
function report(): Buffer {
  const bytes = Buffer.alloc(20 * mebibyte)
  for (let offset = 0; offset < bytes.length; offset += 4096) bytes.writeUInt32BE(offset, offset)
  return bytes
}

async function hashOf(store: ObjectStore, key: string): Promise<string> {
  const hash = createHash('sha256')
  const { body } = await store.get(key)
  for await (const chunk of body) hash.update(chunk)
  return hash.digest('hex')
}

async function expectDelivered(house: TestHouse, inner: ObjectStore, id: string): Promise<void> {
  const delivery = await house.service.show(tenant, id)
  expect(delivery.state).toBe('delivered')
  expect(await hashOf(inner, delivery.targets[0]?.keys[0] ?? '')).toBe(delivery.files[0]?.sha256)
  expect(await inner.listUploads('')).toEqual([])
}

test('a large report travels in parts and arrives whole', async () => {
  const inner = memoryStore()
  const sent: string[] = []
  const house = await houseWith(intercepted(inner, { before: (operation) => void sent.push(operation) }))
  const id = await house.deliver({ 'big.bin': report() })
  await house.worker.runOnce()
  await expectDelivered(house, inner, id)
  expect(sent.filter((operation) => operation === 'uploadPart')).toHaveLength(3)
  expect(sent).not.toContain('listParts')
  const progress = house.events.flatMap((event) => (event.type === 'progress' ? event.bytesSent : []))
  expect(progress.at(-1)).toBe(20 * mebibyte)
})

test('after a fault only the missing parts are sent again', async () => {
  const inner = memoryStore()
  let parts = 0
  const house = await houseWith(
    intercepted(inner, {
      before(operation) {
        if (operation === 'uploadPart' && ++parts === 3) throw unavailable(operation)
      },
    }),
  )
  const id = await house.deliver({ 'big.bin': report() })
  await house.worker.runOnce()
  expect((await house.service.show(tenant, id)).state).toBe('accepted')
  expect(parts).toBe(3)
  house.clock.advance(120_000)
  await house.worker.runOnce()
  await expectDelivered(house, inner, id)
  expect(parts).toBe(4)
})

test('an upload whose id a crash swallowed is found by its key and aborted', async () => {
  const inner = memoryStore()
  let creates = 0
  const house = await houseWith(
    intercepted(inner, {
      after(operation) {
        if (operation === 'createUpload' && ++creates === 1) throw unavailable(operation)
      },
    }),
  )
  const id = await house.deliver({ 'big.bin': report() })
  await house.worker.runOnce()
  expect(await inner.listUploads('')).toHaveLength(1)
  house.clock.advance(120_000)
  await house.worker.runOnce()
  await expectDelivered(house, inner, id)
  expect(creates).toBe(2)
})

test('a worker that lost its claim while it began an upload aborts that upload', async () => {
  const inner = memoryStore()
  let claims = 0
  const house = await houseWith(
    intercepted(inner, {
      async before(operation) {
        if (operation !== 'createUpload') return
        house.clock.advance(16_000)
        claims += (await house.state.deliveries.claim('another', { small: 1, large: 1 }, 15_000)).length
      },
    }),
  )
  await house.deliver({ 'big.bin': report() })
  await house.worker.runOnce()
  expect(claims).toBe(1)
  expect(await inner.listUploads('')).toEqual([])
})

test('what a delivery that kills its workers leaves open goes on record with its quarantine', async () => {
  const inner = memoryStore()
  const house = await houseWith(
    intercepted(inner, {
      before(operation) {
        if (operation === 'uploadPart') throw new TypeError('a fault of ours')
      },
    }),
  )
  const id = await house.deliver({ 'big.bin': report() })
  for (let crash = 1; crash <= 6; crash++) {
    await house.worker.runOnce()
    house.clock.advance(60 * 60_000)
  }
  expect((await house.service.show(tenant, id)).state).toBe('quarantined')
  expect(await inner.listUploads('')).toHaveLength(1)
  expect((await actionsOf(house)).slice(-2)).toEqual(['delivery.quarantined', 'delivery.possible-orphan'])
})

test('where the rights can not find it, a possible orphan goes on record', async () => {
  const inner = memoryStore()
  let creates = 0
  const house = await houseWith(
    intercepted(inner, {
      before(operation) {
        if (operation === 'listUploads') throw denied(operation)
      },
      after(operation) {
        if (operation === 'createUpload' && ++creates === 1) throw unavailable(operation)
      },
    }),
  )
  const id = await house.deliver({ 'big.bin': report() })
  await house.worker.runOnce()
  house.clock.advance(120_000)
  await house.worker.runOnce()
  expect((await house.service.show(tenant, id)).state).toBe('delivered')
  expect((await actionsOf(house)).filter((action) => action === 'delivery.possible-orphan')).toHaveLength(1)
})

test('a Create that arrives after everybody has looked for it is on record', async () => {
  const inner = memoryStore()
  let late: (() => Promise<unknown>) | null = null
  const house = await houseWith(
    intercepted(inner, {
      before(operation, key) {
        if (operation !== 'createUpload' || late !== null) return
        late = () => inner.createUpload(key, { ifAbsent: true })
        throw unavailable(operation)
      },
    }),
  )
  const id = await house.deliver({ 'big.bin': report() })
  await house.worker.runOnce()
  house.clock.advance(120_000)
  await house.worker.runOnce()
  expect((await house.service.show(tenant, id)).state).toBe('delivered')
  await (late as (() => Promise<unknown>) | null)?.()
  expect(await inner.listUploads('')).toHaveLength(1)
  expect((await actionsOf(house)).filter((action) => action === 'delivery.possible-orphan')).toHaveLength(1)
})

test.each([
  // As the stores differ: one refuses the replay because the key is taken, the other has forgotten the upload.
  { remembers: true, partsSent: 3 },
  { remembers: false, partsSent: 6 },
])('a lost answer to Complete is resolved by replaying it (the store remembers: $remembers)', async (store) => {
  const inner = memoryStore()
  let completes = 0
  let parts = 0
  const house = await houseWith(
    intercepted(inner, {
      before(operation, key) {
        if (operation === 'uploadPart') parts++
        if (operation === 'completeUpload' && completes === 1 && store.remembers) throw occupied(key)
      },
      after(operation) {
        if (operation === 'completeUpload' && ++completes === 1) throw unavailable(operation)
      },
    }),
  )
  const id = await house.deliver({ 'big.bin': report() })
  await house.worker.runOnce()
  house.clock.advance(120_000)
  await house.worker.runOnce()
  await expectDelivered(house, inner, id)
  expect((await house.service.show(tenant, id)).targets[0]?.verificationLevel).toBe('occupied')
  expect(parts).toBe(store.partsSent)
})

function occupied(key: string): DrawbridgeError {
  return new DrawbridgeError({ code: 'object-exists', message: `an object stands at \`${key}\`` })
}

test('an upload that somebody aborted in between is begun anew', async () => {
  const inner = memoryStore()
  let isFirst = true
  const house = await houseWith(
    intercepted(inner, {
      async before(operation, key) {
        if (operation !== 'completeUpload' || !isFirst) return
        isFirst = false
        for (const { uploadId } of await inner.listUploads(key)) await inner.abortUpload(key, uploadId)
      },
    }),
  )
  const id = await house.deliver({ 'big.bin': report() })
  await house.worker.runOnce()
  await expectDelivered(house, inner, id)
})
