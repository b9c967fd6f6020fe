/** What a claim may take from memory instead of the database, and what it must not. */
import { beforeEach, expect, test } from 'vitest'
import { ManualClock } from '../base/index.ts'
import { FreshReports } from './fresh.ts'
import type { DeliveryRecord, TargetRecord } from './record.ts'

const accepted = '2026-11-03T10:00:00.000Z'
const report = Uint8Array.of(1, 2, 3)
let clock: ManualClock
let fresh: FreshReports

beforeEach(() => {
  clock = new ManualClock(new Date(accepted))
  fresh = new FreshReports(clock)
})

function recordOf(id: string): DeliveryRecord {
  const target = { connection: 'acme', availableAt: accepted } as TargetRecord
  return { id, tenant: 'default', targets: [target] } as unknown as DeliveryRecord
}

function claimOf(delivery: string, over: { fence?: number; nudges?: number } = {}) {
  return { tenant: 'default', delivery, fence: 1, isSmall: true, crashes: 0, nudges: 0, ...over }
}

test('a first claim takes what was accepted, once', () => {
  const record = recordOf('dlv_1')
  fresh.keep(record, report)
  expect(fresh.take(claimOf('dlv_1'))).toEqual({ record, report })
  expect(fresh.take(claimOf('dlv_1'))).toBeNull()
})

test('what somebody held or asked about in the meantime is read anew', () => {
  for (const over of [{ fence: 2 }, { nudges: 1 }]) {
    fresh.keep(recordOf('dlv_1'), report)
    expect(fresh.take(claimOf('dlv_1', over))).toBeNull()
    expect(fresh.take(claimOf('dlv_1'))).toBeNull()
  }
})

test('a clock that was set back has its moments mended in the database alone', () => {
  fresh.keep(recordOf('dlv_1'), report)
  clock.advance(-60 * 60_000)
  expect(fresh.take(claimOf('dlv_1'))).toBeNull()
})

test('memory is bounded, and what nobody takes is let go', () => {
  const large = new Uint8Array(1 << 20)
  for (let number = 0; number < 20; number++) fresh.keep(recordOf(`dlv_${number}`), large)
  expect(fresh.take(claimOf('dlv_0'))).not.toBeNull()
  expect(fresh.take(claimOf('dlv_12'))).toBeNull()
  clock.advance(31_000)
  fresh.keep(recordOf('dlv_30'), large)
  expect(fresh.take(claimOf('dlv_1'))).toBeNull()
  expect(fresh.take(claimOf('dlv_30'))).not.toBeNull()
})
