/** What the watch keeps: bounded, in order, and gone with its connection. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ManualClock } from '../base/index.ts'
import type { HistoryEntry } from '../contract/index.ts'
import { localConnection, tenant } from '../delivery/testing/house.ts'
import { openState, type State } from './state.ts'

const clock = new ManualClock(new Date('2026-11-03T10:00:00.000Z'))
let directory = ''
let state: State

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-watch-state-'))
  state = await openState({ directory, clock })
  for (const name of ['one', 'two']) await state.connections.add(localConnection(name), { kind: 'none' })
})
afterEach(async () => {
  await state.close()
  await rm(directory, { recursive: true, force: true })
})

function entry(number: number): HistoryEntry {
  const startedAt = new Date(clock.now().getTime() + number * 1000).toISOString()
  return { startedAt, finishedAt: startedAt, status: 'pass', by: 'watch', version: number, failed: [] }
}

test('the newest 200 entries of a connection stay, and none of another goes', async () => {
  await state.watch.keep(tenant, 'two', entry(0), [], clock.now())
  for (let number = 1; number <= 205; number++) await state.watch.keep(tenant, 'one', entry(number), [], clock.now())
  const kept = await state.watch.history(tenant, 'one', 1000)
  expect([kept.length, kept[0]?.version, kept.at(-1)?.version]).toEqual([200, 205, 6])
  expect(await state.watch.history(tenant, 'two', 10)).toEqual([entry(0)])
  expect((await state.watch.history(tenant, 'one', 2)).map(({ version }) => version)).toEqual([205, 204])
})

test('the history of a connection goes with it: a new one of that name begins anew', async () => {
  await state.watch.keep(tenant, 'one', entry(1), [], clock.now())
  await state.connections.remove(tenant, 'one')
  await state.connections.add(localConnection('one'), { kind: 'none' })
  expect(await state.watch.history(tenant, 'one', 10)).toEqual([])
})

test('an alert waits until it is taken or given up', async () => {
  const now = clock.now()
  const later = new Date(now.getTime() + 60_000)
  const alert = (id: string) => ({ id, webhook: 'https://hooks.example.com#abc', body: `{"id":"${id}"}` })
  await state.watch.keep(tenant, 'one', entry(1), [alert('alr_1'), alert('alr_2')], now)
  expect((await state.watch.dueAlerts(now, 10)).map(({ id, attempts }) => [id, attempts])).toEqual([
    ['alr_1', 0],
    ['alr_2', 0],
  ])
  await state.watch.alertTaken('alr_1', now)
  await state.watch.alertFailed('alr_2', 'the webhook answered 500', later)
  expect(await state.watch.dueAlerts(now, 10)).toEqual([])
  expect(await state.watch.nextAlertAt()).toEqual(later)
  expect(await state.watch.dueAlerts(later, 10)).toEqual([{ ...alert('alr_2'), attempts: 1, createdAt: now }])
  await state.watch.alertFailed('alr_2', 'the webhook answered 500', null)
  expect(await state.watch.nextAlertAt()).toBeNull()
})
