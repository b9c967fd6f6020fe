/**
 * Who brings a file into the spool and hashes it. Two threads do that side by side over memory that they share: one reads,
 * writes and sums up piece by piece, the other hashes the whole. No byte is copied for it, and the main thread touches none.
 */
import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import { PieceSummer, writeBytes } from './piece-sums.ts'

/** A piece of a file: `pieceBytes`, and only at the file's end fewer. */
export interface Piece {
  readonly memory: SharedArrayBuffer
  readonly sizeBytes: number
  /** In the file. */
  readonly position: number
  /** Where to read its bytes, at the same position; null: they are in the memory. */
  readonly source: FileHandle | null
}

/** How far a piece is. */
export interface PieceMoments {
  /** It was read, and written to the spool. */
  readonly written: Promise<void>
  /** It was hashed as well: the memory is free again. */
  readonly done: Promise<void>
}

/** One file on its way, piece by piece, in order. */
export interface FileHashing {
  /** Takes the next piece. @throws SourceFault | the error of the file system */
  take(piece: Piece): PieceMoments
  /** Ends the file. `sha256` is of the whole, `table` of its pieces. */
  end(): Promise<{ readonly sha256: Buffer; readonly table: Buffer }>
  /** Forgets a file that did not come to its end. */
  drop(): void
}

/** Where files are written and hashed. */
export interface Hashing {
  /** Begins a file that comes in. */
  begin(into: FileHandle): FileHashing
}

/** The bytes could not be read where they come from. `code` is null when they end too early. */
export class SourceFault extends Error {
  readonly code: string | null

  constructor(code: string | null) {
    super(code === null ? 'the source ended too early' : `the source can not be read: ${code}`)
    this.name = 'SourceFault'
    this.code = code
  }
}

/** Does it on the thread that asks: for files of a single piece, and where nothing may happen beside it. */
export const hashingInline: Hashing = {
  begin(into) {
    const whole = createHash('sha256')
    const pieces = new PieceSummer()
    let last: Promise<void> = Promise.resolve()
    const move = async ({ memory, sizeBytes, position, source }: Piece): Promise<void> => {
      const bytes = new Uint8Array(memory, 0, sizeBytes)
      if (source !== null) await fill(source, bytes, position)
      await writeFully(into, bytes, position)
      whole.update(bytes)
      pieces.update(bytes)
    }
    return {
      take(piece) {
        last = last.then(() => move(piece))
        return { written: last, done: last }
      },
      end: async () => ({ sha256: whole.digest(), table: pieces.end() }),
      drop() {},
    }
  },
}

async function fill(source: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let offset = 0; offset < bytes.length; ) {
    const { bytesRead } = await source.read(bytes, offset, bytes.length - offset, position + offset).catch((cause) => {
      throw new SourceFault(cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown')
    })
    if (bytesRead === 0) throw new SourceFault(null)
    offset += bytesRead
  }
}

/** Writes all of the bytes at a place of the file. */
export async function writeFully(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let offset = 0; offset < bytes.length; ) {
    const length = Math.min(writeBytes, bytes.length - offset)
    offset += (await handle.write(bytes, offset, length, position + offset)).bytesWritten
  }
}

/** What a thread is asked: to take a piece of a file, or, without one, to end the file or to forget it. */
export interface HashRequest {
  readonly file: number
  readonly kind: 'whole' | 'pieces'
  readonly piece?: Omit<Piece, 'source'> & {
    /** Descriptors; absent where it is not to be read, or not to be written. */
    readonly from?: number
    readonly into?: number
  }
  readonly isDropped?: boolean
}

/** Why a piece could not be taken. `code` is null where a source ended too early. */
export interface PieceFault {
  readonly fault: 'read' | 'write'
  readonly code: string | null
}

/** The hash with which a file ended, or why a piece was not taken; null to everything else. Requests are answered in their order. */
export type HashAnswer = Uint8Array | PieceFault | null

interface Asked {
  readonly answer: (bytes: HashAnswer) => void
  readonly fail: (error: Error) => void
}

/** A thread that no file needs for so long is ended: its memory is worth more. */
const idleMs = 10_000

/** One thread, started when a file first needs it. */
class HashThread {
  #worker: Worker | null = null
  #asked: Asked[] = []
  #files = 0
  #idle: NodeJS.Timeout | undefined

  /** Takes a file on; `leave` ends that. Started now, it is there when the first piece is. */
  join(): void {
    this.#files += 1
    clearTimeout(this.#idle)
    this.#worker ??= this.#start()
  }

  leave(): void {
    this.#files -= 1
    if (this.#files > 0) return
    this.#idle = setTimeout(() => this.#end(), idleMs)
    this.#idle.unref()
  }

  ask(request: HashRequest): Promise<HashAnswer> {
    const worker = this.#worker ?? this.#start()
    return new Promise((answer, fail) => {
      this.#asked.push({ answer, fail })
      // The process stays for an answer, and for nothing else that the thread does.
      worker.ref()
      worker.postMessage(request)
    })
  }

  /** It takes a moment to end, in which nobody may ask it any more: the next file starts another thread. */
  #end(): void {
    const worker = this.#worker
    if (worker === null) return
    this.#lose(worker, new Error('a hashing thread ended'))
    void worker.terminate()
  }

  #start(): Worker {
    // In the sources this is TypeScript, in the package JavaScript.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const worker = new Worker(new URL(`./hash-thread.${extension}`, import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2 },
      // Nothing of what this process was started with is meant for it.
      execArgv: [],
      env: {},
    })
    worker.on('message', (bytes: HashAnswer) => {
      this.#asked.shift()?.answer(bytes)
      if (this.#asked.length === 0) worker.unref()
    })
    worker.on('error', (error) => this.#lose(worker, error instanceof Error ? error : new Error('a thread failed')))
    worker.on('exit', () => this.#lose(worker, new Error('a hashing thread ended')))
    // Nobody waits for an answer yet.
    worker.unref()
    this.#worker = worker
    return worker
  }

  /** The files that it was hashing fail; the next one starts another thread. */
  #lose(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return
    this.#worker = null
    const asked = this.#asked
    this.#asked = []
    for (const { fail } of asked) fail(error)
  }
}

const threads: readonly [HashThread, HashThread] = [new HashThread(), new HashThread()]
let files = 0

/** Hashes on two threads that all files share. */
export const hashingAside: Hashing = { begin: beginAside }

function beginAside(into: FileHandle): FileHashing {
  const file = files++
  // Several files at a time put both kinds of work on both threads.
  const [one, other] = threads
  const [whole, pieces] = file % 2 === 0 ? [one, other] : [other, one]
  let isOpen = true
  const leave = (): void => {
    isOpen = false
    whole.leave()
    pieces.leave()
  }
  whole.join()
  pieces.join()
  return {
    take({ source, ...piece }) {
      const from = source === null ? {} : { from: source.fd }
      const moving = pieces.ask({ file, kind: 'pieces', piece: { ...piece, ...from, into: into.fd } })
      const written = moving.then(checkFault)
      const hash = (): Promise<HashAnswer> => whole.ask({ file, kind: 'whole', piece })
      // What is still to be read can not be hashed yet.
      const hashed = source === null ? hash() : written.then(hash)
      return { written, done: Promise.all([written, hashed]).then(() => {}) }
    },
    async end() {
      try {
        const [sha256, table] = await Promise.all([
          whole.ask({ file, kind: 'whole' }),
          pieces.ask({ file, kind: 'pieces' }),
        ])
        if (sha256 === null || table === null || 'fault' in sha256 || 'fault' in table) {
          throw new Error('a hashing thread lost a file')
        }
        return { sha256: Buffer.from(sha256), table: Buffer.from(table) }
      } finally {
        leave()
      }
    },
    drop() {
      if (!isOpen) return
      whole.ask({ file, kind: 'whole', isDropped: true }).catch(() => {})
      pieces.ask({ file, kind: 'pieces', isDropped: true }).catch(() => {})
      leave()
    },
  }
}

function checkFault(answer: HashAnswer): void {
  if (answer === null || !('fault' in answer)) return
  const { fault, code } = answer
  if (fault === 'read') throw new SourceFault(code)
  throw Object.assign(new Error('a piece can not be written'), { code })
}
