/**
 * Brings a report into a file while it is hashed: a few pieces of memory go round between whoever brings the bytes and the
 * hashing threads, which write them as well. Names and acknowledgement are the spool's business.
 */
import type { FileHandle } from 'node:fs/promises'
import { type FileHashing, type Hashing, hashingInline } from './hashing.ts'
import { givePieceMemory, isPieceMemoryPlenty, takePieceMemory } from './piece-memory.ts'
import { pieceBytes } from './piece-sums.ts'

/** The kernel is told to begin writing after so much, so that the last sync finds little left to do. */
const bytesPerSync = 64 * pieceBytes
/** Being filled, hashed and written at the same time: as many as keep threads and disk from waiting for each other. */
const mostPieces = 16
/** A file makes do with so many where other files are on their way as well. */
const fewestPieces = 4

/** What is known of a file when it was written. */
export interface WrittenFile {
  readonly sizeBytes: number
  /** Hex. */
  readonly sha256: string
  /** As `readPieceSums` reads it. */
  readonly table: Buffer
}

/** A file to copy from its beginning. */
export interface CopiedFile {
  readonly handle: FileHandle
  readonly sizeBytes: number
  /** Called before each piece is read, with its size. */
  readonly reserve: (bytes: number) => Promise<void>
  /** Called with the bytes that were copied so far. */
  readonly onProgress: (bytes: number) => void
}

interface Piece {
  readonly bytes: Buffer<SharedArrayBuffer>
  written: Promise<unknown>
  /** Until it may be filled again. */
  busy: Promise<unknown>
  isBusy: boolean
}

/** Takes the bytes of one file. */
export class PieceWriter {
  readonly #handle: FileHandle
  readonly #hashing: Hashing
  /** On their way, in their order. */
  readonly #pieces: Piece[] = []
  #filling: Piece | null = null
  #file: FileHashing | null = null
  #rolledBytes = 0
  #filled = 0
  #syncing: Promise<unknown> = Promise.resolve()

  constructor(handle: FileHandle, hashing: Hashing) {
    this.#handle = handle
    this.#hashing = hashing
  }

  /** Takes the next bytes; they may be reused once this resolves. */
  async write(bytes: Uint8Array): Promise<void> {
    let offset = 0
    while (offset < bytes.length) {
      this.#filling ??= await this.#freePiece()
      const room = this.#filling.bytes.subarray(this.#filled)
      const take = Math.min(bytes.length - offset, room.length)
      room.set(bytes.subarray(offset, offset + take))
      offset += take
      this.#filled += take
      if (this.#filled === pieceBytes) this.#roll()
    }
  }

  /** Copies a file, whose bytes do not pass through this thread; it may be closed when this ends. @throws SourceFault */
  async copy({ handle, sizeBytes, reserve, onProgress }: CopiedFile): Promise<void> {
    try {
      for (let position = 0; position < sizeBytes; position += pieceBytes) {
        const bytes = Math.min(pieceBytes, sizeBytes - position)
        await reserve(bytes)
        this.#filling = await this.#freePiece()
        this.#filled = bytes
        const { written } = this.#roll(handle)
        watched(written.then(() => onProgress(position + bytes)))
      }
      for (const { written } of this.#pieces) await written
    } finally {
      await Promise.allSettled(this.#pieces.map(({ written }) => written))
    }
  }

  /** Ends the file. Everything is on the disk when this resolves. */
  async finish(): Promise<WrittenFile> {
    if (this.#filled > 0) this.#roll()
    await this.#settled()
    const { sha256, table } = await this.#hashes(0).end()
    // A failed sync is never retried: the kernel may have dropped the pages, so the file counts as lost.
    await this.#handle.sync()
    return { sizeBytes: this.#rolledBytes, sha256: sha256.toString('hex'), table }
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

  /** A piece that the hashes and the disk are done with, or another one. */
  async #freePiece(): Promise<Piece> {
    const [oldest] = this.#pieces
    const held = this.#pieces.length
    const mayGrow = held < fewestPieces || (held < mostPieces && isPieceMemoryPlenty())
    if (oldest === undefined || (oldest.isBusy && mayGrow)) {
      return { bytes: takePieceMemory(), written: Promise.resolve(), busy: Promise.resolve(), isBusy: false }
    }
    // Left in its place until it is free: what fails while it is waited for must find it there.
    await oldest.busy
    this.#pieces.shift()
    return oldest
  }

  #hashes(sizeBytes: number): FileHashing {
    // A file that is one piece is not worth a trip to other threads.
    this.#file ??= (sizeBytes < pieceBytes ? hashingInline : this.#hashing).begin(this.#handle)
    return this.#file
  }

  /** Hands the piece that was filled, or that a source fills, to the hashes and the disk. */
  #roll(source: FileHandle | null = null): Piece {
    const piece = this.#filling
    if (piece === null) throw new TypeError('a piece that was filled is there')
    const [sizeBytes, position] = [this.#filled, this.#rolledBytes]
    const { written, done } = this.#hashes(sizeBytes).take({ memory: piece.bytes.buffer, sizeBytes, position, source })
    piece.written = watched(written)
    piece.isBusy = true
    piece.busy = watched(
      done.then(() => {
        piece.isBusy = false
      }),
    )
    this.#pieces.push(piece)
    this.#filling = null
    this.#rolledBytes += sizeBytes
    this.#filled = 0
    if (this.#rolledBytes % bytesPerSync === 0) this.#beginSync(piece)
    return piece
  }

  #beginSync({ written }: Piece): void {
    this.#syncing = watched(Promise.all([this.#syncing, written]).then(() => this.#handle.datasync()))
  }
}

/** Its failure is thrown where it is waited for, and must not count as unhandled until then. */
function watched<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {})
  return work
}
