/** Canaries in a whole house: to every target, once in a period, told when one does not arrive, and never left owed. */
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ManualClock, systemRandom } from '../base/index.ts'
import { parseConfig } from '../cli/config.ts'
import { type OpenedHouse, openHouse } from '../cli/house.ts'
import { operatorCaller } from './caller.ts'
import { makeCanaries } from './canary.ts'
import { inProcessClient } from './invoke.ts'

let directory: string
let opened: OpenedHouse
const clock = new ManualClock(new Date('2026-11-03T10:00:00.000Z'))
const faults: unknown[] = []
const hour = 60 * 60_000

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-canary-'))
  const config = parseConfig('{}', 'test')
  opened = await openHouse({ config, directory: join(directory, 'data'), clock, random: systemRandom, provider: null })
  const client = inProcessClient(opened.house, operatorCaller())
  for (const name of ['primary', 'backup']) {
    await mkdir(join(directory, name))
    const location = { service: 'local', directory: join(directory, name), rootPath: 'root/' } as const
    await client.connection.add({ name, purpose: 'export', location, authentication: { kind: 'none' } })
  }
  await client.route.add({ name: 'audit', targets: ['primary', 'backup'] })
  faults.length = 0
})
afterEach(async () => {
  await opened.close()
  await rm(directory, { recursive: true, force: true })
})

const canaries = (canaryEveryHours = 24) =>
  makeCanaries({ ...opened.house, canaryEveryHours }, {}, (error) => faults.push(error))
const client = () => inProcessClient(opened.house, operatorCaller())
const placed = async (name: string): Promise<string[]> =>
  (await readdir(join(directory, name, 'root'), { recursive: true })).filter((path) => path.endsWith('.json'))

async function actions(): Promise<string[]> {
  const { entries } = await client().evidence.export({})
  return entries.map((entry) => JSON.parse(entry).action)
}

test('goes to every target of a failover route, under .drawbridge, once in a period whoever asks', async () => {
  await Promise.all([canaries().turn(), canaries().turn()])
  await opened.worker.runOnce()
  await canaries().turn()
  const { canary } = await client().route.show({ name: 'audit' })
  expect(canary).toMatchObject({
    state: 'delivered',
    targets: [
      { connection: 'primary', state: 'delivered' },
      { connection: 'backup', state: 'delivered' },
    ],
  })
  for (const name of ['primary', 'backup']) {
    const found = await placed(name)
    expect(found.filter((path) => !path.endsWith('.receipt.json'))).toHaveLength(1)
    expect(found.every((path) => path.startsWith('.drawbridge/canary/'))).toBe(true)
  }
  expect(await opened.house.deliveries.canaries('default', 'audit', 10)).toHaveLength(1)
  expect((await client().delivery.list({})).deliveries).toEqual([])
  clock.advance(24 * hour)
  await canaries().turn()
  expect(await opened.house.deliveries.canaries('default', 'audit', 10)).toHaveLength(2)
  expect(faults).toEqual([])
})

test('is off unless the configuration says otherwise, and can be sent by hand', async () => {
  await canaries(0).turn()
  expect(await opened.house.deliveries.canaries('default', 'audit', 10)).toEqual([])
  const { id } = await client().route.canary({ name: 'audit' })
  await opened.worker.runOnce()
  expect((await client().delivery.show({ id })).state).toBe('delivered')
})

test('a route has a pace of its own, which is told in the log, and can go back to that of the deployment', async () => {
  const own = await client().route.canaries({ name: 'audit', everyHours: 1 })
  const nextAt = new Date(clock.now().getTime() + hour).toISOString()
  expect(own).toMatchObject({ canaryEveryHours: 1, canaries: { everyHours: 1, nextAt } })
  await canaries(0).turn()
  clock.advance(hour)
  await canaries(0).turn()
  expect(await opened.house.deliveries.canaries('default', 'audit', 10)).toHaveLength(2)
  await client().route.canaries({ name: 'audit', everyHours: 0 })
  clock.advance(48 * hour)
  await canaries(24).turn()
  expect(await opened.house.deliveries.canaries('default', 'audit', 10)).toHaveLength(2)
  await client().route.switch({ name: 'audit', primary: 'backup' })
  expect((await client().route.show({ name: 'audit' })).canaries).toEqual({ everyHours: 0 })
  await client().route.canaries({ name: 'audit' })
  expect((await client().route.show({ name: 'audit' })).canaryEveryHours).toBeUndefined()
  await canaries(24).turn()
  expect(await opened.house.deliveries.canaries('default', 'audit', 10)).toHaveLength(3)
  expect((await actions()).filter((action) => action === 'route.canaries')).toHaveLength(3)
  await expect(client().route.canaries({ name: 'nowhere' })).rejects.toMatchObject({ code: 'not-found' })
})

test('what the newest canary found stands with every target', async () => {
  await client().route.canary({ name: 'audit' })
  await opened.worker.runOnce()
  const { targets } = await client().target.list({})
  expect(targets.map(({ connection, circuit, owed, routes }) => [connection, circuit, owed, routes])).toEqual([
    ['backup', 'closed', 0, ['audit']],
    ['primary', 'closed', 0, ['audit']],
  ])
  expect(targets.map(({ canary }) => canary?.state)).toEqual(['delivered', 'delivered'])
  expect((await client().target.show({ connection: 'backup' })).waiting).toEqual([])
  await expect(client().target.show({ connection: 'nobody' })).rejects.toMatchObject({ code: 'not-found' })
  expect(await client().spool.show({})).toMatchObject({
    quotaBytes: null,
    routes: [{ route: 'audit', heldBytes: 0, isDown: false, roomBytes: null }],
  })
})

test('a backup that does not take it is told once, verified at once, and the canary is given up', async () => {
  // A file where the folder was: whatever the job writes there is refused.
  await rm(join(directory, 'backup'), { recursive: true })
  await writeFile(join(directory, 'backup'), 'not a folder')
  await canaries().turn()
  await opened.worker.runOnce()
  clock.advance(16 * 60_000)
  await opened.worker.runOnce()
  await canaries().turn()
  await opened.worker.runOnce()
  await canaries().turn()
  const { canary } = await client().route.show({ name: 'audit' })
  expect(canary?.state).toBe('cancelled')
  expect(canary?.targets.map(({ state }) => state)).toEqual(['delivered', 'cancelled'])
  const told = await actions()
  expect(told.filter((action) => action === 'canary.failed')).toHaveLength(1)
  expect(told).toContain('connection.turned')
  expect((await client().connection.history({ name: 'backup' })).entries[0]?.status).toBe('fail')
  expect((await opened.house.deliveries.health('default', ['backup']))[0]?.owed).toBe(0)
  expect(faults).toEqual([])
  await chmod(join(directory, 'backup'), 0o644)
})
