/** Checking a delivered package offline: opens the folder for the evidence room, which knows what has to hold. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { DrawbridgeError } from '../base/index.ts'
import type { OperationOutput } from '../contract/index.ts'
import { type FileHash, type PackageSource, verifyPackage } from '../evidence/index.ts'

/**
 * Verifies the package in a folder with the public keys of the set-up kit, which must come from elsewhere.
 * @throws report-unreadable when the folder or the key can not be read
 */
export async function verifyReceipt(input: {
  readonly folder: string
  /** Files; several where the key was rotated. */
  readonly key: string | readonly string[]
}): Promise<OperationOutput<'receipt.verify'>> {
  const files = typeof input.key === 'string' ? [input.key] : input.key
  const source = await folderSource(input.folder)
  // After the folder: a key that failed while the folder was still read would be a rejection that nobody looks at.
  const keys = await Promise.all(
    files.map((file) => readFile(file, 'utf8').catch((cause: unknown) => unreadable(file, cause))),
  )
  const { ok, checks } = await verifyPackage(source, keys)
  return { ok, checks: checks.map((check) => ({ ...check })) }
}

/** Opens a folder as a package. A symbolic link could lead anywhere: it is listed and can not be read, so it fails. */
async function folderSource(folder: string): Promise<PackageSource> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: unknown) =>
    unreadable(folder, cause),
  )
  const listed: string[] = []
  const files = new Map<string, string>()
  for (const entry of entries) {
    if (entry.isDirectory()) continue
    const place = join(entry.parentPath, entry.name)
    const path = relative(folder, place).split(sep).join('/')
    listed.push(path)
    if (entry.isFile()) files.set(path, place)
  }
  return {
    list: () => listed,
    read: (path, maximumBytes) => readStart(files.get(path), maximumBytes + 1),
    hash: (path) => hashFile(files.get(path)),
  }
}

async function readStart(place: string | undefined, limit: number): Promise<Uint8Array | null> {
  if (place === undefined) return null
  const chunks: Uint8Array[] = []
  for await (const chunk of createReadStream(place, { end: limit - 1 }) as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function hashFile(place: string | undefined): Promise<FileHash | null> {
  if (place === undefined) return null
  const hash = createHash('sha256')
  let sizeBytes = 0
  for await (const chunk of createReadStream(place) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    sizeBytes += chunk.length
  }
  return { sha256: hash.digest('hex'), sizeBytes }
}

function unreadable(path: string, cause: unknown): never {
  throw new DrawbridgeError({
    code: 'report-unreadable',
    message: `\`${path}\` can not be read`,
    operation: 'receipt.verify',
    help: 'give the folder of the package, and with --key the file `evidence-key.pem` of the set-up kit',
    cause,
  })
}
