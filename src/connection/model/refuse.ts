/** The one way in which the intake refuses input: `input-invalid`, with the field in backticks and the help apart. */
import { DrawbridgeError } from '../../base/index.ts'

/** Makes the error; the caller throws it, so that the compiler sees the end of the branch. */
export function invalid(field: string, message: string, help?: string): DrawbridgeError {
  return new DrawbridgeError({
    code: 'input-invalid',
    message: `\`${field}\` ${message}`,
    context: { field },
    ...(help === undefined ? {} : { help }),
  })
}

/** Shortens a stranger's text for a message: one line, 120 characters at most, no backticks. */
export function quoted(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}`]/gu, '?')
  return `\`${line.length > 120 ? `${line.slice(0, 117)}...` : line}\``
}
