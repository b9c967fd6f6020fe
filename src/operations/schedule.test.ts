/** Schedules through their operations, in a whole house: what comes is shown before, and what was missed is caught up when asked. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ManualClock, systemRandom } from '../base/index.ts'
import { parseConfig } from '../cli/config.ts'
import { type OpenedHouse, openHouse } from '../cli/house.ts'
import { operatorCaller } from './caller.ts'
import { inProcessClient } from './invoke.ts'

let directory: string
let opened: OpenedHouse
let clock: ManualClock
const never = new AbortController().signal
const hour = 60 * 60_000

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-schedules-'))
  clock = new ManualClock(new Date('2026-03-28T10:30:00.000Z'))
  const config = parseConfig('{}', 'test')
  opened = await openHouse({ config, directory: join(directory, 'data'), clock, random: systemRandom, provider: null })
  for (const name of ['shelf', '2026-03-28', '2026-03-29', '2026-03-30']) await mkdir(join(directory, name))
  const location = { service: 'local', directory: join(directory, 'shelf'), rootPath: '' } as const
  await client().connection.add({ name: 'shelf', purpose: 'export', location, authentication: { kind: 'none' } })
  await client().route.add({ name: 'audit', targets: ['shelf'] })
  await client().schedule.create({
    ...{ name: 'daily', route: 'audit', cron: '0 6 * * *', timeZone: 'Europe/Berlin', catchUp: 'none' },
    folder: join(directory, '{year}-{month}-{day}'),
  })
})
afterEach(async () => {
  await opened.close()
  await rm(directory, { recursive: true, force: true })
})

const client = () => inProcessClient(opened.house, operatorCaller())
const slots = async (): Promise<(string | undefined)[][]> =>
  (await client().schedule.show({ name: 'daily' })).slots.map(({ at, state }) => [at, state])

/** Three nights without a server. */
async function outage(): Promise<void> {
  for (const day of ['2026-03-29', '2026-03-30']) await writeFile(join(directory, day, `${day}.csv`), day)
  clock.advance(72 * hour)
  await opened.house.scheduler.turn(never)
  expect(await slots()).toEqual([
    ['2026-03-31T04:00:00.000Z', 'missed'],
    ['2026-03-30T04:00:00.000Z', 'missed'],
    ['2026-03-29T04:00:00.000Z', 'missed'],
  ])
}

test('the moments that come follow the time zone across a change of the clock, and are none while it is paused', async () => {
  const { next } = await client().schedule.show({ name: 'daily' })
  expect(next.slice(0, 2)).toEqual(['2026-03-29T04:00:00.000Z', '2026-03-30T04:00:00.000Z'])
  expect(await client().schedule.preview({ cron: '0 6 * * *', timeZone: 'Europe/Berlin' })).toEqual({
    timeZone: 'Europe/Berlin',
    next,
  })
  expect((await client().schedule.preview({ cron: '0 0 29 2 *', count: 2 })).next).toEqual([
    '2028-02-29T00:00:00.000Z',
    '2032-02-29T00:00:00.000Z',
  ])
  await expect(client().schedule.preview({ cron: '0 6 1 *' })).rejects.toMatchObject({ code: 'input-invalid' })
  await client().schedule.pause({ name: 'daily' })
  expect((await client().schedule.show({ name: 'daily' })).next).toEqual([])
})

test('a missed slot that is named is run with the folder of its own day, and the others stay missed', async () => {
  await outage()
  const shown = await client().schedule.catchup({ name: 'daily', slots: ['2026-03-30T04:00:00Z'] })
  expect(shown.slots.map(({ state }) => state)).toEqual(['missed', 'accepted', 'missed'])
  expect(shown.missed).toBe(2)
  const delivery = await client().delivery.show({ id: shown.slots[1]?.delivery ?? '' })
  expect(delivery).toMatchObject({ period: '2026-03', files: [{ name: '2026-03-30.csv' }] })
  const { entries } = await client().evidence.export({})
  expect(entries.filter((entry) => entry.includes('"schedule.caught-up"'))).toHaveLength(1)
})

test('all of them run in order, and a second time there is nothing to catch up', async () => {
  await outage()
  await client().schedule.catchup({ name: 'daily', slots: 'all' })
  expect((await slots()).map(([, state]) => state)).toEqual(['waiting', 'accepted', 'accepted'])
  const { deliveries } = await client().delivery.list({})
  expect(deliveries.map(({ files }) => files[0]?.name)).toEqual(['2026-03-30.csv', '2026-03-29.csv'])
  await expect(client().schedule.catchup({ name: 'daily', slots: 'all' })).rejects.toMatchObject({
    code: 'input-invalid',
    message: '`daily` missed no slot',
  })
})

test('a moment that was not missed is refused before anything is run', async () => {
  await outage()
  const wanted = ['2026-03-29T04:00:00.000Z', '2026-03-29T05:00:00.000Z']
  await expect(client().schedule.catchup({ name: 'daily', slots: wanted })).rejects.toMatchObject({
    code: 'input-invalid',
    message: '`daily` missed no slot `2026-03-29T05:00:00.000Z`',
  })
  expect((await slots()).every(([, state]) => state === 'missed')).toBe(true)
})
