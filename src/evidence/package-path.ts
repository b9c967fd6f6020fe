/** Names of files inside a package: what a stranger's file name may become, and what is refused. */
import type { Result } from '../base/index.ts'
import { err, ok } from '../base/index.ts'

/** Why a name can not become a path: which rule it breaks. */
export type PathProblem = 'empty' | 'too-long' | 'not-relative' | 'dot-segment' | 'backslash' | 'invisible-character'

const maximumPathBytes = 512
const maximumSegmentBytes = 200

/**
 * Control characters, characters that only steer the display (a right-to-left override hides an extension), line and
 * paragraph separators, and lone surrogates.
 */
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

/** What Windows does not take in a name, and `%`, which BagIt would have us escape and `sha256sum` does not unescape. */
const unportable = /[%<>:"|?*]/gu
const deviceName = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/iu

/**
 * Makes the path of a file in a package from the name that it was given. The same name always makes the same path.
 * Harmless oddities are replaced (`_` for what some file systems do not take, Unicode in its composed form); whatever
 * could reach outside of the package, or deceive a reader, is refused.
 */
export function packagePath(name: string): Result<string, PathProblem> {
  if (name === '') return err('empty')
  if (Buffer.byteLength(name) > maximumPathBytes) return err('too-long')
  if (invisible.test(name)) return err('invisible-character')
  if (name.includes('\\')) return err('backslash')
  if (name.startsWith('/')) return err('not-relative')
  const segments = name.normalize('NFC').split('/')
  if (segments.includes('')) return err('empty')
  if (segments.some((segment) => segment === '.' || segment === '..')) return err('dot-segment')
  const portable = segments.map(portableSegment)
  const path = portable.join('/')
  const isLong = portable.some((segment) => Buffer.byteLength(segment) > maximumSegmentBytes)
  return isLong || Buffer.byteLength(path) > maximumPathBytes ? err('too-long') : ok(path)
}

/** Tells whether a path is one that `packagePath` would have made. */
export function isPackagePath(path: string): boolean {
  const made = packagePath(path)
  return made.ok && made.value === path
}

/**
 * Finds a path that can not stand beside another one on every file system: it differs in case or in Unicode form only,
 * or is a folder of the other. Null when there is none.
 */
export function findCollision(paths: readonly string[]): string | null {
  // Most reports are one file, which stands alone.
  if (paths.length < 2) return null
  const files = new Set<string>()
  const folders = new Set<string>()
  for (const path of paths) {
    const folded = path.normalize('NFKC').toLowerCase()
    const parents = parentsOf(folded)
    if (files.has(folded) || folders.has(folded) || parents.some((parent) => files.has(parent))) return path
    files.add(folded)
    for (const parent of parents) folders.add(parent)
  }
  return null
}

function portableSegment(segment: string): string {
  const replaced = segment.replaceAll(unportable, '_').replace(/[. ]$/u, '_')
  // `sha256sum -c` would read a file called `-` from its standard input.
  return deviceName.test(replaced) || replaced === '-' ? `_${replaced}` : replaced
}

function parentsOf(path: string): string[] {
  const segments = path.split('/')
  return segments.slice(1).map((_, index) => segments.slice(0, index + 1).join('/'))
}
