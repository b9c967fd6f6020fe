/** Checkpoints (C2SP tlog-checkpoint): a log's tree head as a signed note whose key name is the log's origin. */
import type { KeyObject } from 'node:crypto'
import type { Result } from '../base/index.ts'
import { err, ok } from '../base/index.ts'
import { fromBase64, toBase64 } from './base64.ts'
import { hashBytes, maximumTreeSize } from './merkle-tree.ts'
import type { NoteProblem, SignedNote } from './signed-note.ts'
import { isKeyName, parseNote, signNote, verifyNote } from './signed-note.ts'

/** The state of a log at one size. */
export interface TreeHead {
  /** The log's identity: a URL without a scheme. */
  readonly origin: string
  readonly treeSize: number
  /** 32 bytes. */
  readonly rootHash: Uint8Array
}

/** A checkpoint that was taken apart. Nothing is verified yet. */
export interface ParsedCheckpoint extends TreeHead {
  /** Lines after the root hash; this log writes none. */
  readonly extensions: readonly string[]
  readonly note: SignedNote
}

/** A checkpoint whose signature was verified. */
export interface VerifiedCheckpoint extends ParsedCheckpoint {
  /** The trusted keys that signed it, at least one. */
  readonly signedBy: readonly KeyObject[]
}

/** Why a checkpoint is not to be believed. */
export type CheckpointProblem = NoteProblem | 'wrong-origin'

/**
 * Signs a tree head. Several signers, all of them under the origin's name, serve the rotation of keys.
 *
 * @throws TypeError when the origin can not name a key, or the root hash has not 32 bytes.
 * @see https://c2sp.org/tlog-checkpoint
 */
export function signCheckpoint(head: TreeHead, ...signers: readonly KeyObject[]): string {
  const { origin, treeSize, rootHash } = head
  if (!isOrigin(origin)) throw new TypeError(`\`${origin}\` can not be the origin of a log`)
  if (!isTreeSize(treeSize) || rootHash.length !== hashBytes)
    throw new TypeError('a tree head has a size and a SHA-256')
  return signNote(`${origin}\n${treeSize}\n${toBase64(rootHash)}\n`, origin, signers)
}

/** Takes a checkpoint apart. Nothing of it must be believed before `verifyCheckpoint` said so. */
export function parseCheckpoint(note: string): Result<ParsedCheckpoint, 'malformed'> {
  const parsed = parseNote(note)
  if (!parsed.ok) return parsed
  const [origin, size, root, ...extensions] = parsed.value.text.slice(0, -1).split('\n')
  if (origin === undefined || size === undefined || root === undefined) return err('malformed')
  const treeSize = parseDecimal(size)
  const rootHash = fromBase64(root)
  const isComplete = origin !== '' && extensions.every((line) => line !== '')
  if (!isComplete || treeSize === null || rootHash?.length !== hashBytes) return err('malformed')
  return ok({ origin, treeSize, rootHash, extensions, note: parsed.value })
}

/** Reads a checkpoint and verifies that one of the trusted keys signed it, for the given origin or for any. */
export function verifyCheckpoint(
  note: string,
  publicKeys: readonly KeyObject[],
  origin?: string,
): Result<VerifiedCheckpoint, CheckpointProblem> {
  const parsed = parseCheckpoint(note)
  if (!parsed.ok) return parsed
  const checkpoint = parsed.value
  if (origin !== undefined && checkpoint.origin !== origin) return err('wrong-origin')
  const verifiers = publicKeys.map((publicKey) => ({ name: checkpoint.origin, publicKey }))
  const verified = verifyNote(checkpoint.note, verifiers)
  if (!verified.ok) return verified
  return ok({ ...checkpoint, signedBy: verified.value.map(({ publicKey }) => publicKey) })
}

/** Tells whether a text can be the origin of a log here: it must also do as the name of a key. */
export function isOrigin(text: string): boolean {
  return text.length <= 512 && isKeyName(text)
}

/** Reads an ASCII decimal without leading zeroes, up to 2^52; null for everything else. */
export function parseDecimal(text: string): number | null {
  if (!/^(?:0|[1-9][0-9]{0,15})$/u.test(text)) return null
  const value = Number(text)
  return isTreeSize(value) ? value : null
}

function isTreeSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= maximumTreeSize
}
