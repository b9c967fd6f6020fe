/** The BagIt folder (RFC 8493) in which a report of several files travels: which file stands where, and the tag files. */
import type { Result } from '../base/index.ts'
import { err, ok } from '../base/index.ts'
import { isSha256Hex, sha256Hex, writeManifest } from './manifest.ts'
import type { PathProblem } from './package-path.ts'
import { findCollision, isPackagePath, packagePath } from './package-path.ts'

/** A file of a report. */
export interface ReportFile {
  /** As it was given; may hold folders. */
  readonly name: string
  readonly sizeBytes: number
  /** Lower-case hex. */
  readonly sha256: string
}

/** What `bag-info.txt` tells. */
export interface PackageInfo {
  readonly delivery: string
  readonly report: string
  readonly period: string
  /** ISO 8601, UTC. */
  readonly acceptedAt: string
}

/** A file of the report and its place in the package. */
export interface PayloadFile extends ReportFile {
  readonly role: 'payload'
  /** Begins with `data/`. */
  readonly path: string
}

/** A file that describes the package. */
export interface TagFile {
  readonly role: 'tag'
  readonly path: string
  readonly bytes: Uint8Array
  readonly sizeBytes: number
  readonly sha256: string
}

export type PackageFile = PayloadFile | TagFile

/** Why a report can not be packed, and the name that stands in the way. */
export interface LayoutProblem {
  readonly reason: PathProblem | 'no-files' | 'too-many-files' | 'collision'
  readonly name: string
}

/** A package has at most so many files of the report. */
export const maximumPayloadFiles = 10_000

export const manifestPath = 'manifest-sha256.txt'
export const tagManifestPath = 'tagmanifest-sha256.txt'
export const bagDeclaration = 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n'

/**
 * Lays a report out as a BagIt folder: the report's files in the order given, then the tag files. The same input always
 * gives the same paths and bytes; no clock is read.
 *
 * @throws TypeError when a size or a hash is none, or `acceptedAt` is no ISO 8601 time.
 */
export function layoutPackage(files: readonly ReportFile[], info: PackageInfo): Result<PackageFile[], LayoutProblem> {
  if (files.length === 0) return err({ reason: 'no-files', name: '' })
  if (files.length > maximumPayloadFiles) return err({ reason: 'too-many-files', name: files.at(-1)?.name ?? '' })
  const payload: PayloadFile[] = []
  for (const file of files) {
    const path = packagePath(file.name)
    if (!path.ok) return err({ reason: path.error, name: file.name })
    const placed = `data/${path.value}`
    if (!isPackagePath(placed)) return err({ reason: 'too-long', name: file.name })
    payload.push({ ...file, role: 'payload', path: placed })
  }
  const collision = findCollision(payload.map(({ path }) => path))
  if (collision !== null) return err({ reason: 'collision', name: collision.slice('data/'.length) })
  return ok([...payload, ...bagTagFiles(payload, info)])
}

/** Makes the tag files of a bag: declaration, description, manifest and the manifest of these three. */
export function bagTagFiles(payload: readonly Omit<PayloadFile, 'role' | 'name'>[], info: PackageInfo): TagFile[] {
  for (const { sizeBytes, sha256 } of payload) {
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0 || !isSha256Hex(sha256)) {
      throw new TypeError('a file of a package has a size and a SHA-256 in lower-case hex')
    }
  }
  const described = [
    tagFile('bagit.txt', bagDeclaration),
    tagFile('bag-info.txt', bagInfo(payload, info)),
    tagFile(manifestPath, writeManifest(payload)),
  ]
  return [...described, tagFile(tagManifestPath, writeManifest(described))]
}

function bagInfo(payload: readonly { readonly sizeBytes: number }[], info: PackageInfo): string {
  const day = /^(\d{4}-\d{2}-\d{2})T/u.exec(info.acceptedAt)?.[1]
  if (day === undefined) throw new TypeError('the time of acceptance is written as in ISO 8601')
  const bytes = payload.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const rows = [
    ['Bagging-Date', day],
    ['External-Description', info.report],
    ['External-Identifier', info.delivery],
    ['Bag-Count', '1 of 1'],
    ['Payload-Oxum', `${bytes}.${payload.length}`],
    ['Drawbridge-Period', info.period],
  ] as const
  return rows.map(([label, value]) => `${label}: ${oneLine(value)}\n`).join('')
}

/** A value of `bag-info.txt` must not begin another line, whatever the report is called. */
function oneLine(value: string): string {
  return value
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, 500)
}

function tagFile(path: string, text: string): TagFile {
  const bytes = new Uint8Array(Buffer.from(text))
  return { role: 'tag', path, bytes, sizeBytes: bytes.length, sha256: sha256Hex(bytes) }
}
