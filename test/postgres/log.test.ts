/** The evidence log under many writers: one order, no gap, no fork, whoever places and signs. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/index.ts'
import { tenant } from '../../src/delivery/testing/house.ts'
import { EvidenceLog } from '../../src/evidence/index.ts'
import { openSharedState, type State } from '../../src/state/index.ts'
import { lacksPostgres, type PostgresServer, startPostgres } from '../servers/postgres.ts'

const writers = 8
const rounds = 6
const perRound = 4

describe.skipIf(lacksPostgres())('the evidence log', () => {
  let server: PostgresServer
  let directory = ''
  const states: State[] = []

  beforeAll(async () => {
    server = await startPostgres()
    directory = await mkdtemp(join(tmpdir(), 'drawbridge-log-'))
    const options = { directory, clock: systemClock, postgres: { ...server.app, poolSize: 3 } }
    for (let writer = 0; writer < writers; writer++) states.push(await openSharedState(options))
  })
  afterAll(async () => {
    for (const state of states) await state.close()
    await server?.close()
    await rm(directory, { recursive: true, force: true })
  })

  const logOf = (state: State): EvidenceLog =>
    new EvidenceLog({
      store: state.log,
      signer: state.evidenceKey.privateKey,
      origin: 'log.example',
      clock: systemClock,
    })

  test(`${writers} writers make one log, and every checkpoint any of them signed is a part of it`, async () => {
    const notes: string[] = []
    await Promise.all(
      states.map(async (state, writer) => {
        const log = logOf(state)
        for (let round = 0; round < rounds; round++) {
          const entries = Array.from({ length: perRound }, (_, index) => ({
            actor: `writer:${writer}`,
            action: 'written',
            subject: `${writer}/${round}/${index}`,
            fields: {},
          }))
          const ids = await state.record(tenant, entries)
          const proofs = await log.proofsOf(tenant, ids)
          notes.push(...proofs.map(({ checkpoint }) => checkpoint.note))
        }
      }),
    )
    const [state] = states
    if (state === undefined) throw new TypeError('there are writers')
    const total = writers * rounds * perRound
    expect(await state.log.size(tenant)).toBe(total)
    expect(await state.log.pending(tenant, 10)).toEqual([])
    const entries = (await state.log.entries(tenant, 0, total)).map((json): { seq: number; subject: string } =>
      JSON.parse(json),
    )
    expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: total }, (_, seq) => seq))
    expect(new Set(entries.map(({ subject }) => subject)).size).toBe(total)
    const log = logOf(state)
    for (const note of new Set(notes)) await log.assertContinues(tenant, note)
  })

  test('a database from an older backup is refused where a newer checkpoint is known', async () => {
    const [state] = states
    if (state === undefined) throw new TypeError('there are writers')
    const database = `postgres://postgres:${server.password}@127.0.0.1:${server.port}/postgres`
    await server.tool(
      'pg_dump',
      '--dbname',
      database,
      '--clean',
      '--if-exists',
      '--schema=drawbridge',
      '--file',
      server.scratch,
    )
    await state.record(tenant, [{ actor: 'a', action: 'after', subject: 'the backup', fields: {} }])
    const log = logOf(state)
    await log.integrate(tenant)
    const { note } = await log.checkpoint(tenant)
    for (const open of states.splice(0)) await open.close()
    await server.tool('psql', '--quiet', '--dbname', database, '--file', server.scratch)
    const restored = await openSharedState({ directory, clock: systemClock, postgres: server.app })
    states.push(restored)
    await expect(logOf(restored).assertContinues(tenant, note)).rejects.toMatchObject({ code: 'evidence-forked' })
  })
})
