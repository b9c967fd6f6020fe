/** Acceptance: what is taken, what is refused before anything is promised, and whose it is. */
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { memoryStore, type ObjectStore } from '../storage/index.ts'
import { chunks, objectsOf, openTestHouse, person, type TestHouse, tenant } from './testing/house.ts'

let house: TestHouse
let store: ObjectStore
beforeEach(async () => {
  store = memoryStore()
  house = await openTestHouse({ acme: { store } })
})
afterEach(() => house.close())

function smallReports({ directory }: TestHouse): { bytes: Uint8Array }[] {
  const database = new DatabaseSync(join(directory, 'drawbridge.sqlite'))
  const rows = database.prepare('select bytes from small_reports').all()
  database.close()
  return rows.map(({ bytes }) => ({ bytes: bytes instanceof Uint8Array ? bytes : new Uint8Array() }))
}

async function uploadOf(text: string, name = 'a.pdf'): Promise<string> {
  return (await house.service.upload(tenant, name, chunks(text))).upload
}

test('the same idempotency key with the same bytes is the same delivery', async () => {
  const first = await house.deliver({ 'a.pdf': 'x' }, { idempotencyKey: 'k' })
  expect(await house.deliver({ 'a.pdf': 'x' }, { idempotencyKey: 'k' })).toBe(first)
  await house.worker.runOnce()
  expect(await house.deliver({ 'a.pdf': 'x' }, { idempotencyKey: 'k' })).toBe(first)
  expect(await house.worker.runOnce()).toBe(0)
  expect(await house.service.list(tenant, { limit: 10 })).toHaveLength(1)
})

test('the same idempotency key asked twice at once is one delivery', async () => {
  const uploads = [await uploadOf('x'), await uploadOf('x')]
  const ask = (upload = '') =>
    house.service.accept(tenant, person, { route: 'audit', idempotencyKey: 'k', uploads: [upload] })
  const [one, two] = await Promise.all(uploads.map(ask))
  expect(one?.id).toBe(two?.id)
})

test('the same idempotency key with other bytes is refused: nothing would be delivered of them', async () => {
  await house.deliver({ 'a.pdf': 'x' }, { idempotencyKey: 'k' })
  await expect(house.deliver({ 'a.pdf': 'y' }, { idempotencyKey: 'k' })).rejects.toMatchObject({
    code: 'input-invalid',
  })
})

test('files come with the acceptance, small and large, behind the uploads', async () => {
  const large = 'y'.repeat(70_000)
  const ask = async (idempotencyKey: string) =>
    await house.service.accept(tenant, person, {
      ...{ route: 'audit', period: '2026-10', idempotencyKey, report: 'three' },
      uploads: [await uploadOf('x')],
      files: [
        { name: 'small.csv', source: chunks('small') },
        { name: 'large.csv', source: chunks(large) },
      ],
    })
  const { id, files } = await ask('k')
  expect(files.map(({ name, sizeBytes }) => [name, sizeBytes])).toEqual([
    ['a.pdf', 1],
    ['small.csv', 5],
    ['large.csv', large.length],
  ])
  expect((await ask('k')).id).toBe(id)
  await house.worker.runOnce()
  expect(await house.service.show(tenant, id)).toMatchObject({ state: 'delivered' })
  await expect(house.service.accept(tenant, person, { route: 'audit' })).rejects.toMatchObject({
    code: 'input-invalid',
    message: 'a report has at least one file',
  })
})

test('an upload belongs to one delivery, and to its tenant', async () => {
  const upload = await uploadOf('x')
  const accept = (tenantName: string, uploads: string[]) =>
    house.service.accept(tenantName, person, { route: 'audit', uploads })
  await expect(accept('other', [upload])).rejects.toMatchObject({ code: 'not-found' })
  await expect(accept(tenant, ['upl_x'])).rejects.toMatchObject({ code: 'not-found' })
  await expect(accept(tenant, [upload, upload])).rejects.toMatchObject({ code: 'input-invalid' })
  const { id } = await accept(tenant, [upload])
  await expect(accept(tenant, [upload])).rejects.toMatchObject({ code: 'input-invalid' })
  await expect(house.service.show('other', id)).rejects.toMatchObject({ code: 'not-found' })
  await expect(house.service.retry('other', id, person)).rejects.toMatchObject({ code: 'not-found' })
  expect(await house.service.list('other', { limit: 10 })).toEqual([])
})

test.each([
  '',
  '.',
  '..',
  '/a/b.pdf',
  '../b.pdf',
  'a//b.pdf',
  'a\\b.pdf',
  'a\u0000.pdf',
  'a\u202Efdp.exe',
  ' a.pdf',
  'x'.repeat(256),
])('a file called %j is refused, and nothing is kept', async (name) => {
  await expect(house.service.upload(tenant, name, chunks('x'))).rejects.toMatchObject({ code: 'input-invalid' })
  expect(house.spool.usedBytes).toBe(0)
})

test('files whose names collide in a package are refused at acceptance', async () => {
  const uploads = [await uploadOf('x', 'A.pdf'), await uploadOf('y', 'a.pdf')]
  const asked = house.service.accept(tenant, person, { route: 'audit', uploads })
  await expect(asked).rejects.toMatchObject({ code: 'input-invalid' })
  expect(await house.service.list(tenant, { limit: 10 })).toEqual([])
})

test('an unknown route is refused, and so is a period that is a path', async () => {
  const uploads = [await uploadOf('x')]
  await expect(house.service.accept(tenant, person, { route: 'nope', uploads })).rejects.toMatchObject({
    code: 'not-found',
  })
  const asked = house.service.accept(tenant, person, { route: 'audit', period: '..', uploads })
  await expect(asked).rejects.toMatchObject({ code: 'input-invalid' })
})

test('without a period it is the month of acceptance', async () => {
  const { period } = await house.service.accept(tenant, person, { route: 'audit', uploads: [await uploadOf('x')] })
  expect(period).toBe('2026-11')
})

test('uploads that no delivery took are forgotten after a day, others never', async () => {
  await uploadOf('small orphan')
  await uploadOf('orphan'.repeat(20_000))
  await house.deliver({ 'b.pdf': 'taken'.repeat(20_000), 'c.pdf': 'small and taken' })
  house.clock.advance(25 * 60 * 60_000)
  const forgotten = await house.state.deliveries.forgetOrphanUploads(24 * 60 * 60_000)
  expect(forgotten).toHaveLength(1)
  expect(await house.state.deliveries.spooledUploads()).toHaveLength(1)
  expect(smallReports(house).map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(['small and taken'])
})

test('a small report leaves the database when it is delivered', async () => {
  const id = await house.deliver({ 'a.pdf': 'the report' })
  expect(smallReports(house)).toHaveLength(1)
  await house.worker.runOnce()
  expect((await house.service.show(tenant, id)).state).toBe('delivered')
  expect(smallReports(house)).toEqual([])
})

test('a bit that flipped in the database is never delivered either', async () => {
  const id = await house.deliver({ 'a.pdf': 'the report' })
  const database = new DatabaseSync(join(house.directory, 'drawbridge.sqlite'))
  database.prepare('update small_reports set bytes = ?').run(Buffer.from('The report'))
  database.close()
  await house.worker.runOnce()
  const [target] = (await house.service.show(tenant, id)).targets
  expect(target).toMatchObject({ state: 'failed', reason: 'the spooled report is not what was handed over any more' })
  expect((await objectsOf(store)).size).toBe(0)
})

test('a bit that flipped in the spool is never delivered, and the delivery says so', async () => {
  const id = await house.deliver({ 'a.pdf': 'the report'.repeat(10_000) })
  const [upload = ''] = await house.state.deliveries.spooledUploads()
  const handle = await open(join(house.state.spoolDirectory, `${upload}.data`), 'r+')
  await handle.write('T', 0)
  await handle.close()
  await house.worker.runOnce()
  const [target] = (await house.service.show(tenant, id)).targets
  expect(target).toMatchObject({ state: 'failed', reason: 'the spooled report is not what was handed over any more' })
  expect((await objectsOf(store)).size).toBe(0)
})

test('a running worker is woken by an acceptance and ends when it is stopped', async () => {
  house.worker.start()
  const id = await house.deliver({ 'a.pdf': 'x' })
  // The clock stands still, so that no nap ends by itself: only the waking can have started the work.
  await expect.poll(async () => (await house.service.show(tenant, id)).state).toBe('delivered')
  await house.worker.stop()
  expect(await house.worker.runOnce()).toBe(0)
})
