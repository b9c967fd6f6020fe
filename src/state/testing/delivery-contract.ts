/** What the delivery repository promises about records, on every database. */
import { expect, test } from 'vitest'
import { type ItemRecord, LeaseLost } from '../../delivery/index.ts'
import { localConnection, tenant } from '../../delivery/testing/house.ts'
import { accept, claimOne, deliveryOf, factsOf, fileOf, plannedItem, waitingTarget } from './deliveries.ts'
import type { Subject } from './subject.ts'
import { toldAction, toldActions } from './told.ts'

const entry = (action: string) => ({ actor: 'drawbridge', action, subject: 'dlv_1', fields: { n: 1 } })

// More than 32 bits hold.
const item: ItemRecord = { ...plannedItem, sizeBytes: 5_000_000_000, way: 'multipart', partSizeBytes: 8 << 20 }

/** Registers the tests. */
export function deliveryContract(subject: () => Subject): void {
  test('a delivery is read as it was accepted, by its tenant alone', async () => {
    const { deliveries } = subject().state
    await deliveries.addUpload(tenant, fileOf(1), Uint8Array.of(1, 2, 3))
    const accepted = await deliveries.accept(deliveryOf(1, { idempotencyKey: 'k' }), [entry('a')])
    const record = await deliveries.byId(tenant, 'dlv_1')
    expect(accepted).toEqual({ isNew: true, acceptedAt: record?.acceptedAt })
    expect(record).toMatchObject({ ...deliveryOf(1, { idempotencyKey: 'k' }), state: 'accepted', isSpooled: true })
    expect(await deliveries.byIdempotencyKey(tenant, 'k')).toEqual(record)
    expect(await deliveries.list(tenant, { limit: 10 })).toEqual([record])
    expect(await deliveries.smallReport(tenant, 'upl_1')).toHaveLength(3)
    for (const other of [deliveries.byId('other', 'dlv_1'), deliveries.byIdempotencyKey('other', 'k')]) {
      expect(await other).toBeNull()
    }
    expect(await deliveries.list('other', { limit: 10 })).toEqual([])
    expect(await deliveries.uploads('other', ['upl_1'])).toEqual([])
  })

  test('the same idempotency key is the same delivery, also when many ask at once', async () => {
    const { state, other } = subject()
    for (const number of [1, 2, 3, 4]) await state.deliveries.addUpload(tenant, fileOf(number), Uint8Array.of(1, 2, 3))
    const answers = await Promise.all(
      [1, 2, 3, 4].map(async (number) => {
        const { deliveries } = number % 2 === 0 ? state : other
        const delivery = deliveryOf(number, { idempotencyKey: 'k' })
        const accepted = await deliveries.accept(delivery, [entry('delivery.accepted')])
        return { isNew: accepted.isNew, id: accepted.isNew ? delivery.id : accepted.earlier.id }
      }),
    )
    expect(answers.filter(({ isNew }) => isNew)).toHaveLength(1)
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1)
    expect(await toldActions(state.log, tenant)).toHaveLength(1)
  })

  test('small files come with the acceptance, beside uploads', async () => {
    const { deliveries } = subject().state
    await deliveries.addUpload(tenant, fileOf(1), Uint8Array.of(1, 2, 3))
    const delivery = deliveryOf(1, { files: [fileOf(1), fileOf(2)], idempotencyKey: 'k' })
    await deliveries.accept(delivery, [entry('a')], [null, Uint8Array.of(4, 5, 6)])
    expect((await deliveries.byId(tenant, 'dlv_1'))?.files).toEqual([fileOf(1), fileOf(2)])
    expect([...((await deliveries.smallReport(tenant, 'upl_2')) ?? [])]).toEqual([4, 5, 6])
    const known = await deliveries.uploads(tenant, ['upl_1', 'upl_2'])
    expect(known.map((upload) => upload.delivery)).toEqual(['dlv_1', 'dlv_1'])

    const again = deliveryOf(2, { files: [fileOf(3)], idempotencyKey: 'k' })
    expect(await deliveries.accept(again, [entry('a')], [Uint8Array.of(7)])).toMatchObject({ isNew: false })
    expect(await deliveries.smallReport(tenant, 'upl_3')).toBeNull()
  })

  test('an upload belongs to one delivery, and a refused acceptance leaves nothing behind', async () => {
    const { deliveries, log } = subject().state
    await accept(subject().state, [1])
    const again = deliveries.accept(deliveryOf(2, { files: [fileOf(1)] }), [entry('a')])
    await expect(again).rejects.toMatchObject({ code: 'input-invalid' })
    expect(await deliveries.byId(tenant, 'dlv_2')).toBeNull()
    expect(await toldActions(log, tenant)).toHaveLength(1)
  })

  test('items, parts and targets are kept as they were saved', async () => {
    const { state } = subject()
    await accept(state, [1])
    const claim = await claimOne(state)
    await state.deliveries.saveItems(claim, 'acme', [item])
    await state.deliveries.savePart(claim, 'acme', 0, { number: 2, etag: '"b"', sizeBytes: 8 << 20 })
    await state.deliveries.savePart(claim, 'acme', 0, { number: 1, etag: '"x"', sizeBytes: 8 << 20 })
    await state.deliveries.savePart(claim, 'acme', 0, { number: 1, etag: '"a"', sizeBytes: 8 << 20 })
    expect((await state.deliveries.parts(claim, 'acme', 0)).map(({ number, etag }) => [number, etag])).toEqual([
      [1, '"a"'],
      [2, '"b"'],
    ])
    const sent: ItemRecord = { ...item, state: 'sent', isCreateSent: true, uploadId: 'u', answer: { etag: '"e"' } }
    await state.deliveries.saveItem(claim, 'acme', sent)
    const reason = 'refused by a store that says \0 in its message'
    await state.deliveries.saveTarget(claim, { ...waitingTarget('acme'), state: 'refused', reason }, [entry('a')])
    const record = await state.deliveries.byId(tenant, 'dlv_1')
    expect(record?.targets).toMatchObject([{ state: 'refused', items: [sent] }])
    expect(record?.targets[0]?.reason).toContain('in its message')
    await state.deliveries.dropParts(claim, 'acme', 0)
    expect(await state.deliveries.parts(claim, 'acme', 0)).toEqual([])
  })

  test('a plan is saved together with the attempt that it begins', async () => {
    const { state } = subject()
    await accept(state, [1])
    const claim = await claimOne(state)
    const begun = { ...waitingTarget('acme'), state: 'sending' as const, attempts: 1 }
    await state.deliveries.saveItems(claim, 'acme', [item], begun)
    const record = await state.deliveries.byId(tenant, 'dlv_1')
    expect(record?.targets).toMatchObject([{ state: 'sending', attempts: 1, items: [item] }])
  })

  test('a delivered target has one entry, and a receipt that stands', async () => {
    const { state } = subject()
    await accept(state, [1])
    const claim = await claimOne(state)
    const target = { ...waitingTarget('acme'), state: 'delivered' as const, receipt: 'due' as const }
    const committed = await state.deliveries.commitTarget(claim, target, entry('delivery.delivered'))
    expect(await toldAction(state.log, tenant, committed.entry ?? 0)).toBe('delivery.delivered')
    const files = [{ path: 'receipt.json', role: 'receipt' as const, bytes: new Uint8Array([0, 255]) }]
    expect(await state.deliveries.saveReceipt(claim, { ...committed, receipt: 'made' }, files)).toEqual(files)
    const later = [{ path: 'receipt.json', role: 'receipt' as const, bytes: new Uint8Array([1]) }]
    expect(await state.deliveries.saveReceipt(claim, { ...committed, receipt: 'made' }, later)).toEqual(files)
    expect(await state.deliveries.receipt(tenant, 'dlv_1', 'acme')).toEqual(files)
    expect(await state.deliveries.receipt('other', 'dlv_1', 'acme')).toBeNull()
  })

  test('a commit that nobody signs for has its entry, its item, and its receipt still due', async () => {
    const { state } = subject()
    await accept(state, [1])
    const claim = await claimOne(state)
    await state.deliveries.saveItems(claim, 'acme', [item])
    const done: ItemRecord = { ...item, state: 'done', answer: { etag: '"e"' } }
    const target = { ...waitingTarget('acme'), state: 'delivered' as const, items: [done] }
    const late = { ...claim, fence: claim.fence - 1 }
    await expect(state.deliveries.commitWithReceipt(late, target, factsOf('dlv_1'))).rejects.toThrow(LeaseLost)
    const committed = await state.deliveries.commitWithReceipt(claim, target, factsOf('dlv_1'))
    expect(committed).toMatchObject({ target: { receipt: 'due' }, files: null, fault: null })
    expect(await toldAction(state.log, tenant, committed.target.entry ?? 0)).toBe('delivery.delivered')
    const record = await state.deliveries.byId(tenant, 'dlv_1')
    expect(record?.targets).toEqual([committed.target])
  })

  test('what is owed to a target becomes due when somebody asks', async () => {
    const { state } = subject()
    await accept(state, [1, 2])
    const claims = await state.deliveries.claim('test', { small: 8, large: 1 }, 60_000)
    for (const claim of claims) await state.deliveries.release(claim, { state: 'parked', availableAt: null }, [])
    expect(await state.deliveries.nextDueAt()).toBeNull()
    expect((await state.deliveries.owedTo(tenant, 'acme')).sort()).toEqual(['dlv_1', 'dlv_2'])
    expect(await state.deliveries.owedTo('other', 'acme')).toEqual([])
    expect(await state.deliveries.makeDue('other', 'dlv_1', ['acme'], [])).toBe(false)
    expect(await state.deliveries.makeDue(tenant, 'dlv_1', ['acme'], [entry('delivery.retried')])).toBe(true)
    expect(await state.deliveries.nextDueAt()).not.toBeNull()
    expect(await state.deliveries.nextDueAt({ small: 1, large: 0 })).not.toBeNull()
    expect(await state.deliveries.nextDueAt({ small: 0, large: 1 })).toBeNull()
    expect((await claimOne(state)).delivery).toBe('dlv_1')
  })

  test('the newest delivery to a connection is the one accepted last by a route that leads there', async () => {
    const { state } = subject()
    await accept(state, [1])
    await accept(state, [2])
    expect(await state.deliveries.newestTo(tenant, 'acme')).toBeNull()
    await state.connections.add(localConnection('acme'), { kind: 'none' })
    const { route } = deliveryOf(1)
    const createdAt = '2026-11-03T10:00:00.000Z'
    await state.routes.add(tenant, { id: 'rte_1', name: route, policy: 'failover', targets: ['acme'], createdAt })
    expect((await state.deliveries.newestTo(tenant, 'acme'))?.id).toBe('dlv_2')
    expect(await state.deliveries.newestTo(tenant, 'backup')).toBeNull()
    expect(await state.deliveries.newestTo('other', 'acme')).toBeNull()
  })

  test('what is not due yet, and what somebody holds, is next due at the earlier of both', async () => {
    const { deliveries } = subject().state
    await accept(subject().state, [1, 2])
    const now = (await deliveries.nextDueAt())?.getTime() ?? Number.NaN
    const inSeconds = (seconds: number) => new Date(now + seconds * 1_000)
    const [one, two] = await deliveries.claim('test', { small: 8, large: 1 }, 600_000)
    if (one === undefined || two === undefined) throw new TypeError('both are claimed')
    const held = await deliveries.nextDueAt()
    expect(held?.getTime()).toBeGreaterThanOrEqual(inSeconds(600).getTime())
    const late = inSeconds(3_600).toISOString()
    await deliveries.release(one, { state: 'accepted', availableAt: late }, [])
    expect(await deliveries.nextDueAt()).toEqual(held)
    await deliveries.release(two, { state: 'accepted', availableAt: inSeconds(300).toISOString() }, [])
    expect(await deliveries.nextDueAt()).toEqual(inSeconds(300))
  })

  test('bytes go when nothing needs them, and uploads that nobody took are forgotten', async () => {
    const { state, passed } = subject()
    await accept(state, [1])
    await accept(state, [2], false)
    await state.deliveries.addUpload(tenant, fileOf(3), Uint8Array.of(1))
    await state.deliveries.addUpload(tenant, fileOf(4, false), null)
    expect((await state.deliveries.spooledUploads()).sort()).toEqual(['upl_2', 'upl_4'])
    await passed(20)
    expect(await state.deliveries.forgetOrphanUploads(60_000)).toEqual([])
    expect(await state.deliveries.forgetOrphanUploads(10)).toEqual(['upl_4'])
    expect(await state.deliveries.smallReport(tenant, 'upl_3')).toBeNull()
    const [claim] = await state.deliveries.claim('test', { small: 1, large: 0 }, 60_000)
    if (claim === undefined) throw new Error('nothing is due')
    await state.deliveries.release(claim, { state: 'delivered', availableAt: null, isUnspooled: true }, [])
    expect(await state.deliveries.smallReport(tenant, 'upl_1')).toBeNull()
    expect(await state.deliveries.byId(tenant, 'dlv_1')).toMatchObject({ isSpooled: false, state: 'delivered' })
  })

  test('a delivery is cancelled once, and its worker learns of it', async () => {
    const { state } = subject()
    await accept(state, [1])
    const claim = await claimOne(state)
    expect(await state.deliveries.isCancelled(claim)).toBe(false)
    expect(await state.deliveries.cancel('other', 'dlv_1', [])).toBe(false)
    expect(await state.deliveries.cancel(tenant, 'dlv_1', [entry('delivery.cancelled')])).toBe(true)
    expect(await state.deliveries.cancel(tenant, 'dlv_1', [entry('delivery.cancelled')])).toBe(false)
    expect(await state.deliveries.isCancelled(claim)).toBe(true)
  })
}
