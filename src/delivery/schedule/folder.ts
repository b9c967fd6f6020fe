/** The files of a folder that a schedule delivers: found by a pattern, told apart by size and time, read without a change under way. */
import { type BigIntStats, constants } from 'node:fs'
import { type FileHandle, open, readdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { DrawbridgeError } from '../../base/index.ts'
import { matchesPattern } from './pattern.ts'

/** What a file was like when it was looked at: another size or time makes it new. */
export interface FileMark {
  /** Below the folder, with slashes. */
  readonly path: string
  readonly sizeBytes: number
  /** Nanoseconds since 1970, as text. */
  readonly modifiedAt: string
}

const maximumDepth = 8
const maximumEntries = 100_000
const chunkBytes = 256 * 1024

/**
 * Lists the plain files of a folder whose path fits the pattern, in the order of their paths. Links are not followed.
 * @throws report-unreadable
 */
export async function listFiles(folder: string, pattern: string): Promise<FileMark[]> {
  const root = await readable(folder, () => realpath(folder))
  const paths: string[] = []
  let seen = 0
  const walk = async (below: string, depth: number): Promise<void> => {
    const entries = await readable(folder, () => readdir(join(root, below), { withFileTypes: true }))
    for (const entry of entries) {
      seen += 1
      if (seen > maximumEntries) throw unreadable(folder, `it has more than ${maximumEntries} entries`)
      const path = below === '' ? entry.name : `${below}/${entry.name}`
      if (entry.isDirectory() && depth < maximumDepth && !entry.name.startsWith('.')) await walk(path, depth + 1)
      else if (entry.isFile() && matchesPattern(path, pattern)) paths.push(path)
    }
  }
  await walk('', 1)
  const marks: FileMark[] = []
  for (const path of paths.sort()) {
    const file = await openFile(root, path)
    try {
      marks.push(markOf(path, await file.stat({ bigint: true })))
    } finally {
      await file.close()
    }
  }
  return marks
}

/**
 * Reads one file to its end. Rejects when it is another file at the end than at the beginning.
 * @throws report-unreadable
 */
export async function* readUnchanged(folder: string, mark: FileMark): AsyncGenerator<Uint8Array, void, void> {
  const root = await readable(folder, () => realpath(folder))
  const file = await openFile(root, mark.path)
  try {
    requireSame(mark, await file.stat({ bigint: true }))
    let position = 0
    for (;;) {
      // A buffer of its own for every piece: whoever takes it may keep it.
      const { bytesRead, buffer } = await file.read({ buffer: Buffer.allocUnsafe(chunkBytes), position })
      if (bytesRead === 0) break
      position += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
    requireSame(mark, await file.stat({ bigint: true }))
    if (position !== mark.sizeBytes) throw changed(mark.path)
  } finally {
    await file.close()
  }
}

async function openFile(root: string, path: string): Promise<FileHandle> {
  // A link that took the file's place meanwhile is not followed.
  return readable(path, () => open(join(root, path), constants.O_RDONLY | constants.O_NOFOLLOW))
}

function markOf(path: string, facts: BigIntStats): FileMark {
  return { path, sizeBytes: Number(facts.size), modifiedAt: String(facts.mtimeNs) }
}

function requireSame(mark: FileMark, facts: BigIntStats): void {
  const now = markOf(mark.path, facts)
  if (now.sizeBytes !== mark.sizeBytes || now.modifiedAt !== mark.modifiedAt) throw changed(mark.path)
}

function changed(path: string): DrawbridgeError {
  return new DrawbridgeError({
    code: 'report-unreadable',
    message: `\`${path}\` changed while it was read`,
    retry: 'later',
    operation: 'schedule.read',
    help: 'write it under another name, or one that starts with a dot, and rename it when it is whole',
  })
}

async function readable<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof DrawbridgeError) throw cause
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    throw unreadable(what, code === 'ENOENT' ? 'it is not there' : code, cause)
  }
}

function unreadable(what: string, why: string, cause?: unknown): DrawbridgeError {
  return new DrawbridgeError({
    code: 'report-unreadable',
    message: `\`${what}\` can not be read: ${why}`,
    retry: 'later',
    operation: 'schedule.read',
    cause,
  })
}
