/** Proofs of hashes at hand must be the ones that are made of a store, for every leaf of every small tree. */
import { expect, test } from 'vitest'
import { proveInclusion } from './merkle-proof.ts'
import { frontierIndexes, type HashReader, hashesForLeaf, leafHash, treeHash } from './merkle-tree.ts'
import { KnownTree } from './tree-proofs.ts'

/** The stored hashes of a tree that grows by one leaf each time. */
async function grown(size: number): Promise<{ stored: Map<number, Uint8Array>; read: HashReader }> {
  const stored = new Map<number, Uint8Array>()
  const read: HashReader = async (indexes) => indexes.flatMap((index) => stored.get(index) ?? [])
  for (let leaf = 0; leaf < size; leaf++) {
    for (const { index, hash } of await hashesForLeaf(leaf, leafHash(`leaf ${leaf}`), read)) stored.set(index, hash)
  }
  return { stored, read }
}

test('root and proofs are those of a store', async () => {
  for (let size = 0; size <= 70; size++) {
    const { stored, read } = await grown(size)
    const tree = new KnownTree(size, (index) => stored.get(index))
    expect(tree.root()).toEqual(await treeHash(size, read))
    for (let leaf = 0; leaf < size; leaf++) expect(tree.inclusion(leaf)).toEqual(await proveInclusion(size, leaf, read))
    expect(() => tree.inclusion(size)).toThrow(TypeError)
  }
})

test('whoever grew a tree has all that the proofs of the new leaves need', async () => {
  for (const [before, after] of [
    [0, 1],
    [1, 2],
    [6, 7],
    [7, 19],
    [13, 64],
    [32, 33],
    [100, 131],
  ] as const) {
    const { stored, read } = await grown(after)
    const first = Math.max(...frontierIndexes(before), -1)
    const wanted = new Set(frontierIndexes(before))
    const known = new Map([...stored].filter(([index]) => wanted.has(index) || index > first))
    const tree = new KnownTree(after, (index) => known.get(index))
    expect(tree.root()).toEqual(await treeHash(after, read))
    for (let leaf = before; leaf < after; leaf++) {
      expect(tree.inclusion(leaf)).toEqual(await proveInclusion(after, leaf, read))
    }
  }
})

test('a hash that is not at hand is told', async () => {
  const { stored } = await grown(9)
  const tree = new KnownTree(9, (index) => (index < 7 ? stored.get(index) : undefined))
  expect(() => tree.inclusion(8)).toThrow('is not at hand')
})
