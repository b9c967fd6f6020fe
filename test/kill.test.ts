/**
 * The guarantee under SIGKILL: processes that take reports in and deliver them are killed a hundred times, at moments that
 * a seed draws, against the sandbox, Ceph RGW and Azurite, in single requests and in parts, alone on SQLite and three side by
 * side on PostgreSQL. Afterwards each accepted report stands there once, byte for byte, with a receipt that verifies and one
 * entry in the log, and no upload stands open. `npm run proof -- kills` does it a thousand times.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bodyOfBytes } from '../src/storage/index.ts'
import { checkPlace, nothingFound } from './kills/check.ts'
import { type LaneResult, startLife } from './kills/lane.ts'
import { runLanes } from './kills/lanes.ts'
import { administratorOf } from './kills/places.ts'
import { serverStarts } from './kills/servers.ts'
import { prepareKills } from './kills/state.ts'
import { needs } from './needs.ts'
import { lacksPostgres } from './servers/postgres.ts'

needs('/usr/bin/radosgw', 'radosgw ceph-mon ceph-osd')

test('a hundred kills lose nothing, double nothing and leave nothing open', { timeout: 900_000 }, async () => {
  const onEnd = ({ place, mode, database, kills, reports, phases, seconds }: LaneResult): void =>
    console.log(
      `${place}, ${mode}, ${database}: ${kills} kills, ${reports} reports, ${seconds} s: ${JSON.stringify(phases)}`,
    )
  const seed = 20261122
  const alone = await runLanes({ kills: 80, seed, onEnd })
  const shared = lacksPostgres() ? [] : await runLanes({ kills: 20, seed, kinds: ['sandbox'], isShared: true, onEnd })
  const results = [...alone, ...shared]
  for (const result of results) {
    expect(result).toMatchObject({ lost: 0, duplicated: 0, orphans: 0, withoutReceipt: 0, logFaults: 0 })
    expect(result.complaints).toEqual([])
    expect(result.reports).toBeGreaterThan(0)
  }
  expect(results.reduce((sum, { kills }) => sum + kills, 0)).toBeGreaterThanOrEqual(shared.length > 0 ? 100 : 80)
})

test('the check sees what it must: loss, doubles, open uploads, missing receipts, unkept acknowledgements', async () => {
  const server = await serverStarts.sandbox()
  const directory = await mkdtemp(join(tmpdir(), 'drawbridge-kills-'))
  try {
    const place = await server.open('damaged', true)
    await prepareKills(directory, null, place)
    const again = ['a-5000', 'b-5000', 'c-5000', 'd-200000']
    const heard: string[] = []
    const note = (word: string): void => void heard.push(word)
    const task = { place, directory, database: null, name: 'damage', again, isLast: true }
    const { ended } = startLife(task, { accepted: note, complain: note })
    expect(await ended).toBeNull()
    expect(heard).toEqual(again)
    const store = administratorOf(place)
    const keys: string[] = []
    for await (const { key } of store.list('')) keys.push(key)
    const reports = keys.filter((key) => key.endsWith('.bin'))
    expect(keys).toHaveLength(2 * again.length)
    const [gone = '', changed = '', unproved = ''] = reports
    await store.delete(gone)
    await store.put(changed, bodyOfBytes('another report'), { ifAbsent: false })
    await store.delete(`${unproved}.receipt.json`)
    await store.put('exports/twice.bin', bodyOfBytes('a double'), { ifAbsent: true })
    await store.createUpload('exports/open.bin', { ifAbsent: true })
    store.close()
    expect(await checkPlace(place, directory, new Set([...again, 'never']), new Set())).toEqual({
      ...nothingFound,
      ...{ reports: 4, lost: 3, duplicated: 1, orphans: 1, withoutReceipt: 3 },
    })
  } finally {
    await server.close()
    await rm(directory, { recursive: true, force: true })
  }
})
