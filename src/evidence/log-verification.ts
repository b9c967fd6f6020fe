/** The verification of a whole log from its exported entries alone: every entry, the chain, and the signed root. */
import type { KeyObject } from 'node:crypto'
import { sameBytes } from './base64.ts'
import { verifyCheckpoint } from './checkpoint.ts'
import { parseEntry } from './log-entry.ts'
import type { HashReader } from './merkle-tree.ts'
import { hashesForLeaf, leafHash, treeHash } from './merkle-tree.ts'

/** Whether an exported log is the one that was signed. `firstBad` is the place of the first entry that can not be right. */
export interface LogVerdict {
  readonly ok: boolean
  /** One line, lower case. */
  readonly detail: string
  readonly entries: number
  readonly firstBad?: number
}

/**
 * Verifies exported entries, in order and from the first, against a signed checkpoint. Entries after the checkpoint's
 * size are not looked at. Never rejects because of what the entries hold.
 */
export async function verifyLog(
  entries: Iterable<string> | AsyncIterable<string>,
  checkpoint: string,
  publicKeys: readonly KeyObject[],
): Promise<LogVerdict> {
  const verified = verifyCheckpoint(checkpoint, publicKeys)
  if (!verified.ok) return { ok: false, detail: `the checkpoint is ${verified.error}`, entries: 0 }
  const { treeSize, rootHash } = verified.value
  const stored: Uint8Array[] = []
  const read: HashReader = async (indexes) => indexes.flatMap((index) => stored[index] ?? [])
  let seq = 0
  let prev: string | undefined
  let tenant: string | undefined
  for await (const json of entries) {
    if (seq === treeSize) break
    const entry = parseEntry(json)
    const isNext = entry.ok && entry.value.seq === seq && entry.value.prev === prev
    if (!isNext || (tenant !== undefined && entry.value.tenant !== tenant)) {
      return { ok: false, detail: `entry ${seq} does not follow the one before it`, entries: seq, firstBad: seq }
    }
    tenant = entry.value.tenant
    const leaf = leafHash(json)
    for (const { hash } of await hashesForLeaf(seq, leaf, read)) stored.push(hash)
    prev = Buffer.from(leaf).toString('hex')
    seq++
  }
  if (seq < treeSize) {
    return { ok: false, detail: `the log has ${seq} entries, its checkpoint ${treeSize}`, entries: seq, firstBad: seq }
  }
  const isSigned = sameBytes(await treeHash(treeSize, read), rootHash)
  if (isSigned) return { ok: true, detail: `${treeSize} entries, as signed`, entries: seq }
  return { ok: false, detail: 'the entries are not those that were signed', entries: seq }
}
