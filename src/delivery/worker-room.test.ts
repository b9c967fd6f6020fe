/** How many small deliveries are at work at the same time: the ones being sent are few, the ones that wait for receipts may be more. */
import { afterEach, expect, test } from 'vitest'
import { memoryStore } from '../storage/index.ts'
import { intercepted, openTestHouse, type TestHouse, tenant } from './testing/house.ts'

let house: TestHouse | null = null
afterEach(async () => {
  await house?.close()
  house = null
})

test('reports that wait for their receipts leave room for others, and no more are sent at a time than may be', async () => {
  const reports = 12
  const smallConcurrency = 4
  const { promise: allArrived, resolve } = Promise.withResolvers<void>()
  let [sending, most, arrived] = [0, 0, 0]
  const isReport = (key: string): boolean => !key.includes('receipt')
  const store = intercepted(memoryStore(), {
    async before(operation, key) {
      if (operation !== 'put') return
      // The copies of receipts wait until every report has arrived.
      if (!isReport(key)) return await allArrived
      sending += 1
      most = Math.max(most, sending)
    },
    after(operation, key) {
      if (operation !== 'put' || !isReport(key)) return
      sending -= 1
      arrived += 1
      if (arrived === reports) resolve()
    },
  })
  house = await openTestHouse({ acme: { store } }, 'failover', { smallConcurrency })
  const ids: string[] = []
  for (let n = 0; n < reports; n++) ids.push(await house.deliver({ [`report-${n}.csv`]: `report ${n}` }))
  house.worker.start()
  await allArrived
  await house.worker.stop()
  expect(most).toBeLessThanOrEqual(smallConcurrency)
  for (const id of ids) expect(await house.service.show(tenant, id)).toMatchObject({ state: 'delivered' })
})
