/**
 * Inclusion proofs of several leaves in one tree whose hashes are at hand, as whoever just grew the tree has them: each hash
 * that the proofs share is made once. `proveInclusion` makes the same proofs one by one of what a store holds.
 */
import { DrawbridgeError } from '../base/index.ts'
import { checkedSize, emptyTreeHash, nodeHash, storedHashIndex } from './merkle-tree.ts'

/** A hash by the index under which it is stored; undefined: it is not at hand. */
export type KnownHashes = (index: number) => Uint8Array | undefined

/** The tree of `size` leaves. */
export class KnownTree {
  readonly #size: number
  readonly #known: KnownHashes
  /** By level, then by place in it. */
  readonly #nodes: Map<number, Uint8Array>[] = []

  constructor(size: number, known: KnownHashes) {
    this.#size = checkedSize(size)
    this.#known = known
  }

  /** The root, as `treeHash`. @throws data-directory-broken — a hash is not at hand */
  root(): Uint8Array {
    if (this.#size === 0) return emptyTreeHash()
    let level = 0
    while (2 ** level < this.#size) level++
    return this.#node(level, 0)
  }

  /** The hashes from a leaf's sibling up to the root's child, as `proveInclusion`. @throws data-directory-broken — a hash is not at hand */
  inclusion(index: number): Uint8Array[] {
    if (checkedSize(index) >= this.#size) throw new TypeError('the tree has no leaf of that index')
    const proof: Uint8Array[] = []
    let [place, last] = [index, this.#size - 1]
    for (let level = 0; last > 0; level++) {
      const sibling = place % 2 === 0 ? place + 1 : place - 1
      // At the right edge a node may be alone: it stands for its parent too.
      if (sibling <= last) proof.push(this.#node(level, sibling))
      ;[place, last] = [Math.floor(place / 2), Math.floor(last / 2)]
    }
    return proof
  }

  /** The hash over as many of the leaves `n · 2^level` to `(n + 1) · 2^level` as the tree has. */
  #node(level: number, n: number): Uint8Array {
    const nodes = this.#nodes[level] ?? new Map<number, Uint8Array>()
    this.#nodes[level] = nodes
    const made = nodes.get(n)
    if (made !== undefined) return made
    const hash = (n + 1) * 2 ** level <= this.#size ? this.#stored(level, n) : this.#edge(level, n)
    nodes.set(n, hash)
    return hash
  }

  #edge(level: number, n: number): Uint8Array {
    const left = this.#node(level - 1, 2 * n)
    const isAlone = (2 * n + 1) * 2 ** (level - 1) >= this.#size
    return isAlone ? left : nodeHash(left, this.#node(level - 1, 2 * n + 1))
  }

  #stored(level: number, n: number): Uint8Array {
    const hash = this.#known(storedHashIndex(level, n))
    if (hash !== undefined) return hash
    throw new DrawbridgeError({
      code: 'data-directory-broken',
      message: 'a hash of the evidence log is not at hand',
      operation: 'evidence.readHashes',
      context: { level, n },
    })
  }
}
