/** What every store says in the same words, whatever its service. Translating a provider's errors is each service's own task. */
import { createHash } from 'node:crypto'
import { DrawbridgeError } from '../base/index.ts'
import { oneLine } from '../credentials/index.ts'

const maximumKeyBytes = 1024

/** Refuses keys that no store could keep. @throws input-invalid */
export function checkKey(key: string, operation: string): void {
  const problem =
    key.length === 0
      ? 'is empty'
      : Buffer.byteLength(key, 'utf8') > maximumKeyBytes
        ? `has more than ${maximumKeyBytes} bytes`
        : key.isWellFormed()
          ? null
          : 'is not well-formed Unicode'
  if (problem !== null)
    throw new DrawbridgeError({ code: 'input-invalid', message: `the object key ${problem}`, operation })
}

/** Metadata travels in headers: what is not printable ASCII would be changed on its way. @throws input-invalid */
export function checkMetadata(metadata: Readonly<Record<string, string>> | undefined, operation: string): void {
  for (const [name, value] of Object.entries(metadata ?? {})) {
    if (/^[a-z][a-z0-9-]*$/.test(name) && /^[\x20-\x7e]*$/.test(value)) continue
    throw new DrawbridgeError({
      code: 'input-invalid',
      message: 'object metadata takes names of lower-case letters, digits and hyphens, and values of printable ASCII',
      operation,
    })
  }
}

/** @throws cancelled when the signal has been given */
export function checkSignal(signal: AbortSignal | undefined, operation: string): void {
  if (signal?.aborted) throw cancelled(operation)
}

export function cancelled(operation: string): DrawbridgeError {
  return new DrawbridgeError({ code: 'cancelled', message: 'the work was cancelled', operation })
}

export function objectExists(key: string, operation: string): DrawbridgeError {
  return new DrawbridgeError({
    code: 'object-exists',
    message: `an object stands at \`${oneLine(key, 300)}\` already`,
    operation,
  })
}

export function objectNotFound(key: string, operation: string): DrawbridgeError {
  return new DrawbridgeError({
    code: 'object-not-found',
    message: `there is no object \`${oneLine(key, 300)}\``,
    operation,
  })
}

export function uploadNotFound(key: string, operation: string): DrawbridgeError {
  return new DrawbridgeError({
    code: 'upload-not-found',
    message: `there is no such upload of \`${oneLine(key, 300)}\``,
    operation,
  })
}

/** @throws TypeError when parts are not numbered upwards from at least 1 */
export function checkPartOrder(parts: readonly { readonly number: number }[]): void {
  let last = 0
  for (const { number } of parts) {
    if (!Number.isInteger(number) || number <= last) throw new TypeError('parts must be numbered upwards')
    last = number
  }
  if (parts.length === 0) throw new TypeError('an upload is made of at least one part')
}

/** Compares keys as the stores do: by their UTF-8 bytes. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'))
}

/** An entity tag for stores that have to make their own. */
export function etagOf(sha256: string): string {
  return `"${sha256.slice(0, 32)}"`
}

export function sha256Of(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex')
}
