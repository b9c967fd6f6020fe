/** How our keys, metadata names and upload ids look in Azure Blob. */
import { DrawbridgeError } from '../../../base/index.ts'
import { checkKey, sha256Of } from '../../fault.ts'

/**
 * Refuses keys that would not arrive as they are: URLs lose `.` and `..` segments, a backslash becomes a slash, and Azure advises against names that end in
 * a dot or a slash. @see https://learn.microsoft.com/en-us/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata
 * @throws input-invalid
 */
export function checkBlobName(key: string, operation: string): void {
  checkKey(key, operation)
  const segments = key.split('/')
  const lost = segments.some((segment) => segment === '.' || segment === '..')
  if (!lost && !/[./]$|\\/.test(key) && segments.length <= 254) return
  throw new DrawbridgeError({
    code: 'input-invalid',
    message:
      'the object key has a segment `.` or `..` or a backslash, ends in a dot or a slash, or is nested too deeply for Azure',
    operation,
  })
}

/** Azure takes identifiers only, so a hyphen travels as two underscores. */
export function toBlobMetadata(metadata: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name.replaceAll('-', '__'), value]))
}

export function fromBlobMetadata(metadata: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [name.toLowerCase().replaceAll('__', '-'), value]),
  )
}

/** Azure has no upload ids: uncommitted blocks belong to the blob's name. */
export function uploadIdOf(key: string): string {
  return `blocks-${sha256Of(key).slice(0, 16)}`
}

/** The id of a block: the same for the same part, and of one length for all parts, as Azure demands. */
export function blockIdOf(uploadId: string, number: number): string {
  return Buffer.from(`${uploadId}-${String(number).padStart(5, '0')}`, 'ascii').toString('base64')
}

/** The part's number of a block that we named; null for any other block. */
export function partNumberOf(uploadId: string, blockId: string): number | null {
  const text = Buffer.from(blockId, 'base64').toString('latin1')
  const number = text.startsWith(`${uploadId}-`) ? text.slice(uploadId.length + 1) : ''
  return /^\d{5}$/.test(number) ? Number(number) : null
}
