/** The way between the threads; that the repositories behind it are the same is held by the contract beside them. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DrawbridgeError, systemClock } from '../../base/index.ts'
import { LeaseLost } from '../../delivery/index.ts'
import { localConnection } from '../../delivery/testing/house.ts'
import { exportPublicKeyPem, verifyReceiptAlone } from '../../evidence/index.ts'
import { openState, type State } from '../state.ts'
import { accept, factsOf, waitingTarget } from '../testing/deliveries.ts'
import { CheckpointWitness } from '../witness.ts'
import { Aside } from './aside.ts'
import { errorOf, tellError } from './calls.ts'
import { packCommit, unpackCommit } from './commits.ts'
import { packAnswers, packCalls, unpackAnswers, unpackCalls } from './packing.ts'
import { packProofs, unpackProofs } from './proofs.ts'

let directory = ''
let state: State

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-aside-'))
  state = await openState({ directory, clock: systemClock, isAside: true })
})
afterEach(async () => {
  await state.close()
  await rm(directory, { recursive: true, force: true })
})

test('both threads write at the same time, and neither is refused', async () => {
  const bytes = new Uint8Array(64).fill(7)
  const file = { name: 'report.csv', sizeBytes: 64, sha256: '0'.repeat(64), isSmall: true }
  const uploads = Array.from({ length: 200 }, (_, n) => `upl_${n}`)
  await Promise.all([
    ...uploads.map((upload) => state.deliveries.addUpload('default', { ...file, upload }, bytes)),
    ...Array.from({ length: 20 }, (_, n) => state.connections.add(localConnection(`shelf-${n}`), { kind: 'none' })),
  ])
  expect(await state.deliveries.uploads('default', uploads)).toHaveLength(200)
  expect(await state.connections.list('default')).toHaveLength(20)
  expect(await state.deliveries.smallReport('default', 'upl_150')).toEqual(bytes)
})

test('the same report is read for several targets at once', async () => {
  const bytes = new Uint8Array(64).fill(7)
  const file = { upload: 'upl_1', name: 'report.csv', sizeBytes: 64, sha256: '0'.repeat(64), isSmall: true }
  await state.deliveries.addUpload('default', file, bytes)
  const read = await Promise.all([1, 2, 3].map(() => state.deliveries.smallReport('default', 'upl_1')))
  expect(read).toEqual([bytes, bytes, bytes])
})

test('what was asked before the end is answered, and what is asked after it is refused', async () => {
  const asked = state.deliveries.spooledUploads()
  await state.close()
  expect(await asked).toEqual([])
  await expect(state.deliveries.spooledUploads()).rejects.toMatchObject({ code: 'internal' })
  state = await openState({ directory, clock: systemClock })
})

test('a turn that outlives the thread which gave it ends no turn of the next thread', async () => {
  let thread: Worker | undefined
  const remember = (started: Worker): void => {
    thread = started
  }
  process.on('worker', remember)
  const aside = new Aside(join(directory, 'drawbridge.sqlite'), systemClock)
  try {
    const one = await turnOf(aside)
    await thread?.terminate()
    const second = await turnOf(aside)
    await one.end()
    let isThirdBegun = false
    const third = aside.turns.during(async () => {
      isThirdBegun = true
    })
    // Asked after, and answered: by now the thread has taken note of all before.
    await aside.deliveries.spooledUploads()
    expect(isThirdBegun).toBe(false)
    await second.end()
    await third
  } finally {
    process.off('worker', remember)
    await aside.close()
  }
})

/** A turn that has begun. */
async function turnOf(aside: Aside): Promise<{ end: () => Promise<void> }> {
  const begun = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const whole = aside.turns.during(async () => {
    begun.resolve()
    await released.promise
  })
  await begun.promise
  const end = async (): Promise<void> => {
    released.resolve()
    await whole
  }
  return { end }
}

test('calls and answers arrive as they were sent, and bytes come without the memory around them', () => {
  const large = new Uint8Array(1 << 20).fill(1)
  const call = { number: 1, room: 'deliveries', method: 'addUpload', values: ['a', large.subarray(5, 8)] } as const
  const packed = packCalls([call], [{ ...call, number: 2 }])
  expect(packed[0]?.bytes[0]?.buffer.byteLength).toBe(3)
  expect(packed.flatMap(unpackCalls)).toEqual([call, { ...call, number: 2 }])
  const answers = [{ number: 3, value: Uint8Array.of(1, 2) }, { number: 4, value: { a: null } }, { number: 5 }]
  expect(packAnswers(answers, []).flatMap(unpackAnswers)).toEqual(answers)
})

test('proofs under one checkpoint come apart as they were', () => {
  const checkpoint = {
    origin: 'drawbridge.example/default',
    treeSize: 2,
    rootHash: Uint8Array.of(7, 8),
    note: 'signed',
  }
  const proofs = [0, 1].map((seq) => ({ seq, entryJson: `{"seq":${seq}}`, tlogProof: `proof ${seq}`, checkpoint }))
  const answers = packAnswers([{ number: 1, value: packProofs(proofs) }], []).flatMap(unpackAnswers)
  expect(unpackProofs(answers[0]?.value)).toEqual(proofs)
  expect(unpackProofs(packProofs([]))).toEqual([])
})

test('a commit comes back with its receipt, or with why its copies must wait', () => {
  const fault = new DrawbridgeError({ code: 'unavailable', message: 'gone', operation: 'evidence.witness' })
  const all = [
    { entry: 7, receipt: Uint8Array.of(1, 2, 3), fault: null },
    { entry: 8, receipt: null, fault: null },
    { entry: 9, receipt: Uint8Array.of(4), fault },
  ]
  const answers = all.map((one, number) => ({ number, value: packCommit(one) }))
  const told = packAnswers(answers, []).flatMap(unpackAnswers)
  expect(told.map(({ value }) => unpackCommit(value))).toEqual(all)
})

test('receipts are made with their commits on the thread, of the keys that it was told', async () => {
  const { privateKey, publicKey } = state.evidenceKey
  const keys = () => ({ signer: privateKey })
  const witness = join(directory, 'witness')
  const options = { origin: 'test.example', witnesses: [witness], keys, reloadKeys: async () => keys() }
  state.makeReceipts?.(options)
  await accept(state, [1])
  const [claimed] = await state.deliveries.claim('test', { small: 1, large: 0 }, 60_000)
  if (claimed === undefined) throw new TypeError('it is due')
  const { found: _, ...claim } = claimed
  const target = { ...waitingTarget('acme'), state: 'delivered' as const }
  const { files, fault } = await state.deliveries.commitWithReceipt(claim, target, factsOf('dlv_1'))
  const contents = new Map(files?.map(({ path, bytes }) => [path, bytes]))
  const source = { list: () => [...contents.keys()], read: (path: string) => contents.get(path) ?? null }
  expect([fault, (await verifyReceiptAlone(source, exportPublicKeyPem(publicKey))).ok]).toEqual([null, true])
  expect(await new CheckpointWitness(witness).newest('default')).toBe(await state.log.lastCheckpoint('default'))
})

test('claims come with their records and reports', async () => {
  await accept(state, [1, 2])
  await accept(state, [3], false)
  const claims = await state.deliveries.claim('test', { small: 2, large: 1 }, 60_000)
  expect(claims.map(({ found }) => found?.report)).toEqual([Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2, 3), null])
  expect(claims.map(({ found }) => found?.record.files[0]?.name)).toEqual(['1.csv', '2.csv', '3.csv'])
})

test('what is long goes in several messages, each thing whole and with its own bytes', () => {
  const answers = Array.from({ length: 40 }, (_, number) => [
    { number, value: Uint8Array.of(number) },
    { number: number + 100, value: 'x'.repeat(number * 500) },
  ]).flat()
  const packed = packAnswers(answers, [{ number: 500, value: new Date(0) }])
  expect(packed.length).toBeGreaterThan(3)
  for (const { text } of packed) expect(text.length).toBeLessThan(100_000)
  expect(packed.flatMap(unpackAnswers)).toEqual([...answers, { number: 500, value: new Date(0) }])
})

test('errors keep what the rooms below read of them', () => {
  const cause = Object.assign(new Error('no room'), { errcode: 13 })
  const full = new DrawbridgeError({ code: 'disk-full', message: 'full', retry: 'later', operation: 'state.x', cause })
  expect(errorOf(tellError(full))).toMatchObject({ code: 'disk-full', retry: 'later', cause: { errcode: 13 } })
  expect(errorOf(tellError(full))).toBeInstanceOf(DrawbridgeError)
  expect(errorOf(tellError(new LeaseLost({ delivery: 'dlv_1' })))).toEqual(new LeaseLost({ delivery: 'dlv_1' }))
  expect(errorOf(tellError(new TypeError('ours')))).toBeInstanceOf(TypeError)
})
