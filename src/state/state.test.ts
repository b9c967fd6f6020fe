/** The data directory: its lock, its key, its database, and what survives. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ManualClock } from '../base/index.ts'
import type { Verification } from '../contract/index.ts'
import { localConnection, tenant } from '../delivery/testing/house.ts'
import { EvidenceLog, exportPublicKeyPem } from '../evidence/index.ts'
import { openState, type State } from './state.ts'

let directory = ''
const clock = new ManualClock(new Date('2026-11-03T10:00:00.000Z'))
const opened: State[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-state-'))
})
afterEach(async () => {
  for (const state of opened.splice(0)) await state.close()
  await rm(directory, { recursive: true, force: true })
})

async function open(): Promise<State> {
  const state = await openState({ directory, clock })
  opened.push(state)
  return state
}

async function close(state: State): Promise<void> {
  opened.splice(opened.indexOf(state), 1)
  await state.close()
}

const role = (externalId: string, roleArn: string) =>
  ({
    kind: 'role',
    roleArn,
    externalId,
    externalIdOrigin: 'generated',
    stsRegion: 'eu-central-1',
    durationSeconds: 3600,
  }) as const

test('a second opening is refused and names the process, and the first one goes on', async () => {
  const state = await open()
  await expect(openState({ directory, clock })).rejects.toMatchObject({
    code: 'data-directory-locked',
    message: `process ${process.pid} holds the data directory`,
  })
  await state.record(tenant, [{ actor: 'operator:local', action: 'a', subject: 's', fields: {} }])
  await expect(openState({ directory, clock })).rejects.toMatchObject({ code: 'data-directory-locked' })
})

test('the lock of a process that was killed is free, and its process id does not matter', async () => {
  const script = `const { lockDirectory } = await import(${JSON.stringify(join(import.meta.dirname, 'lock.ts'))})
    lockDirectory(${JSON.stringify(directory)}); process.stdout.write('locked'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  await expect(openState({ directory, clock })).rejects.toMatchObject({
    message: `process ${child.pid} holds the data directory`,
  })
  child.kill('SIGKILL')
  await once(child, 'exit')
  await open()
})

test('what was written survives, and the evidence key stays the same', async () => {
  const first = await open()
  const key = exportPublicKeyPem(first.evidenceKey.publicKey)
  await first.connections.add(localConnection('acme'), { kind: 'access-key', secretAccessKey: 'wJalrXUtnFEMI' })
  await close(first)
  const second = await open()
  expect(exportPublicKeyPem(second.evidenceKey.publicKey)).toBe(key)
  expect(await second.connections.secretOf(tenant, 'acme')).toEqual({
    kind: 'access-key',
    secretAccessKey: 'wJalrXUtnFEMI',
  })
})

test('no secret stands in the data directory, and the root key is its owner’s alone', async () => {
  const state = await open()
  await state.connections.add(localConnection('acme'), { kind: 'sas', token: 'sv=2026&sig=canary-canary' })
  await close(state)
  for (const name of ['drawbridge.sqlite', 'keys/root.key', 'lock.sqlite']) {
    const bytes = await readFile(join(directory, name), 'latin1')
    expect(bytes).not.toContain('canary')
    expect(bytes).not.toContain('PRIVATE KEY')
  }
  expect((await stat(join(directory, 'keys/root.key'))).mode & 0o777).toBe(0o600)
})

test('a root key that is gone, another one, or readable by others stops the start', async () => {
  await close(await open())
  const path = join(directory, 'keys/root.key')
  const key = await readFile(path)
  await chmod(path, 0o644)
  await expect(openState({ directory, clock })).rejects.toMatchObject({
    message: 'the root key can be read by other users',
  })
  await chmod(path, 0o600)
  await writeFile(path, `${'0'.repeat(64)}\n`)
  await expect(openState({ directory, clock })).rejects.toMatchObject({ code: 'data-directory-broken' })
  await rm(path)
  await expect(openState({ directory, clock })).rejects.toMatchObject({ message: 'the root key is gone' })
  await writeFile(path, key, { mode: 0o600 })
  await open()
})

test('a file that is no database, or a damaged one, is said in one line', async () => {
  await close(await open())
  const path = join(directory, 'drawbridge.sqlite')
  const bytes = await readFile(path)
  for (const broken of [Buffer.from('not a database at all'), damaged(bytes)]) {
    await writeFile(path, broken)
    const error: Error = await openState({ directory, clock }).then(
      () => expect.unreachable(),
      (thrown) => thrown,
    )
    expect(error).toMatchObject({ code: 'data-directory-broken' })
    expect(error.message).not.toContain('\n')
  }
  await writeFile(path, bytes)
  await open()
})

function damaged(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  copy.fill(0xff, 4096, 12_288)
  return copy
}

test('names, External IDs and role ARNs are given once', async () => {
  const { connections } = await open()
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
  const foreign = add({ tenant: 'other', authentication: role('dbx_2', arn) })
  await expect(foreign).rejects.toMatchObject({ ...taken, message: 'this role ARN can not be used here' })
  await connections.remove(tenant, 'acme')
  await expect(add({ authentication: role('dbx_1', arn) })).rejects.toMatchObject(taken)
  await add({ authentication: role('dbx_3', arn) })
})

test('a secret does not open in another connection’s row', async () => {
  const { connections } = await open()
  const one = localConnection('one')
  await connections.add(one, { kind: 'sas', token: 'sig=1' })
  await connections.update({ ...one, version: 2 }, 1)
  expect(await connections.secretOf(tenant, 'one')).toEqual({ kind: 'sas', token: 'sig=1' })
  await connections.update({ ...one, version: 3 }, 2, { kind: 'sas', token: 'sig=2' })
  expect(await connections.secretOf(tenant, 'one')).toEqual({ kind: 'sas', token: 'sig=2' })
  await expect(connections.update({ ...one, version: 3 }, 2)).rejects.toMatchObject({ code: 'write-conflict' })
  await expect(connections.update(localConnection('two'), 1)).rejects.toMatchObject({ code: 'not-found' })
  await connections.add(localConnection('two'), { kind: 'none' })
  const { DatabaseSync } = await import('node:sqlite')
  const raw = new DatabaseSync(join(directory, 'drawbridge.sqlite'))
  raw.exec(`update connections set secret = (select secret from connections where name = 'one') where name = 'two'`)
  raw.close()
  await expect(connections.secretOf(tenant, 'two')).rejects.toMatchObject({ code: 'data-directory-broken' })
})

test('red since: from the first failed verification until one does not fail', async () => {
  const { connections } = await open()
  await connections.add(localConnection('acme'), { kind: 'none' })
  const at = (startedAt: string, status: Verification['status']): Verification => ({
    connection: 'acme',
    startedAt,
    finishedAt: startedAt,
    status,
    checks: [],
    chain: { service: 's3', links: [] },
  })
  const save = (startedAt: string, status: Verification['status']): Promise<Date | null> =>
    connections.saveVerification(tenant, 'acme', at(startedAt, status), status === 'pass' ? 'active' : 'broken')
  expect(await save('2026-11-01T00:00:00.000Z', 'fail')).toEqual(new Date('2026-11-01T00:00:00.000Z'))
  expect(await save('2026-11-02T00:00:00.000Z', 'fail')).toEqual(new Date('2026-11-01T00:00:00.000Z'))
  expect((await connections.byName(tenant, 'acme'))?.lastVerification?.redSince).toBe('2026-11-01T00:00:00.000Z')
  expect(await save('2026-11-03T00:00:00.000Z', 'pass')).toBeNull()
  expect(await connections.byName(tenant, 'acme')).toMatchObject({ state: 'active' })
})

test('a route keeps its order, and its connections can not be removed', async () => {
  const { connections, routes } = await open()
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
  const state = await open()
  const log = new EvidenceLog({ store: state.log, signer: state.evidenceKey.privateKey, origin: 'test.example', clock })
  const entry = (subject: string) => ({
    actor: 'operator:local',
    action: 'connection.added',
    subject,
    fields: { n: 1 },
  })
  const ids = await state.record(tenant, ['a', 'b', 'c'].map(entry))
  await state.record('other', [entry('x')])
  expect(await log.integrate(tenant)).toBe(3)
  expect(await log.integrate(tenant)).toBe(0)
  const proof = await log.proofOf(tenant, ids[1] ?? 0)
  expect(proof).toMatchObject({ seq: 1, checkpoint: { treeSize: 3 } })
  expect(await state.log.integrate(tenant, 2, [])).toBe(true)
  expect(await state.log.size('other')).toBe(0)
  const place = { outboxId: 99, seq: 3, json: '{}', hashes: [] }
  expect(await state.log.integrate(tenant, 2, [place])).toBe(false)
  expect(await state.log.size(tenant)).toBe(3)
})
