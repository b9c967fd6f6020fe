/** Errors on their way out: every failure becomes `{ code, message, help }` with the table's status, and nothing more. */
import { ORPCError } from '@orpc/client'
import { ValidationError } from '@orpc/contract'
import { DrawbridgeError, errorCodes } from '../base/index.ts'
import { type ErrorBody, readErrorBody } from '../contract/index.ts'
import { inputInvalid } from '../operations/index.ts'

/** The body and the status of an answer that is not a success. */
export interface WireError {
  readonly status: number
  readonly body: ErrorBody
}

/** Translates anything thrown. What is not a `DrawbridgeError` is our own fault, of which no detail leaves. */
export function toWireError(error: unknown): WireError {
  if (error instanceof DrawbridgeError) {
    const { code, message, help } = error
    return { status: errorCodes[code].status, body: { code, message, help } }
  }
  if (error instanceof ORPCError) return fromLibrary(error)
  return {
    status: 500,
    body: { code: 'internal', message: 'a fault of Drawbridge itself', help: 'the server log has its details' },
  }
}

/** Wraps anything thrown for the wire library, which keeps the body as the error's data. */
export function toOrpcError(error: unknown): ORPCError<string, ErrorBody> {
  const { status, body } = toWireError(error)
  return new ORPCError(body.code, { status, message: body.message, data: body, cause: error })
}

function fromLibrary(error: ORPCError<string, unknown>): WireError {
  const known = readErrorBody(error.data)
  if (known !== null) return { status: errorCodes[known.code].status, body: known }
  if (error.status >= 500) return toWireError(null)
  if (error.cause instanceof ValidationError) return toWireError(inputInvalid(error.cause.issues))
  return toWireError(
    new DrawbridgeError({
      code: 'input-invalid',
      message: 'the request can not be read',
      help: 'send JSON with the content type `application/json`; /openapi.json describes every operation',
    }),
  )
}

/** Answers a request with an error. */
export function errorResponse(error: unknown): Response {
  const { status, body } = toWireError(error)
  const wait = error instanceof DrawbridgeError ? error.context['retryAfterSeconds'] : undefined
  const retry = status === 503 ? { 'retry-after': String(wait ?? 5) } : {}
  // 499 is a number of the field that the Response class accepts like any other below 600.
  return Response.json(body, { status, headers: { 'cache-control': 'no-store', ...retry } })
}
