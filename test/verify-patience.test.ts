/**
 * New permissions take seconds to arrive. A kit that was applied a moment ago verifies green once they have, with a countdown
 * before anything is called wrong; a real fault is red all the same after the wait; what worked before does not wait.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { ConnectionContext } from '../src/connection/index.ts'
import type { Connection, Purpose, VerificationWait } from '../src/contract/index.ts'
import { customerAccountId } from '../src/sandbox/index.ts'
import { type House, openHouse, textOf, unwell } from './kit/house.ts'

let house: House
let count = 0

beforeAll(async () => {
  house = await openHouse()
})
afterEach(() => house.sandbox.setPropagationDelay(0))
afterAll(() => house.close())

const delayMs = 20_000

/** The clock of the verification drives the sandbox's: waiting costs no time, and every pause is counted. */
function hurried(): { around: ConnectionContext; waited: () => number } {
  const around = house.freshContext()
  let aheadMs = 0
  const clock: ConnectionContext['clock'] = {
    now: () => new Date(around.clock.now().getTime() + aheadMs),
    async sleep(milliseconds, signal) {
      // The budgets, which must not run out by being watched.
      if (milliseconds > 5_000) return around.clock.sleep(milliseconds, signal)
      aheadMs += milliseconds
      house.sandbox.advance(milliseconds)
    },
  }
  return { around: { ...around, clock }, waited: () => aheadMs }
}

async function connect(purpose: Purpose): Promise<Connection> {
  const name = `fresh${++count}`
  const { connection } = await house.connect({ name, purpose, location: house.place(`${name}/`) })
  return connection
}

async function applyKit(connection: Connection, without = ''): Promise<void> {
  const kit = await house.kitOf(connection)
  const [trust, permissions] = [textOf(kit, 'trust-policy.json'), textOf(kit, 'permissions-policy.json')]
  const edited = without === '' ? permissions : permissions.replaceAll(without, 's3:GetBucketTagging')
  await house.putRole(customerAccountId, `drawbridge-${connection.name}`, '/', trust, edited)
}

async function verify(connection: Connection, patienceMs: number, hasWorked?: boolean) {
  const { around, waited } = hurried()
  const waits: VerificationWait[] = []
  const report = await house.verify(connection, { kind: 'none' }, around, {
    patienceMs,
    hasWorked,
    tell: (event) => {
      if (event.type === 'wait') waits.push(event.wait)
    },
  })
  return { report, waits, waitedMs: waited() }
}

describe.each(['export', 'enrichment', 'source'] as const)('a kit for %s that was applied a moment ago', (purpose) => {
  it('verifies green through the delay, with a countdown', async () => {
    house.sandbox.setPropagationDelay(delayMs)
    const connection = await connect(purpose)
    await applyKit(connection)
    const { report, waits } = await verify(connection, 30_000)
    expect(unwell(report)).toEqual([])
    expect(waits[0]).toMatchObject({ check: 'assume-role', secondsLeft: 30 })
    const left = waits.map((wait) => wait.secondsLeft)
    expect(left).toEqual([...left].sort((one, other) => other - one))
    expect(report.checks.find((check) => check.id === 'assume-role')?.detail).toMatch(/accepted after \d+ seconds$/)
  })

  it('is red without patience, and names the propagation among the causes', async () => {
    house.sandbox.setPropagationDelay(delayMs)
    const connection = await connect(purpose)
    await applyKit(connection)
    const { report, waits } = await verify(connection, 0)
    expect(waits).toEqual([])
    expect(report.status).toBe('fail')
    expect(report.diagnosis?.causes.map((cause) => cause.id)).toContain('iam-propagation')
  })
})

describe('a real fault', () => {
  it('is red at its link after the wait, which was no longer than asked for', async () => {
    const connection = await connect('export')
    await applyKit(connection, 's3:PutObject')
    const { report, waits, waitedMs } = await verify(connection, 30_000)
    const red = report.checks.find((check) => check.status === 'fail')
    expect(red).toMatchObject({ id: 'put-object', link: 'permissions', cause: 'missing-permission' })
    expect(red?.detail).toMatch(/also \d+ seconds later/)
    expect(red?.repair).toContain('permissions-policy.json')
    expect(waits.length).toBeGreaterThan(3)
    expect(waitedMs).toBeLessThanOrEqual(30_000)
  })

  it('waits where the connection is broken, and was never seen to work', async () => {
    const connection = await connect('export')
    await applyKit(connection, 's3:PutObject')
    const broken = { ...connection, state: 'broken' } as const
    expect((await verify(broken, 30_000)).waits).toEqual([])
    expect((await verify(broken, 30_000, false)).waits.length).toBeGreaterThan(3)
  })

  it('is red at once where the connection worked before', async () => {
    const connection = await connect('export')
    await applyKit(connection, 's3:PutObject')
    const { report, waits } = await verify({ ...connection, state: 'active' }, 30_000)
    expect(report.status).toBe('fail')
    expect(waits).toEqual([])
  })

  it('takes at most half of the budget to wait', async () => {
    const connection = await connect('export')
    const { around, waited } = hurried()
    const report = await house.verify(connection, { kind: 'none' }, around, { patienceMs: 60_000, budgetMs: 24_000 })
    expect(report.checks.find((check) => check.id === 'assume-role')?.status).toBe('fail')
    expect(waited()).toBeLessThanOrEqual(12_000)
  })
})
