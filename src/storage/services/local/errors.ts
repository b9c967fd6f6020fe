/** Translates what the file system says. The codes are those of POSIX: https://pubs.opengroup.org/onlinepubs/9699919799/functions/V2_chap02.html#tag_15_03 */
import type { ErrorCode, Retry } from '../../../base/index.ts'
import { DrawbridgeError } from '../../../base/index.ts'

interface Row {
  readonly code: ErrorCode
  readonly message: string
  readonly retry?: Retry
}

const rows: Readonly<Record<string, Row>> = {
  EACCES: { code: 'access-denied', message: 'the file system refuses access' },
  EPERM: { code: 'access-denied', message: 'the file system refuses the operation' },
  EROFS: { code: 'access-denied', message: 'the file system is read-only' },
  ENOSPC: { code: 'disk-full', message: 'the directory’s disk is full' },
  EDQUOT: { code: 'disk-full', message: 'the directory’s quota is used up' },
  EFBIG: { code: 'disk-full', message: 'the file system does not take files of this size' },
  ENAMETOOLONG: { code: 'input-invalid', message: 'a part of the object key is longer than a file name may be' },
  // A file stands where a folder is needed, or a folder where the file should be.
  ENOTDIR: { code: 'object-exists', message: 'an object stands where a folder of that name is needed' },
  EISDIR: { code: 'object-exists', message: 'a folder of that name stands already' },
  EEXIST: { code: 'object-exists', message: 'something of that name stands already' },
  EMFILE: { code: 'unavailable', message: 'too many files are open', retry: 'later' },
  ENFILE: { code: 'unavailable', message: 'too many files are open', retry: 'later' },
  EBUSY: { code: 'unavailable', message: 'the file is busy', retry: 'later' },
  // A failed fsync may have dropped the bytes: the same write is never tried again on top of it.
  EIO: { code: 'unavailable', message: 'the disk reports an error' },
  ENOTSUP: { code: 'not-supported', message: 'the file system does not offer this' },
  EXDEV: { code: 'not-supported', message: 'the directory spans several file systems' },
}

/** The file system's code of an error, or null. */
export function fileCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null
}

/** Translates anything that was thrown while working in the directory. */
export function localError(error: unknown, operation: string): DrawbridgeError {
  if (error instanceof DrawbridgeError) return error
  const code = fileCode(error)
  const row = code !== null && Object.hasOwn(rows, code) ? rows[code] : undefined
  if (row === undefined) {
    const message = `the file system answered \`${code ?? 'unknown'}\``
    return new DrawbridgeError({
      code: 'unavailable',
      message,
      operation,
      context: { providerCode: code ?? 'unknown' },
    })
  }
  return new DrawbridgeError({
    code: row.code,
    message: row.message,
    retry: row.retry ?? 'never',
    operation,
    context: { providerCode: code ?? 'unknown' },
  })
}
