/** What connections, routes, the watch and the log promise on every database. */
import { expect, test } from 'vitest'
import { systemClock } from '../../base/index.ts'
import type { HistoryEntry, Verification } from '../../contract/index.ts'
import { localConnection, tenant } from '../../delivery/testing/house.ts'
import { EvidenceLog } from '../../evidence/index.ts'
import type { Subject } from './subject.ts'
import { toldActions } from './told.ts'

const start = Date.parse('2026-11-03T10:00:00.000Z')

const role = (externalId: string, roleArn: string) =>
  ({
    kind: 'role',
    roleArn,
    externalId,
    externalIdOrigin: 'generated',
    stsRegion: 'eu-central-1',
    durationSeconds: 3600,
  }) as const

function entry(number: number): HistoryEntry {
  const startedAt = new Date(new Date(start).getTime() + number * 1000).toISOString()
  return { startedAt, finishedAt: startedAt, status: 'pass', by: 'watch', version: number, failed: [] }
}

/** Registers the tests. */
export function connectionContract(subject: () => Subject): void {
  test('names, External IDs and role ARNs are given once', async () => {
    const { connections } = subject().state
    const arn = 'arn:aws:iam::222222222222:role/drawbridge-acme'
    await connections.reserveExternalId(tenant, 'rsv_1', 'dbx_1')
    await expect(connections.reserveExternalId('other', 'rsv_2', 'dbx_1')).rejects.toMatchObject({
      code: 'already-exists',
    })
    expect(await connections.reserved('other', 'rsv_1')).toBeNull()
    expect(await connections.reserved(tenant, 'rsv_1')).toBe('dbx_1')
    expect(await connections.takeReservation('other', 'rsv_1')).toBeNull()
    expect(await connections.takeReservation(tenant, 'rsv_1')).toBe('dbx_1')
    expect(await connections.reserved(tenant, 'rsv_1')).toBeNull()
    expect(await connections.takeReservation(tenant, 'rsv_1')).toBeNull()
    await connections.add(localConnection('acme', { authentication: role('dbx_1', arn) }), { kind: 'none' })
    const taken = { code: 'already-exists' }
    const add = (over: Parameters<typeof localConnection>[1], name = 'b'): Promise<void> =>
      connections.add(localConnection(name, over), { kind: 'none' })
    await expect(add({}, 'acme')).rejects.toMatchObject(taken)
    await expect(add({ authentication: role('dbx_1', `${arn}-2`) })).rejects.toMatchObject(taken)
    const token = {
      tokens: 'issuer',
      issuer: 'https://i.example',
      audience: 'sts',
      subject: 'drawbridge:acme:1',
    } as const
    const byToken = (subject: string) => ({
      ...role('', `${arn}-3`),
      externalId: null,
      externalIdOrigin: 'none' as const,
      webIdentity: { ...token, subject },
    })
    await connections.add(localConnection('token', { authentication: byToken('drawbridge:acme:1') }), { kind: 'none' })
    await expect(add({ authentication: byToken('drawbridge:acme:1') })).rejects.toMatchObject(taken)
    const foreign = add({ tenant: 'other', authentication: role('dbx_2', arn) })
    await expect(foreign).rejects.toMatchObject({ ...taken, message: 'this role ARN can not be used here' })
    await connections.remove(tenant, 'acme')
    await expect(add({ authentication: role('dbx_1', arn) })).rejects.toMatchObject(taken)
    await add({ authentication: role('dbx_3', arn) })
  })

  test('red since: from the first failed verification until one does not fail', async () => {
    const { connections } = subject().state
    await connections.add(localConnection('acme'), { kind: 'none' })
    const at = (startedAt: string, status: Verification['status']): Verification => ({
      connection: 'acme',
      startedAt,
      finishedAt: startedAt,
      status,
      checks: [],
      chain: { service: 's3', links: [] },
    })
    const save = async (startedAt: string, status: Verification['status']): Promise<Date | null> => {
      const state = status === 'pass' ? 'active' : 'broken'
      return (await connections.saveVerification(tenant, 'acme', at(startedAt, status), state)).redSince
    }
    expect(await save('2026-11-01T00:00:00.000Z', 'fail')).toEqual(new Date('2026-11-01T00:00:00.000Z'))
    expect(await save('2026-11-02T00:00:00.000Z', 'fail')).toEqual(new Date('2026-11-01T00:00:00.000Z'))
    expect((await connections.byName(tenant, 'acme'))?.lastVerification?.redSince).toBe('2026-11-01T00:00:00.000Z')
    expect(await save('2026-11-03T00:00:00.000Z', 'pass')).toBeNull()
    expect(await connections.byName(tenant, 'acme')).toMatchObject({ state: 'active' })
  })

  test('of verifications that end at the same time each replaces another one', async () => {
    const { connections } = subject().state
    await connections.add(localConnection('acme'), { kind: 'none' })
    const moments = [1, 2, 3, 4, 5, 6].map((day) => `2026-11-0${day}T00:00:00.000Z`)
    const kept = await Promise.all(
      moments.map((moment) =>
        connections.saveVerification(
          tenant,
          'acme',
          {
            ...{ connection: 'acme', startedAt: moment, finishedAt: moment, status: 'pass', checks: [] },
            chain: { service: 's3', links: [] },
          },
          'active',
        ),
      ),
    )
    const last = (await connections.byName(tenant, 'acme'))?.lastVerification?.startedAt
    const replaced = kept.map(({ before }) => before?.startedAt)
    expect(replaced.filter((moment) => moment === undefined)).toHaveLength(1)
    expect(new Set([...replaced, last]).size).toBe(moments.length + 1)
  })

  test('a route keeps its order, and its connections can not be removed', async () => {
    const { connections, routes } = subject().state
    for (const name of ['a', 'b']) await connections.add(localConnection(name), { kind: 'none' })
    const route = {
      id: 'rte_1',
      name: 'audit',
      policy: 'failover' as const,
      targets: ['b', 'a'],
      createdAt: '2026-11-03T10:00:00.000Z',
    }
    await routes.add(tenant, route)
    expect(await routes.list(tenant)).toEqual([route])
    await expect(routes.add(tenant, { ...route, id: 'rte_2' })).rejects.toMatchObject({ code: 'already-exists' })
    await expect(routes.add(tenant, { ...route, id: 'rte_2', name: 'x', targets: ['c'] })).rejects.toMatchObject({
      code: 'not-found',
    })
    await expect(routes.add(tenant, { ...route, id: 'rte_2', name: 'x', targets: ['a', 'a'] })).rejects.toMatchObject({
      code: 'input-invalid',
    })
    await expect(connections.remove(tenant, 'a')).rejects.toMatchObject({ code: 'in-use' })
    await routes.update(tenant, { ...route, targets: ['b'] })
    await connections.remove(tenant, 'a')
    expect(await routes.byName(tenant, 'audit')).toMatchObject({ targets: ['b'] })
    expect(await routes.byName('other', 'audit')).toBeNull()
  })

  test('the log gives places, proves them, and refuses a size that is not the present one', async () => {
    const { state } = subject()
    const log = new EvidenceLog({
      store: state.log,
      signer: state.evidenceKey.privateKey,
      origin: 'test.example',
      clock: systemClock,
    })
    const entry = (subject: string) => ({
      actor: 'operator:local',
      action: 'connection.added',
      subject,
      fields: { n: 1 },
    })
    const ids = await state.record(tenant, ['a', 'b', 'c'].map(entry))
    await state.record('other', [entry('x')])
    await log.integrate(tenant)
    expect(await log.integrate(tenant)).toBe(0)
    expect(await state.log.size(tenant)).toBe(3)
    const proof = await log.proofOf(tenant, ids[1] ?? 0)
    expect(proof).toMatchObject({ seq: 1, checkpoint: { treeSize: 3 } })
    expect(await state.log.integrate(tenant, 2, [])).toBe(true)
    expect(await toldActions(state.log, 'other')).toEqual(['connection.added'])
    const place = { outboxId: 99, seq: 3, json: '{}', hashes: [] }
    expect(await state.log.integrate(tenant, 2, [place])).toBe(false)
    expect(await state.log.size(tenant)).toBe(3)
  })

  test('the newest 200 entries of a connection stay, and none of another goes', async () => {
    for (const name of ['one', 'two']) await subject().state.connections.add(localConnection(name), { kind: 'none' })
    await subject().state.watch.keep(tenant, 'two', entry(0), [], new Date(start))
    for (let number = 1; number <= 205; number++)
      await subject().state.watch.keep(tenant, 'one', entry(number), [], new Date(start))
    const kept = await subject().state.watch.history(tenant, 'one', 1000)
    expect([kept.length, kept[0]?.version, kept.at(-1)?.version]).toEqual([200, 205, 6])
    expect(await subject().state.watch.history(tenant, 'two', 10)).toEqual([entry(0)])
    expect((await subject().state.watch.history(tenant, 'one', 2)).map(({ version }) => version)).toEqual([205, 204])
  })

  test('the history of a connection goes with it: a new one of that name begins anew', async () => {
    for (const name of ['one', 'two']) await subject().state.connections.add(localConnection(name), { kind: 'none' })
    await subject().state.watch.keep(tenant, 'one', entry(1), [], new Date(start))
    await subject().state.connections.remove(tenant, 'one')
    await subject().state.connections.add(localConnection('one'), { kind: 'none' })
    expect(await subject().state.watch.history(tenant, 'one', 10)).toEqual([])
  })

  test('an alert waits until it is taken or given up', async () => {
    for (const name of ['one', 'two']) await subject().state.connections.add(localConnection(name), { kind: 'none' })
    const now = new Date(start)
    const later = new Date(now.getTime() + 60_000)
    const alert = (id: string) => ({ id, webhook: 'https://hooks.example.com#abc', body: `{"id":"${id}"}` })
    await subject().state.watch.keep(tenant, 'one', entry(1), [alert('alr_1'), alert('alr_2')], now)
    expect((await subject().state.watch.dueAlerts(now, 10)).map(({ id, attempts }) => [id, attempts])).toEqual([
      ['alr_1', 0],
      ['alr_2', 0],
    ])
    await subject().state.watch.alertTaken('alr_1', now)
    await subject().state.watch.alertFailed('alr_2', 'the webhook answered 500', later)
    expect(await subject().state.watch.dueAlerts(now, 10)).toEqual([])
    expect(await subject().state.watch.nextAlertAt()).toEqual(later)
    expect(await subject().state.watch.dueAlerts(later, 10)).toEqual([
      { ...alert('alr_2'), attempts: 1, createdAt: now, dueAt: later },
    ])
    await subject().state.watch.alertFailed('alr_2', 'the webhook answered 500', null)
    expect(await subject().state.watch.nextAlertAt()).toBeNull()
  })

  test('of several that would send an alert one has it', async () => {
    const { state, other } = subject()
    await state.connections.add(localConnection('one'), { kind: 'none' })
    const now = new Date(start)
    const until = new Date(start + 120_000)
    await state.watch.keep(tenant, 'one', entry(1), [{ id: 'alr_1', webhook: 'hook', body: '{}' }], now)
    const senders = [state, other, state, other, state, other]
    const taken = await Promise.all(senders.map(({ watch }) => watch.moveAlert('alr_1', now, until)))
    expect(taken.filter(Boolean)).toHaveLength(1)
    expect(await other.watch.dueAlerts(now, 10)).toEqual([])
    // Whoever had it died of it: it is due again.
    expect(await other.watch.dueAlerts(until, 10)).toMatchObject([{ id: 'alr_1', attempts: 0, dueAt: until }])
  })

  test('of several servers one has the turn to verify, until it ends or runs out', async () => {
    const { state, other, passed } = subject()
    for (const name of ['one', 'two']) await state.connections.add(localConnection(name), { kind: 'none' })
    const long = { leaseMs: 60_000, restMs: 60_000 }
    const holders = ['a', 'b', 'c', 'd', 'e', 'f']
    const taken = await Promise.all(
      holders.map((holder, index) => (index % 2 === 0 ? state : other).watch.takeTurn(tenant, 'one', holder, long)),
    )
    const [holder = ''] = holders.filter((_, index) => taken[index])
    expect(taken.filter(Boolean)).toHaveLength(1)
    expect(await other.watch.takeTurn(tenant, 'two', 'b', long)).toBe(true)
    expect(await state.watch.keepTurn(tenant, 'one', holder, 60_000)).toBe(true)
    expect(await other.watch.keepTurn(tenant, 'one', 'nobody', 60_000)).toBe(false)

    // Ended, it rests; given back, it is there for whoever comes.
    await state.watch.endTurn(tenant, 'one', holder, true)
    expect(await other.watch.takeTurn(tenant, 'one', 'g', long)).toBe(false)
    await passed(20)
    expect(await other.watch.takeTurn(tenant, 'one', 'g', { leaseMs: 10, restMs: 10 })).toBe(true)
    await other.watch.endTurn(tenant, 'one', 'g', false)
    expect(await state.watch.takeTurn(tenant, 'one', 'h', { leaseMs: 10, restMs: 60_000 })).toBe(true)

    // Nobody ended it: its holder is gone.
    await passed(20)
    expect(await other.watch.takeTurn(tenant, 'one', 'i', long)).toBe(true)
    expect(await state.watch.keepTurn(tenant, 'one', 'h', 10)).toBe(false)
    await state.connections.remove(tenant, 'one')
    await state.connections.add(localConnection('one'), { kind: 'none' })
    expect(await state.watch.takeTurn(tenant, 'one', 'j', long)).toBe(true)
  })

  test('sessions of browsers: found by their hash in their tenant, ended one by one or all of a person', async () => {
    const { signInSessions: sessions } = subject().state
    const at = (seconds: number): string => new Date(start + seconds * 1000).toISOString()
    const begin = (hash: string, who: string, createdAt: string, before = at(-1)): Promise<void> => {
      const actor = { kind: 'person', issuer: 'https://idp.example', subject: who } as const
      const session = { hash, actor, claims: { sub: who, groups: ['quality'] }, createdAt, seenAt: createdAt }
      return sessions.add(tenant, session, before, before)
    }
    await begin('a', 'ada', at(0))
    await begin('b', 'ada', at(1))
    await begin('c', 'ben', at(2))
    expect(await subject().other.signInSessions.byHash(tenant, 'a')).toMatchObject({
      actor: { subject: 'ada' },
      claims: { groups: ['quality'] },
      createdAt: at(0),
      seenAt: at(0),
    })
    expect(await sessions.byHash('other', 'a')).toBeNull()
    await sessions.seen(tenant, 'a', at(60))
    expect((await sessions.byHash(tenant, 'a'))?.seenAt).toBe(at(60))
    await sessions.end(tenant, 'c')
    expect(await sessions.byHash(tenant, 'c')).toBeNull()
    await begin('d', 'eve', at(90), at(2))
    expect(await sessions.byHash(tenant, 'b')).toBeNull()
    await sessions.endAllOf(tenant, 'https://idp.example', 'eve')
    expect(await sessions.byHash(tenant, 'd')).toBeNull()
  })
}
