/**
 * Clocks that are wrong and clocks that jump, under a process that delivers (libfaketime). The store is in the right time
 * and refuses what is signed more than a quarter of an hour beside it.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkPlace, nothingFound } from '../kills/check.ts'
import { type PlaceServer, serverStarts } from '../kills/servers.ts'
import { prepareKills } from '../kills/state.ts'
import type { LifeTask } from '../kills/worker.ts'
import { needs } from '../needs.ts'
import { startScript } from './processes.ts'

const library = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1'
const reports = ['small-5000', 'middle-300000', 'large-20000000']

describe.skipIf(needs(library, 'faketime'))('a clock', () => {
  let server: PlaceServer
  let opened = 0
  beforeAll(async () => {
    server = await serverStarts.sandbox()
  })
  afterAll(() => server?.close())

  test.each(['+20m', '-20m', '+3d'])('that is %s beside the true time delivers all the same', async (offset) => {
    await delivers({ FAKETIME: offset }, async () => {})
  })

  test('that jumps forth and back while it delivers loses and doubles nothing', async () => {
    const home = await mkdtemp(join(tmpdir(), 'drawbridge-clock-'))
    const file = join(home, 'offset')
    try {
      await writeFile(file, '+0\n')
      await delivers({ FAKETIME_TIMESTAMP_FILE: file }, async (said) => {
        await said('sending')
        await writeFile(file, '+2h\n')
        await said('sent')
        await writeFile(file, '-1h\n')
      })
    } finally {
      await rm(home, { recursive: true, force: true })
    }
  })

  async function delivers(
    faked: Readonly<Record<string, string>>,
    meanwhile: (said: (beginning: string) => Promise<string>) => Promise<void>,
  ): Promise<void> {
    const directory = await mkdtemp(join(tmpdir(), 'drawbridge-clock-'))
    try {
      const place = await server.open(`clock-${++opened}`, true)
      await prepareKills(directory, null, place)
      const environment = {
        ...faked,
        LD_PRELOAD: library,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      }
      const task: LifeTask = { place, directory, database: null, name: 'clock', again: reports, isLast: true }
      const process = startScript('../kills/worker.ts', task, { environment })
      await meanwhile(process.said)
      expect(await process.ended).toEqual({ code: 0, signal: null })
      expect(await checkPlace(place, directory, new Set(reports), new Set())).toMatchObject({
        ...nothingFound,
        reports: reports.length,
        occupied: expect.any(Number),
      })
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  }
})
