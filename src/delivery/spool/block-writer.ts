/**
 * Writes a report to a file while hashing it: the whole as its bytes come, the blocks beside the main thread, the disk
 * behind both. Names and acknowledgement are the spool's business.
 */
import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { type BlockSum, blockBytes } from './block-sums.ts'
import { sha256Aside } from './spooled-body.ts'

/** The kernel is told to begin writing after so many blocks, so that the last sync finds little left to do. */
const blocksPerSync = 8

/** What is known of a file when it was written. */
export interface WrittenFile {
  readonly sizeBytes: number
  /** Hex. */
  readonly sha256: string
  readonly blocks: readonly BlockSum[]
}

/** Takes the bytes of one file. */
export class BlockWriter {
  readonly #handle: FileHandle
  readonly #whole = createHash('sha256')
  readonly #blocks: BlockSum[] = []
  #block: Buffer | null = null
  /** The memory of the block before, free again when that is on the disk. */
  #spare: Buffer | null = null
  #filled = 0
  #crc32 = 0
  #sizeBytes = 0
  /** The block before, on its way to the disk. */
  #pending: Promise<unknown> = Promise.resolve()
  #syncing: Promise<unknown> = Promise.resolve()

  constructor(handle: FileHandle) {
    this.#handle = handle
  }

  /** Takes the next bytes; they may be reused once this resolves. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#whole.update(bytes)
    let offset = 0
    while (offset < bytes.length) {
      this.#block ??= Buffer.allocUnsafeSlow(blockBytes)
      const take = Math.min(bytes.length - offset, blockBytes - this.#filled)
      const piece = bytes.subarray(offset, offset + take)
      // Piece by piece, while it is in the processor's cache.
      this.#crc32 = crc32(piece, this.#crc32)
      this.#block.set(piece, this.#filled)
      this.#filled += take
      offset += take
      if (this.#filled === blockBytes) await this.#roll(null)
    }
  }

  /** Ends the file. Everything is on the disk when this resolves. */
  async finish(): Promise<WrittenFile> {
    const sha256 = this.#whole.digest()
    // A file of one block has its hash already.
    if (this.#filled > 0) await this.#roll(this.#sizeBytes === 0 ? sha256 : null)
    await this.settle()
    // A failed sync is never retried: the kernel may have dropped the pages, so the file counts as lost.
    await this.#handle.sync()
    return { sizeBytes: this.#sizeBytes, sha256: sha256.toString('hex'), blocks: this.#blocks }
  }

  /** Waits for what is on its way; the file may be closed afterwards. */
  async settle(): Promise<void> {
    await Promise.all([this.#pending, this.#syncing])
  }

  /** Hands the block over and goes on with another; at most two are held. `known`: its SHA-256, where it is known. */
  async #roll(known: Buffer | null): Promise<void> {
    await this.#pending
    const memory = this.#block ?? Buffer.alloc(0)
    const block = memory.subarray(0, this.#filled)
    this.#pending = watched(this.#keep(block, this.#crc32, this.#sizeBytes, known))
    this.#crc32 = 0
    this.#sizeBytes += block.length
    this.#block = this.#spare
    this.#spare = memory
    this.#filled = 0
    if (this.#blocks.length % blocksPerSync === 0) this.#beginSync()
  }

  async #keep(block: Buffer, sum: number, position: number, known: Buffer | null): Promise<void> {
    const [sha256] = await Promise.all([known ?? sha256Aside(block), writeFully(this.#handle, block, position)])
    this.#blocks.push({ sha256, crc32: sum })
  }

  #beginSync(): void {
    const before = this.#syncing
    this.#syncing = watched(before.then(() => this.#handle.datasync()))
  }
}

/** Its failure is thrown where it is waited for, and must not count as unhandled until then. */
function watched(work: Promise<unknown>): Promise<unknown> {
  work.catch(() => {})
  return work
}

/** Writes all of the bytes at a place of the file. */
export async function writeFully(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let offset = 0
  while (offset < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, offset, bytes.length - offset, position + offset)
    offset += bytesWritten
  }
}
