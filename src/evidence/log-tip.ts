/**
 * The growing edge of a log: as much of the tree as the next entry needs to get its place. Whoever is alone in writing a
 * log keeps it between entries, and reads nothing back of what it wrote. Pure but for the reader it begins with.
 */
import { entryJson } from './log-entry.ts'
import type { IntegratedEntry, PendingEntry } from './log-store.ts'
import {
  frontierIndexes,
  type HashReader,
  leafHash,
  nodeHash,
  readStoredHashes,
  type StoredHash,
  storedHashIndex,
} from './merkle-tree.ts'

/** The end of one log, with the hashes of its complete subtrees. */
export class LogTip {
  readonly #tenant: string
  #size: number
  /** The largest first: as many as the size has ones in binary. */
  readonly #frontier: Uint8Array[]
  #lastLeaf: Uint8Array | null

  private constructor(tenant: string, size: number, frontier: readonly Uint8Array[], lastLeaf: Uint8Array | null) {
    this.#tenant = tenant
    this.#size = size
    this.#frontier = [...frontier]
    this.#lastLeaf = lastLeaf
  }

  /** Reads where a log of `size` entries goes on. @throws data-directory-broken — hashes are missing */
  static async read(tenant: string, size: number, read: HashReader): Promise<LogTip> {
    const wanted = frontierIndexes(size)
    const last = size === 0 ? [] : [storedHashIndex(0, size - 1)]
    const hashes = await readStoredHashes(read, [...wanted, ...last])
    return new LogTip(tenant, size, hashes.slice(0, wanted.length), hashes[wanted.length] ?? null)
  }

  /** How many entries the log has. */
  get size(): number {
    return this.#size
  }

  /**
   * The hash that was stored last, and where; null in an empty log. Every leaf says its predecessor's hash, so that two logs
   * with the same one are the same log.
   */
  get lastStored(): StoredHash | null {
    const hash = this.#frontier.at(-1)
    return hash === undefined ? null : { index: storedHashIndex(0, this.#size) - 1, hash }
  }

  /** The complete subtrees of the log as it is, with their places. */
  get frontier(): StoredHash[] {
    const indexes = frontierIndexes(this.#size)
    return this.#frontier.map((hash, at) => ({ index: indexes[at] ?? -1, hash }))
  }

  /** Gives an entry the next place, and goes on behind it. */
  place(entry: PendingEntry): IntegratedEntry {
    const seq = this.#size
    const prev = this.#lastLeaf === null ? undefined : Buffer.from(this.#lastLeaf).toString('hex')
    const json = entryJson(this.#tenant, seq, entry, prev)
    const leaf = leafHash(json)
    const first = storedHashIndex(0, seq)
    const hashes: StoredHash[] = [{ index: first, hash: leaf }]
    let hash = leaf
    // Each one at the end of the number is a subtree on the left that this leaf completes to one of twice the size.
    for (let rest = seq; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      const left = this.#frontier.pop()
      if (left === undefined) throw new TypeError('a tree has a complete subtree for every one in its size')
      hash = nodeHash(left, hash)
      hashes.push({ index: first + hashes.length, hash })
    }
    this.#frontier.push(hash)
    this.#lastLeaf = leaf
    this.#size += 1
    return { outboxId: entry.outboxId, seq, json, hashes }
  }
}
