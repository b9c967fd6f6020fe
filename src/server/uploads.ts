/** The one route outside the table: the raw bytes of a report's file, straight from the socket to the spool. */
import { DrawbridgeError } from '../base/index.ts'
import { type Caller, type House, upload } from '../operations/index.ts'

/**
 * Takes one file. The bytes are never held: the spool reads them as they come, and slows the sender down.
 * @throws input-invalid | forbidden | disk-full | report-unreadable | spool-full
 */
export async function takeUpload(house: House, caller: Caller, request: Request): Promise<Response> {
  const name = new URL(request.url).searchParams.get('name')
  if (name === null || name === '') {
    throw new DrawbridgeError({
      code: 'input-invalid',
      message: 'the query lacks the file name',
      help: 'POST the bytes to /api/v1/uploads?name=audit-2026-10.pdf',
    })
  }
  const announced = announcedLength(request.headers)
  const file = await upload(house, caller, name, bytesOf(request.body, announced))
  return Response.json(file)
}

function announcedLength(headers: Headers): number | null {
  const text = headers.get('content-length')
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null
}

/** Passes the bytes on; a body that ends early is an error, so that half a report is never taken for a whole one. */
async function* bytesOf(
  body: ReadableStream<Uint8Array> | null,
  announced: number | null,
): AsyncGenerator<Uint8Array, void, void> {
  let received = 0
  try {
    if (body !== null) {
      for await (const chunk of body) {
        received += chunk.length
        yield chunk
      }
    }
  } catch (cause) {
    throw cutOff(cause)
  }
  if (announced !== null && received !== announced) throw cutOff(undefined)
}

function cutOff(cause: unknown): DrawbridgeError {
  return new DrawbridgeError({
    code: 'report-unreadable',
    message: 'the upload ended before all of its bytes had come',
    help: 'send the file again',
    cause,
  })
}
