/**
 * The rotation of the evidence key: old receipts hold under the old key, new ones under the new one, and whoever trusts the
 * old key can see from the log that it vouched for the new one.
 */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock, systemRandom } from '../../src/base/index.ts'
import { parseConfig } from '../../src/cli/config.ts'
import { type OpenedHouse, openHouse } from '../../src/cli/house.ts'
import type { OperationOutput } from '../../src/contract/index.ts'
import { exportPublicKeyPem, importPublicKeyPem, parseEntry, verifyCheckpoint } from '../../src/evidence/index.ts'
import { invoke, operatorCaller, verifyReceipt } from '../../src/operations/index.ts'
import { openState } from '../../src/state/index.ts'

let root = ''
let bucket = ''
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'drawbridge-rotation-'))
  bucket = join(root, 'bucket')
  await mkdir(bucket)
})
afterEach(() => rm(root, { recursive: true, force: true }))

const operator = operatorCaller({})

function open(): Promise<OpenedHouse> {
  const provider = () => Promise.reject(new Error('no credentials in this test'))
  const config = parseConfig('{}', 'test')
  return openHouse({
    config,
    directory: join(root, 'data'),
    clock: systemClock,
    random: systemRandom,
    provider,
    works: true,
  })
}

async function setUp({ house }: OpenedHouse): Promise<void> {
  const location = { service: 'local', directory: bucket, rootPath: '' }
  const shelf = { name: 'shelf', purpose: 'export', location, authentication: { kind: 'none' } }
  await invoke(house, operator, 'connection.add', shelf, {})
  await invoke(house, operator, 'route.add', { name: 'monthly', targets: ['shelf'] }, {})
}

/** Delivers a report and returns the folder with its package. */
async function deliver({ house, worker }: OpenedHouse, report: string): Promise<string> {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(`${report}\n`)
  }
  const { upload } = await house.deliveries.upload(house.tenant, `${report}.csv`, source())
  const facts = { route: 'monthly', report, period: '2026-10', uploads: [upload] }
  await house.deliveries.accept(house.tenant, { actor: operator.actor, claims: {} }, facts)
  await worker.runOnce()
  const folder = join(root, `package-${report}`)
  await cp(join(bucket, report, '2026-10'), folder, { recursive: true })
  return folder
}

async function call<Name extends 'evidence.keys' | 'evidence.rotate' | 'evidence.export' | 'connection.kit'>(
  { house }: OpenedHouse,
  name: Name,
  input: object = {},
): Promise<OperationOutput<Name>> {
  return (await invoke(house, operator, name, input, {})) as OperationOutput<Name>
}

async function keyFile(name: string, pem: string): Promise<string> {
  const path = join(root, name)
  await writeFile(path, pem)
  return path
}

test('old receipts hold under the old key and new ones under the new, and the old key vouches for the new', async () => {
  const house = await open()
  await setUp(house)
  const before = await deliver(house, 'before')
  const [first] = (await call(house, 'evidence.keys')).keys
  const { keys, checkpoint } = await call(house, 'evidence.rotate')
  const after = await deliver(house, 'after')
  const [former, current] = keys
  expect(keys).toHaveLength(2)
  expect(former).toMatchObject({ keyId: first?.keyId, from: null, until: current?.from })
  expect(current?.until).toBeNull()
  expect(current?.keyId).not.toBe(former?.keyId)

  const oldKey = await keyFile('old.pem', former?.publicKeyPem ?? '')
  const newKey = await keyFile('new.pem', current?.publicKeyPem ?? '')
  expect(await verifyReceipt({ folder: before, key: oldKey })).toMatchObject({ ok: true })
  expect(await verifyReceipt({ folder: after, key: newKey })).toMatchObject({ ok: true })
  expect(await verifyReceipt({ folder: before, key: newKey })).toMatchObject({ ok: false })
  expect(await verifyReceipt({ folder: after, key: oldKey })).toMatchObject({ ok: false })
  for (const folder of [before, after]) {
    expect(await verifyReceipt({ folder, key: [oldKey, newKey] })).toMatchObject({ ok: true })
    expect(await verifyReceipt({ folder, key: [newKey, oldKey] })).toMatchObject({ ok: true })
  }

  // Whoever has the old key alone reads the new one out of an entry under a checkpoint that the old key signed.
  const { entries } = await call(house, 'evidence.export')
  for (const pem of [former?.publicKeyPem, current?.publicKeyPem]) {
    const key = importPublicKeyPem(pem ?? '')
    expect(key.ok && verifyCheckpoint(checkpoint, [key.value]).ok).toBe(true)
  }
  const covered = entries.slice(0, Number(checkpoint.split('\n')[1])).map((entry) => parseEntry(entry))
  const told = covered.flatMap((entry) => (entry.ok ? [entry.value] : [])).at(-1)
  expect(told).toMatchObject({
    action: 'evidence.key-rotated',
    subject: current?.keyId,
    fields: { formerKeyId: former?.keyId, publicKeyPem: current?.publicKeyPem },
  })

  const kit = await call(house, 'connection.kit', { name: 'shelf' })
  const pems = kit.files.filter(({ path }) => path.endsWith('.pem'))
  expect(pems.map(({ text }) => text)).toEqual([current?.publicKeyPem, former?.publicKeyPem])
  expect(pems[1]?.purpose).toContain(former?.until)
  await house.close()
})

test('a rotation is remembered, can be repeated, and leaves no private half behind', async () => {
  const house = await open()
  await setUp(house)
  await call(house, 'evidence.rotate')
  const { keys } = await call(house, 'evidence.rotate')
  expect(keys).toHaveLength(3)
  await house.close()
  const again = await open()
  expect((await call(again, 'evidence.keys')).keys).toEqual(keys)
  const folder = await deliver(again, 'again')
  expect(await verifyReceipt({ folder, key: await keyFile('k.pem', keys[2]?.publicKeyPem ?? '') })).toMatchObject({
    ok: true,
  })
  await again.close()
  const state = await openState({ directory: join(root, 'data'), clock: systemClock })
  expect(state.evidenceKeys.keys).toMatchObject({ retiring: null })
  expect(exportPublicKeyPem(state.evidenceKey.publicKey)).toBe(keys[2]?.publicKeyPem)
  await state.close()
})

test('a rotation that was cut short ends at the next start', async () => {
  const first = await open()
  await setUp(first)
  const folder = await deliver(first, 'first')
  const [old] = (await call(first, 'evidence.keys')).keys
  await first.close()
  // As far as a crash right after the transaction gets.
  const state = await openState({ directory: join(root, 'data'), clock: systemClock })
  const entryOf = () => ({ actor: 'operator:local', action: 'evidence.key-rotated', subject: 'x', fields: {} })
  expect((await state.evidenceKeys.rotate('default', entryOf)).retiring).not.toBeNull()
  await expect(state.evidenceKeys.rotate('default', entryOf)).rejects.toMatchObject({ code: 'write-conflict' })
  await state.close()

  const second = await open()
  const { checkpoint } = await call(second, 'evidence.export')
  const keys = (await call(second, 'evidence.keys')).keys
  expect(keys).toHaveLength(2)
  for (const { publicKeyPem } of keys) {
    const key = importPublicKeyPem(publicKeyPem)
    expect(key.ok && verifyCheckpoint(checkpoint, [key.value]).ok).toBe(true)
  }
  expect(second.house.evidenceKeys.keys.retiring).toBeNull()
  expect(await verifyReceipt({ folder, key: await keyFile('old.pem', old?.publicKeyPem ?? '') })).toMatchObject({
    ok: true,
  })
  await second.close()
  const notes = await readdir(join(root, 'data', 'checkpoints', 'default'))
  expect(await readFile(join(root, 'data', 'checkpoints', 'default', notes.at(-1) ?? ''), 'utf8')).toContain('\n\n')
})
