/** Why a log can not be signed. */
import { DrawbridgeError } from '../base/index.ts'

/** The store contradicts what was signed. */
export function forked(tenant: string, message: string, context: Readonly<Record<string, number>>): DrawbridgeError {
  return new DrawbridgeError({
    code: 'evidence-forked',
    message,
    operation: 'evidence.checkpoint',
    context: { tenant, ...context },
    help: 'was the database restored from an older backup? restore a newer one; the log never signs two histories',
  })
}

/** A key that is not known here signed the last checkpoint. */
export function rotated(tenant: string): DrawbridgeError {
  return new DrawbridgeError({
    code: 'write-conflict',
    retry: 'later',
    message: 'the key of the evidence log was rotated, and is to be read anew',
    operation: 'evidence.seal',
    context: { tenant },
  })
}
