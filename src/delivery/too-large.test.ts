/** Reports that no request with the rights at hand can carry: what is said, when, and what a second target makes of it. */
import { afterEach, expect, test } from 'vitest'
import { memoryStore, type ObjectStore } from '../storage/index.ts'
import { chunks, objectsOf, openTestHouse, person, type TestHouse, type TestTarget, tenant } from './testing/house.ts'

const mebibyte = 1 << 20
const opened: TestHouse[] = []
afterEach(async () => {
  for (const house of opened.splice(0)) await house.close()
})

/** A store whose largest PUT is a mebibyte, where S3's is 5 GiB: five thousand times as many bytes would prove nothing more. */
function narrow(inner: ObjectStore): ObjectStore {
  const capabilities = { ...inner.capabilities, maximumPutBytes: mebibyte }
  return new Proxy(inner, {
    get(store, property) {
      if (property === 'capabilities') return capabilities
      const member: unknown = Reflect.get(store, property, store)
      return typeof member === 'function' ? member.bind(store) : member
    },
  })
}

async function houseWith(targets: Readonly<Record<string, TestTarget>>): Promise<TestHouse> {
  const house = await openTestHouse(targets)
  opened.push(house)
  return house
}

/** Brings a report as standard input or HTTP brings it: nobody says beforehand how long it is. */
async function deliverUnknown(house: TestHouse, sizeBytes: number): Promise<string> {
  const { upload } = await house.service.upload(tenant, 'dump.bin', chunks(Buffer.alloc(sizeBytes, 3)))
  const { id } = await house.service.accept(tenant, person, { route: 'audit', period: '2026-10', uploads: [upload] })
  return id
}

test.each([
  { service: 's3', rights: 's3:PutObject alone' },
  { service: 'azblob', rights: 'the letter c alone' },
] as const)(
  '$rights: a report too large for one request is parked with the reason, and nothing is sent',
  async (target) => {
    const inner = memoryStore()
    const house = await houseWith({ acme: { store: narrow(inner), service: target.service } })
    const id = await deliverUnknown(house, mebibyte + 1)
    await house.worker.runOnce()
    expect(await house.service.show(tenant, id)).toMatchObject({
      state: 'parked',
      targets: [
        {
          state: 'refused',
          attempts: 1,
          bytesSent: 0,
          reason:
            'a file of 1048577 bytes is larger than the 1048576 that one request carries, and the rights allow no upload in parts',
        },
      ],
    })
    expect(await objectsOf(inner)).toEqual(new Map())
  },
)

test('one of exactly the most that a request carries is delivered', async () => {
  const house = await houseWith({ acme: { store: narrow(memoryStore()) } })
  const id = await deliverUnknown(house, mebibyte)
  await house.worker.runOnce()
  expect((await house.service.show(tenant, id)).state).toBe('delivered')
})

test('once the customer has granted the rights to resume, the refused report travels in parts', async () => {
  const acme: TestTarget = { store: narrow(memoryStore()) }
  const house = await houseWith({ acme })
  const id = await deliverUnknown(house, mebibyte + 1)
  await house.worker.runOnce()
  acme.writing = { resume: true }
  await house.service.retry(tenant, id, person)
  await house.worker.runOnce()
  expect((await house.service.show(tenant, id)).state).toBe('delivered')
})

test('where the first target can not carry it, the second one gets it', async () => {
  const house = await houseWith({
    narrow: { store: narrow(memoryStore()) },
    wide: { store: memoryStore(), writing: { resume: true } },
  })
  const id = await deliverUnknown(house, mebibyte + 1)
  await house.worker.runOnce()
  await house.worker.runOnce()
  expect(await house.service.show(tenant, id)).toMatchObject({
    // To the first one it is still owed.
    state: 'owed',
    targets: [{ state: 'refused' }, { state: 'delivered' }],
  })
})
