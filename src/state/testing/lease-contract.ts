/** What claims promise, on every database: one holder at a time, by the database's clock, and no late writes. */
import { expect, test } from 'vitest'
import { firstClaim, LeaseLost } from '../../delivery/index.ts'
import { tenant } from '../../delivery/testing/house.ts'
import { accept, claimOne, deliveryOf, fileOf, plannedItem, waitingTarget } from './deliveries.ts'
import type { Subject } from './subject.ts'
import { toldActions } from './told.ts'

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

/** Registers the tests. */
export function leaseContract(subject: () => Subject): void {
  test('two that claim at the same time share nothing and leave nothing', async () => {
    const { state, other } = subject()
    await accept(state, numbers(40))
    const rounds = await Promise.all(
      numbers(8).map((number) =>
        (number % 2 === 0 ? state : other).deliveries.claim(`w${number}`, { small: 10, large: 2 }, 60_000),
      ),
    )
    const first = rounds.flat().map((claim) => claim.delivery)
    expect(new Set(first).size).toBe(first.length)
    // Rows that somebody else was looking at were skipped: the next look finds them.
    const rest = await state.deliveries.claim('w9', { small: 40, large: 2 }, 60_000)
    expect(new Set([...first, ...rest.map((claim) => claim.delivery)]).size).toBe(40)
  })

  test('what is accepted with a hold is claimed and planned, until the lease ends', async () => {
    const { state, other, passed } = subject()
    const item = { ...plannedItem, state: 'sent' as const }
    const begun = { ...waitingTarget('acme'), state: 'sending' as const, attempts: 1, items: [item] }
    const delivery = deliveryOf(1, { targets: [begun] })
    const bytes = [Uint8Array.of(1, 2, 3)]
    await state.deliveries.accept(delivery, [], bytes, { worker: 'w1', leaseMs: 50 })
    expect((await state.deliveries.byId(tenant, 'dlv_1'))?.targets).toEqual([begun])
    expect(await other.deliveries.claim('w2', { small: 9, large: 9 }, 60_000)).toEqual([])
    const claim = firstClaim(delivery)
    expect(await state.deliveries.heartbeat(claim, 50)).toBe(true)
    await state.deliveries.note(claim, [])
    await passed(60)
    const [next, ...more] = await other.deliveries.claim('w2', { small: 9, large: 9 }, 60_000)
    expect(more).toEqual([])
    expect(next).toMatchObject({ delivery: 'dlv_1', fence: claim.fence + 1, crashes: 1, isSmall: true, nudges: 0 })
    await expect(state.deliveries.note(claim, [])).rejects.toThrow(LeaseLost)
    // Its idempotency key was used: nobody holds anything.
    const keyed = deliveryOf(2, { idempotencyKey: 'k', files: [fileOf(2)] })
    await state.deliveries.accept(keyed, [], bytes)
    const again = deliveryOf(3, { idempotencyKey: 'k', files: [fileOf(3)] })
    const answer = await state.deliveries.accept(again, [], bytes, { worker: 'w1', leaseMs: 60_000 })
    expect(answer.isNew).toBe(false)
    expect(await claimOne(other)).toMatchObject({ delivery: 'dlv_2', fence: 1, crashes: 0 })
  })

  test('what comes with a claim is what its tenant would read', async () => {
    const { state } = subject()
    await accept(state, [1, 2])
    await accept(state, [3], false)
    const claims = await state.deliveries.claim('test', { small: 2, large: 1 }, 60_000)
    expect(claims).toHaveLength(3)
    for (const { delivery, isSmall, found } of claims) {
      // A shared database shows it to each tenant alone.
      if (found === undefined) continue
      expect(found.record).toEqual(await state.deliveries.byId(tenant, delivery))
      expect(found.report).toEqual(isSmall ? Uint8Array.of(1, 2, 3) : null)
    }
  })

  test('claims keep to their limits, and suspects come one at a time', async () => {
    const { state, passed } = subject()
    await accept(state, [1, 2, 3])
    await accept(state, [4, 5], false)
    const claims = await state.deliveries.claim('test', { small: 2, large: 1 }, 10)
    expect(claims.map(({ isSmall }) => isSmall).sort()).toEqual([false, true, true])
    await passed(20)
    await state.deliveries.claim('test', { small: 8, large: 8 }, 10)
    await passed(20)
    // Those that were claimed twice ended twice without an answer.
    const third = await state.deliveries.claim('test', { small: 8, large: 8, suspects: 1 }, 10)
    expect(third.filter(({ crashes }) => crashes >= 2)).toHaveLength(1)
    expect(third.filter(({ crashes }) => crashes < 2)).toHaveLength(2)
  })

  test('a lease ends by the database’s clock; a heartbeat prolongs it', async () => {
    const { state, other, passed } = subject()
    await accept(state, [1])
    const claim = await claimOne(state, 10)
    await passed(20)
    // It has ended, and nobody took it: who holds it may still prolong it.
    expect(await state.deliveries.heartbeat(claim, 60_000)).toBe(true)
    expect(await other.deliveries.claim('other', { small: 1, large: 1 }, 60_000)).toEqual([])
    expect(await state.deliveries.heartbeat(claim, 10)).toBe(true)
    await passed(20)
    const taken = await claimOne(other)
    expect(taken).toMatchObject({ delivery: claim.delivery, crashes: 1 })
    expect(taken.fence).toBeGreaterThan(claim.fence)
    expect(await state.deliveries.heartbeat(claim, 60_000)).toBe(false)
  })

  test('whoever lost the lease writes nothing', async () => {
    const { state, other, passed } = subject()
    await accept(state, [1])
    const old = await claimOne(state, 10)
    await passed(20)
    const present = await claimOne(other)
    const late = { actor: 'a', action: 'late', subject: 's', fields: {} }
    for (const write of [
      () => state.deliveries.note(old, [late]),
      () => state.deliveries.savePart(old, 'acme', 0, { number: 1, etag: '"a"', sizeBytes: 1 }),
      () => state.deliveries.release(old, { state: 'delivered', availableAt: null }, [late]),
    ]) {
      await expect(write()).rejects.toBeInstanceOf(LeaseLost)
    }
    expect(await toldActions(state.log, tenant)).toHaveLength(1)
    await other.deliveries.release(present, { state: 'parked', availableAt: null }, [])
    expect(await state.deliveries.byId(tenant, 'dlv_1')).toMatchObject({ state: 'parked', crashes: 0 })
  })

  test('who asks while it is at work is heard after it', async () => {
    const { state } = subject()
    await accept(state, [1])
    const claim = await claimOne(state)
    await state.deliveries.makeDue(tenant, 'dlv_1', ['acme'], [])
    await state.deliveries.release(claim, { state: 'parked', availableAt: null }, [])
    expect(await state.deliveries.heartbeat(claim, 60_000)).toBe(false)
    expect((await claimOne(state)).delivery).toBe('dlv_1')
  })

  test('one write that fails does not take its neighbours with it', async () => {
    const { state } = subject()
    await accept(state, [1, 2])
    const claims = await state.deliveries.claim('test', { small: 8, large: 1 }, 60_000)
    const entry = { actor: 'a', action: 'noted', subject: 's', fields: {} }
    const ends = await Promise.allSettled(
      claims.flatMap((claim) => [
        state.deliveries.note(claim, [entry]),
        state.deliveries.note({ ...claim, fence: claim.fence + 1 }, [entry]),
      ]),
    )
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected'])
    const noted = (await toldActions(state.log, tenant)).filter((action) => action === 'noted')
    expect(noted).toHaveLength(2)
  })
}
