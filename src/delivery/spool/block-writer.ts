/**
 * Writes a report to a file while it is hashed: a few pieces of memory go round between whoever brings the bytes, the
 * hashing threads and the disk. Names and acknowledgement are the spool's business.
 */
import type { FileHandle } from 'node:fs/promises'
import { type FileHashing, type Hashing, hashingInline } from './hashing.ts'
import { givePieceMemory, isPieceMemoryPlenty, takePieceMemory } from './piece-memory.ts'
import { pieceBytes } from './piece-sums.ts'

/** The kernel is told to begin writing after so many pieces, so that the last sync finds little left to do. */
const piecesPerSync = 64
/** Being filled, hashed and written at the same time: as many as keep threads and disk from waiting for each other. */
const mostPieces = 16
/** A file makes do with so many where other files are on their way as well. */
const fewestPieces = 4

/**
 * So much is written at a time. For longer runs the kernel looks for memory in one piece as long, which a virtual machine may
 * have given back: a gibibyte written by the mebibyte then took two to ten times the processor time.
 */
const writeBytes = 128 * 1024

/** What is known of a file when it was written. */
export interface WrittenFile {
  readonly sizeBytes: number
  /** Hex. */
  readonly sha256: string
  /** As `readPieceSums` reads it. */
  readonly table: Buffer
}

interface Piece {
  readonly bytes: Buffer<SharedArrayBuffer>
  /** Until it may be filled again. */
  busy: Promise<unknown>
  isBusy: boolean
}

/** Takes the bytes of one file. */
export class BlockWriter {
  readonly #handle: FileHandle
  readonly #hashing: Hashing
  /** On their way, in their order. */
  readonly #pieces: Piece[] = []
  #filling: Piece | null = null
  #file: FileHashing | null = null
  #rolled = 0
  #filled = 0
  #writing: Promise<unknown> = Promise.resolve()
  #syncing: Promise<unknown> = Promise.resolve()

  constructor(handle: FileHandle, hashing: Hashing) {
    this.#handle = handle
    this.#hashing = hashing
  }

  /** Takes the next bytes; they may be reused once this resolves. */
  async write(bytes: Uint8Array): Promise<void> {
    let offset = 0
    while (offset < bytes.length) {
      const room = await this.#room()
      const take = Math.min(bytes.length - offset, room.length)
      room.set(bytes.subarray(offset, offset + take))
      offset += take
      this.#took(take)
    }
  }

  /** Lets `read` put the next bytes where they are hashed and written from. Answers how many; 0: the end. */
  async fill(read: (room: Uint8Array) => Promise<number>): Promise<number> {
    const taken = await read(await this.#room())
    this.#took(taken)
    return taken
  }

  /** Ends the file. Everything is on the disk when this resolves. */
  async finish(): Promise<WrittenFile> {
    const sizeBytes = this.#rolled * pieceBytes + this.#filled
    if (this.#filled > 0) this.#roll()
    await this.#settled()
    const { sha256, table } = await this.#hashes().end()
    // A failed sync is never retried: the kernel may have dropped the pages, so the file counts as lost.
    await this.#handle.sync()
    return { sizeBytes, sha256: sha256.toString('hex'), table }
  }

  /** Waits for what is on its way and gives the memory back; the file may be closed afterwards. */
  async settle(): Promise<void> {
    this.#file?.drop()
    try {
      await this.#settled()
    } finally {
      for (const { bytes } of this.#pieces.splice(0)) givePieceMemory(bytes)
      if (this.#filling !== null) givePieceMemory(this.#filling.bytes)
      this.#filling = null
    }
  }

  async #settled(): Promise<void> {
    const ends = await Promise.allSettled([...this.#pieces.map(({ busy }) => busy), this.#syncing])
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }

  /** The free part of the piece that is being filled. */
  async #room(): Promise<Buffer> {
    this.#filling ??= await this.#freePiece()
    return this.#filling.bytes.subarray(this.#filled)
  }

  /** A piece that the hashes and the disk are done with, or another one. */
  async #freePiece(): Promise<Piece> {
    const [oldest] = this.#pieces
    const held = this.#pieces.length
    const mayGrow = held < fewestPieces || (held < mostPieces && isPieceMemoryPlenty())
    if (oldest === undefined || (oldest.isBusy && mayGrow)) {
      return { bytes: takePieceMemory(), busy: Promise.resolve(), isBusy: false }
    }
    // Left in its place until it is free: what fails while it is waited for must find it there.
    await oldest.busy
    this.#pieces.shift()
    return oldest
  }

  #took(count: number): void {
    this.#filled += count
    if (this.#filled === pieceBytes) this.#roll()
  }

  #hashes(): FileHashing {
    // A file that is one piece is not worth a trip to other threads.
    this.#file ??= this.#filled < pieceBytes ? hashingInline.begin() : this.#hashing.begin()
    return this.#file
  }

  /** Hands the piece to the hashes and the disk. */
  #roll(): void {
    const piece = this.#filling
    if (piece === null) throw new TypeError('a piece that was filled is there')
    const sizeBytes = this.#filled
    const hashed = this.#hashes().update(piece.bytes.buffer, sizeBytes)
    const position = this.#rolled * pieceBytes
    const before = this.#writing
    // One after the other: the kernel takes the writes of one file in turn anyway.
    this.#writing = watched(before.then(() => writeFully(this.#handle, piece.bytes.subarray(0, sizeBytes), position)))
    piece.isBusy = true
    piece.busy = watched(
      Promise.all([hashed, this.#writing]).then(() => {
        piece.isBusy = false
      }),
    )
    this.#pieces.push(piece)
    this.#filling = null
    this.#rolled += 1
    this.#filled = 0
    if (this.#rolled % piecesPerSync === 0) this.#beginSync()
  }

  #beginSync(): void {
    const written = this.#writing
    this.#syncing = watched(Promise.all([this.#syncing, written]).then(() => this.#handle.datasync()))
  }
}

/** Its failure is thrown where it is waited for, and must not count as unhandled until then. */
function watched<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {})
  return work
}

/** Writes all of the bytes at a place of the file. */
export async function writeFully(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let offset = 0
  while (offset < bytes.length) {
    const length = Math.min(writeBytes, bytes.length - offset)
    const { bytesWritten } = await handle.write(bytes, offset, length, position + offset)
    offset += bytesWritten
  }
}
