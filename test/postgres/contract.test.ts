/** The repository contract on PostgreSQL, with a second process's connections beside the first. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest'
import { systemClock } from '../../src/base/index.ts'
import { openSharedState } from '../../src/state/index.ts'
import { repositoryContract } from '../../src/state/testing/contract.ts'
import type { Subject } from '../../src/state/testing/subject.ts'
import { lacksPostgres, type PostgresServer, startPostgres } from '../servers/postgres.ts'

describe.skipIf(lacksPostgres())('postgresql', () => {
  let server: PostgresServer
  let directory = ''
  let present: Subject | null = null

  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(async () => {
    await server?.close()
  })

  beforeEach(async () => {
    await server.empty()
    directory = await mkdtemp(join(tmpdir(), 'drawbridge-contract-'))
    const options = { directory, clock: systemClock, postgres: server.app }
    const state = await openSharedState(options)
    const other = await openSharedState(options)
    const passed = async (milliseconds: number): Promise<void> => {
      await server.query('select pg_sleep($1)', [milliseconds / 1000])
    }
    present = { state, other, passed }
  })
  afterEach(async () => {
    await present?.state.close()
    await present?.other.close()
    await rm(directory, { recursive: true, force: true })
  })

  repositoryContract(() => {
    if (present === null) throw new TypeError('asked outside of a test')
    return present
  })
})
