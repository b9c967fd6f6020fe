/**
 * A million reports, one after the other, must not make the next one slower: what the database is asked on a report's way
 * finds its rows by an index, whatever else it holds. Read from the plans of SQLite, because a time would say it only here.
 */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, expect, test, vi } from 'vitest'
import { memoryStore } from '../storage/index.ts'
import { intercepted, type TestHouse, tenant, unavailable } from './testing/house.ts'
import { houseWith } from './testing/houses.ts'

afterEach(() => vi.restoreAllMocks())

/** Tables with rows for every report that ever was. */
const growing = new Set([
  'uploads',
  'small_reports',
  'deliveries',
  'delivery_targets',
  'delivery_items',
  'delivery_parts',
  'receipts',
  'outbox',
  'log_entries',
  'log_hashes',
  'checkpoints',
])

/** Notes every statement that is prepared from now on. */
function statementsFrom(): Set<string> {
  const statements = new Set<string>()
  const prepare = DatabaseSync.prototype.prepare
  vi.spyOn(DatabaseSync.prototype, 'prepare').mockImplementation(function (this: DatabaseSync, ...of) {
    statements.add(of[0])
    return prepare.apply(this, of)
  })
  return statements
}

/** The steps of a statement that go through more rows of a growing table than it is about, as SQLite would take them. */
function longStepsOf(database: DatabaseSync, statement: string): string[] {
  const rows = database.prepare(`explain query plan ${statement}`).all()
  const steps = rows.map(({ detail }) => `${detail}`)
  const isShort = / limit \?|select max\(/.test(statement)
  const isSorted = steps.includes('USE TEMP B-TREE FOR ORDER BY')
  return steps.filter((step) => {
    const [, way, table = ''] = /^(SCAN|SEARCH) (\w+)/.exec(step) ?? []
    if (!growing.has(table)) return false
    // Of what is still to be delivered, once a minute: whether a clock that stood ahead left something.
    if (way === 'SCAN') return !(step.endsWith('USING INDEX deliveries_due') && isAboutClocks(statement))
    // All of a tenant's or a route's: to sort them, to sum them up, or to look at each.
    const isOfHeld = step.includes(' deliveries_held ')
    return (isSorted || !isShort) && !isOfHeld && /\(tenant=\?( AND route=\?)?\)$/.test(step)
  })
}

function isAboutClocks(statement: string): boolean {
  return (
    /"(accepted_at|lease_until)" > \?/.test(statement) ||
    /select "id" from .* "available_at" > \? limit/.test(statement)
  )
}

/** Deliveries of every kind, and what people and pages ask about them. */
async function live(house: TestHouse): Promise<void> {
  const { service, worker, state } = house
  const small = await house.deliver({ 'a.csv': 'a' })
  await worker.runOnce()
  await house.deliver({ 'a.csv': 'a', 'b.csv': 'b' })
  await house.deliver({ 'large.bin': Buffer.alloc(3 << 20, 7) })
  await worker.runOnce()
  await house.clock.advance(24 * 60 * 60_000)
  await worker.runOnce()
  const route = await state.routes.byName(tenant, 'audit')
  if (route === null) throw new TypeError('the house has a route')
  await service.show(tenant, small)
  await service.list(tenant, { limit: 10 })
  await service.list(tenant, { limit: 10, route: 'audit' })
  await service.lastPerson(tenant, 'acme')
  await service.room(tenant, route)
  await state.deliveries.owedCount(tenant, 'acme')
  await state.deliveries.nextDueAt()
}

test('whatever the database holds, what is asked of it for a report finds its rows by an index', async () => {
  const statements = statementsFrom()
  let failures = 3
  const failing = intercepted(memoryStore(), {
    before(operation) {
      if (failures-- > 0) throw unavailable(operation)
    },
  })
  const targets = { acme: { store: failing }, backup: { store: memoryStore() } }
  const house = await houseWith(targets, 'failover', { hasCircuits: true })
  statements.clear()
  await live(house)
  using database = new DatabaseSync(join(house.directory, 'drawbridge.sqlite'), { readOnly: true })
  const asked = [...statements].filter((statement) => /^(select|insert|update|delete|with)\b/i.test(statement))
  expect(asked.length).toBeGreaterThan(40)
  expect(asked.filter((statement) => longStepsOf(database, statement).length > 0)).toEqual([])
})
