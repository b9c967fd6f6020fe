/**
 * A worker that is stopped beyond its lease (SIGSTOP: a machine that was suspended, a container that was paused) and goes
 * on later as if nothing had happened. Meanwhile another process on the same PostgreSQL has finished its work; what the
 * first one still writes is refused by the fence.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkPlace, nothingFound } from '../kills/check.ts'
import type { Place } from '../kills/places.ts'
import { serverStarts } from '../kills/servers.ts'
import { prepareKills } from '../kills/state.ts'
import type { LifeTask } from '../kills/worker.ts'
import { lacksPostgres, startPostgres } from '../servers/postgres.ts'
import { startScript } from './processes.ts'
import { startFaultProxy } from './proxy.ts'

describe.skipIf(lacksPostgres())('a stopped worker', () => {
  test.each([
    ['in the middle of a part', true, 20_000_000],
    ['in the middle of one request', false, 9_000_000],
  ])('%s, continued when its work is done, changes nothing', async (_moment, resume, sizeBytes) => {
    const directory = await mkdtemp(join(tmpdir(), 'drawbridge-zombie-'))
    const server = await serverStarts.sandbox()
    const postgres = await startPostgres()
    const place = await server.open('zombie', resume)
    if (place.kind !== 'sandbox') throw new TypeError('the place is in the sandbox')
    const proxy = await startFaultProxy(place.job.endpoint)
    try {
      await prepareKills(directory, postgres.appUrl, place)
      proxy.setRules([{ line: /^PUT \S*\/exports\//u, times: 100, fault: { kind: 'slow', bytesPerSecond: 2_000_000 } }])
      const slow: Place = { ...place, job: { ...place.job, endpoint: proxy.endpoint } }
      const shared = { directory, database: postgres.appUrl, isLast: true }
      const report = `report-${sizeBytes}`
      const zombie = startScript('../kills/worker.ts', {
        ...shared,
        place: slow,
        name: 'zombie',
        again: [report],
      } satisfies LifeTask)
      await zombie.said(`accepted ${report}`)
      await zombie.said('sending')
      zombie.child.kill('SIGSTOP')
      // The other one has to wait until the lease of the stopped one has run out on the database's clock.
      const other = startScript('../kills/worker.ts', { ...shared, place, name: 'other', again: [] } satisfies LifeTask)
      expect(await other.ended).toEqual({ code: 0, signal: null })
      const [delivery] = await postgres.query<{ state: string; fence: number }>(
        'select state, fence from drawbridge.deliveries',
      )
      expect(delivery?.state).toBe('delivered')
      zombie.child.kill('SIGCONT')
      expect(await zombie.ended).toEqual({ code: 0, signal: null })
      expect(zombie.lines).not.toContain('delivered')
      expect(await postgres.query('select state, fence from drawbridge.deliveries')).toEqual([delivery])
      expect(await checkPlace(place, directory, new Set([report]), new Set(), postgres.appUrl)).toMatchObject({
        ...nothingFound,
        reports: 1,
        occupied: expect.any(Number),
      })
      expect([...other.complaints, ...zombie.complaints]).toEqual([])
    } finally {
      await proxy.close()
      await postgres.close()
      await server.close()
      await rm(directory, { recursive: true, force: true })
    }
  })
})
