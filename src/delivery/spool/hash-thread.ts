/** What runs in a hashing thread: hashes of files that come in, each begun with its first piece. */
import { createHash } from 'node:crypto'
import { parentPort } from 'node:worker_threads'
import type { HashAnswer, HashRequest } from './hashing.ts'
import { PieceSummer } from './piece-sums.ts'

interface Begun {
  update(piece: Uint8Array): unknown
  end(): Uint8Array
}

const begun = new Map<string, Begun>()

function begin(kind: HashRequest['kind']): Begun {
  if (kind === 'pieces') return new PieceSummer()
  const whole = createHash('sha256')
  return { update: (piece) => whole.update(piece), end: () => whole.digest() }
}

function answerTo({ file, kind, memory, sizeBytes, isDropped }: HashRequest): HashAnswer {
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

parentPort?.on('message', (request: HashRequest) => parentPort?.postMessage(answerTo(request)))
