/** Receipts that are made in the transaction of their commits, and what must hold when they can not be made there. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DrawbridgeError, systemClock } from '../base/index.ts'
import { type Claim, type Committed, LeaseLost, type TargetRecord } from '../delivery/index.ts'
import { tenant } from '../delivery/testing/house.ts'
import {
  buildReceipt,
  EvidenceLog,
  type EvidenceLogOptions,
  generateEvidenceKey,
  type LogSealer,
  parseCheckpoint,
} from '../evidence/index.ts'
import { openState, type State } from './state.ts'
import { accept, factsOf, waitingTarget } from './testing/deliveries.ts'
import { toldActions } from './testing/told.ts'

const origin = 'test.example'
let directory: string
let state: State

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'drawbridge-sealing-'))
  state = await openState({ directory, clock: systemClock })
})

afterEach(async () => {
  await state.close()
  rmSync(directory, { recursive: true, force: true })
})

function logOf(over: Partial<EvidenceLogOptions> = {}): EvidenceLog {
  return new EvidenceLog({
    store: state.log,
    signer: state.evidenceKey.privateKey,
    origin,
    clock: systemClock,
    ...over,
  })
}

/** A sealer of which some methods are another's. */
function sealing(log: EvidenceLog, over: Partial<LogSealer> = {}): void {
  state.sealWith({
    witnessed: (of) => log.witnessed(of),
    seal: (growing, witnessed) => log.seal(growing, witnessed),
    sealed: (seal) => log.sealed(seal),
    ...over,
  })
}

async function claims(...numbers: readonly number[]): Promise<Claim[]> {
  await accept(state, [...numbers])
  const found = await state.deliveries.claim('test', { small: numbers.length, large: 0 }, 60_000)
  return found.map(({ found: _, ...claim }) => claim).sort((a, b) => a.delivery.localeCompare(b.delivery))
}

const delivered: TargetRecord = { ...waitingTarget('acme'), state: 'delivered', receipt: 'due', sidecar: 'due' }

function commit(claim: Claim): Promise<Committed> {
  return state.deliveries.commitWithReceipt(claim, delivered, factsOf(claim.delivery))
}

async function receiptOf({ delivery }: Claim): Promise<TargetRecord['receipt'] | undefined> {
  return (await state.deliveries.byId(tenant, delivery))?.targets[0]?.receipt
}

test('receipts of one transaction stand under one checkpoint, and are the ones that the longer way makes', async () => {
  const log = logOf()
  state.sealWith(log)
  const all = await claims(1, 2, 3)
  const committed = await Promise.all(all.map(commit))
  const notes = new Set<string>()
  for (const [at, { target, files, fault }] of committed.entries()) {
    const claim = all[at]
    if (claim === undefined) throw new TypeError('each was claimed')
    expect([target.receipt, fault, await receiptOf(claim)]).toEqual(['made', null, 'made'])
    const proof = await log.proofOf(tenant, target.entry ?? 0)
    expect(files).toEqual(buildReceipt(factsOf(claim.delivery), proof, state.evidenceKey.privateKey))
    expect(await state.deliveries.receipt(tenant, claim.delivery, 'acme')).toEqual(files)
    notes.add(proof.checkpoint.note)
  }
  expect([...notes]).toEqual([await state.log.lastCheckpoint(tenant)])
})

test('a claim that was lost takes no other commit with it, and nothing of it is in the log', async () => {
  state.sealWith(logOf())
  const [held, lost] = await claims(1, 2)
  if (held === undefined || lost === undefined) throw new TypeError('both were claimed')
  const ends = await Promise.allSettled([commit(held), commit({ ...lost, fence: lost.fence + 1 })])
  expect(ends).toMatchObject([{ value: { target: { receipt: 'made' } } }, { reason: expect.any(LeaseLost) }])
  expect((await toldActions(state.log, tenant)).filter((action) => action === 'delivery.delivered')).toHaveLength(1)
})

test('a transaction that is taken back for another’s sake is sealed once more, and told of once', async () => {
  const log = logOf()
  const told: string[] = []
  let seals = 0
  sealing(log, {
    seal: async (...of) => {
      seals++
      return await log.seal(...of)
    },
    sealed: async (seal) => {
      told.push(seal.checkpoint.note)
      await log.sealed(seal)
    },
  })
  const [first, second] = await claims(1, 2)
  if (first === undefined || second === undefined) throw new TypeError('both were claimed')
  const lost = { ...second, fence: second.fence + 1 }
  const committing = commit(first)
  await new Promise(process.nextTick)
  const ends = await Promise.allSettled([committing, state.deliveries.saveTarget(lost, delivered, [])])
  expect(ends).toMatchObject([{ value: { target: { receipt: 'made' } } }, { reason: expect.any(LeaseLost) }])
  expect([seals, told]).toEqual([2, [await state.log.lastCheckpoint(tenant)]])
})

test('nobody remembers what was signed in a transaction that was taken back', async () => {
  const kept: string[] = []
  const store = { ...bound(), keepWitnessed: async (_: string, __: number, note: string) => void kept.push(note) }
  const log = logOf({ store })
  let isFull = true
  sealing(log, {
    seal: async (...of) => {
      const seal = await log.seal(...of)
      if (isFull) throw new DrawbridgeError({ code: 'disk-full', message: 'full', operation: 'state.database' })
      return seal
    },
  })
  const [claim] = await claims(1)
  if (claim === undefined) throw new TypeError('it was claimed')
  await expect(commit(claim)).rejects.toMatchObject({ code: 'disk-full' })
  expect([kept, await receiptOf(claim), await state.log.lastCheckpoint(tenant)]).toEqual([[], 'none', null])
  isFull = false
  // As many entries as were taken back, and others.
  await state.record(tenant, [{ actor: 'operator:local', action: 'tested', subject: 'x', fields: {} }])
  expect(await commit(claim)).toMatchObject({ target: { receipt: 'made' }, fault: null })
  expect(kept).toEqual([await state.log.lastCheckpoint(tenant)])
  expect((await log.checkpoint(tenant)).note).toBe(kept[0])
})

test('a log that contradicts what was signed before signs no commit: the receipt stays due', async () => {
  const other = mkdtempSync(join(tmpdir(), 'drawbridge-sealing-'))
  const elsewhere = await openState({ directory: other, clock: systemClock })
  await elsewhere.record(
    tenant,
    [1, 2].map((n) => ({ actor: 'a', action: 'b', subject: `${n}`, fields: {} })),
  )
  const { note } = await logOf({ store: elsewhere.log }).checkpoint(tenant)
  await elsewhere.close()
  rmSync(other, { recursive: true, force: true })
  const log = logOf({ store: { ...bound(), witnessed: async () => [note] } })
  state.sealWith(log)
  const [claim] = await claims(1)
  if (claim === undefined) throw new TypeError('it was claimed')
  const { target, files } = await commit(claim)
  expect([target.receipt, files, await receiptOf(claim)]).toEqual(['due', null, 'due'])
  expect(await state.log.placeOf(tenant, target.entry ?? 0)).not.toBeNull()
  expect(await state.log.lastCheckpoint(tenant)).toBeNull()
  await expect(log.proofOf(tenant, target.entry ?? 0)).rejects.toMatchObject({ code: 'evidence-forked' })
})

test('after a rotation elsewhere the receipt is made the longer way, and the next ones at once again', async () => {
  const [before, after] = [state.evidenceKey, generateEvidenceKey()]
  const keys = { signer: after.privateKey, formerKeys: [before.publicKey] }
  const log = logOf({ reloadKeys: async () => keys })
  state.sealWith(log)
  const [first, second] = await claims(1, 2)
  if (first === undefined || second === undefined) throw new TypeError('both were claimed')
  await logOf({ ...keys }).checkpoint(tenant)
  const { target, files } = await commit(first)
  expect([target.receipt, files]).toEqual(['due', null])
  await log.proofOf(tenant, target.entry ?? 0)
  const next = await commit(second)
  const proof = await log.proofOf(tenant, next.target.entry ?? 0)
  expect(next.files).toEqual(buildReceipt(factsOf(second.delivery), proof, after.privateKey))
})

test('while a keeper takes no checkpoint the copies wait, and nothing new is signed', async () => {
  let isReadable = true
  const kept: number[] = []
  const reach = async (size: number): Promise<void> => {
    if (!isReadable) throw new DrawbridgeError({ code: 'unavailable', message: 'gone', operation: 'evidence.witness' })
    kept.push(size)
  }
  const log = logOf({ store: { ...bound(), keepWitnessed: async (_: string, size: number) => reach(size) } })
  state.sealWith(log)
  const [first, second, third] = await claims(1, 2, 3)
  if (first === undefined || second === undefined || third === undefined) throw new TypeError('all were claimed')
  isReadable = false
  expect(await commit(first)).toMatchObject({
    target: { receipt: 'made' },
    files: null,
    fault: { code: 'unavailable' },
  })
  expect(await receiptOf(first)).toBe('made')
  expect(await commit(second)).toMatchObject({ target: { receipt: 'due' }, files: null, fault: null })
  isReadable = true
  expect(await commit(third)).toMatchObject({ target: { receipt: 'made' }, fault: null })
  // Of the one that it missed the keeper is told too.
  expect(kept).toEqual([4, 6])
})

test('entries that wait for a place hold the receipt up, and not the commit', async () => {
  state.sealWith(logOf())
  const [claim] = await claims(1)
  if (claim === undefined) throw new TypeError('it was claimed')
  const beside = new DatabaseSync(join(directory, 'drawbridge.sqlite'))
  beside.exec(
    "insert into outbox (tenant, time, actor, action, subject, fields, seq) values ('default', 't', 'a', 'b', 'old', '{}', null)",
  )
  // The end of the log that is remembered is thrown away with its last hash.
  beside.exec("insert into log_hashes (tenant, position, hash) values ('default', 1, zeroblob(32))")
  beside.close()
  const { target } = await commit(claim)
  expect([target.receipt, await receiptOf(claim)]).toEqual(['due', 'due'])
  expect((await state.log.pending(tenant, 10)).map(({ action }) => action)).toEqual(['b', 'delivery.delivered'])
})

test('a receipt that stands already is the one that stands', async () => {
  state.sealWith(logOf())
  const [claim] = await claims(1)
  if (claim === undefined) throw new TypeError('it was claimed')
  const files = [{ path: 'receipt.json', role: 'receipt' as const, bytes: Uint8Array.of(0, 255) }]
  await state.deliveries.saveReceipt(claim, { ...delivered, receipt: 'made' }, files)
  expect((await commit(claim)).files).toEqual(files)
  expect(await state.deliveries.receipt(tenant, claim.delivery, 'acme')).toEqual(files)
})

test('without anybody who signs the receipt stays due', async () => {
  const [claim] = await claims(1)
  if (claim === undefined) throw new TypeError('it was claimed')
  expect(await commit(claim)).toMatchObject({ target: { receipt: 'due' }, files: null, fault: null })
})

test('each checkpoint covers what was committed with it', async () => {
  state.sealWith(logOf())
  const all = await claims(1, 2, 3, 4, 5)
  for (const claim of all) {
    await commit(claim)
    const note = await state.log.lastCheckpoint(tenant)
    const parsed = note === null ? null : parseCheckpoint(note)
    expect(parsed?.ok && parsed.value.treeSize).toBe(await state.log.size(tenant))
  }
})

function bound(): State['log'] {
  const { log } = state
  return {
    pending: (...of) => log.pending(...of),
    size: (...of) => log.size(...of),
    readHashes: (...of) => log.readHashes(...of),
    integrate: (...of) => log.integrate(...of),
    placeOf: (...of) => log.placeOf(...of),
    entries: (...of) => log.entries(...of),
    lastCheckpoint: (...of) => log.lastCheckpoint(...of),
    saveCheckpoint: (...of) => log.saveCheckpoint(...of),
  }
}
