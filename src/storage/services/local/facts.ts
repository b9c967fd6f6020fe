/** What an object's file can not hold: content type, metadata, checksum. Kept beside the objects and bound to the file's own identity. */
import type { BigIntStats } from 'node:fs'
import { readFile, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { etagOf } from '../../fault.ts'
import type { ObjectFacts, PutOptions } from '../../object-store.ts'
import { fileCode } from './errors.ts'
import { putInPlace, writeTemporary } from './files.ts'
import { factsPath, objectPath, temporaryFolder } from './paths.ts'

interface StoredFacts {
  readonly key: string
  readonly inode: string
  readonly sizeBytes: number
  readonly sha256: string
  readonly contentType: string
  readonly metadata: Readonly<Record<string, string>>
}

const inodeOf = (file: BigIntStats): string => `${file.ino}-${file.mtimeNs}`

/** Reads the status of an object's file; null when there is none. */
export async function statObject(directory: string, key: string): Promise<BigIntStats | null> {
  try {
    const found = await stat(objectPath(directory, key), { bigint: true })
    return found.isFile() ? found : null
  } catch (error) {
    const code = fileCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return null
    throw error
  }
}

/** Writes the facts of an object that has just been put in place. */
export async function keepFacts(directory: string, key: string, sha256: string, options: PutOptions): Promise<void> {
  const file = await statObject(directory, key)
  if (file === null) return
  const facts: StoredFacts = {
    key,
    inode: inodeOf(file),
    sizeBytes: Number(file.size),
    sha256,
    contentType: options.contentType ?? 'application/octet-stream',
    metadata: { ...options.metadata },
  }
  const text = Readable.from([Buffer.from(JSON.stringify(facts), 'utf8')], { objectMode: false })
  const written = await writeTemporary(temporaryFolder(directory), [text], 'local.facts', undefined)
  await putInPlace(written, factsPath(directory, key), false)
}

export async function dropFacts(directory: string, key: string): Promise<void> {
  await rm(factsPath(directory, key), { force: true })
}

function isStored(value: unknown): value is StoredFacts {
  const facts = value as Partial<StoredFacts> | null
  return typeof facts === 'object' && typeof facts?.sha256 === 'string' && typeof facts.inode === 'string'
}

async function readStored(directory: string, key: string): Promise<StoredFacts | null> {
  try {
    const value: unknown = JSON.parse(await readFile(factsPath(directory, key), 'utf8'))
    return isStored(value) && value.key === key ? value : null
  } catch (error) {
    // Facts that a crash or a stranger spoilt are no facts; the object itself is still there.
    if (error instanceof SyntaxError || fileCode(error) === 'ENOENT') return null
    throw error
  }
}

/** Tells about an object. Facts that belong to another file than the one that stands there now are left out. */
export async function factsOf(directory: string, key: string, file: BigIntStats): Promise<ObjectFacts> {
  const stored = await readStored(directory, key)
  const current = stored !== null && stored.inode === inodeOf(file) ? stored : null
  return {
    key,
    sizeBytes: Number(file.size),
    lastModified: file.mtime.toISOString(),
    ...(current === null
      ? {}
      : {
          etag: etagOf(current.sha256),
          checksum: { algorithm: 'sha256', base64: Buffer.from(current.sha256, 'hex').toString('base64') },
          metadata: current.metadata,
          contentType: current.contentType,
        }),
  }
}

/** The folder in which listings of a prefix begin. */
export function folderOfPrefix(directory: string, prefix: string): string {
  const slash = prefix.lastIndexOf('/')
  return slash < 0 ? directory : dirname(objectPath(directory, `${prefix.slice(0, slash)}/x`))
}
