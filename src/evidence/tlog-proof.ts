/** The proof file of C2SP tlog-proof: where an entry is, the inclusion proof, and the checkpoint it leads to. */
import type { Result } from '../base/index.ts'
import { err, ok } from '../base/index.ts'
import { fromBase64, toBase64 } from './base64.ts'
import { parseCheckpoint, parseDecimal } from './checkpoint.ts'
import { hashBytes, maximumTreeSize } from './merkle-tree.ts'

/** What a proof file says. */
export interface TlogProof {
  /** The entry's place in the log, from 0. */
  readonly index: number
  /** From the leaf's sibling up to the root's child. */
  readonly hashes: readonly Uint8Array[]
  /** The signed checkpoint, verbatim. */
  readonly checkpoint: string
  /** Nobody signs this; readers must not believe it. */
  readonly extra?: Uint8Array
}

const header = 'c2sp.org/tlog-proof@v1'
const maximumLength = 128 * 1024
/** A tree of 2^52 leaves is 52 levels high. */
const maximumHashes = 52

/**
 * Writes a proof file.
 *
 * @param lineOf - writes a hash as its line; whoever writes many proofs of one tree does so once for those that they share
 * @throws TypeError when the index or a hash is none, or the checkpoint is not a checkpoint.
 * @see https://c2sp.org/tlog-proof
 */
export function writeTlogProof(proof: TlogProof, lineOf: (hash: Uint8Array) => string = hashLine): string {
  const { index, hashes, checkpoint, extra } = proof
  if (!Number.isSafeInteger(index) || index < 0 || index >= maximumTreeSize) throw new TypeError('an index is needed')
  if (hashes.length > maximumHashes || hashes.some((hash) => hash.length !== hashBytes)) {
    throw new TypeError('a proof consists of at most 52 SHA-256')
  }
  assertCheckpoint(checkpoint)
  const extraLine = extra === undefined ? '' : `extra ${toBase64(extra)}\n`
  let hashLines = ''
  for (const hash of hashes) hashLines += lineOf(hash)
  return `${header}\n${extraLine}index ${index}\n${hashLines}\n${checkpoint}`
}

/** A hash as a line of a proof. */
export function hashLine(hash: Uint8Array): string {
  return `${toBase64(hash)}\n`
}

/** The checkpoint of the last proof that was written: many proofs stand under one. */
let latest = ''

function assertCheckpoint(checkpoint: string): void {
  if (checkpoint === latest) return
  if (!parseCheckpoint(checkpoint).ok) throw new TypeError('the checkpoint of a proof is a signed checkpoint')
  latest = checkpoint
}

/** Reads a proof file. The proof and the signature are not verified. */
export function parseTlogProof(text: string): Result<TlogProof, 'malformed'> {
  // The first empty line ends the proof: neither a hash line nor anything above it can be empty.
  const end = text.indexOf('\n\n')
  if (text.length > maximumLength || end < 0) return err('malformed')
  const checkpoint = text.slice(end + 2)
  const [first, ...lines] = text.slice(0, end).split('\n')
  const extra = lines[0]?.startsWith('extra ') ? fromBase64(lines.shift()?.slice('extra '.length) ?? '') : undefined
  const indexLine = lines.shift()
  if (first !== header || extra === null || !indexLine?.startsWith('index ')) return err('malformed')
  const index = parseDecimal(indexLine.slice('index '.length))
  if (index === null || lines.length > maximumHashes || !parseCheckpoint(checkpoint).ok) return err('malformed')
  const hashes: Uint8Array[] = []
  for (const line of lines) {
    const hash = fromBase64(line)
    if (hash?.length !== hashBytes) return err('malformed')
    hashes.push(hash)
  }
  return ok({ index, hashes, checkpoint, ...(extra === undefined ? {} : { extra }) })
}
