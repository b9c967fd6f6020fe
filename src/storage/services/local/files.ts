/** Files that survive a power cut: written beside, flushed, then put in place in one step. */
import type { Hash } from 'node:crypto'
import { createHash, randomUUID } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { link, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { cancelled } from '../../fault.ts'

/** A file that is complete on disk and has no name yet. */
export interface WrittenFile {
  readonly path: string
  readonly sizeBytes: number
  /** Of the bytes that went to the disk, hex. */
  readonly sha256: string
}

async function writeAll(file: FileHandle, piece: Uint8Array): Promise<void> {
  let at = 0
  while (at < piece.length) at += (await file.write(piece, at)).bytesWritten
}

/**
 * Writes streams one after the other into a new file in `folder`, and flushes it. A piece may be reused once the next one is
 * asked for. Leaves nothing behind when it fails.
 */
export async function writeTemporary(
  folder: string,
  streams: Iterable<AsyncIterable<Uint8Array>>,
  operation: string,
  signal: AbortSignal | undefined,
): Promise<WrittenFile> {
  await mkdir(folder, { recursive: true })
  const path = join(folder, randomUUID())
  const hash: Hash = createHash('sha256')
  let sizeBytes = 0
  const file = await open(path, 'wx', 0o640)
  try {
    for (const stream of streams) {
      for await (const piece of stream) {
        if (signal?.aborted) throw cancelled(operation)
        hash.update(piece)
        sizeBytes += piece.length
        await writeAll(file, piece)
      }
    }
    await file.sync()
  } catch (error) {
    await file.close()
    await rm(path, { force: true })
    throw error
  }
  await file.close()
  return { path, sizeBytes, sha256: hash.digest('hex') }
}

/** Flushes a folder, so that a name given in it lasts. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Gives a written file its name. With `exclusive` the name must be free: the step that decides is one system call. */
export async function putInPlace(file: WrittenFile, path: string, exclusive: boolean): Promise<void> {
  const folder = dirname(path)
  const firstMade = await mkdir(folder, { recursive: true })
  if (exclusive) {
    try {
      await link(file.path, path)
    } finally {
      await rm(file.path, { force: true })
    }
  } else {
    await rename(file.path, path)
  }
  await syncFolder(folder)
  if (firstMade !== undefined) await syncFolder(dirname(firstMade))
}
