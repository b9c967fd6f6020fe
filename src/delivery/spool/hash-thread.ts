/**
 * What runs in a hashing thread: files on their way into the spool, each begun with its first piece. A piece is read, summed up
 * and written a little at a time, while that is in this processor's cache, and answered for when all of it is done.
 */
import { createHash, type Hash } from 'node:crypto'
import { readSync, writeSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import type { HashAnswer, HashRequest } from './hashing.ts'
import { PieceSummer, writeBytes } from './piece-sums.ts'

type AskedPiece = NonNullable<HashRequest['piece']>

const wholes = new Map<number, Hash>()
const summers = new Map<number, PieceSummer>()

function answerTo({ file, kind, piece, isDropped }: HashRequest): HashAnswer {
  const begun = kind === 'whole' ? wholes : summers
  if (piece === undefined) {
    const end = isDropped === true ? null : kind === 'whole' ? wholes.get(file)?.digest() : summers.get(file)?.end()
    begun.delete(file)
    return end ?? null
  }
  if (kind === 'whole') {
    const hash = taken(wholes, file, () => createHash('sha256'))
    hash.update(new Uint8Array(piece.memory, 0, piece.sizeBytes))
    return null
  }
  const sums = taken(summers, file, () => new PieceSummer())
  return moved(piece, sums)
}

function taken<T>(begun: Map<number, T>, file: number, begin: () => T): T {
  const known = begun.get(file) ?? begin()
  begun.set(file, known)
  return known
}

/** Reads a piece from where it is, sums it up, and writes it to where it belongs, as far as each is asked. */
function moved({ memory, sizeBytes, position, from, into }: AskedPiece, sums: PieceSummer): HashAnswer {
  for (let offset = 0; offset < sizeBytes; offset += writeBytes) {
    const bytes = new Uint8Array(memory, offset, Math.min(writeBytes, sizeBytes - offset))
    try {
      if (from !== undefined && !isFilled(bytes, position + offset, from)) return { fault: 'read', code: null }
    } catch (error) {
      return { fault: 'read', code: codeOf(error) }
    }
    sums.update(bytes)
    try {
      if (into !== undefined) writeFully(bytes, position + offset, into)
    } catch (error) {
      return { fault: 'write', code: codeOf(error) }
    }
  }
  sums.endPiece()
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
    offset += writeSync(into, bytes, offset, bytes.length - offset, position + offset)
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}

parentPort?.on('message', (request: HashRequest) => parentPort?.postMessage(answerTo(request)))
