/**
 * The Merkle tree of RFC 6962 over stored hashes: every hash of a complete subtree is kept once, under an index that
 * never changes as the tree grows. Proofs are in `merkle-proof.ts`; what the leaves say is in `log-entry.ts`.
 */
import { hash } from 'node:crypto'
import { DrawbridgeError } from '../base/index.ts'

/** Bytes of one SHA-256. */
export const hashBytes = 32

/** The largest tree: beyond it, twice the size is not a safe integer any more. */
export const maximumTreeSize = 2 ** 52

/** Reads stored hashes by index, in the order asked for. */
export type HashReader = (indexes: readonly number[]) => Promise<readonly Uint8Array[]>

/** A hash and the index under which it is stored for ever. */
export interface StoredHash {
  readonly index: number
  readonly hash: Uint8Array
}

/** The complete subtree over leaves `n · 2^level` to `(n + 1) · 2^level`, exclusive. */
interface TreeNode {
  readonly level: number
  readonly n: number
}

/** A run of leaves, `end` exclusive. */
export interface LeafRange {
  readonly start: number
  readonly end: number
}

/** Hashes a leaf: SHA-256 of a zero byte and the entry. A text is taken as UTF-8. */
export function leafHash(entry: Uint8Array | string): Uint8Array {
  return sha256(typeof entry === 'string' ? `\0${entry}` : Buffer.concat([Uint8Array.of(0), entry]))
}

/** Hashes an inner node: SHA-256 of a one byte, the left and the right hash. @throws TypeError when one of them is none */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  if (left.length !== hashBytes || right.length !== hashBytes) throw new TypeError('a node is made of two SHA-256')
  node.set(left, 1)
  node.set(right, 1 + hashBytes)
  return sha256(node)
}

/** Written anew for every hash, which is taken at once. */
const node = new Uint8Array(1 + 2 * hashBytes).fill(1)

/** In one call: an object for each hash takes longer than the hashing. */
function sha256(content: Uint8Array | string): Uint8Array {
  return new Uint8Array(hash('sha256', content, 'buffer'))
}

/** The root of the tree without leaves: SHA-256 of nothing. */
export function emptyTreeHash(): Uint8Array {
  return sha256('')
}

/**
 * Tells where the hash of the `n`th complete subtree of a level is stored. Hashes are stored in the order in which
 * they become known: a leaf, then every subtree that it completes, from the lowest up.
 */
export function storedHashIndex(level: number, n: number): number {
  const lastLeaf = checkedSize((n + 1) * 2 ** level) - 1
  let index = level
  for (let rest = lastLeaf; rest > 0; rest = Math.floor(rest / 2)) index += rest
  return index
}

/**
 * Makes the hashes to store for the leaf at `index`: its own and those of the subtrees that it completes, ready to be
 * appended. `read` is asked once, for the left siblings, all of which are stored before this leaf.
 */
export async function hashesForLeaf(index: number, leaf: Uint8Array, read: HashReader): Promise<StoredHash[]> {
  const siblings: number[] = []
  for (let n = checkedSize(index), level = 0; n % 2 === 1; n = Math.floor(n / 2), level++) {
    siblings.push(storedHashIndex(level, n - 1))
  }
  const left = await readStoredHashes(read, siblings)
  const stored: StoredHash[] = [{ index: storedHashIndex(0, index), hash: leaf }]
  let hash = leaf
  for (const sibling of left) {
    hash = nodeHash(sibling, hash)
    stored.push({ index: storedHashIndex(0, index) + stored.length, hash })
  }
  return stored
}

/** Computes the root of the tree's first `size` leaves, with one read. */
export async function treeHash(size: number, read: HashReader): Promise<Uint8Array> {
  if (checkedSize(size) === 0) return emptyTreeHash()
  const [root] = await rangeHashes([{ start: 0, end: size }], read)
  return root ?? emptyTreeHash()
}

/** Lists where the hashes stand that a tree of `size` needs to grow: its complete subtrees, the largest first. */
export function frontierIndexes(size: number): number[] {
  return coveringNodes({ start: 0, end: checkedSize(size) }).map(({ level, n }) => storedHashIndex(level, n))
}

/**
 * Computes the RFC 6962 hashes of runs of leaves, with one read. Every run must start at a multiple of the smallest
 * power of two that is not below its length, as the runs of proofs do.
 */
export async function rangeHashes(ranges: readonly LeafRange[], read: HashReader): Promise<Uint8Array[]> {
  const covers = ranges.map(coveringNodes)
  const stored = await readStoredHashes(
    read,
    covers.flat().map(({ level, n }) => storedHashIndex(level, n)),
  )
  let taken = 0
  return covers.map((cover) => {
    const hashes = stored.slice(taken, taken + cover.length)
    taken += cover.length
    return hashes.reduceRight((right, left) => nodeHash(left, right))
  })
}

/** Returns the largest power of two that is strictly smaller than `count`, for `count` of at least 2. */
export function splitPoint(count: number): number {
  let power = 1
  while (power * 2 < count) power *= 2
  return power
}

/** Returns a tree size that was checked. @throws TypeError when it is none. */
export function checkedSize(size: number): number {
  if (!Number.isSafeInteger(size) || size < 0 || size > maximumTreeSize) {
    throw new TypeError('a tree size is an integer from 0 to 2^52')
  }
  return size
}

function coveringNodes(range: LeafRange): TreeNode[] {
  const nodes: TreeNode[] = []
  let start = range.start
  while (start < range.end) {
    let level = 0
    while (2 ** (level + 1) <= range.end - start) level++
    nodes.push({ level, n: start / 2 ** level })
    start += 2 ** level
  }
  return nodes
}

/** Reads stored hashes and makes sure that they are all there. @throws data-directory-broken */
export async function readStoredHashes(read: HashReader, indexes: readonly number[]): Promise<readonly Uint8Array[]> {
  if (indexes.length === 0) return []
  const hashes = await read(indexes)
  if (hashes.length !== indexes.length || hashes.some((hash) => hash.length !== hashBytes)) {
    throw new DrawbridgeError({
      code: 'data-directory-broken',
      message: 'the evidence log lacks hashes that it stored before',
      operation: 'evidence.readHashes',
      context: { asked: indexes.length, got: hashes.length },
      help: 'restore the database from a backup; the log refuses to sign a tree older than its last checkpoint',
    })
  }
  return hashes
}
