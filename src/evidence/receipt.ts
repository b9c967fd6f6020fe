/** Receipts as files: the signed statement, the exact bytes that were signed, the log's proof, and how to check it all. */
import type { KeyObject } from 'node:crypto'
import { sign } from 'node:crypto'
import { toBase64 } from './base64.ts'
import type { JsonValue } from './canonical-json.ts'
import { canonicalJson } from './canonical-json.ts'
import { type Envelope, encodingHead, statementType, writeEnvelope } from './dsse.ts'
import { evidenceKeyId } from './evidence-key.ts'
import type { LogEntry } from './log-entry.ts'
import { isObject, maximumEntryBytes, parseEntry } from './log-entry.ts'
import type { ReceiptProof } from './log-proof.ts'
import { sha256Hex, writeManifest } from './manifest.ts'
import { bagTagFiles, manifestPath, maximumPayloadFiles } from './package-layout.ts'
import { findCollision, isPackagePath } from './package-path.ts'
import type { ReceiptFacts, ReceiptLog } from './receipt-facts.ts'
import { filesInOne, type ReceiptFile, textFile } from './receipt-file.ts'
import { deliveredEntry } from './receipt-statement.ts'
import { type FactsText, factsText, isEntryToTheLetter, statementText } from './statement-text.ts'
import { verifyInstructions } from './verify-instructions.ts'

/** Every file of the evidence of one delivery to one target. With the report's own files they are a complete package. */
export type ReceiptFiles = readonly ReceiptFile[]

/** The files of a receipt beside a report of one file. */
export const receiptPaths = [
  'receipt.dsse.json',
  'receipt.signed',
  'receipt.sig',
  'receipt.entry.json',
  'receipt.tlog-proof',
  'checkpoint',
  manifestPath,
  'VERIFY.md',
] as const

/** The name under which readers keep the public key; never part of a package. */
export const keyPath = 'evidence-key.pem'

const taken: ReadonlySet<string> = new Set([...receiptPaths, keyPath].map((name) => name.toLowerCase()))

/**
 * Builds and signs a receipt. The same facts, proof and key always give the same bytes.
 *
 * @param proof - the proof of the entry that tells of this delivery; `deliveredEntry(facts)` makes the one that says most
 * @param key - Ed25519, private
 * @throws TypeError when the entry is not about this delivery and these objects, or contradicts the facts, or the objects' paths are not those of a package.
 */
export function buildReceipt(facts: ReceiptFacts, proof: ReceiptProof, key: KeyObject): ReceiptFiles {
  const { text, envelope, tags } = signReceipt(facts, proof, key)
  return [
    ...filesInOne([
      ['receipt.dsse.json', writeEnvelope(envelope)],
      ['receipt.signed', text],
      ['receipt.sig', envelope.signature],
      ['receipt.entry.json', proof.entryJson],
      ['receipt.tlog-proof', proof.tlogProof],
      ['checkpoint', proof.checkpoint.note],
      ...tags.flatMap((tag) => ('text' in tag ? [[tag.path, tag.text] as const] : [])),
    ]),
    ...tags.flatMap((tag) => ('bytes' in tag ? [{ path: tag.path, role: tag.role, bytes: tag.bytes }] : [])),
    instructions,
  ]
}

/** A receipt that is signed and not yet laid out in files. */
export interface SignedReceipt {
  /** What is signed, and the same as bytes. */
  readonly text: string
  readonly signed: Buffer
  readonly envelope: Envelope
  /** The files of the package that are not the report's, but the instructions. */
  readonly tags: readonly (ReturnType<typeof manifestOf> | ReturnType<typeof bagTagFiles>[number])[]
}

/** Makes and signs what a receipt says. @throws TypeError as `buildReceipt` */
export function signReceipt(facts: ReceiptFacts, proof: ReceiptProof, key: KeyObject): SignedReceipt {
  const form = packageForm(facts.objects.map(({ path }) => path))
  if (form === null) throw new TypeError('the paths of a receipt are one plain name, or paths under data/')
  const said = factsText(facts)
  if (!isProofOf(proof, facts, said)) throw new TypeError('the log entry is not the one to which the receipt belongs')
  const { origin, treeSize, rootHash } = proof.checkpoint
  const log: ReceiptLog = { origin, seq: proof.seq, treeSize, rootHash: toBase64(rootHash) }
  const tags = form === 'file' ? [manifestOf(facts)] : bagTagFiles(facts.objects, facts)
  const payload = statementText({ facts, tags: [...tags, instructionsLine], log }, said)
  const head = encodingHead(statementType, Buffer.byteLength(payload))
  const text = head + payload
  const signed = Buffer.from(text)
  const signature = new Uint8Array(sign(null, signed, key))
  return {
    text,
    signed,
    envelope: { payload: signed.subarray(head.length), keyId: evidenceKeyId(key), signature },
    tags,
  }
}

/** Hashed once: they are the same for every receipt. */
export const instructions = textFile('VERIFY.md', verifyInstructions)
export const instructionsLine = { path: instructions.path, sha256: sha256Hex(instructions.bytes) }

function manifestOf({ objects }: ReceiptFacts): {
  readonly path: string
  readonly text: string
  readonly sha256: string
} {
  const text = writeManifest(objects)
  return { path: manifestPath, text, sha256: sha256Hex(text) }
}

function isProofOf({ entryJson }: ReceiptProof, facts: ReceiptFacts, text: FactsText): boolean {
  // Of several objects two could have one key, which only the longer way sees.
  const mayBeShort = facts.objects.length === 1 && entryJson.length <= maximumEntryBytes
  if (mayBeShort && isEntryToTheLetter(entryJson, text)) return true
  const entry = parseEntry(entryJson)
  return entry.ok && isEntryOf(entry.value, facts)
}

/**
 * Tells whether a log entry is the one to which a receipt belongs: the same actor, action and delivery, every object of
 * the receipt with its key, size and hash, and nothing that contradicts the receipt. It may say less otherwise, or more.
 */
export function isEntryOf(entry: LogEntry, facts: ReceiptFacts): boolean {
  const { actor, action, subject, fields } = deliveredEntry(facts)
  const { objects, ...others } = fields
  if (entry.actor !== actor || entry.action !== action || entry.subject !== subject) return false
  const logged = entry.fields['objects']
  if (!Array.isArray(logged) || !Array.isArray(objects) || !agrees(entry.fields, others)) return false
  const byKey = new Map<JsonValue | undefined, JsonValue>()
  for (const object of logged) if (isObject(object)) byKey.set(object['key'], object)
  return objects.every((object: JsonValue) => {
    const same = isObject(object) ? byKey.get(object['key']) : undefined
    if (!isObject(object) || !isObject(same)) return false
    return same['sha256'] === object['sha256'] && same['sizeBytes'] === object['sizeBytes'] && agrees(same, object)
  })
}

type JsonObject = { readonly [key: string]: JsonValue }

function agrees(said: JsonObject, expected: JsonObject): boolean {
  return Object.entries(expected).every(([name, value]) => {
    const other = Object.hasOwn(said, name) ? said[name] : undefined
    return other === undefined || other === value || canonicalJson(other) === canonicalJson(value)
  })
}

/**
 * Tells which package these paths of a report make: `bag`, a folder with everything under `data/`; `file`, one plain
 * name beside which the receipt stands; null for neither.
 */
export function packageForm(paths: readonly string[]): 'bag' | 'file' | null {
  if (paths.length === 0 || paths.length > maximumPayloadFiles) return null
  if (!paths.every(isPackagePath) || findCollision(paths) !== null) return null
  if (paths.every((path) => path.startsWith('data/'))) return 'bag'
  const [path, ...others] = paths
  return path !== undefined && others.length === 0 && isPlainName(path) ? 'file' : null
}

function isPlainName(path: string): boolean {
  const folded = path.toLowerCase()
  return !path.includes('/') && !folded.endsWith('.receipt.json') && !taken.has(folded)
}
