/** What runs in a hashing thread: hashes of files that come in, each begun with its first piece, and of blocks that lie there. */
import { createHash } from 'node:crypto'
import { parentPort } from 'node:worker_threads'
import { BlockHasher } from './block-sums.ts'
import type { HashAnswer, HashRequest, PieceRequest } from './hashing.ts'
import { hashStoredBlock } from './stored-block.ts'

interface Begun {
  update(piece: Uint8Array): unknown
  end(): Uint8Array
}

const begun = new Map<string, Begun>()

function begin(kind: PieceRequest['kind']): Begun {
  if (kind === 'blocks') return new BlockHasher()
  const whole = createHash('sha256')
  return { update: (piece) => whole.update(piece), end: () => whole.digest() }
}

function answerToPiece({ file, kind, memory, sizeBytes, isDropped }: PieceRequest): HashAnswer {
  const name = `${kind} ${file}`
  const known = begun.get(name)
  if (memory !== undefined) {
    const hash = known ?? begin(kind)
    if (known === undefined) begun.set(name, hash)
    hash.update(new Uint8Array(memory, 0, sizeBytes))
    return null
  }
  begun.delete(name)
  return isDropped === true ? null : (known?.end() ?? null)
}

async function answerTo(request: HashRequest): Promise<HashAnswer> {
  if (!('block' in request)) return answerToPiece(request)
  // Whoever asks reads it again, and learns why.
  return await hashStoredBlock(request.block).catch(() => null)
}

// One after the other: answers are told apart by their order alone.
let last: Promise<unknown> = Promise.resolve()
parentPort?.on('message', (request: HashRequest) => {
  last = last.then(async () => parentPort?.postMessage(await answerTo(request)))
})
