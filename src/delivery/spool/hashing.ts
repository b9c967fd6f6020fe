/**
 * Who hashes a file. It is hashed twice, as a whole and block by block; two threads do that side by side over memory that
 * they share with the writer, so that no byte is copied for it and the main thread hashes none. Some of the blocks are left
 * until they are sent.
 */
import { createHash } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import { BlockHasher } from './block-sums.ts'
import { hashStoredBlock, type StoredBlock } from './stored-block.ts'

/** The hashes of one file, piece by piece, in order. */
export interface FileHashing {
  /** Hashes the next piece: `pieceBytes`, and only at the file's end fewer. The memory is free again when this resolves. */
  update(memory: SharedArrayBuffer, sizeBytes: number): Promise<void>
  /** Ends the file. `sha256` is of the whole, `table` of its blocks. */
  end(): Promise<{ readonly sha256: Buffer; readonly table: Buffer }>
  /** Forgets a file that did not come to its end. */
  drop(): void
}

/** Where files and blocks are hashed. */
export interface Hashing {
  /** Begins the hashing of a file that comes in. */
  begin(): FileHashing
  /** The SHA-256 of a block that lies in the spool; null: it is not what came in. */
  hashStored(block: StoredBlock): Promise<Uint8Array | null>
}

/** Hashes on the thread that asks: for files of a single piece, and where nothing may happen beside it. */
export const hashingInline: Hashing = {
  begin() {
    const whole = createHash('sha256')
    const blocks = new BlockHasher()
    return {
      async update(memory, sizeBytes) {
        const piece = new Uint8Array(memory, 0, sizeBytes)
        whole.update(piece)
        blocks.update(piece)
      },
      end: async () => ({ sha256: whole.digest(), table: blocks.end() }),
      drop() {},
    }
  },
  hashStored: hashStoredBlock,
}

/** What a thread is asked: about a file that comes in, or to hash a block that lies there. */
export type HashRequest = PieceRequest | { readonly block: StoredBlock }

/** To take a piece, or, without one, to end the file or to forget it. */
export interface PieceRequest {
  readonly file: number
  readonly kind: 'whole' | 'blocks'
  readonly memory?: SharedArrayBuffer
  readonly sizeBytes?: number
  readonly isDropped?: boolean
}

/** The hash with which a file ended, or of a block; null to everything else. Requests are answered in their order. */
export type HashAnswer = Uint8Array | null

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

  /** Takes a file on; `leave` ends that. */
  join(): void {
    this.#files += 1
    clearTimeout(this.#idle)
  }

  leave(): void {
    this.#files -= 1
    if (this.#files > 0) return
    this.#idle = setTimeout(() => this.#end(), idleMs)
    this.#idle.unref()
  }

  /** How many requests are not answered yet. */
  get waiting(): number {
    return this.#asked.length
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
export const hashingAside: Hashing = { begin: beginAside, hashStored: hashStoredAside }

async function hashStoredAside(block: StoredBlock): Promise<Uint8Array | null> {
  const [one, other] = threads
  const thread = other.waiting < one.waiting ? other : one
  thread.join()
  try {
    const sha256 = await thread.ask({ block })
    if (sha256 !== null) return sha256
  } catch {
    // That a thread ended says nothing of the block.
  } finally {
    thread.leave()
  }
  // Read here once more, so that a disk that fails is not taken for bytes that changed.
  return await hashStoredBlock(block)
}

function beginAside(): FileHashing {
  const file = files++
  // Several files at a time put both kinds of work on both threads.
  const [one, other] = threads
  const [whole, blocks] = file % 2 === 0 ? [one, other] : [other, one]
  let isOpen = true
  const both = (request: Omit<PieceRequest, 'file' | 'kind'>): Promise<[HashAnswer, HashAnswer]> =>
    Promise.all([whole.ask({ file, kind: 'whole', ...request }), blocks.ask({ file, kind: 'blocks', ...request })])
  const leave = (): void => {
    isOpen = false
    whole.leave()
    blocks.leave()
  }
  whole.join()
  blocks.join()
  return {
    async update(memory, sizeBytes) {
      await both({ memory, sizeBytes })
    },
    async end() {
      try {
        const [sha256, table] = await both({})
        if (sha256 === null || table === null) throw new Error('a hashing thread lost a file')
        return { sha256: Buffer.from(sha256), table: Buffer.from(table) }
      } finally {
        leave()
      }
    },
    drop() {
      if (!isOpen) return
      both({ isDropped: true }).catch(() => {})
      leave()
    },
  }
}
