/**
 * Where a report stands at its target. Keys follow from the delivery alone, never from the time of an attempt, so that
 * every attempt aims at the same object.
 */
import { createHash } from 'node:crypto'
import { DrawbridgeError, newId } from '../base/index.ts'

/** What a key is made of. */
export interface KeyParts {
  /** Empty, or ending in a slash. */
  readonly rootPath: string
  readonly report: string
  readonly period: string
  readonly delivery: string
}

/** Makes the key of a report of one file: `<root><report>/<period>/<delivery>-<sha256[:16]>.<ext>`. */
export function reportKey(parts: KeyParts, file: { readonly name: string; readonly sha256: string }): string {
  const extension = extensionOf(file.name)
  const stem = `${folder(parts)}/${parts.delivery}-${file.sha256.slice(0, 16)}`
  return extension === '' ? stem : `${stem}.${extension}`
}

/** Makes the folder of a report of several files, with a slash at its end. */
export function packageFolder(parts: KeyParts): string {
  return `${folder(parts)}/${parts.delivery}/`
}

/** Refuses a period that would be a path of its own. @throws input-invalid */
export function checkPeriod(period: string): string {
  if (/^[\w.-]{1,40}$/.test(period) && !/^\.+$/.test(period)) return period
  throw new DrawbridgeError({
    code: 'input-invalid',
    message: `\`${period.slice(0, 60)}\` is no period`,
    help: 'a period is at most 40 letters, digits, dots, hyphens and underscores, such as `2026-10`',
  })
}

function folder({ rootPath, report, period }: KeyParts): string {
  return `${rootPath}${reportSlug(report)}/${period}`
}

/** Makes a path segment of a report's name: lower case, ASCII, without its file extension. */
export function reportSlug(report: string): string {
  const extension = extensionOf(report)
  const stem = extension === '' ? report : report.slice(0, -extension.length - 1)
  const slug = stem
    .slice(0, 400)
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9._]+/g, '-')
    .slice(0, 80)
    .replace(/^[-.]+/, '')
    .replace(/[-.]+$/, '')
  return slug === '' ? 'report' : slug
}

/** The file's extension in lower case, without the dot; `tar.gz` and its like whole; empty when there is none. */
function extensionOf(name: string): string {
  const match = /[^/.]\.((?:tar\.)?(?=[0-9]{0,7}[a-z])[a-z0-9]{1,8})$/i.exec(name.slice(-64))
  return match?.[1]?.toLowerCase() ?? ''
}

/**
 * The id of a delivery follows from its idempotency key, and its objects' keys from the id: whoever hands a report over
 * again to a database that has lost it aims at the same objects, which are there, and makes no second copy.
 */
export function keyedId(tenant: string, idempotencyKey: string): string {
  const seed = createHash('sha256')
    .update(JSON.stringify(['delivery', tenant, idempotencyKey]))
    .digest()
  return newId('dlv', { bytes: (length) => seed.subarray(0, length) })
}
