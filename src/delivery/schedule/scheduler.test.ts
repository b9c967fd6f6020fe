/** Schedules on the real database, spool and file system, with a clock that the test moves. */
import { mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Slot } from '../../contract/index.ts'
import { memoryStore } from '../../storage/index.ts'
import { actionsOf, objectsOf, openTestHouse, person, type TestHouse, tenant } from '../testing/house.ts'
import type { ScheduleRecord } from './repository.ts'
import { Scheduler } from './scheduler.ts'

let house: TestHouse
let folder = ''
let faults: unknown[] = []
const store = memoryStore
const never = new AbortController().signal
const hour = 60 * 60_000

beforeEach(async () => {
  house = await openTestHouse({ acme: { store: store() } })
  folder = await mkdtemp(join(tmpdir(), 'drawbridge-reports-'))
  faults = []
})
afterEach(async () => {
  await house.close()
  await rm(folder, { recursive: true, force: true })
})

function schedulerOf(worker = 'w1', on: TestHouse = house): Scheduler {
  const { clock, state, service } = on
  return new Scheduler({
    clock,
    tenant,
    worker,
    schedules: state.schedules,
    repository: state.deliveries,
    service,
    onFault: (_schedule, error) => faults.push(error),
  })
}

async function scheduled(over: Partial<ScheduleRecord> = {}): Promise<ScheduleRecord> {
  const createdAt = house.clock.now().toISOString()
  const record: ScheduleRecord = {
    ...{ id: 'sch_1', tenant, name: 'hourly', route: 'audit', folder, pattern: '*', cron: '0 * * * *' },
    ...{ timeZone: 'UTC', catchUp: 'last', report: 'Hourly', owner: person.actor, claims: person.claims },
    ...{ createdAt, isPaused: false, handledUntil: createdAt, ...over },
  }
  await house.state.schedules.add(record, [])
  return record
}

const slotsOf = async (record: ScheduleRecord): Promise<Slot[]> => house.state.schedules.slots(record, 100)

test('a slot delivers the files that are new, in the owner’s identity, and the next one nothing', async () => {
  const record = await scheduled()
  await writeFile(join(folder, 'a.csv'), 'a')
  await mkdir(join(folder, 'sub'))
  await symlink('/etc/passwd', join(folder, 'link'))
  const scheduler = schedulerOf()
  await scheduler.turn(never)
  expect(await slotsOf(record)).toEqual([])
  house.clock.advance(hour)
  await scheduler.turn(never)
  const [first] = await slotsOf(record)
  expect(first).toMatchObject({ at: '2026-11-03T11:00:00.000Z', kind: 'planned', state: 'accepted', files: 1 })
  const delivery = await house.service.show(tenant, first?.delivery ?? '')
  expect(delivery).toMatchObject({
    report: 'Hourly',
    period: '2026-11',
    files: [{ name: 'a.csv' }],
    actor: { kind: 'schedule', subject: 'hourly' },
  })
  house.clock.advance(hour)
  await scheduler.turn(never)
  expect((await slotsOf(record))[0]).toMatchObject({ state: 'empty', files: 0 })
  await writeFile(join(folder, 'b.csv'), 'b')
  await writeFile(join(folder, 'a.csv'), 'changed')
  house.clock.advance(hour)
  await scheduler.turn(never)
  expect((await slotsOf(record))[0]).toMatchObject({ state: 'accepted', files: 2 })
  await house.worker.runOnce()
  expect(faults).toEqual([])
})

test('eight schedulers at the same moment make one delivery of a slot', async () => {
  const record = await scheduled()
  await writeFile(join(folder, 'a.csv'), 'a')
  house.clock.advance(hour)
  await Promise.all(Array.from({ length: 8 }, (_, index) => schedulerOf(`w${index}`).turn(never)))
  expect(await slotsOf(record)).toHaveLength(1)
  expect(await house.service.list(tenant, { limit: 10 })).toHaveLength(1)
})

test('a worker that died in a slot is followed by another one, and there is still one delivery', async () => {
  const record = await scheduled()
  await writeFile(join(folder, 'a.csv'), 'a')
  house.clock.advance(hour)
  const at = house.clock.now().toISOString()
  const claim = await house.state.schedules.begin(record, at, 'planned', 'dead', 60_000)
  expect(claim).not.toBeNull()
  // It had accepted the report when it died.
  const { upload } = await house.service.upload(
    tenant,
    'a.csv',
    (async function* () {
      yield Buffer.from('a')
    })(),
  )
  const idempotencyKey = `schedule:${record.id}:${at}`
  const accepted = await house.service.accept(tenant, person, { route: 'audit', idempotencyKey, uploads: [upload] })
  await schedulerOf().turn(never)
  expect((await slotsOf(record))[0]).toMatchObject({ state: 'running' })
  house.clock.advance(60_001)
  await schedulerOf().turn(never)
  expect((await slotsOf(record))[0]).toMatchObject({ state: 'accepted', delivery: accepted.id, attempts: 2 })
  expect(await house.service.list(tenant, { limit: 10 })).toHaveLength(1)
  if (claim === null) throw new Error('no claim')
  const late = { state: 'empty', files: 0, delivery: null, reason: null, retryAt: null } as const
  expect(await house.state.schedules.end(record, claim, late, [], [])).toBe(false)
  house.clock.advance(hour)
  await schedulerOf().turn(never)
  expect((await slotsOf(record))[0]).toMatchObject({ state: 'empty' })
})

test('slots of an outage are missed as the policy says, and told in the log', async () => {
  const record = await scheduled({ catchUp: 'none' })
  house.clock.advance(5.5 * hour)
  await schedulerOf().turn(never)
  const slots = await slotsOf(record)
  expect(slots.map(({ state }) => state)).toEqual(['missed', 'missed', 'missed', 'missed', 'missed'])
  expect(await house.state.schedules.missedCount(record)).toBe(5)
  await Promise.all([schedulerOf('a').turn(never), schedulerOf('b').turn(never)])
  expect((await actionsOf(house)).filter((action) => action === 'schedule.missed')).toHaveLength(1)
})

test('every slot of an outage runs in order where the policy says all', async () => {
  const record = await scheduled({ catchUp: 'all', pattern: '{day}-*' })
  await writeFile(join(folder, '03-a'), 'a')
  house.clock.advance(3 * hour)
  await schedulerOf().turn(never)
  expect((await slotsOf(record)).map(({ at, state }) => [at.slice(11, 13), state])).toEqual([
    ['13', 'empty'],
    ['12', 'empty'],
    ['11', 'accepted'],
  ])
})

test('a folder that is not there is tried again, and given up in the end with its reason', async () => {
  const record = await scheduled({ folder: join(folder, 'later') })
  house.clock.advance(hour)
  const scheduler = schedulerOf()
  await scheduler.turn(never)
  expect((await slotsOf(record))[0]).toMatchObject({ state: 'waiting', reason: expect.stringContaining('not there') })
  expect(await scheduler.turn(never)).toBe(30_000)
  await mkdir(join(folder, 'later'))
  await writeFile(join(folder, 'later', 'a.csv'), 'a')
  house.clock.advance(30_000)
  await scheduler.turn(never)
  expect((await slotsOf(record))[0]).toMatchObject({ state: 'accepted', attempts: 2 })
})

test('a route that is gone fails the slot for good', async () => {
  const record = await scheduled({ route: 'gone' })
  await writeFile(join(folder, 'a.csv'), 'a')
  house.clock.advance(hour)
  await schedulerOf().turn(never)
  expect((await slotsOf(record))[0]).toMatchObject({ state: 'failed', reason: 'there is no route `gone`' })
  expect(await actionsOf(house)).toContain('schedule.failed')
})

test('a file that is written while it is read is read again, whole', async () => {
  const record = await scheduled()
  const path = join(folder, 'a.csv')
  await writeFile(path, Buffer.alloc(600_000, 1))
  house.clock.advance(hour)
  let isChanged = false
  const upload = house.service.upload.bind(house.service)
  house.service.upload = async (name, file, source) =>
    upload(
      name,
      file,
      (async function* () {
        for await (const piece of source) {
          yield piece
          if (isChanged) continue
          isChanged = true
          await writeFile(path, Buffer.alloc(700_000, 2))
          await utimes(path, 1_800_000_000, 1_800_000_000)
        }
      })(),
    )
  await schedulerOf().turn(never)
  const [slot] = await slotsOf(record)
  expect(slot).toMatchObject({ state: 'accepted', files: 1 })
  expect((await house.service.show(tenant, slot?.delivery ?? '')).files[0]?.sizeBytes).toBe(700_000)
})

test('a name that starts with a dot is not ready yet; renamed, it is new', async () => {
  const record = await scheduled()
  await writeFile(join(folder, '.a.csv'), 'a')
  house.clock.advance(hour)
  await schedulerOf().turn(never)
  expect((await slotsOf(record))[0]).toMatchObject({ state: 'empty' })
  await rename(join(folder, '.a.csv'), join(folder, 'a.csv'))
  expect(await schedulerOf().runNow(record)).toMatchObject({ state: 'accepted', files: 1 })
  const kinds = (await slotsOf(record)).map(({ kind }) => kind).sort()
  expect(kinds).toEqual(['manual', 'planned'])
  await house.worker.runOnce()
  const target = house.targets.get('acme')
  expect(target === undefined ? 0 : (await objectsOf(target.store)).size).toBe(2)
})

test('of a schedule the newest thousand slots are kept', async () => {
  const record = await scheduled({ cron: '* * * * *', catchUp: 'none' })
  for (let round = 0; round < 4; round++) {
    house.clock.advance(6 * hour)
    await schedulerOf().turn(never)
  }
  expect(await schedulerOf().runNow(record)).toMatchObject({ state: 'empty' })
  expect((await house.state.schedules.slots(record, 5_000)).length).toBe(1_000)
})
