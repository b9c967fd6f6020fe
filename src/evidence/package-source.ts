/** Reading a package that a stranger may have made: what may be in it, and how much of it is read. */
import type { Result } from '../base/index.ts'
import { err, ok } from '../base/index.ts'
import { sameBytes } from './base64.ts'
import { sha256Hex } from './manifest.ts'
import { maximumPayloadFiles } from './package-layout.ts'
import { isPackagePath } from './package-path.ts'
import { sidecarSuffix, unpackSidecar } from './sidecar.ts'

type Awaitable<T> = T | Promise<T>

/** Where a package is read from: a directory, a bucket, memory. Paths are relative, with `/`. */
export interface PackageSource {
  /** Every file of the package, in any order; folders are not listed. */
  list(): Awaitable<readonly string[]>
  /**
   * Reads a file; null when there is none. `maximumBytes` is how much is of any use: a reader may stop after one byte
   * more, so that a hostile package can not fill the memory.
   */
  read(path: string, maximumBytes: number): Awaitable<Uint8Array | null>
  /** Hashes a file as a stream; null when there is none. Without it files of the report are read whole. */
  hash?(path: string): Awaitable<FileHash | null>
}

/** What a file's bytes come to. */
export interface FileHash {
  /** Lower-case hex. */
  readonly sha256: string
  readonly sizeBytes: number
}

/** A package whose listing is sound, with the sidecar, if there is one, opened. */
export interface OpenPackage {
  /** Every path, those inside the sidecar included. */
  readonly paths: ReadonlySet<string>
  /** The sidecar's own path. */
  readonly sidecar: string | null
  /** Reads a file of the evidence. The error is a line for people. */
  read(path: string): Promise<Result<Uint8Array, string>>
  /** Hashes a file of the report. */
  hash(path: string): Promise<Result<FileHash, string>>
}

const maximumFiles = maximumPayloadFiles + 64
/** The largest file of the evidence: a manifest of 10,000 long paths, or a statement about them. */
const maximumEvidenceBytes = 32 * 1024 * 1024

/** Lists a package and opens its sidecar. Answers a line for people when the listing alone is unsound. */
export async function openPackage(source: PackageSource): Promise<Result<OpenPackage, string>> {
  const listed = await attempt(async () => source.list())
  if (listed === failed) return err('the package could not be listed')
  if (listed.length > maximumFiles) return err(`more than ${maximumFiles} files`)
  const unsafe = listed.find((path) => !isPackagePath(path))
  if (unsafe !== undefined) return err(`${quoted(unsafe)} is not a safe path`)
  const paths = new Set(listed)
  if (paths.size !== listed.length) return err('a path is listed twice')
  const [sidecar, ...others] = listed.filter((path) => !path.includes('/') && path.endsWith(sidecarSuffix))
  if (others.length > 0) return err('there is more than one receipt')
  const packed = await readSidecar(source, sidecar)
  if (!packed.ok) return packed
  for (const [path, bytes] of packed.value) {
    if (!paths.has(path)) continue
    const beside = await readBounded(source, path)
    if (!beside.ok) return beside
    if (!sameBytes(beside.value, bytes)) return err(`${quoted(path)} differs from the one in ${quoted(sidecar ?? '')}`)
  }
  for (const path of packed.value.keys()) paths.add(path)
  return ok({
    paths,
    sidecar: sidecar ?? null,
    async read(path) {
      const bytes = packed.value.get(path)
      return bytes === undefined ? readBounded(source, path) : ok(bytes)
    },
    hash: (path) => hashFile(source, path),
  })
}

/** Quotes text of a stranger in a line for people: bounded, and without characters that steer the display. */
export function quoted(text: string): string {
  const shown = text.toWellFormed().replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}`]/gu, '?')
  return `\`${shown.length > 120 ? `${shown.slice(0, 120)}…` : shown}\``
}

async function readSidecar(
  source: PackageSource,
  path: string | undefined,
): Promise<Result<ReadonlyMap<string, Uint8Array>, string>> {
  if (path === undefined) return ok(new Map())
  const bytes = await readBounded(source, path)
  if (!bytes.ok) return bytes
  const text = utf8Text(bytes.value)
  const files = text === null ? null : unpackSidecar(text)
  if (!files?.ok) return err(`${quoted(path)} is not a receipt`)
  return ok(new Map(files.value.map((file) => [file.path, file.bytes])))
}

async function readBounded(source: PackageSource, path: string): Promise<Result<Uint8Array, string>> {
  const bytes = await attempt(async () => source.read(path, maximumEvidenceBytes))
  if (bytes === failed) return err(`${quoted(path)} could not be read`)
  if (bytes === null) return err(`${quoted(path)} is missing`)
  return bytes.length > maximumEvidenceBytes ? err(`${quoted(path)} is larger than any such file`) : ok(bytes)
}

async function hashFile(source: PackageSource, path: string): Promise<Result<FileHash, string>> {
  const hashed = await attempt(async () => {
    if (source.hash !== undefined) return source.hash(path)
    const bytes = await source.read(path, Number.MAX_SAFE_INTEGER)
    return bytes === null ? null : { sha256: sha256Hex(bytes), sizeBytes: bytes.length }
  })
  if (hashed === failed) return err(`${quoted(path)} could not be read`)
  return hashed === null ? err(`${quoted(path)} is missing`) : ok(hashed)
}

/** Reads bytes as UTF-8; null when they are something else. */
export function utf8Text(bytes: Uint8Array): string | null {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  return sameBytes(Buffer.from(text), bytes) ? text : null
}

const failed = Symbol('failed')

/** A package that can not be read is a package that can not be believed; what went wrong underneath is not judged. */
async function attempt<T>(work: () => Promise<T>): Promise<T | typeof failed> {
  try {
    return await work()
  } catch {
    return failed
  }
}
