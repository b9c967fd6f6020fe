/** Houses for suites that open one for each test: all of them are closed after it. */
import { afterEach } from 'vitest'
import { openTestHouse, type TestHouse } from './house.ts'

const opened: TestHouse[] = []
afterEach(async () => {
  for (const house of opened.splice(0)) await house.close()
})

/** As `openTestHouse`; closed after the test. */
export async function houseWith(...parameters: Parameters<typeof openTestHouse>): Promise<TestHouse> {
  const house = await openTestHouse(...parameters)
  opened.push(house)
  return house
}

/** The same house after its process ended and another began. */
export async function reopened(house: TestHouse): Promise<TestHouse> {
  opened.splice(opened.indexOf(house), 1)
  const next = await house.reopen()
  opened.push(next)
  return next
}
