/** Copies of receipts at a store that keeps other bytes than it was sent, and says so. */
import { hash } from 'node:crypto'
import { expect, test } from 'vitest'
import { packSidecar } from '../evidence/index.ts'
import { memoryStore, type ObjectStore } from '../storage/index.ts'
import { bytesBody } from './spool/bytes-body.ts'
import { actionsOf, objectsOf, type TestHouse, tenant } from './testing/house.ts'
import { houseWith } from './testing/houses.ts'

/** Damages on its way what is put at some keys; the answers tell what is kept. */
function damaging(inner: ObjectStore, keys: RegExp): ObjectStore {
  return new Proxy(inner, {
    get(store, property) {
      const put: ObjectStore['put'] = async (key, body, options) => {
        const bytes = Buffer.concat(await body.open(0, body.sizeBytes).toArray())
        if (keys.test(key)) bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
        return await store.put(key, bytesBody(bytes), options)
      }
      if (property === 'put') return put
      const member: unknown = Reflect.get(store, property, store)
      return typeof member === 'function' ? member.bind(store) : member
    },
  })
}

async function deliverTogether(house: TestHouse, reports: number): Promise<string[]> {
  const ids: string[] = []
  for (let n = 0; n < reports; n++) ids.push(await house.deliver({ [`report-${n}.csv`]: `report ${n}` }))
  await house.worker.runOnce()
  return ids
}

test('the copy of one receipt that arrived damaged does not count as written, and is not tried again', async () => {
  const house = await houseWith({ acme: { store: damaging(memoryStore(), /receipt\.json$/) } })
  const [id] = await deliverTogether(house, 1)
  const record = await house.state.deliveries.byId(tenant, `${id}`)
  expect(record).toMatchObject({
    state: 'delivered',
    targets: [{ receipt: 'made', sidecar: 'refused', sidecarAttempts: 1, availableAt: null }],
  })
  expect(await actionsOf(house)).toContain('receipt.refused')
})

test('where receipts that travelled together arrived damaged, each is written beside its report', async () => {
  const store = memoryStore()
  const house = await houseWith({ acme: { store: damaging(store, /\.jsonl$/) } })
  const ids = await deliverTogether(house, 9)
  const objects = await objectsOf(store)
  const shared = [...objects].filter(([key]) => key.endsWith('.jsonl'))
  expect(shared).toHaveLength(1)
  // Whoever finds it sees from its name that it is not what was sent.
  expect(shared.map(([key, bytes]) => key.includes(hash('sha256', bytes).slice(0, 16)))).toEqual([false])
  for (const id of ids) {
    const record = await house.state.deliveries.byId(tenant, id)
    expect(record?.targets).toMatchObject([{ receipt: 'made', sidecar: 'written' }])
    const receipt = await house.state.deliveries.receipt(tenant, id, 'acme')
    const beside = `${record?.targets[0]?.items[0]?.key}.receipt.json`
    expect(objects.get(beside)?.toString()).toBe(packSidecar(receipt ?? []))
  }
  expect(await actionsOf(house)).not.toContain('receipt.refused')
})
