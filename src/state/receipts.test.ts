/** The rows of receipts: packed and not, made by this code and by other code, and taken back to the form of before. */
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Kysely } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { instructionsHash, packReceipt, type ReceiptFile, verifyInstructions } from '../evidence/index.ts'
import { sampleBag, sampleKey, samplePlainPackage } from '../evidence/testing/sample-package.ts'
import { openDatabase } from './database.ts'
import { migrate, rollBack } from './migrate.ts'
import { filesJson, filesOfJson, keepReceipt, receiptOf, writeReceipt } from './receipts.ts'
import type { Tables } from './schema.ts'

const now = '2026-11-03T10:00:00.000Z'
let directory: string
let database: Kysely<Tables>
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-receipts-'))
  database = openDatabase(join(directory, 'receipts.sqlite'))
  await migrate(database, () => now)
})
afterEach(async () => {
  await database.destroy()
  await rm(directory, { recursive: true, force: true })
})

function keep(delivery: string, written: Uint8Array): Promise<readonly ReceiptFile[] | null> {
  const claim = { tenant: 'acme', delivery }
  return keepReceipt(database, claim, 'acme-audit', written, now)
}

async function rows(): Promise<Record<string, { files: string; packed: Uint8Array | null }>> {
  const all = await database.selectFrom('receipts').select(['delivery_id', 'files', 'packed']).execute()
  return Object.fromEntries(all.map(({ delivery_id, files, packed }) => [delivery_id, { files, packed }]))
}

test('the receipt of one file is kept packed, that of a bag as JSON, and both come back', async () => {
  const [plain, bag] = [(await samplePlainPackage(sampleKey(1))).receipt, (await sampleBag(sampleKey(1))).receipt]
  expect(await keep('plain', writeReceipt(plain))).toBeNull()
  expect(await keep('bag', writeReceipt(bag))).toBeNull()
  expect(await rows()).toMatchObject({ plain: { files: '' }, bag: { files: filesJson(bag), packed: null } })
  expect(await receiptOf(database, 'acme', 'plain', 'acme-audit')).toEqual(plain)
  expect(await receiptOf(database, 'acme', 'bag', 'acme-audit')).toEqual(bag)
  expect(await keep('plain', writeReceipt(bag))).toEqual(plain)
})

test('a row of code before, and one with the instructions of other code, are read', async () => {
  const { receipt } = await samplePlainPackage(sampleKey(1))
  await keep('before', Buffer.from(filesJson(receipt)))
  expect(await receiptOf(database, 'acme', 'before', 'acme-audit')).toEqual(receipt)
  const content = 'how a receipt is checked one day'
  const hash = createHash('sha256').update(content).digest()
  const packed = packReceipt(receipt) ?? new Uint8Array()
  packed.set(hash, 1)
  await keep('other', packed)
  await expect(receiptOf(database, 'acme', 'other', 'acme-audit')).rejects.toThrow()
  await database
    .insertInto('receipt_texts')
    .values({ hash: hash.toString('hex'), content })
    .execute()
  const instructions = { path: 'VERIFY.md', role: 'receipt', bytes: new Uint8Array(Buffer.from(content)) }
  expect(await receiptOf(database, 'acme', 'other', 'acme-audit')).toEqual([...receipt.slice(0, -1), instructions])
})

test('code of before finds every receipt after the step is taken back', async () => {
  const { receipt } = await samplePlainPackage(sampleKey(1))
  await database.insertInto('receipt_texts').values({ hash: instructionsHash, content: verifyInstructions }).execute()
  const deliveries = Array.from({ length: 450 }, (_, at) => `dlv_${at}`)
  const written = writeReceipt(receipt)
  await database.transaction().execute(async (transaction) => {
    for (const delivery of deliveries) {
      const claim = { tenant: 'acme', delivery }
      // Two targets of one delivery stand beside each other where one reading ends and the next begins.
      for (const connection of ['first', 'second']) await keepReceipt(transaction, claim, connection, written, now)
    }
  })
  while ((await rollBack(database)) !== 'receipts in a third of the room');
  const kept = await database.selectFrom('receipts').select('files').execute()
  expect(kept).toHaveLength(2 * deliveries.length)
  for (const { files } of kept) expect(filesOfJson(files)).toEqual(receipt)
})
