/** The commit of a small report, its receipt in the same transaction, and a worker that dies around it. */
import { expect, test } from 'vitest'
import { DrawbridgeError } from '../base/index.ts'
import { packSidecar } from '../evidence/index.ts'
import { memoryStore } from '../storage/index.ts'
import type { DeliveryRepository } from './repository.ts'
import { actionsOf, objectsOf, tenant } from './testing/house.ts'
import { houseWith } from './testing/houses.ts'

/** Counts what is asked of the repository. */
function counted(deliveries: DeliveryRepository): string[] {
  const asked: string[] = []
  for (const method of ['commitTarget', 'commitWithReceipt', 'saveReceipt', 'receipt'] as const) {
    const work = deliveries[method].bind(deliveries) as (...of: unknown[]) => Promise<unknown>
    Object.defineProperty(deliveries, method, {
      value: (...of: unknown[]) => {
        asked.push(method)
        return work(...of)
      },
    })
  }
  return asked
}

test('a small report of one file is committed with its receipt, several files the longer way', async () => {
  const house = await houseWith({ acme: { store: memoryStore() } })
  const asked = counted(house.state.deliveries)
  await house.deliver({ 'a.csv': 'a' })
  await house.worker.runOnce()
  expect(asked.splice(0)).toEqual(['commitWithReceipt'])
  await house.deliver({ 'a.csv': 'a', 'b.csv': 'b' })
  await house.worker.runOnce()
  expect(asked).toEqual(['commitTarget', 'saveReceipt'])
})

test('a worker that dies behind its commit leaves the receipt; its successor writes the copy and commits nothing', async () => {
  const store = memoryStore()
  const house = await houseWith({ acme: { store } })
  const { deliveries } = house.state
  const commit = deliveries.commitWithReceipt.bind(deliveries)
  let deaths = 0
  deliveries.commitWithReceipt = async (...of) => {
    await commit(...of)
    deaths++
    throw new Error('nobody hears the answer')
  }
  const id = await house.deliver({ 'a.csv': 'a' })
  await expect(house.worker.runOnce()).resolves.toBe(1)
  const receipt = await deliveries.receipt(tenant, id, 'acme')
  await house.clock.advance(60_000)
  await house.worker.runOnce()
  expect([deaths, (await house.service.show(tenant, id)).state]).toEqual([1, 'delivered'])
  expect(await deliveries.receipt(tenant, id, 'acme')).toEqual(receipt)
  const copies = [...(await objectsOf(store))].filter(([key]) => key.endsWith('.receipt.json'))
  expect(copies.map(([, bytes]) => bytes.toString())).toEqual([packSidecar(receipt ?? [])])
  expect((await actionsOf(house)).filter((action) => action === 'delivery.delivered')).toHaveLength(1)
})

test('while the log can not be signed the receipt is made later; the report has arrived all the same', async () => {
  const house = await houseWith({ acme: { store: memoryStore() } })
  house.state.sealWith({
    witnessed: async () => [],
    seal: async () => {
      throw new DrawbridgeError({ code: 'evidence-forked', message: 'older', operation: 'evidence.checkpoint' })
    },
    sealed: async () => {},
  })
  const asked = counted(house.state.deliveries)
  const id = await house.deliver({ 'a.csv': 'a' })
  await house.worker.runOnce()
  expect(asked).toEqual(['commitWithReceipt', 'saveReceipt'])
  expect(await house.service.show(tenant, id)).toMatchObject({ state: 'delivered', targets: [{ hasReceipt: true }] })
})

test('copies of a receipt wait while nobody outside could be told of its checkpoint', async () => {
  const store = memoryStore()
  const house = await houseWith({ acme: { store } })
  const { log } = house
  house.state.sealWith({
    witnessed: (of) => log.witnessed(of),
    seal: (growing, witnessed) => log.seal(growing, witnessed),
    sealed: async (seal) => {
      await log.sealed(seal)
      throw new DrawbridgeError({ code: 'unavailable', message: 'gone', operation: 'evidence.witness' })
    },
  })
  const id = await house.deliver({ 'a.csv': 'a' })
  await house.worker.runOnce()
  expect(house.events.find(({ type }) => type === 'crash')).toMatchObject({ error: { code: 'unavailable' } })
  expect((await objectsOf(store)).size).toBe(1)
  expect(await house.service.show(tenant, id)).toMatchObject({ state: 'delivered', targets: [{ hasReceipt: true }] })
  await house.clock.advance(24 * 60 * 60_000)
  await house.worker.runOnce()
  expect((await objectsOf(store)).size).toBe(2)
})
