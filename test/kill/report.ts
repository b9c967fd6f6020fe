/** The bytes of the kill test's reports, which follow from the report's name alone: every process makes the same ones. */
import { createHash } from 'node:crypto'

const chunkBytes = 1 << 20

/** Makes a report, chunk by chunk. */
export function* reportBytes(report: string, sizeBytes: number): Generator<Buffer> {
  for (let offset = 0; offset < sizeBytes; offset += chunkBytes) {
    const seed = createHash('sha256').update(`${report}:${offset}`).digest()
    yield Buffer.alloc(Math.min(chunkBytes, sizeBytes - offset), seed)
  }
}

/** The hash of a report, hex. */
export function reportHash(report: string, sizeBytes: number): string {
  const hash = createHash('sha256')
  for (const chunk of reportBytes(report, sizeBytes)) hash.update(chunk)
  return hash.digest('hex')
}
