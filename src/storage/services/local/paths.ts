/**
 * From object keys to file names and back. A key is a stranger's text: every segment is encoded so that no key can leave the
 * directory, and no two keys share a file.
 */
import { join } from 'node:path'
import { sha256Of } from '../../fault.ts'

/** The name of an empty segment. In an encoded key a percent sign stands only before two hex digits, so this name is free. */
const emptySegment = '%-'

/** Our own folder, which no key can name for the same reason. */
export const ownFolder = '.%drawbridge'

const percentOf = (character: string): string =>
  [...Buffer.from(character, 'utf8')].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')

/** Encodes one segment. Empty, `.` and `..` have no file of their own; some characters no file system carries everywhere. */
function encodeSegment(segment: string): string {
  if (segment === '') return emptySegment
  if (segment === '.' || segment === '..') return segment.replaceAll('.', '%2E')
  return segment.replace(/[\p{Cc}%\\:*?"<>|]/gu, percentOf).replace(/[. ]$/, percentOf)
}

function decodeSegment(name: string): string {
  return name === emptySegment ? '' : decodeURIComponent(name)
}

/** The path of an object below the directory. */
export function objectPath(directory: string, key: string): string {
  return join(directory, ...key.split('/').map(encodeSegment))
}

/** The key of a path's segments below the directory; null for a name that we did not write. */
export function keyOf(segments: readonly string[]): string | null {
  try {
    const key = segments.map(decodeSegment).join('/')
    return key.split('/').map(encodeSegment).join('/') === segments.join('/') ? key : null
  } catch {
    return null
  }
}

/** Where facts about an object stand that its file can not hold. */
export function factsPath(directory: string, key: string): string {
  const hash = sha256Of(key)
  return join(directory, ownFolder, 'facts', hash.slice(0, 2), `${hash}.json`)
}

export function temporaryFolder(directory: string): string {
  return join(directory, ownFolder, 'tmp')
}

export function uploadsFolder(directory: string): string {
  return join(directory, ownFolder, 'uploads')
}

export function uploadFolder(directory: string, uploadId: string): string {
  return join(uploadsFolder(directory), uploadId)
}
