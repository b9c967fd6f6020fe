/** What schedules and circuits promise on every database, whoever else is at work: once each, and by the database's clock. */
import { expect, test } from 'vitest'
import type { CircuitFault, ScheduleRecord } from '../../delivery/index.ts'
import { localConnection, tenant } from '../../delivery/testing/house.ts'
import type { Subject } from './subject.ts'
import { toldActions } from './told.ts'

const schedule: ScheduleRecord = {
  id: 'sch_1',
  tenant,
  name: 'monthly',
  route: 'audit',
  folder: '/exports',
  pattern: '*.csv',
  cron: '0 6 1 * *',
  timeZone: 'Europe/Berlin',
  catchUp: 'all',
  report: 'audit',
  owner: { kind: 'operator', issuer: 'local', subject: 'local' },
  claims: {},
  createdAt: '2026-11-03T10:00:00.000Z',
  isPaused: false,
  handledUntil: '2026-11-03T10:00:00.000Z',
}
const slot = '2026-12-01T05:00:00.000Z'
const entry = (action: string) => ({ actor: 'drawbridge', action, subject: 'sch_1', fields: {} })
const numbers = [1, 2, 3, 4, 5, 6, 7, 8]

/** Registers the tests. */
export function scheduleContract(subject: () => Subject): void {
  test('of eight that come to a slot at the same time one has it', async () => {
    const { state, other } = subject()
    await state.schedules.add(schedule, [entry('schedule.added')])
    const claims = await Promise.all(
      numbers.map((number) =>
        (number % 2 === 0 ? state : other).schedules.begin(schedule, slot, 'planned', `w${number}`, 60_000),
      ),
    )
    expect(claims.filter((claim) => claim !== null)).toHaveLength(1)
    await Promise.all([state, other].map(({ schedules }) => schedules.miss(schedule, [slot], [entry('missed')])))
    expect(await state.schedules.missedCount(schedule)).toBe(0)
    expect((await state.schedules.slots(schedule, 10)).map(({ state: at }) => at)).toEqual(['running'])
    expect((await state.schedules.byName(tenant, 'monthly'))?.handledUntil).toBe(slot)
    expect(await state.schedules.byName('other', 'monthly')).toBeNull()
  })

  test('a slot whose worker died is taken over once, and its late end is refused', async () => {
    const { state, other, passed } = subject()
    await state.schedules.add(schedule, [])
    const old = await state.schedules.begin(schedule, slot, 'planned', 'w1', 10)
    if (old === null) throw new Error('nobody else has it')
    await passed(30)
    const left = await Promise.all(
      numbers.map((number) => (number % 2 === 0 ? state : other).schedules.claimLeft(schedule, `w${number}`, 60_000)),
    )
    const [present, ...others] = left.flat()
    expect([present?.attempts, others.length]).toEqual([1, 0])
    const end = { state: 'accepted' as const, files: 1, delivery: 'dlv_1', reason: null, retryAt: null }
    const file = { path: 'a.csv', sizeBytes: 5_000_000_000, modifiedAt: '2026-11-30T00:00:00.000Z' }
    expect(await state.schedules.keep(old, 60_000)).toBe(false)
    expect(await state.schedules.end(schedule, old, end, [file], [entry('late')])).toBe(false)
    if (present === undefined) throw new Error('nobody took it over')
    expect(await other.schedules.end(schedule, present, end, [file], [entry('schedule.ended')])).toBe(true)
    expect([...(await state.schedules.deliveredFiles(schedule)).values()]).toEqual([file])
    expect(await toldActions(state.log, tenant)).toEqual(['schedule.ended'])
    await state.schedules.remove(schedule, [])
    expect(await other.schedules.slots(schedule, 10)).toEqual([])
  })

  test('missed slots that are asked for are due again, run once, and told of once; the others stay missed', async () => {
    const { state, other } = subject()
    await state.schedules.add(schedule, [])
    const [first, second, third] = ['2026-12-01', '2027-01-01', '2027-02-01'].map((day) => `${day}T05:00:00.000Z`)
    if (first === undefined || second === undefined || third === undefined) throw new TypeError('three of them')
    await state.schedules.miss(schedule, [first, second, third], [])
    await Promise.all(
      [state, other].map(({ schedules }) => schedules.revive(schedule, [third, first], [entry('caught-up')])),
    )
    await state.schedules.revive({ ...schedule, tenant: 'other' }, [second], [entry('stranger')])
    expect(await state.schedules.missedCount(schedule)).toBe(1)
    const left = await Promise.all([state, other].map(({ schedules }) => schedules.claimLeft(schedule, 'w', 60_000)))
    expect(
      left
        .flat()
        .map(({ at, attempts }) => [at, attempts])
        .sort(),
    ).toEqual([
      [first, 0],
      [third, 0],
    ])
    expect((await state.schedules.slots(schedule, 10)).map(({ state: at }) => at)).toEqual([
      ...['running', 'missed', 'running'],
    ])
    expect(await toldActions(state.log, tenant)).toEqual(['caught-up'])
  })

  test('a circuit opens once, lets one probe through, and is told of as well again once', async () => {
    const { state, other, passed } = subject()
    await state.connections.add(localConnection('acme'), { kind: 'none' })
    const settings = { failures: 4, probeMs: 10, probeCapMs: 20 }
    const fault: CircuitFault = { reason: 'the bucket is slow', isProbe: false, settings }
    await Promise.all(
      numbers.map((number) => (number % 2 === 0 ? state : other).circuits.failed(tenant, 'acme', fault, entry('down'))),
    )
    expect(await state.circuits.list(tenant)).toMatchObject([{ connection: 'acme', failures: 8 }])
    expect((await state.circuits.list(tenant))[0]?.openedAt).not.toBeNull()
    await passed(60)
    const probes = await Promise.all(
      numbers.map((number) => (number % 2 === 0 ? state : other).circuits.takeProbe(tenant, 'acme', 60_000)),
    )
    expect(probes.filter(Boolean)).toHaveLength(1)
    const closed = await Promise.all([state, other].map(({ circuits }) => circuits.close(tenant, 'acme', entry('up'))))
    expect(closed.filter(Boolean)).toHaveLength(1)
    expect(await toldActions(state.log, tenant)).toEqual(['down', 'up'])
    expect(await other.circuits.list('other')).toEqual([])
  })
}
