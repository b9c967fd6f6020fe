/**
 * The spool: reports as they were handed over, durable and hashed before anything is acknowledged. It knows files and
 * hashes; which delivery a file belongs to is the repository's knowledge.
 */
import { createHash } from 'node:crypto'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DrawbridgeError } from '../../base/index.ts'
import { countBufferGarbage } from '../../storage/index.ts'
import type { SpooledFile } from '../record.ts'
import { FileSource } from './file-source.ts'
import { type Hashing, hashingAside, SourceFault, writeFully } from './hashing.ts'
import { PieceWriter } from './piece-writer.ts'
import { type Claim, ownSpace, type SharedSpace, type Space, sharedSpace, unlimitedSpace } from './space.ts'
import { SpooledBody } from './spooled-body.ts'

/** How the spool is opened. */
export interface SpoolOptions {
  /** Made when absent. Nothing else may be kept there. */
  readonly directory: string
  /**
   * The uploads that the repository knows of. Whatever else lies there is what a crash left, and is removed. Null: other
   * processes write here too, and nobody can tell; `sweep` removes what has lain there for long.
   */
  readonly keep: ReadonlySet<string> | null
  /** New reports are pushed back above this. Absent: as much as the disk holds. */
  readonly quotaBytes?: number
  /** Where room is counted when other processes write here too; without a quota nobody counts together. */
  readonly space?: SharedSpace
  /** Reports up to this are handed back for the database to keep. Absent: 64 KiB. */
  readonly smallBytes?: number
  /** Called when a file that comes in is seen to be so large that it will travel in parts. It must not throw. */
  readonly onLarge?: () => void
  /** Absent: on threads beside this one. */
  readonly hashing?: Hashing
}

/** What was taken in: durable in the spool, or, of a small report, the bytes to keep elsewhere. */
export interface TakenReport {
  readonly file: SpooledFile
  readonly bytes: Uint8Array | null
}

const smallBytes = 64 * 1024
const largeBytes = 16 * 1024 * 1024

/** A file that could not be kept because the spool is full; ask again when deliveries have left it. */
export const retryAfterSeconds = 60

/** Keeps report files until they are delivered. */
export class Spool {
  readonly #directory: string
  readonly #quotaBytes: number
  readonly #smallBytes: number
  readonly #hashing: Hashing
  readonly #onLarge: () => void
  readonly #space: Space

  private constructor(options: SpoolOptions) {
    this.#directory = options.directory
    this.#quotaBytes = options.quotaBytes ?? Number.POSITIVE_INFINITY
    this.#smallBytes = options.smallBytes ?? smallBytes
    this.#hashing = options.hashing ?? hashingAside
    this.#onLarge = options.onLarge ?? (() => {})
    const { space } = options
    if (space === undefined) this.#space = ownSpace(this.#quotaBytes)
    else if (Number.isFinite(this.#quotaBytes)) this.#space = sharedSpace(space, this.#quotaBytes)
    else this.#space = unlimitedSpace(() => bytesIn(options.directory))
  }

  /** Opens the spool and removes what nobody knows of. @throws data-directory-broken | disk-full */
  static async open(options: SpoolOptions): Promise<Spool> {
    return await onDisk('spool.open', async () => {
      await mkdir(options.directory, { recursive: true, mode: 0o700 })
      const spool = new Spool(options)
      const files = new Map<string, number>()
      for (const name of await readdir(options.directory)) {
        const path = join(options.directory, name)
        const upload = uploadOf(name)
        const isKnown = options.keep?.has(upload) ?? true
        if (options.keep !== null && (name.endsWith('.part') || !isKnown)) await rm(path, { force: true })
        else files.set(upload, (files.get(upload) ?? 0) + (await bytesAt(path)))
      }
      // What others took room for and have not begun to write is no leftover.
      await spool.#space.counted(files, new Date(0))
      return spool
    })
  }

  /** The most that it holds; infinite unless the deployment says otherwise. */
  get quotaBytes(): number {
    return this.#quotaBytes
  }

  /** The bytes on disk, as far as this process knows. */
  get usedBytes(): number {
    return this.#space.usedBytes
  }

  /** The bytes on disk now, whoever put them there. @throws database-unavailable */
  async measure(): Promise<number> {
    return await this.#space.measure()
  }

  /**
   * Takes a report in: a small one stays in memory, for the caller to keep durably with whatever else it writes; anything
   * larger goes to disk as `write` does it.
   * @throws report-unreadable | disk-full | data-directory-broken | spool-full
   */
  async take(upload: string, name: string, source: AsyncIterable<Uint8Array>): Promise<TakenReport> {
    if (source instanceof FileSource && (await sizeOf(source)) > this.#smallBytes) {
      return { file: await this.write(upload, name, source), bytes: null }
    }
    const pieces = readable(name, source)
    const held: Uint8Array[] = []
    let sizeBytes = 0
    for (;;) {
      const { done, value } = await pieces.next()
      if (done) break
      held.push(Buffer.from(value))
      sizeBytes += value.length
      if (sizeBytes > this.#smallBytes) {
        return { file: await this.write(upload, name, following(held, pieces)), bytes: null }
      }
    }
    if (Number.isFinite(this.#quotaBytes) && (await this.measure()) + sizeBytes > this.#quotaBytes)
      throw quotaExceeded(name)
    const bytes = held.length === 1 ? (held[0] ?? Buffer.alloc(0)) : Buffer.concat(held)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    return { file: { upload, name, sizeBytes, sha256, isSmall: true }, bytes }
  }

  /**
   * Streams a file to disk while hashing it. When it resolves, the bytes and their name survive a power cut; when it
   * rejects, nothing is left behind.
   * @throws report-unreadable — the source ended in an error
   * @throws disk-full | data-directory-broken — the disk did
   * @throws spool-full — the quota is used up
   */
  async write(upload: string, name: string, source: AsyncIterable<Uint8Array>): Promise<SpooledFile> {
    const data = this.#path(upload, 'data')
    const sums = this.#path(upload, 'sums')
    const claim = this.#space.claim(upload)
    try {
      const file = await this.#stream(upload, name, source, claim)
      await onDisk('spool.write', async () => {
        await rename(`${sums}.part`, sums)
        await rename(`${data}.part`, data)
        await syncDirectory(this.#directory)
      })
      await claim.keep()
      return file
    } catch (error) {
      for (const path of [data, sums, `${data}.part`, `${sums}.part`]) await rm(path, { force: true })
      await claim.giveBack()
      throw error
    }
  }

  async #stream(upload: string, name: string, source: AsyncIterable<Uint8Array>, claim: Claim): Promise<SpooledFile> {
    const handle = await onDisk('spool.write', () => open(`${this.#path(upload, 'data')}.part`, 'wx', 0o600))
    const writer = new PieceWriter(handle, this.#hashing)
    try {
      let reserved = 0
      const reserve = async (bytes: number): Promise<void> => {
        if (!(await claim.take(bytes))) throw quotaExceeded(name)
        if (reserved < largeBytes && reserved + bytes >= largeBytes) this.#onLarge()
        reserved += bytes
      }
      if (source instanceof FileSource && (await sizeOf(source)) > 0) await copyFile(name, source, writer, reserve)
      else {
        for await (const bytes of readable(name, source)) {
          await reserve(bytes.length)
          await onDisk('spool.write', () => writer.write(bytes))
          countBufferGarbage(bytes.length)
        }
      }
      const { sizeBytes, sha256, table } = await onDisk('spool.sync', () => writer.finish())
      await onDisk('spool.write', () => writeDurably(`${this.#path(upload, 'sums')}.part`, table))
      await reserve(table.length)
      return { upload, name, sizeBytes, sha256, isSmall: false }
    } finally {
      await writer.settle().catch(() => {})
      await handle.close()
    }
  }

  /**
   * Removes the files that nobody knows of and that were not written to since `before`, and counts anew what is there.
   * `known` was read before, so that what came in since is not taken for a leftover: it is younger.
   */
  async sweep(known: ReadonlySet<string>, before: Date): Promise<void> {
    await onDisk('spool.sweep', async () => {
      const files = new Map<string, number>()
      for (const name of await readdir(this.#directory)) {
        const path = join(this.#directory, name)
        const upload = uploadOf(name)
        const facts = await stat(path).catch(() => null)
        if (facts === null) continue
        const isLeftover = !known.has(upload) || name.endsWith('.part')
        if (isLeftover && facts.mtime < before) await rm(path, { force: true })
        else files.set(upload, (files.get(upload) ?? 0) + facts.size)
      }
      await this.#space.counted(files, before)
    })
  }

  /** Opens a spooled file as a body whose every byte is compared with what came in before it leaves. */
  body(file: SpooledFile): SpooledBody {
    return new SpooledBody(file, this.#path(file.upload, 'data'), this.#path(file.upload, 'sums'))
  }

  /** Removes a file; also succeeds when it is gone. */
  async remove(upload: string): Promise<void> {
    let sizeBytes = 0
    for (const extension of ['data', 'sums']) {
      const path = this.#path(upload, extension)
      sizeBytes += await bytesAt(path)
      await onDisk('spool.remove', () => rm(path, { force: true }))
    }
    await this.#space.gone(upload, sizeBytes)
  }

  #path(upload: string, extension: string): string {
    if (!/^[a-z0-9_]{1,64}$/.test(upload)) throw new TypeError('an upload id has letters, digits and underscores')
    return join(this.#directory, `${upload}.${extension}`)
  }
}

/** The bytes of all files of a folder, without those that go meanwhile. */
async function bytesIn(directory: string): Promise<number> {
  return await onDisk('spool.measure', async () => {
    let sum = 0
    for (const name of await readdir(directory)) sum += await bytesAt(join(directory, name))
    return sum
  })
}

function uploadOf(name: string): string {
  return name.slice(0, name.indexOf('.'))
}

/** 0 when somebody else has removed it. */
async function bytesAt(path: string): Promise<number> {
  return await stat(path).then(
    (facts) => facts.size,
    () => 0,
  )
}

async function* following(held: readonly Uint8Array[], rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* held
  yield* rest
}

/** Copies a file on the threads that hash it. */
async function copyFile(
  name: string,
  source: FileSource,
  writer: PieceWriter,
  reserve: (bytes: number) => Promise<void>,
): Promise<void> {
  await using reading = await source.read().catch((cause: unknown) => {
    throw unreadable(name, cause)
  })
  const { handle, sizeBytes } = reading
  const copied = { handle, sizeBytes, reserve, onProgress: (bytes: number) => reading.tell(bytes) }
  try {
    await onDisk('spool.write', () => writer.copy(copied))
  } catch (error) {
    throw error instanceof SourceFault ? unreadable(name, reading.fail(error)) : error
  }
  await reading.end().catch((cause: unknown) => {
    throw unreadable(name, cause)
  })
}

async function sizeOf(source: FileSource): Promise<number> {
  const facts = await stat(source.path).catch(() => null)
  return facts?.isFile() === true ? facts.size : 0
}

async function* readable(name: string, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* source
  } catch (cause) {
    throw unreadable(name, cause)
  }
}

function unreadable(name: string, cause: unknown): DrawbridgeError {
  if (cause instanceof DrawbridgeError) return cause
  return new DrawbridgeError({
    code: 'report-unreadable',
    message: `\`${name}\` ended before it was read to its end`,
    operation: 'spool.write',
    help: 'nothing was accepted; send the file again',
    cause,
  })
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'wx', 0o600)
  try {
    await writeFully(handle, bytes, 0)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function quotaExceeded(name: string): DrawbridgeError {
  return new DrawbridgeError({
    code: 'spool-full',
    message: `the spool has no room for \`${name}\` until other deliveries have left it`,
    retry: 'later',
    operation: 'spool.write',
    context: { retryAfterSeconds },
  })
}

async function onDisk<T>(operation: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof DrawbridgeError || cause instanceof TypeError || cause instanceof SourceFault) throw cause
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    const isFull = code === 'ENOSPC' || code === 'EDQUOT'
    throw new DrawbridgeError({
      code: isFull ? 'disk-full' : 'data-directory-broken',
      message: isFull ? 'the spool has no room left on its disk' : `the spool can not be used: ${code}`,
      retry: isFull ? 'later' : 'never',
      operation,
      context: { errno: code },
      ...(isFull ? { help: 'free some space; what was accepted before is safe' } : {}),
      cause,
    })
  }
}
