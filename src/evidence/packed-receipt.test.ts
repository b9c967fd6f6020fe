/** Receipts packed for keeping: the same bytes come back, and what could not come back is not packed. */
import { beforeAll, describe, expect, test } from 'vitest'
import { buildPackedReceipt, instructionsHash, instructionsOf, packReceipt, unpackReceipt } from './packed-receipt.ts'
import { buildReceipt, type ReceiptFiles } from './receipt.ts'
import { bytesOf, proofFor, sampleBag, sampleKey, samplePlainPackage } from './testing/sample-package.ts'
import { verifyInstructions } from './verify-instructions.ts'

let receipt: ReceiptFiles
let bag: ReceiptFiles
beforeAll(async () => {
  receipt = (await samplePlainPackage(sampleKey(1))).receipt
  bag = (await sampleBag(sampleKey(1))).receipt
})

function packed(): Uint8Array {
  const bytes = packReceipt(receipt)
  if (bytes === null) throw new Error('the sample can be packed')
  return bytes
}

/** Other bytes in one file. */
function withBytes(path: string, bytes: Uint8Array): ReceiptFiles {
  return receipt.map((file) => (file.path === path ? { ...file, bytes } : file))
}

function bytesAt(path: string): Buffer {
  return Buffer.from(receipt.find((file) => file.path === path)?.bytes ?? [])
}

describe('a packed receipt', () => {
  test('is less than half as long, and every file of it comes back', () => {
    const length = receipt.reduce((sum, { bytes }) => sum + bytes.length, 0)
    expect(packed().length).toBeLessThan(length / 2)
    expect(unpackReceipt(packed(), 'not asked for')).toEqual(receipt)
    const read = receipt.map(({ path, role, bytes }) => ({ path, role, bytes: new Uint8Array(bytes) }))
    expect(packReceipt(read)).toEqual(packed())
  })

  test('is built as what was built is packed; a bag is not', async () => {
    const key = sampleKey(1)
    for (const { facts } of [await samplePlainPackage(key), await sampleBag(key)]) {
      const proof = await proofFor(facts, key)
      const built = buildPackedReceipt(facts, proof, key.privateKey)
      expect(built).toEqual(packReceipt(buildReceipt(facts, proof, key.privateKey)))
      expect(built === null).toBe(facts.objects.length > 1)
      // What the proof ends with is left out, so it has to be the checkpoint.
      const torn = { ...proof, tlogProof: `${proof.tlogProof}more\n` }
      expect(buildPackedReceipt(facts, torn, key.privateKey)).toBeNull()
    }
  })

  test('names its instructions, and takes the text of those it names', () => {
    expect(instructionsOf(packed())).toBe(instructionsHash)
    const older = new Uint8Array(packed())
    older.fill(7, 1, 33)
    expect(instructionsOf(older)).toBe('07'.repeat(32))
    const files = unpackReceipt(older, 'how it was checked before')
    expect(files.at(-1)).toEqual({ path: 'VERIFY.md', role: 'receipt', bytes: bytesOf('how it was checked before') })
    expect(files.slice(0, -1)).toEqual(receipt.slice(0, -1))
  })

  test('keeps whatever bytes stand in the files that are kept', () => {
    for (const path of ['receipt.entry.json', 'manifest-sha256.txt']) {
      const odd = withBytes(path, Uint8Array.of(0xff, 0x00, 0x20))
      expect(unpackReceipt(packReceipt(odd) ?? new Uint8Array(), verifyInstructions)).toEqual(odd)
    }
  })

  test.each([
    ['a bag', () => bag],
    ['a file less', () => receipt.slice(1)],
    ['files in another order', () => receipt.toReversed()],
    ['a file of another role', () => receipt.map((file) => ({ ...file, role: 'tag' as const }))],
    ['other instructions', () => withBytes('VERIFY.md', bytesOf('trust us'))],
    ['another checkpoint than its proof', () => withBytes('checkpoint', bytesOf('another\n'))],
    ['a proof without one', () => withBytes('receipt.tlog-proof', bytesOf('c2sp.org/tlog-proof@v1\n'))],
    ['a signature in its envelope that is not its own', () => withBytes('receipt.sig', new Uint8Array(64))],
    ['a signature of another length', () => withBytes('receipt.sig', new Uint8Array(63))],
    ['signed bytes that its envelope does not hold', () => withBytes('receipt.signed', bytesOf('DSSEv1 28 a 1 {'))],
    [
      'other white space in its envelope',
      () => withBytes('receipt.dsse.json', bytesOf(`${bytesAt('receipt.dsse.json')} `)),
    ],
    ['an envelope that is no text', () => withBytes('receipt.dsse.json', Uint8Array.of(0xff))],
  ])('is not made of %s', (_, files) => {
    expect(packReceipt(files())).toBeNull()
  })

  test.each([
    ['nothing', () => new Uint8Array()],
    ['another version', () => new Uint8Array(packed()).fill(2, 0, 1)],
    ['a cut one', () => packed().slice(0, 300)],
  ])('is not read from %s', (_, bytes) => {
    expect(() => unpackReceipt(bytes(), verifyInstructions)).toThrow(TypeError)
  })
})
