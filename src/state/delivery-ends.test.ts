/** Claims that end at the same time on the embedded database: one transaction, and each its own end. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../base/index.ts'
import { type Claim, LeaseLost, type ReleaseEnd } from '../delivery/index.ts'
import { tenant } from '../delivery/testing/house.ts'
import { openState, type State } from './state.ts'
import { accept } from './testing/deliveries.ts'
import { toldActions } from './testing/told.ts'

let directory: string
let state: State

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'drawbridge-ends-'))
  state = await openState({ directory, clock: systemClock })
})

afterEach(async () => {
  await state.close()
  rmSync(directory, { recursive: true, force: true })
})

const delivered: ReleaseEnd = { state: 'delivered', availableAt: null, isUnspooled: true }
const entry = { actor: 'operator:local', action: 'ended', subject: 'x', fields: {} }

async function claimsOf(...numbers: readonly number[]): Promise<Map<string, Claim>> {
  await accept(state, [...numbers])
  const claims = await state.deliveries.claim('test', { small: 16, large: 0 }, 60_000)
  return new Map(claims.map(({ found: _, ...claim }) => [claim.delivery, claim]))
}

function claimOf(claims: ReadonlyMap<string, Claim>, number: number): Claim {
  const claim = claims.get(`dlv_${number}`)
  if (claim === undefined) throw new TypeError('it was claimed')
  return claim
}

test('each delivery gets its own end', async () => {
  const claims = await claimsOf(1, 2, 3, 4)
  const later = new Date(Date.now() + 3_600_000).toISOString()
  await state.deliveries.makeDue(tenant, 'dlv_4', ['acme'], [])
  await Promise.all([
    state.deliveries.release(claimOf(claims, 1), delivered, [], [{ connection: 'acme', sidecarAttempts: 3 }]),
    state.deliveries.release(claimOf(claims, 2), { state: 'parked', availableAt: later, isCrash: true }, []),
    state.deliveries.release(claimOf(claims, 3), { state: 'quarantined', availableAt: null }, [entry]),
    state.deliveries.release(claimOf(claims, 4), { state: 'parked', availableAt: later }, []),
  ])
  const [one, two, three, four] = await Promise.all(
    [1, 2, 3, 4].map((number) => state.deliveries.byId(tenant, `dlv_${number}`)),
  )
  expect(one).toMatchObject({ state: 'delivered', isSpooled: false, crashes: 0 })
  expect(one?.targets).toMatchObject([{ sidecar: 'written', sidecarAttempts: 3, availableAt: null }])
  expect(two).toMatchObject({ state: 'parked', isSpooled: true, crashes: 1 })
  expect(three).toMatchObject({ state: 'quarantined', isSpooled: true, crashes: 0 })
  expect(four).toMatchObject({ state: 'parked', crashes: 0 })
  expect(two?.targets.map(({ sidecar }) => sidecar)).toEqual(four?.targets.map(({ sidecar }) => sidecar))
  const bytes = await Promise.all([1, 2].map((number) => state.deliveries.smallReport(tenant, `upl_${number}`)))
  expect(bytes).toEqual([null, expect.any(Uint8Array)])
  expect((await toldActions(state.log, tenant)).filter((action) => action === 'ended')).toHaveLength(1)
  // Only what somebody asked for in the meantime is due now.
  const again = await state.deliveries.claim('test', { small: 16, large: 0 }, 60_000)
  expect(again.map(({ delivery }) => delivery)).toEqual(['dlv_4'])
})

test('whoever lost the lease changes nothing, beside whoever has it and beside others', async () => {
  const claims = await claimsOf(1, 2)
  const present = claimOf(claims, 1)
  const old = { ...present, fence: present.fence - 1 }
  const ends = await Promise.allSettled([
    state.deliveries.release(old, delivered, [entry], [{ connection: 'acme', sidecarAttempts: 9 }]),
    state.deliveries.release(present, { state: 'parked', availableAt: null }, []),
    state.deliveries.release(claimOf(claims, 2), delivered, []),
    state.deliveries.release({ ...present, tenant: 'other' }, delivered, [entry]),
  ])
  expect(ends.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'rejected'])
  for (const end of ends) if (end.status === 'rejected') expect(end.reason).toBeInstanceOf(LeaseLost)
  const first = await state.deliveries.byId(tenant, 'dlv_1')
  expect(first).toMatchObject({ state: 'parked', isSpooled: true, targets: [{ sidecarAttempts: 0 }] })
  expect(await state.deliveries.byId(tenant, 'dlv_2')).toMatchObject({ state: 'delivered', isSpooled: false })
  expect(await toldActions(state.log, tenant)).not.toContain('ended')
})
