/** Unfinished uploads of the local store: one folder each, with the parts as files. */

import { createReadStream } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { compareKeys, etagOf, uploadNotFound } from '../../fault.ts'
import type { PendingUpload, PutOptions, StoredPart } from '../../object-store.ts'
import { fileCode } from './errors.ts'
import type { WrittenFile } from './files.ts'
import { putInPlace, syncFolder, writeTemporary } from './files.ts'
import { uploadFolder, uploadsFolder } from './paths.ts'

type KeptOptions = Pick<PutOptions, 'contentType' | 'metadata'>

interface UploadRecord {
  readonly key: string
  readonly startedAt: string
  readonly options: KeptOptions
}

const recordName = 'upload.json'
const partName = /^(\d{5})-([0-9a-f]{64})$/

function isRecord(value: unknown): value is UploadRecord {
  const record = value as Partial<UploadRecord> | null
  return typeof record === 'object' && typeof record?.key === 'string' && typeof record.startedAt === 'string'
}

async function readRecord(folder: string): Promise<UploadRecord | null> {
  try {
    const value: unknown = JSON.parse(await readFile(join(folder, recordName), 'utf8'))
    return isRecord(value) ? value : null
  } catch (error) {
    if (error instanceof SyntaxError || fileCode(error) === 'ENOENT' || fileCode(error) === 'ENOTDIR') return null
    throw error
  }
}

/** Starts an upload under an id that is free. */
export async function startUpload(
  directory: string,
  uploadId: string,
  key: string,
  startedAt: Date,
  options: PutOptions,
): Promise<void> {
  const folder = uploadFolder(directory, uploadId)
  await mkdir(folder, { recursive: true })
  const record: UploadRecord = {
    key,
    startedAt: startedAt.toISOString(),
    options: {
      ...(options.contentType === undefined ? {} : { contentType: options.contentType }),
      ...(options.metadata === undefined ? {} : { metadata: options.metadata }),
    },
  }
  const text = Readable.from([Buffer.from(JSON.stringify(record), 'utf8')], { objectMode: false })
  await putInPlace(
    await writeTemporary(folder, [text], 'local.createUpload', undefined),
    join(folder, recordName),
    true,
  )
}

/** Finds an upload's folder. @throws upload-not-found — also for an id that is not of our making */
export async function findUpload(
  directory: string,
  key: string,
  uploadId: string,
  operation: string,
): Promise<{ readonly folder: string; readonly options: KeptOptions }> {
  if (!/^upload_[0-9a-z]{26}$/.test(uploadId)) throw uploadNotFound(key, operation)
  const folder = uploadFolder(directory, uploadId)
  const record = await readRecord(folder)
  if (record === null || record.key !== key) throw uploadNotFound(key, operation)
  return { folder, options: record.options }
}

/** Gives a written part its place; an older part of the same number goes. */
export async function keepPart(folder: string, number: number, file: WrittenFile): Promise<StoredPart> {
  const name = `${String(number).padStart(5, '0')}-${file.sha256}`
  await rename(file.path, join(folder, name))
  for (const other of await readdir(folder)) {
    if (other !== name && partName.exec(other)?.[1] === name.slice(0, 5)) await rm(join(folder, other), { force: true })
  }
  await syncFolder(folder)
  return { number, etag: etagOf(file.sha256), sizeBytes: file.sizeBytes }
}

/** The parts at hand, in order, with their files. */
export async function partsOf(folder: string): Promise<{ readonly part: StoredPart; readonly path: string }[]> {
  const found: { readonly part: StoredPart; readonly path: string }[] = []
  for (const name of (await readdir(folder)).sort()) {
    const match = partName.exec(name)
    if (match === null) continue
    const path = join(folder, name)
    const { size } = await stat(path)
    found.push({ part: { number: Number(match[1]), etag: etagOf(match[2] ?? ''), sizeBytes: size }, path })
  }
  return found
}

/** Opens the named parts one after the other. @throws upload-not-found when one is missing or another */
export async function openParts(
  folder: string,
  key: string,
  parts: readonly StoredPart[],
  operation: string,
): Promise<Iterable<Readable>> {
  const held = await partsOf(folder)
  const paths = parts.map(({ number, etag }) => {
    const match = held.find(({ part }) => part.number === number && part.etag === etag)
    if (match === undefined) throw uploadNotFound(key, operation)
    return match.path
  })
  return (function* () {
    for (const path of paths) yield createReadStream(path, { highWaterMark: 256 * 1024 })
  })()
}

export async function pendingUploads(directory: string, prefix: string): Promise<PendingUpload[]> {
  const pending: PendingUpload[] = []
  let ids: string[] = []
  try {
    ids = await readdir(uploadsFolder(directory))
  } catch (error) {
    if (fileCode(error) !== 'ENOENT') throw error
  }
  for (const uploadId of ids) {
    const record = await readRecord(uploadFolder(directory, uploadId))
    if (record?.key.startsWith(prefix)) pending.push({ key: record.key, uploadId, startedAt: record.startedAt })
  }
  return pending.sort((a, b) => compareKeys(a.key, b.key))
}
