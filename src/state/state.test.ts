/** The data directory: its lock, its key, its database, and what survives. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { ManualClock } from '../base/index.ts'
import { localConnection, tenant } from '../delivery/testing/house.ts'
import { exportPublicKeyPem } from '../evidence/index.ts'
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

test('a second opening is refused and names the process, and the first one goes on', async () => {
  const state = await open()
  await expect(openState({ directory, clock })).rejects.toMatchObject({
    code: 'data-directory-locked',
    message: `process ${process.pid} holds the data directory`,
  })
  await state.record(tenant, [{ actor: 'operator:local', action: 'a', subject: 's', fields: {} }])
  await expect(openState({ directory, clock })).rejects.toMatchObject({ code: 'data-directory-locked' })
})

test('a lock is held until it is released, even when nobody keeps what it gave', async () => {
  const script = `const { lockDirectory } = await import(${JSON.stringify(join(import.meta.dirname, 'lock.ts'))})
    lockDirectory(${JSON.stringify(directory)}); await new Promise((turn) => setTimeout(turn)); gc()
    await new Promise((turn) => setTimeout(turn, 50)); process.stdout.write('locked'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  await expect(openState({ directory, clock })).rejects.toMatchObject({ code: 'data-directory-locked' })
})

test('the lock of a process that was killed is free, and its process id does not matter', async () => {
  const script = `const { lockDirectory } = await import(${JSON.stringify(join(import.meta.dirname, 'lock.ts'))})
    globalThis.lock = lockDirectory(${JSON.stringify(directory)}); process.stdout.write('locked'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
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
