/**
 * The receipt of a report of one file in a third of its bytes, for keeping: what can be made again from the rest, to the
 * byte, is left out. The instructions stand for themselves by their hash; whoever keeps receipts keeps each text of them once.
 *
 * One byte `1`; SHA-256 of the instructions, name of the key, signature (32, 32 and 64 bytes); lengths of the next three
 * (4 bytes each, the greatest first); the signed bytes, the log entry, the proof, which ends with the checkpoint; the
 * manifest, up to the end.
 */
import type { KeyObject } from 'node:crypto'
import { sameBytes } from './base64.ts'
import { statementType, writeEnvelope } from './dsse.ts'
import type { ReceiptProof } from './log-proof.ts'
import { manifestPath } from './package-layout.ts'
import { instructions, instructionsLine, type ReceiptFiles, receiptPaths, signReceipt } from './receipt.ts'
import type { ReceiptFacts } from './receipt-facts.ts'
import { filesInOne, knownText, type ReceiptFile, textFile } from './receipt-file.ts'

const version = 1
const headBytes = 1 + 32 + 32 + 64 + 3 * 4
const signatureBytes = 64
const signedStart = `DSSEv1 ${statementType.length} ${statementType} `

/** The name of the instructions that receipts are made with now. */
export const instructionsHash = instructionsLine.sha256

/** Packs the files of a receipt; null when they can not be made again from less. */
export function packReceipt(files: ReceiptFiles): Uint8Array | null {
  if (files.length !== receiptPaths.length || !files.every(isInPlace)) return null
  const [dsse, signed, signature, entry, proof, checkpoint, manifest, told] = files
  if (!dsse || !signed || !signature || !entry || !proof || !checkpoint || !manifest || !told) return null
  if (told.bytes !== instructions.bytes && !sameBytes(told.bytes, instructions.bytes)) return null
  const keyId = keyIdOf(textOf(dsse), viewOf(signed.bytes), signature.bytes)
  const ending = checkpointOf(viewOf(proof.bytes))
  if (keyId === null || ending === null || !ending.equals(checkpoint.bytes)) return null
  return laidOut(keyId, signature.bytes, [signed.bytes, entry.bytes, proof.bytes, manifest.bytes])
}

/**
 * Builds a receipt as `packReceipt` packs what `buildReceipt` built, without the files in between. Null: it is not of the kind
 * that can be packed.
 *
 * @throws TypeError as `buildReceipt`
 */
export function buildPackedReceipt(facts: ReceiptFacts, proof: ReceiptProof, key: KeyObject): Uint8Array | null {
  const { entryJson, tlogProof, checkpoint } = proof
  const { signed, envelope, tags } = signReceipt(facts, proof, key)
  const [manifest, ...others] = tags
  if (manifest === undefined || !('text' in manifest) || others.length > 0) return null
  if (tlogProof.slice(tlogProof.indexOf('\n\n') + 2) !== checkpoint.note) return null
  return laidOut(envelope.keyId, envelope.signature, [signed, entryJson, tlogProof, manifest.text])
}

/** Lays a packed receipt out: the signed bytes, the entry, the proof, and the manifest up to the end. */
function laidOut(keyId: string, signature: Uint8Array, parts: readonly (Uint8Array | string)[]): Uint8Array {
  const lengths = parts.map((part) => (typeof part === 'string' ? Buffer.byteLength(part) : part.length))
  const packed = Buffer.allocUnsafeSlow(lengths.reduce((sum, length) => sum + length, headBytes))
  let at = packed.writeUInt8(version, 0)
  at += packed.write(instructionsHash, at, 'hex')
  at += packed.write(keyId, at, 'hex')
  packed.set(signature, at)
  at += signatureBytes
  for (const length of lengths.slice(0, -1)) at = packed.writeUInt32BE(length, at)
  for (const part of parts) {
    if (typeof part === 'string') at += packed.write(part, at)
    else {
      packed.set(part, at)
      at += part.length
    }
  }
  return new Uint8Array(packed.buffer)
}

/** Which instructions belong to a packed receipt: the hash of their text. @throws TypeError when it is none */
export function instructionsOf(packed: Uint8Array): string {
  return bytesOf(packed).toString('hex', 1, 33)
}

/**
 * Unpacks what `packReceipt` packed, with the text of its instructions.
 *
 * @throws TypeError when it is none
 */
export function unpackReceipt(packed: Uint8Array, instructionsText: string): ReceiptFiles {
  const bytes = bytesOf(packed)
  const keyId = bytes.toString('hex', 33, 65)
  const signature = new Uint8Array(bytes.subarray(65, 65 + signatureBytes))
  let at = headBytes
  const [signed, entry, proof] = [0, 4, 8].map((offset) => {
    const start = at
    at += bytes.readUInt32BE(65 + signatureBytes + offset)
    if (at > bytes.length) throw new TypeError('a packed receipt was cut')
    return bytes.subarray(start, at)
  })
  const payload = signed && payloadOf(signed)
  const checkpoint = proof && checkpointOf(proof)
  if (!payload || !entry || !checkpoint) throw new TypeError('a packed receipt holds signed bytes and a checkpoint')
  return [
    ...filesInOne([
      ['receipt.dsse.json', writeEnvelope({ payload, keyId, signature })],
      ['receipt.signed', textIn(signed)],
      ['receipt.sig', signature],
      ['receipt.entry.json', textIn(entry)],
      ['receipt.tlog-proof', textIn(proof)],
      ['checkpoint', textIn(checkpoint)],
      [manifestPath, textIn(bytes.subarray(at))],
    ]),
    instructionsOf(packed) === instructionsHash ? instructions : textFile('VERIFY.md', instructionsText),
  ]
}

/** Stands in a text for bytes that are none. */
const replacement = '\ufffd'

/** A text, which need not be found out to be one again when its copy is written; bytes that are none stay as they are. */
function textIn(bytes: Buffer): string | Buffer {
  const text = bytes.toString('utf8')
  return text.includes(replacement) ? bytes : text
}

function bytesOf(packed: Uint8Array): Buffer {
  const bytes = viewOf(packed)
  if (bytes.length < headBytes || bytes[0] !== version) throw new TypeError('this is no packed receipt')
  return bytes
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}

function isInPlace({ path, role }: ReceiptFile, at: number): boolean {
  return path === receiptPaths[at] && role === 'receipt'
}

/** The name of the key in an envelope; null when the envelope is not the one of these bytes and this signature. */
function keyIdOf(envelope: string, signed: Buffer, signature: Uint8Array): string | null {
  const payload = payloadOf(signed)
  if (payload === null || signature.length !== signatureBytes) return null
  const at = envelope.lastIndexOf('"keyid":"') + '"keyid":"'.length
  const keyId = envelope.slice(at, at + 64)
  if (!/^[0-9a-f]{64}$/.test(keyId)) return null
  return writeEnvelope({ payload, keyId, signature }) === envelope ? keyId : null
}

/** What stands behind the head of signed bytes; null when they have none. */
function payloadOf(signed: Buffer): Buffer | null {
  const end = signed.indexOf(' ', signedStart.length) + 1
  return end > 0 && signed.toString('latin1', 0, signedStart.length) === signedStart ? signed.subarray(end) : null
}

/** The checkpoint with which a proof ends. */
function checkpointOf(proof: Buffer): Buffer | null {
  const end = proof.indexOf('\n\n')
  return end < 0 ? null : proof.subarray(end + 2)
}

/** An envelope is ASCII: other bytes make a text that no envelope is. */
function textOf(file: ReceiptFile): string {
  return knownText(file) ?? viewOf(file.bytes).toString('latin1')
}
