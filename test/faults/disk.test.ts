/**
 * Disks that fail under a process, by errors that strace puts in the place of what the kernel would answer: a sync that
 * fails, and a disk without room, each at several moments. What was acknowledged is delivered once; what was not is
 * refused in a word of the table and taken at the next try; nothing else is left behind.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkPlace, nothingFound } from '../kills/check.ts'
import type { Place } from '../kills/places.ts'
import { type PlaceServer, serverStarts } from '../kills/servers.ts'
import { prepareKills } from '../kills/state.ts'
import type { LifeTask } from '../kills/worker.ts'
import { needs } from '../needs.ts'
import { startScript } from './processes.ts'

/** A small one of the database, larger ones of the spool. */
const reports = ['small-5000', 'spooled-300000', 'second-200000', 'third-90000', 'last-4000']

describe.skipIf(needs('/usr/bin/strace', 'strace'))('a disk', () => {
  let server: PlaceServer
  let opened = 0
  beforeAll(async () => {
    server = await serverStarts.sandbox()
  })
  afterAll(() => server?.close())

  const faults: [string, string, number][] = [
    // Each thread counts for itself: the database syncs in one, the spool's files in others.
    ...[1, 2, 3, 5, 7].map((when): [string, string, number] => ['fsync', 'EIO', when]),
    ...[10, 25, 45].map((when): [string, string, number] => ['pwrite64', 'ENOSPC', when]),
  ]

  test.each(faults)(
    'whose %s answers %s at the %ith time loses nothing that was acknowledged',
    async (call, error, when) => {
      const directory = await mkdtemp(join(tmpdir(), 'drawbridge-disk-'))
      try {
        const place = await server.open(`disk-${++opened}`, true)
        await prepareKills(directory, null, place)
        const traced = ['-e', `trace=${call}`, '-e', `inject=${call}:error=${error}:when=${when}`]
        const command = ['/usr/bin/strace', '-f', '-qq', '--seccomp-bpf', ...traced, '-o', join(directory, 'trace')]
        const failing = startScript('./disk-worker.ts', { place, directory, reports }, { command })
        const { code } = await failing.ended
        const accepted = failing.lines.flatMap((line) => /^accepted (\S+)/u.exec(line)?.[1] ?? [])
        const refused = failing.lines.flatMap((line) => /^(?:refused \S+|ended) (\S+)/u.exec(line)?.[1] ?? [])
        expect(failing.complaints.join('')).toBe('')
        expect(code).toBe(0)
        for (const each of refused) expect(each).toMatch(/^(?:disk-full|data-directory-broken|internal)$/u)
        expect(accepted.length + refused.length).toBeLessThanOrEqual(reports.length)
        console.log(`${call} ${error} at ${when}: ${failing.lines.join(', ')}`)
        await finish(
          place,
          directory,
          reports.filter((report) => !accepted.includes(report)),
        )
        const left = await readdir(join(directory, 'spool'))
        expect(left).toEqual([])
        expect(await checkPlace(place, directory, new Set(reports), new Set())).toMatchObject({
          ...nothingFound,
          reports: reports.length,
          occupied: expect.any(Number),
        })
      } finally {
        await rm(directory, { recursive: true, force: true })
      }
    },
  )

  async function finish(place: Place, directory: string, again: readonly string[]): Promise<void> {
    const task: LifeTask = { place, directory, database: null, name: 'after', again, isLast: true }
    const healthy = startScript('../kills/worker.ts', task)
    expect(await healthy.ended).toEqual({ code: 0, signal: null })
    expect(healthy.complaints).toEqual([])
  }
})
