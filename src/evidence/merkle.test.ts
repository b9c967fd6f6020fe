/** RFC 6962 trees and proofs, against a tree that is computed as the RFC words it. */
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { proveConsistency, proveInclusion, verifyConsistency, verifyInclusion } from './merkle-proof.ts'
import type { HashReader } from './merkle-tree.ts'
import { hashesForLeaf, leafHash, storedHashIndex, treeHash } from './merkle-tree.ts'

// The naive model: RFC 6962 section 2.1, word for word, over the leaves themselves.
const sha256 = (...parts: (Uint8Array | string)[]): string => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(typeof part === 'string' ? Buffer.from(part, 'hex') : part)
  return hash.digest('hex')
}
const split = (n: number): number => 2 ** (Math.ceil(Math.log2(n)) - 1)
const mth = (leaves: readonly Uint8Array[]): string => {
  const [only] = leaves
  if (only === undefined) return sha256()
  if (leaves.length === 1) return sha256('00', only)
  const k = split(leaves.length)
  return sha256('01', mth(leaves.slice(0, k)), mth(leaves.slice(k)))
}
const path = (m: number, leaves: readonly Uint8Array[]): string[] => {
  if (leaves.length <= 1) return []
  const k = split(leaves.length)
  return m < k
    ? [...path(m, leaves.slice(0, k)), mth(leaves.slice(k))]
    : [...path(m - k, leaves.slice(k)), mth(leaves.slice(0, k))]
}
const subproof = (m: number, leaves: readonly Uint8Array[], isWhole: boolean): string[] => {
  if (m === leaves.length) return isWhole ? [] : [mth(leaves)]
  const k = split(leaves.length)
  return m <= k
    ? [...subproof(m, leaves.slice(0, k), isWhole), mth(leaves.slice(k))]
    : [...subproof(m - k, leaves.slice(k), false), mth(leaves.slice(0, k))]
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))

async function treeOf(leaves: readonly Uint8Array[]): Promise<{ stored: Uint8Array[]; read: HashReader }> {
  const stored: Uint8Array[] = []
  const read: HashReader = async (indexes) => indexes.flatMap((index) => stored[index] ?? [])
  for (const [index, leaf] of leaves.entries()) {
    for (const { index: at, hash } of await hashesForLeaf(index, leafHash(leaf), read)) {
      expect(at).toBe(stored.length)
      stored.push(hash)
    }
  }
  return { stored, read }
}

const numbered = (count: number): Uint8Array[] => Array.from({ length: count }, (_, n) => Uint8Array.of(n, n >> 8))

/** The leaves and roots with which Certificate Transparency's implementations test themselves. */
const knownLeaves = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map(unhex)
const knownRoots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

describe('the Merkle tree', () => {
  test('has the roots of the known tree at every size', async () => {
    const { read } = await treeOf(knownLeaves)
    const roots = await Promise.all(knownRoots.map((_, size) => treeHash(size, read)))
    expect(roots.map(hex)).toEqual(knownRoots)
  })

  test('stores hashes in the order in which they become known', () => {
    // Leaves 0 to 4 and the subtrees that they complete: 0, 1, (1,0), 2, 3, (1,1), (2,0), 4.
    expect([0, 1, 2, 3, 4].map((n) => storedHashIndex(0, n))).toEqual([0, 1, 3, 4, 7])
    expect([storedHashIndex(1, 0), storedHashIndex(1, 1), storedHashIndex(2, 0)]).toEqual([2, 5, 6])
    expect(storedHashIndex(0, 2 ** 51)).toBe(2 ** 52 - 1)
  })

  test('keeps one hash for every complete subtree, with the root that the model has', async () => {
    const leaves = numbered(130)
    const { read, stored } = await treeOf(leaves)
    for (let size = 0; size <= leaves.length; size++) {
      expect(hex(await treeHash(size, read))).toBe(mth(leaves.slice(0, size)))
    }
    expect(stored.length).toBe(storedHashIndex(0, 130))
  })

  test('refuses sizes that are none', async () => {
    const { read } = await treeOf([])
    for (const size of [-1, 0.5, Number.NaN, 2 ** 53]) await expect(treeHash(size, read)).rejects.toThrow(TypeError)
    await expect(proveInclusion(3, 3, read)).rejects.toThrow(TypeError)
    await expect(proveConsistency(4, 3, read)).rejects.toThrow(TypeError)
  })

  test('says so when stored hashes are gone', async () => {
    const { stored, read } = await treeOf(numbered(8))
    stored.length = 3
    await expect(treeHash(8, read)).rejects.toMatchObject({ code: 'data-directory-broken' })
  })
})

describe('proofs', () => {
  test('are those of the model, for every leaf and every size up to 40', async () => {
    const leaves = numbered(40)
    const { read } = await treeOf(leaves)
    for (let size = 1; size <= leaves.length; size++) {
      const tree = leaves.slice(0, size)
      const root = unhex(mth(tree))
      for (let index = 0; index < size; index++) {
        const proof = await proveInclusion(size, index, read)
        expect(proof.map(hex)).toEqual(path(index, tree))
        expect(verifyInclusion(leafHash(leaves[index] ?? ''), index, size, proof, root)).toBe(true)
      }
      for (let old = 1; old <= size; old++) {
        const proof = await proveConsistency(old, size, read)
        expect(proof.map(hex)).toEqual(subproof(old, tree, true))
        expect(verifyConsistency(old, size, unhex(mth(leaves.slice(0, old))), root, proof)).toBe(true)
      }
    }
  })

  test('have the hashes that RFC 6962 section 2.1.3 draws for a tree of seven', async () => {
    const leaves = knownLeaves.slice(0, 7)
    const { read } = await treeOf(leaves)
    const of = (start: number, end: number): string => mth(leaves.slice(start, end))
    const inclusion = async (index: number): Promise<string[]> => (await proveInclusion(7, index, read)).map(hex)
    const consistency = async (old: number): Promise<string[]> => (await proveConsistency(old, 7, read)).map(hex)
    expect(await inclusion(0)).toEqual([of(1, 2), of(2, 4), of(4, 7)])
    expect(await inclusion(3)).toEqual([of(2, 3), of(0, 2), of(4, 7)])
    expect(await inclusion(4)).toEqual([of(5, 6), of(6, 7), of(0, 4)])
    expect(await inclusion(6)).toEqual([of(4, 6), of(0, 4)])
    expect(await consistency(3)).toEqual([of(2, 3), of(3, 4), of(0, 2), of(4, 7)])
    expect(await consistency(4)).toEqual([of(4, 7)])
    expect(await consistency(6)).toEqual([of(4, 6), of(6, 7), of(0, 4)])
  })

  const trees = fc.integer({ min: 2, max: 300 }).chain((size) =>
    fc.record({
      size: fc.constant(size),
      index: fc.integer({ min: 0, max: size - 1 }),
      old: fc.integer({ min: 1, max: size - 1 }),
      bit: fc.nat(),
    }),
  )
  const leaves300 = numbered(300)

  test('of inclusion fail for another leaf, place, size, root, or with a changed, missing or added hash', async () => {
    const { read } = await treeOf(leaves300)
    await fc.assert(
      fc.asyncProperty(trees, async ({ size, index, bit }) => {
        const proof = await proveInclusion(size, index, read)
        const root = await treeHash(size, read)
        const leaf = leafHash(leaves300[index] ?? '')
        const holds = (p: readonly Uint8Array[], at = index, of = size, r = root, l = leaf): boolean =>
          verifyInclusion(l, at, of, p, r)
        expect(holds(proof)).toBe(true)
        expect(holds(flipped(proof, bit))).toBe(false)
        expect(holds(proof.slice(1))).toBe(false)
        expect(holds(proof.slice(0, -1))).toBe(false)
        expect(holds([...proof, root])).toBe(false)
        expect(holds(proof, (index + 1) % size)).toBe(false)
        expect(holds(proof, index, size, flippedHash(root, bit))).toBe(false)
        expect(holds(proof, index, size, root, flippedHash(leaf, bit))).toBe(false)
        expect(holds(proof, index, index)).toBe(false)
      }),
      { numRuns: 150 },
    )
  })

  test('of consistency fail for other roots, or with a changed, missing or added hash', async () => {
    const { read } = await treeOf(leaves300)
    await fc.assert(
      fc.asyncProperty(trees, async ({ size, old, bit }) => {
        const proof = await proveConsistency(old, size, read)
        const [before, after] = [await treeHash(old, read), await treeHash(size, read)]
        expect(verifyConsistency(old, size, before, after, proof)).toBe(true)
        expect(verifyConsistency(old, size, flippedHash(before, bit), after, proof)).toBe(false)
        expect(verifyConsistency(old, size, before, flippedHash(after, bit), proof)).toBe(false)
        expect(verifyConsistency(old, size, before, after, flipped(proof, bit))).toBe(false)
        expect(verifyConsistency(old, size, before, after, proof.slice(1))).toBe(false)
        expect(verifyConsistency(old, size, before, after, [...proof, before])).toBe(false)
        expect(verifyConsistency(size, old, after, before, proof)).toBe(false)
      }),
      { numRuns: 150 },
    )
  })

  test('treat equal and empty trees as RFC 9162 does, and never throw', () => {
    const [empty, root] = [unhex(mth([])), unhex(mth(numbered(3)))]
    expect(verifyConsistency(3, 3, root, root, [])).toBe(true)
    expect(verifyConsistency(3, 3, root, empty, [])).toBe(false)
    expect(verifyConsistency(3, 3, root, root, [root])).toBe(false)
    expect(verifyConsistency(0, 3, empty, root, [])).toBe(true)
    expect(verifyConsistency(0, 3, root, root, [])).toBe(false)
    expect(verifyConsistency(0, 0, empty, root, [])).toBe(false)
    expect(verifyConsistency(1, 3, root, root, [])).toBe(false)
    expect(verifyConsistency(-1, Number.NaN, root, root, [])).toBe(false)
    expect(verifyInclusion(root, 0, 0, [], root)).toBe(false)
    expect(verifyInclusion(root, 0, 1, [], root)).toBe(true)
    expect(verifyInclusion(root.subarray(1), 0, 1, [], root.subarray(1))).toBe(false)
    expect(verifyInclusion(root, 0.5, 2, [root], root)).toBe(false)
  })
})

function flippedHash(hash: Uint8Array, bit: number): Uint8Array {
  return hash.map((byte, at) => (at === (bit >> 3) % hash.length ? byte ^ (1 << (bit & 7)) : byte))
}

function flipped(proof: readonly Uint8Array[], bit: number): Uint8Array[] {
  const victim = bit % proof.length
  return proof.map((hash, at) => (at === victim ? flippedHash(hash, bit) : hash))
}
