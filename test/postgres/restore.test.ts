/** A database restored from an older backup: every process that opens it sees that it forgot something, and stops. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Ran, runCli } from '../../src/cli/testing/run-cli.ts'
import { lacksPostgres, type PostgresServer, startPostgres } from '../servers/postgres.ts'

describe.skipIf(lacksPostgres())('a restored backup', () => {
  let server: PostgresServer
  let directory = ''

  beforeAll(async () => {
    server = await startPostgres()
    directory = await mkdtemp(join(tmpdir(), 'drawbridge-restore-'))
    await mkdir(join(directory, 'customer'))
  })
  afterAll(async () => {
    await server?.close()
    await rm(directory, { recursive: true, force: true })
  })

  const run = (...words: string[]): Promise<Ran> =>
    runCli(words, { directory, environment: { DATABASE_URL: server.appUrl, NO_COLOR: '1' } })
  const superuser = (): string => `postgres://postgres:${server.password}@127.0.0.1:${server.port}/postgres`
  const add = async (name: string): Promise<void> => {
    const added = await run('connection', 'add', name, '--purpose', 'export', '--folder', join(directory, 'customer'))
    expect(added).toMatchObject({ code: 0 })
    // The export gives the entries their places and signs the log as it stands.
    expect(await run('evidence', 'export', '--out', join(directory, `${name}.jsonl`))).toMatchObject({ code: 0 })
  }

  test('the newest one goes on, an older one is refused by every process', async () => {
    await add('before')
    const dump = ['--clean', '--if-exists', '--schema=drawbridge', '--file', server.scratch]
    await server.tool('pg_dump', '--dbname', superuser(), ...dump)
    await server.tool('psql', '--quiet', '--dbname', superuser(), '--file', server.scratch)
    expect(await run('connection', 'list')).toMatchObject({ code: 0 })

    await add('after')
    await server.tool('psql', '--quiet', '--dbname', superuser(), '--file', server.scratch)
    for (const words of [['connection', 'list'], ['worker'], ['serve', '--port', '0']]) {
      const refused = await run(...words)
      expect(refused.code).toBe(7)
      expect(refused.stderr).toMatch(
        /^error: the database is not the newest one: .*\nhint: restore the newest database/,
      )
    }
  })
})
