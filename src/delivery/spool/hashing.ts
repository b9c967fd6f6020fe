/**
 * Who hashes a file: as a whole, and piece by piece. Two threads do that side by side over memory that they share with the
 * writer, so that no byte is copied for it and the main thread hashes none.
 */
import { createHash } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import { PieceSummer } from './piece-sums.ts'

/** The hashes of one file, piece by piece, in order. */
export interface FileHashing {
  /** Hashes the next piece: `pieceBytes`, and only at the file's end fewer. The memory is free again when this resolves. */
  update(memory: SharedArrayBuffer, sizeBytes: number): Promise<void>
  /** Ends the file. `sha256` is of the whole, `table` of its pieces. */
  end(): Promise<{ readonly sha256: Buffer; readonly table: Buffer }>
  /** Forgets a file that did not come to its end. */
  drop(): void
}

/** Where files are hashed. */
export interface Hashing {
  /** Begins the hashing of a file that comes in. */
  begin(): FileHashing
}

/** Hashes on the thread that asks: for files of a single piece, and where nothing may happen beside it. */
export const hashingInline: Hashing = {
  begin() {
    const whole = createHash('sha256')
    const pieces = new PieceSummer()
    return {
      async update(memory, sizeBytes) {
        const piece = new Uint8Array(memory, 0, sizeBytes)
        whole.update(piece)
        pieces.update(piece)
      },
      end: async () => ({ sha256: whole.digest(), table: pieces.end() }),
      drop() {},
    }
  },
}

/** What a thread is asked: to take a piece of a file, or, without one, to end the file or to forget it. */
export interface HashRequest {
  readonly file: number
  readonly kind: 'whole' | 'pieces'
  readonly memory?: SharedArrayBuffer
  readonly sizeBytes?: number
  readonly isDropped?: boolean
}

/** The hash with which a file ended; null to everything else. Requests are answered in their order. */
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
export const hashingAside: Hashing = { begin: beginAside }

function beginAside(): FileHashing {
  const file = files++
  // Several files at a time put both kinds of work on both threads.
  const [one, other] = threads
  const [whole, pieces] = file % 2 === 0 ? [one, other] : [other, one]
  let isOpen = true
  const both = (request: Omit<HashRequest, 'file' | 'kind'>): Promise<[HashAnswer, HashAnswer]> =>
    Promise.all([whole.ask({ file, kind: 'whole', ...request }), pieces.ask({ file, kind: 'pieces', ...request })])
  const leave = (): void => {
    isOpen = false
    whole.leave()
    pieces.leave()
  }
  whole.join()
  pieces.join()
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
