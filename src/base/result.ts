/**
 * The answer of pure code to input that may be malformed: a value, or a reason. Thrown errors are for a caller's bug
 * (`TypeError`) and for a world that failed (`DrawbridgeError`).
 */

/** A value, or the tagged reason why there is none. */
export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E }

/** Wraps a value. */
export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value }
}

/** Wraps a reason. */
export function err<E>(error: E): { readonly ok: false; readonly error: E } {
  return { ok: false, error }
}
