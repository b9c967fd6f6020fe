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
  #filled = 0
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
      this.#block.set(bytes.subarray(offset, offset + take), this.#filled)
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
    const block = this.#block?.subarray(0, this.#filled) ?? Buffer.alloc(0)
    this.#pending = watched(this.#keep(block, this.#sizeBytes, known))
    this.#sizeBytes += block.length
    this.#block = null
    this.#filled = 0
    if (this.#blocks.length % blocksPerSync === 0) this.#beginSync()
  }

  async #keep(block: Buffer, position: number, known: Buffer | null): Promise<void> {
    const written = writeFully(this.#handle, block, position)
    const hashed = known ?? sha256Aside(block)
    const sum = crc32(block)
    const [sha256] = await Promise.all([hashed, written])
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
