/** pg-boss on the same PostgreSQL: a job comes with the transaction that it tells of, and never without it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/index.ts'
import { openSharedState, type State } from '../../src/state/index.ts'
import { accept, deliveryOf, fileOf } from '../../src/state/testing/deliveries.ts'
import { lacksPostgres, type PostgresServer, startPostgres } from '../servers/postgres.ts'

describe.skipIf(lacksPostgres())('the queue', () => {
  let server: PostgresServer
  let directory = ''
  let front: State
  let worker: State

  beforeAll(async () => {
    server = await startPostgres()
    directory = await mkdtemp(join(tmpdir(), 'drawbridge-queue-'))
    const options = { directory, clock: systemClock, postgres: server.app }
    front = await openSharedState(options)
    worker = await openSharedState({ ...options, works: true })
  })
  afterAll(async () => {
    await front?.close()
    await worker?.close()
    await server?.close()
    await rm(directory, { recursive: true, force: true })
  })

  const jobs = async (): Promise<number> => {
    const [row] = await server.query<{ count: number }>(
      `select count(*)::int as count from drawbridge_queue.job where name = 'wake'`,
    )
    return row?.count ?? -1
  }

  test('many acceptances at once cost few jobs, and one that is taken back costs none', async () => {
    await accept(
      front,
      Array.from({ length: 40 }, (_, index) => index + 1),
    )
    const before = await jobs()
    expect(before).toBeGreaterThan(0)
    expect(before).toBeLessThan(20)
    // Its upload is taken already: the transaction is rolled back, and the job with it.
    const refused = front.deliveries.accept(deliveryOf(41, { files: [fileOf(1)] }), [])
    await expect(refused).rejects.toMatchObject({ code: 'input-invalid' })
    expect(await jobs()).toBe(before)
  })

  test('a worker in another process is woken, and can claim what it was woken for', async () => {
    const woken = Promise.withResolvers<number>()
    await worker.queue?.work({
      wake: () => {
        worker.deliveries.claim('w', { small: 100, large: 1 }, 60_000).then((claims) => {
          if (claims.some(({ delivery }) => delivery === 'dlv_50')) woken.resolve(claims.length)
        }, woken.reject)
      },
      keepHouse: async () => {},
    })
    await accept(front, [50])
    expect(await woken.promise).toBeGreaterThan(0)
  })

  test('a machine whose clock is wrong goes by the database’s', async () => {
    const wrong = { now: () => new Date(Date.now() + 20 * 60_000), sleep: systemClock.sleep }
    const state = await openSharedState({ directory, clock: wrong, postgres: server.app })
    const [row] = await server.query<{ now: Date }>('select clock_timestamp() as now')
    expect(Math.abs(state.clock.now().getTime() - (row?.now.getTime() ?? 0))).toBeLessThan(60_000)
    await state.close()
  })

  test('one process keeps house each hour', async () => {
    expect(await server.query(`select name, cron from drawbridge_queue.schedule`)).toEqual([
      { name: 'keep-house', cron: '37 * * * *' },
    ])
  })
})
