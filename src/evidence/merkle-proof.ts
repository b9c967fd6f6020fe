/** Inclusion and consistency proofs of RFC 6962 section 2.1: making them from stored hashes, checking them from nothing. */
import { sameBytes } from './base64.ts'
import type { HashReader, LeafRange } from './merkle-tree.ts'
import {
  checkedSize,
  emptyTreeHash,
  hashBytes,
  maximumTreeSize,
  nodeHash,
  rangeHashes,
  splitPoint,
} from './merkle-tree.ts'

/**
 * Proves that leaf `index` is in the tree of `size` leaves: the hashes from the leaf's sibling up to the root's child.
 *
 * @throws TypeError when the tree has no such leaf.
 * @see https://www.rfc-editor.org/rfc/rfc6962#section-2.1.1
 */
export async function proveInclusion(size: number, index: number, read: HashReader): Promise<Uint8Array[]> {
  if (checkedSize(index) >= checkedSize(size)) throw new TypeError('the tree has no leaf of that index')
  const path: LeafRange[] = []
  let [start, end] = [0, size]
  while (end - start > 1) {
    const middle = start + splitPoint(end - start)
    if (index < middle) {
      path.push({ start: middle, end })
      end = middle
    } else {
      path.push({ start, end: middle })
      start = middle
    }
  }
  return rangeHashes(path.reverse(), read)
}

/**
 * Proves that the tree of `size` leaves begins with the tree of `oldSize` leaves. Empty when the sizes are equal, and
 * when the old tree is empty.
 *
 * @throws TypeError when the old tree is the larger one.
 * @see https://www.rfc-editor.org/rfc/rfc6962#section-2.1.2
 */
export async function proveConsistency(oldSize: number, size: number, read: HashReader): Promise<Uint8Array[]> {
  if (checkedSize(oldSize) > checkedSize(size)) throw new TypeError('the old tree is larger than the new one')
  if (oldSize === 0 || oldSize === size) return []
  const path: LeafRange[] = []
  let [start, end] = [0, size]
  while (end !== oldSize) {
    const middle = start + splitPoint(end - start)
    if (oldSize <= middle) {
      path.push({ start: middle, end })
      end = middle
    } else {
      path.push({ start, end: middle })
      start = middle
    }
  }
  // The old tree's own root is left out when it is a complete subtree at the left edge: the checker has it already.
  if (start !== 0) path.push({ start, end })
  return rangeHashes(path.reverse(), read)
}

/**
 * Checks that a leaf is in the tree with that size and root. False for everything malformed; never throws.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9162#section-2.1.3.2
 */
export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!isSize(index) || !isSize(size) || index >= size || !areHashes([leaf, root, ...proof])) return false
  let [position, last, hash] = [index, size - 1, leaf]
  for (const sibling of proof) {
    if (last === 0) return false
    if (position % 2 === 1 || position === last) {
      hash = nodeHash(sibling, hash)
      while (position % 2 === 0 && position > 0) [position, last] = [position / 2, half(last)]
    } else {
      hash = nodeHash(hash, sibling)
    }
    ;[position, last] = [half(position), half(last)]
  }
  return last === 0 && sameBytes(hash, root)
}

/**
 * Checks that the tree with the new size and root begins with the tree of the old size and root. The empty tree begins
 * every tree. False for everything malformed; never throws.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9162#section-2.1.4.2
 */
export function verifyConsistency(
  oldSize: number,
  size: number,
  oldRoot: Uint8Array,
  root: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (!isSize(oldSize) || !isSize(size) || oldSize > size || !areHashes([oldRoot, root, ...proof])) return false
  if (oldSize === 0) {
    const isRootPlausible = size > 0 || sameBytes(root, emptyTreeHash())
    return proof.length === 0 && sameBytes(oldRoot, emptyTreeHash()) && isRootPlausible
  }
  if (oldSize === size) return proof.length === 0 && sameBytes(oldRoot, root)
  return climbs(oldSize, size, oldRoot, root, proof)
}

function climbs(
  oldSize: number,
  size: number,
  oldRoot: Uint8Array,
  root: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  let [position, last] = [oldSize - 1, size - 1]
  while (position % 2 === 1) [position, last] = [half(position), half(last)]
  const [first, ...rest] = position === 0 ? [oldRoot, ...proof] : proof
  if (first === undefined) return false
  let [oldHash, hash] = [first, first]
  for (const sibling of rest) {
    if (last === 0) return false
    if (position % 2 === 1 || position === last) {
      oldHash = nodeHash(sibling, oldHash)
      hash = nodeHash(sibling, hash)
      while (position % 2 === 0 && position > 0) [position, last] = [position / 2, half(last)]
    } else {
      hash = nodeHash(hash, sibling)
    }
    ;[position, last] = [half(position), half(last)]
  }
  return last === 0 && sameBytes(oldHash, oldRoot) && sameBytes(hash, root)
}

function half(value: number): number {
  return Math.floor(value / 2)
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= maximumTreeSize
}

function areHashes(values: readonly Uint8Array[]): boolean {
  return values.every((value) => value.length === hashBytes)
}
