/** Two servers on one database watch over the same connections: each is verified once, and each change is told once. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../../src/base/index.ts'
import { said, startCli } from '../../src/cli/testing/run-cli.ts'
import { localConnection } from '../../src/delivery/testing/house.ts'
import { openSharedState } from '../../src/state/index.ts'
import { lacksPostgres, startPostgres } from '../servers/postgres.ts'
import { stopProcess } from '../servers/processes.ts'

const connections = 40
const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const closer of closers.splice(0).reverse()) await closer()
})

test.skipIf(lacksPostgres())(
  'two servers watch: each connection is verified once, each alert is sent once',
  async () => {
    const postgres = await startPostgres()
    closers.push(() => postgres.close())
    const directory = await mkdtemp(join(tmpdir(), 'drawbridge-watch-'))
    closers.push(() => rm(directory, { recursive: true, force: true }))
    const told: string[] = []
    const hook = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += String(chunk)
      const { connection }: { connection: string } = JSON.parse(body)
      told.push(connection)
      // Slow enough that the other server looks at the same alerts meanwhile.
      await systemClock.sleep(20)
      response.writeHead(200).end()
    })
    await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve))
    closers.push(() => new Promise((resolve) => hook.close(resolve)))
    const origin = `http://127.0.0.1:${(hook.address() as AddressInfo).port}`

    const rootKeyFile = join(directory, 'root.key')
    const state = await openSharedState({ directory, rootKeyFile, clock: systemClock, postgres: postgres.app })
    closers.push(() => state.close())
    const createdAt = new Date(Date.now() - 2 * 3_600_000).toISOString()
    const names = Array.from({ length: connections }, (_, index) => `shelf-${index}`)
    for (const name of names) {
      // Nobody made these folders, so each verification turns red.
      const location = { service: 'local' as const, directory: join(directory, name), rootPath: '' }
      await state.connections.add({ ...localConnection(name, { location }), createdAt }, { kind: 'none' })
    }

    // Nobody gets a turn before both servers ask for one.
    const holdUp = new pg.Client(`postgres://postgres:${postgres.password}@127.0.0.1:${postgres.port}/postgres`)
    await holdUp.connect()
    closers.push(() => holdUp.end())
    await holdUp.query('begin; lock table drawbridge.watch_turns in exclusive mode')
    const servers = await Promise.all(
      ['one', 'two'].map(async (name) => {
        const data = join(directory, name, 'data')
        await mkdir(data, { recursive: true, mode: 0o700 })
        await writeFile(join(data, 'hook-secret'), 'a-secret-of-this-test\n')
        const config = {
          rootKeyFile,
          allowedEndpoints: [origin],
          watch: { everySeconds: 3600, jitter: 0 },
          alerts: { webhooks: [{ url: `${origin}/hook`, secretFile: 'hook-secret' }] },
        }
        await writeFile(join(data, 'config.json'), JSON.stringify(config))
        const environment = { DATABASE_URL: postgres.appUrl, NO_COLOR: '1' }
        const child = startCli(['serve', '--port', '0'], { directory: join(directory, name), environment })
        closers.push(() => stopProcess(child, 20_000))
        await said(child, /listens on/)
        return child
      }),
    )
    expect(servers.map(({ exitCode }) => exitCode)).toEqual([null, null])

    const waiting = "select count(*)::int as held from pg_stat_activity where wait_event_type = 'Lock'"
    while (((await postgres.query<{ held: number }>(waiting))[0]?.held ?? 0) < 2) await systemClock.sleep(50)
    await holdUp.query('commit')

    const open = 'select count(*)::int as open from drawbridge.alerts where delivered_at is null'
    const watched = 'select count(*)::int as ended from drawbridge.watch_turns where held_until is null'
    for (;;) {
      const [[alerts], [turns]] = await Promise.all([
        postgres.query<{ open: number }>(open),
        postgres.query<{ ended: number }>(watched),
      ])
      if (turns?.ended === connections && alerts?.open === 0) break
      await systemClock.sleep(50)
    }
    const verified = await Promise.all(names.map((name) => state.watch.history('default', name, 10)))
    expect(verified.map((entries) => entries.length)).toEqual(names.map(() => 1))
    expect(told.toSorted()).toEqual(names.toSorted())
    const holders = await postgres.query<{ holder: string }>('select distinct holder from drawbridge.watch_turns')
    // Both had turns: otherwise this would show nothing.
    expect(holders).toHaveLength(2)
  },
)
