/** Hashes of the tree for many proofs at a time. */
import type { HashReader } from './merkle-tree.ts'

/** Reads for many that ask at the same time in one reading, every hash once. */
export function gathered(read: HashReader): HashReader {
  let asked = new Set<number>()
  let reading: Promise<Map<number, Uint8Array>> | null = null
  const readAll = async (): Promise<Map<number, Uint8Array>> => {
    await Promise.resolve()
    const indexes = [...asked]
    asked = new Set()
    reading = null
    const hashes = await read(indexes)
    if (hashes.length !== indexes.length) return new Map()
    return new Map(indexes.map((index, at) => [index, hashes[at] ?? new Uint8Array()]))
  }
  return async (indexes) => {
    for (const index of indexes) asked.add(index)
    reading ??= readAll()
    const known = await reading
    return indexes.flatMap((index) => known.get(index) ?? [])
  }
}
