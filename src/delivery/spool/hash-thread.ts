/**
 * What runs in a hashing thread: files on their way into the spool, each begun with its first piece. Reads, writes and hashes
 * while a piece is in this processor's cache, and answers when all of it is done.
 */
import { createHash } from 'node:crypto'
import { readSync, writeSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import type { HashAnswer, HashRequest } from './hashing.ts'
import { PieceSummer, writeBytes } from './piece-sums.ts'

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

function answerTo({ file, kind, piece, isDropped }: HashRequest): HashAnswer {
  const name = `${kind} ${file}`
  const known = begun.get(name)
  if (piece !== undefined) {
    const bytes = new Uint8Array(piece.memory, 0, piece.sizeBytes)
    const fault = moved(bytes, piece)
    if (fault !== null) return fault
    const hash = known ?? begin(kind)
    if (known === undefined) begun.set(name, hash)
    hash.update(bytes)
    return null
  }
  begun.delete(name)
  return isDropped === true ? null : (known?.end() ?? null)
}

/** Reads a piece from where it is, and writes it to where it belongs, as far as either is asked. */
function moved(bytes: Uint8Array, { position, from, into }: NonNullable<HashRequest['piece']>): HashAnswer {
  try {
    if (from !== undefined && !isFilled(bytes, position, from)) return { fault: 'read', code: null }
  } catch (error) {
    return { fault: 'read', code: codeOf(error) }
  }
  try {
    if (into !== undefined) writeFully(bytes, position, into)
  } catch (error) {
    return { fault: 'write', code: codeOf(error) }
  }
  return null
}

/** False: the file ends before. */
function isFilled(bytes: Uint8Array, position: number, from: number): boolean {
  for (let offset = 0; offset < bytes.length; ) {
    const bytesRead = readSync(from, bytes, offset, bytes.length - offset, position + offset)
    if (bytesRead === 0) return false
    offset += bytesRead
  }
  return true
}

function writeFully(bytes: Uint8Array, position: number, into: number): void {
  for (let offset = 0; offset < bytes.length; ) {
    offset += writeSync(into, bytes, offset, Math.min(writeBytes, bytes.length - offset), position + offset)
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}

parentPort?.on('message', (request: HashRequest) => parentPort?.postMessage(answerTo(request)))
