/** How a body gets into a request: when the server is ready for it, as it comes, and not at all when it was answered before. */
import type { ClientRequest, IncomingMessage } from 'node:http'
import { pipeline, Readable } from 'node:stream'

/** Bytes in memory that is reused: each piece is good until the next one is asked for. */
export interface PiecesBody {
  readonly pieces: AsyncIterable<Uint8Array>
  /** Called after each piece with the bytes that were handed to the socket so far. */
  readonly onProgress?: ((bytesSent: number) => void) | undefined
}

/** How long a server may take to say `100 Continue` before the body goes out anyway. */
const continueMs = 1_500

/**
 * Sends the body when the server is ready for it, and not at all when it has answered before.
 * @param waits the request carries `Expect: 100-continue`
 */
export function sendStream(
  request: ClientRequest,
  body: Readable | Uint8Array | PiecesBody,
  waits: boolean,
  fail: (error: Error) => void,
): void {
  let answered = false
  let started = false
  // After an answer a broken pipe is nothing new: the answer says why.
  const failUnanswered = (error: unknown): void => {
    if (!answered) fail(error instanceof Error ? error : new Error('the body broke off'))
  }
  const stop = (): void => {
    if (body instanceof Readable) body.destroy()
  }
  const start = (): void => {
    clearTimeout(timer)
    if (started || answered || request.destroyed) return
    started = true
    if (body instanceof Uint8Array) request.end(body)
    else if (body instanceof Readable) pipeline(body, request, (error) => error && failUnanswered(error))
    else void sendPieces(request, body).catch(failUnanswered)
  }
  const timer = setTimeout(start, continueMs)
  request.once('response', (response: IncomingMessage) => {
    answered = true
    clearTimeout(timer)
    if (request.writableFinished) return
    // A request that was answered before it was sent can not be finished: its socket goes with the answer's end.
    stop()
    response.once('close', () => request.destroy())
  })
  request.once('close', () => {
    clearTimeout(timer)
    stop()
  })
  if (waits) request.once('continue', start)
  else start()
}

/** The next piece is asked for when the kernel has the one before. */
async function sendPieces(request: ClientRequest, { pieces, onProgress }: PiecesBody): Promise<void> {
  const closed = new Promise<void>((resolve) => request.once('close', resolve))
  let sent = 0
  try {
    for await (const piece of pieces) {
      await Promise.race([written(request, piece), closed])
      if (request.destroyed) return
      sent += piece.length
      onProgress?.(sent)
    }
    request.end()
  } catch (error) {
    // What is missing must not look like the end.
    request.destroy()
    throw error
  }
}

function written(request: ClientRequest, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    request.write(piece, (error) => {
      if (error === null || error === undefined) resolve()
      else reject(error)
    })
  })
}
