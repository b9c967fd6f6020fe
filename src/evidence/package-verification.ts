/**
 * The verification of a package: from the bytes that were signed to every file of the report and to the log. It knows
 * no file system and no network; `PackageSource` reads. Nothing in a package is believed before a pinned key vouches
 * for it, and the report's files, which may be large, are hashed last.
 */
import type { KeyObject } from 'node:crypto'
import { verify } from 'node:crypto'
import type { Result } from '../base/index.ts'
import { err, ok } from '../base/index.ts'
import { fromBase64, sameBytes } from './base64.ts'
import type { VerifiedCheckpoint } from './checkpoint.ts'
import { verifyCheckpoint } from './checkpoint.ts'
import { parseEnvelope, preAuthenticationEncoding, statementType } from './dsse.ts'
import { evidenceKeyId, importPublicKeyPem } from './evidence-key.ts'
import { parseEntry } from './log-entry.ts'
import { sha256Hex, writeManifest } from './manifest.ts'
import { verifyInclusion } from './merkle-proof.ts'
import { leafHash } from './merkle-tree.ts'
import { bagDeclaration, manifestPath, tagManifestPath } from './package-layout.ts'
import type { OpenPackage, PackageSource } from './package-source.ts'
import { openPackage, quoted, utf8Text } from './package-source.ts'
import { isEntryOf, keyPath, packageForm, receiptPaths } from './receipt.ts'
import type { ReceiptParts } from './receipt-facts.ts'
import { parseStatement } from './receipt-statement.ts'
import { sidecarSuffix } from './sidecar.ts'
import { parseTlogProof } from './tlog-proof.ts'

/** What is checked, in this order. */
export const packageCheckIds = [
  'key',
  'files',
  'signature',
  'envelope',
  'statement',
  'checkpoint',
  'inclusion',
  'entry',
  'manifest',
  'tags',
  'payload-set',
  'payload',
] as const

/** One check of a package. */
export interface PackageCheck {
  readonly id: (typeof packageCheckIds)[number]
  readonly ok: boolean
  /** One line, lower case. */
  readonly detail: string
}

/** Whether a package is what was delivered. When it is not, the last check is the first bad one. */
export interface PackageVerdict {
  readonly ok: boolean
  readonly checks: readonly PackageCheck[]
  /** What the package vouches for; only when everything was verified. */
  readonly receipt?: ReceiptParts
}

type Step<T> = Result<{ readonly value: T; readonly detail: string }, string>

interface Signed {
  readonly bytes: Uint8Array
  readonly signature: Uint8Array
  readonly keyId: string
}

/**
 * Verifies a package against pinned public keys. Stops at the first check that fails. Never rejects because of what a
 * package holds; a file that can not be read fails its check.
 *
 * @param publicKeyPem - SPKI PEM, or several when keys were rotated; from the set-up kit, never from the package
 */
export async function verifyPackage(
  source: PackageSource,
  publicKeyPem: string | readonly string[],
): Promise<PackageVerdict> {
  return await judged(publicKeyPem, async (keys, note) => {
    const read = await verifyInOrder(source, keys, note)
    if (read === null) return null
    const { files, parts } = read
    const isSound =
      note('payload-set', checkPayloadSet(files, parts)) && note('payload', await checkPayload(files, parts))
    return isSound ? parts : null
  })
}

/**
 * Verifies a receipt without the report that it is about: everything that `verifyPackage` verifies, but the report's files.
 *
 * @param publicKeyPem - as of `verifyPackage`
 */
export async function verifyReceiptAlone(
  source: PackageSource,
  publicKeyPem: string | readonly string[],
): Promise<PackageVerdict> {
  return await judged(publicKeyPem, async (keys, note) => (await verifyInOrder(source, keys, note))?.parts ?? null)
}

type Note = <T>(id: PackageCheck['id'], step: Step<T>) => T | null
type Pinned = string | readonly string[]

async function judged(
  pinned: Pinned,
  judge: (pinned: Pinned, note: Note) => Promise<ReceiptParts | null>,
): Promise<PackageVerdict> {
  const checks: PackageCheck[] = []
  const receipt = await judge(pinned, (id, step) => {
    checks.push({ id, ok: step.ok, detail: step.ok ? step.value.detail : step.error })
    return step.ok ? step.value.value : null
  })
  return receipt === null ? { ok: false, checks } : { ok: true, checks, receipt }
}

async function verifyInOrder(
  source: PackageSource,
  publicKeyPem: Pinned,
  note: Note,
): Promise<{ readonly files: OpenPackage; readonly parts: ReceiptParts } | null> {
  const keys = note('key', pinnedKeys(publicKeyPem))
  const files = keys && note('files', await openFiles(source, keys))
  if (!files) return null
  const signed = note('signature', await checkSignature(files, keys))
  const payload = signed && note('envelope', await checkEnvelope(files, signed))
  const parts = payload && note('statement', checkStatement(payload))
  if (!parts) return null
  const checkpoint = note('checkpoint', await checkCheckpoint(files, keys, parts))
  const entry = checkpoint && note('inclusion', await checkInclusion(files, parts, checkpoint))
  const isSound =
    entry !== null &&
    note('entry', checkEntry(entry, parts)) &&
    note('manifest', await checkManifest(files, parts)) &&
    note('tags', await checkTags(files, parts))
  return isSound ? { files, parts } : null
}

function pinnedKeys(pem: string | readonly string[]): Step<KeyObject[]> {
  const keys: KeyObject[] = []
  for (const text of typeof pem === 'string' ? [pem] : pem) {
    const key = importPublicKeyPem(text)
    if (!key.ok) return err('the pinned key is not an Ed25519 public key in PEM')
    keys.push(key.value)
  }
  if (keys.length === 0) return err('no key is pinned')
  return done(keys, `pinned ${keys.map((key) => evidenceKeyId(key).slice(0, 16)).join(', ')}`)
}

async function openFiles(source: PackageSource, keys: readonly KeyObject[]): Promise<Step<OpenPackage>> {
  const opened = await openPackage(source)
  if (!opened.ok) return opened
  const files = opened.value
  const missing = receiptPaths.find((path) => !files.paths.has(path))
  if (missing !== undefined) return err(`${quoted(missing)} is missing`)
  if (files.paths.has(keyPath)) {
    // The instructions have people put the key here. Another key in its place is an attempt to be believed.
    const text = await readText(files, keyPath)
    const key = text.ok ? importPublicKeyPem(text.value) : null
    const isPinned = key?.ok && keys.some((pinned) => evidenceKeyId(pinned) === evidenceKeyId(key.value))
    if (!isPinned) return err(`\`${keyPath}\` in the package is not the pinned key`)
  }
  return done(files, `${files.paths.size} files`)
}

async function checkSignature(files: OpenPackage, keys: readonly KeyObject[]): Promise<Step<Signed>> {
  const bytes = await files.read('receipt.signed')
  if (!bytes.ok) return bytes
  const signature = await files.read('receipt.sig')
  if (!signature.ok) return signature
  const key = keys.find((pinned) => verify(null, bytes.value, pinned, signature.value))
  if (key === undefined) return err('no pinned key signed `receipt.signed`')
  const keyId = evidenceKeyId(key)
  return done({ bytes: bytes.value, signature: signature.value, keyId }, `signed by ${keyId.slice(0, 16)}`)
}

async function checkEnvelope(files: OpenPackage, signed: Signed): Promise<Step<Uint8Array>> {
  const text = await readText(files, 'receipt.dsse.json')
  if (!text.ok) return text
  const envelope = parseEnvelope(text.value)
  if (envelope === null) return err('`receipt.dsse.json` is not an envelope')
  if (!sameBytes(preAuthenticationEncoding(statementType, envelope.payload), signed.bytes)) {
    return err('the payload of `receipt.dsse.json` is not what was signed')
  }
  if (!sameBytes(envelope.signature, signed.signature)) return err('`receipt.dsse.json` has another signature')
  if (envelope.keyId !== signed.keyId) return err('`receipt.dsse.json` names another key')
  return done(envelope.payload, 'the envelope holds the signed bytes')
}

function checkStatement(payload: Uint8Array): Step<ReceiptParts> {
  const text = utf8Text(payload)
  const parts = text === null ? null : parseStatement(text)
  if (!parts?.ok) return err('the signed bytes are not a receipt')
  const { delivery, objects, target, verificationLevel } = parts.value.facts
  const what = `${quoted(delivery)}: ${objects.length} objects at ${quoted(target.location)}, ${verificationLevel}`
  return done(parts.value, what)
}

async function checkCheckpoint(
  files: OpenPackage,
  keys: readonly KeyObject[],
  { log }: ReceiptParts,
): Promise<Step<VerifiedCheckpoint>> {
  const text = await readText(files, 'checkpoint')
  if (!text.ok) return text
  const checkpoint = verifyCheckpoint(text.value, keys, log.origin)
  if (!checkpoint.ok) return err(`\`checkpoint\` is ${checkpoint.error}`)
  const { treeSize, rootHash } = checkpoint.value
  const root = fromBase64(log.rootHash)
  if (treeSize !== log.treeSize || root === null || !sameBytes(root, rootHash)) {
    return err('`checkpoint` is not the one that the receipt names')
  }
  return done(checkpoint.value, `${quoted(log.origin)} at ${treeSize} entries`)
}

async function checkInclusion(
  files: OpenPackage,
  { log }: ReceiptParts,
  checkpoint: VerifiedCheckpoint,
): Promise<Step<string>> {
  const [proofText, note, json] = await Promise.all([
    readText(files, 'receipt.tlog-proof'),
    readText(files, 'checkpoint'),
    readText(files, 'receipt.entry.json'),
  ])
  if (!proofText.ok) return proofText
  if (!note.ok) return note
  if (!json.ok) return json
  const proof = parseTlogProof(proofText.value)
  if (!proof.ok || proof.value.extra !== undefined) return err('`receipt.tlog-proof` is not a proof of this log')
  const { index, hashes } = proof.value
  if (proof.value.checkpoint !== note.value) return err('`receipt.tlog-proof` has another checkpoint')
  if (index !== log.seq) return err('`receipt.tlog-proof` is about another entry')
  if (!verifyInclusion(leafHash(json.value), index, checkpoint.treeSize, hashes, checkpoint.rootHash)) {
    return err('`receipt.entry.json` is not in the log')
  }
  return done(json.value, `entry ${index} is in the log`)
}

function checkEntry(json: string, { facts, log }: ReceiptParts): Step<true> {
  const entry = parseEntry(json)
  if (!entry.ok) return err('`receipt.entry.json` is not an entry')
  if (entry.value.seq !== log.seq) return err('`receipt.entry.json` has another place')
  if (!isEntryOf(entry.value, facts)) return err('`receipt.entry.json` is not the entry to which the receipt belongs')
  return done(true, `logged at ${quoted(entry.value.time)}`)
}

async function checkManifest(files: OpenPackage, { facts }: ReceiptParts): Promise<Step<true>> {
  if (packageForm(facts.objects.map(({ path }) => path)) === null) return err('the receipt names paths of no package')
  const text = await readText(files, manifestPath)
  if (!text.ok) return text
  if (text.value !== writeManifest(facts.objects)) return err(`\`${manifestPath}\` lists other files than the receipt`)
  return done(true, `${facts.objects.length} files, as in the receipt`)
}

async function checkTags(files: OpenPackage, { facts, tags }: ReceiptParts): Promise<Step<true>> {
  const form = packageForm(facts.objects.map(({ path }) => path))
  if (tagPaths(form).join('\n') !== tags.map(({ path }) => path).join('\n')) {
    return err('the receipt vouches for other tag files than a package has')
  }
  for (const { path, sha256 } of tags) {
    const bytes = await files.read(path)
    if (!bytes.ok) return bytes
    if (sha256Hex(bytes.value) !== sha256) return err(`${quoted(path)} was changed`)
  }
  const bag = form === 'bag' ? await checkBag(files, tags) : ok(true)
  return bag.ok ? done(true, `${tags.length} tag files, as in the receipt`) : bag
}

async function checkBag(files: OpenPackage, tags: ReceiptParts['tags']): Promise<Result<true, string>> {
  const declaration = await readText(files, 'bagit.txt')
  if (!declaration.ok) return declaration
  if (declaration.value !== bagDeclaration) return err('`bagit.txt` declares another version')
  const manifest = await readText(files, tagManifestPath)
  if (!manifest.ok) return manifest
  const listed = tags.filter(({ path }) => path !== tagManifestPath && path !== 'VERIFY.md')
  return manifest.value === writeManifest(listed) ? ok(true) : err(`\`${tagManifestPath}\` lists other files`)
}

function checkPayloadSet(files: OpenPackage, { facts, tags }: ReceiptParts): Step<true> {
  const payload = new Set(facts.objects.map(({ path }) => path))
  const missing = [...payload].find((path) => !files.paths.has(path))
  if (missing !== undefined) return err(`${quoted(missing)} is missing`)
  const known = new Set([...payload, ...receiptPaths, ...tags.map(({ path }) => path), keyPath])
  for (const path of payload) known.add(`${path}${sidecarSuffix}`)
  const extra = [...files.paths].find((path) => !known.has(path))
  if (extra !== undefined) return err(`${quoted(extra)} was not delivered`)
  return done(true, 'nothing is missing, nothing was added')
}

async function checkPayload(files: OpenPackage, { facts }: ReceiptParts): Promise<Step<true>> {
  for (const { path, sha256, sizeBytes } of facts.objects) {
    const hashed = await files.hash(path)
    if (!hashed.ok) return hashed
    if (hashed.value.sha256 !== sha256 || hashed.value.sizeBytes !== sizeBytes)
      return err(`${quoted(path)} was changed`)
  }
  return done(true, `${facts.objects.length} files have the hashes that were signed`)
}

function tagPaths(form: 'bag' | 'file' | null): string[] {
  return form === 'bag'
    ? ['bagit.txt', 'bag-info.txt', manifestPath, tagManifestPath, 'VERIFY.md']
    : [manifestPath, 'VERIFY.md']
}

async function readText(files: OpenPackage, path: string): Promise<Result<string, string>> {
  const bytes = await files.read(path)
  if (!bytes.ok) return bytes
  const text = utf8Text(bytes.value)
  return text === null ? err(`${quoted(path)} is not text`) : ok(text)
}

function done<T>(value: T, detail: string): Step<T> {
  return ok({ value, detail })
}
