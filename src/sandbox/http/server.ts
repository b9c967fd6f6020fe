/**
 * The HTTP server: sockets in, answers out. Bodies are streamed, clients that wait for `100 Continue` are let go when
 * somebody wants their body, and a refusal is sent while the rest of a body is thrown away.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AwsError } from './aws-error.ts'
import { type Answer, type Call, readCall } from './call.ts'
import { errorAnswer } from './dialect.ts'

/** What the server asks for every request: the answer, and whether to cut the connection instead of sending it. */
export type Handler = (call: Call) => Promise<{ readonly answer: Answer; readonly cut: boolean }>

/** A server that listens. */
export interface HttpServer {
  readonly port: number
  close(): Promise<void>
}

/** What every answer carries. */
export interface ServerFacts {
  readonly newRequestId: () => string
  /** The time of the Date header. */
  readonly now: () => Date
}

const drainBytes = 1024 ** 3

/** Starts to listen. Rejects when the port is taken. */
export async function listen(host: string, port: number, facts: ServerFacts, handler: Handler): Promise<HttpServer> {
  const serve = (waits: boolean) => (request: IncomingMessage, response: ServerResponse) => {
    response.setHeader('date', facts.now().toUTCString())
    // Whatever goes wrong with a connection ends that connection and nothing else.
    respond(request, response, facts.newRequestId(), waits, handler).catch(() => request.socket.destroy())
  }
  const server = createServer({ maxHeaderSize: 64 * 1024, keepAliveTimeout: 65_000, requestTimeout: 0 }, serve(false))
  server.on('checkContinue', serve(true))
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
    else socket.destroy()
  })
  await started(server, host, port)
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function started(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
  waits: boolean,
  handler: Handler,
): Promise<void> {
  let answer: Answer
  let opened = false
  try {
    const call = readCall(request, response, requestId, waits)
    const outcome = await handler(call)
    if (outcome.cut) {
      request.socket.resetAndDestroy()
      return
    }
    answer = outcome.answer
    opened = call.bodyOpened()
  } catch (cause) {
    if (!(cause instanceof AwsError)) throw cause
    answer = errorAnswer('s3', cause, requestId, requestId)
  }
  await send(request, response, requestId, answer, waits && !opened)
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
  answer: Answer,
  bodyHeldBack: boolean,
): Promise<void> {
  const { body } = answer
  const head = request.method === 'HEAD'
  response.statusCode = answer.status
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, headerValue(value))
  response.setHeader('server', 'drawbridge-sandbox')
  response.setHeader('x-amz-request-id', requestId)
  response.setHeader('x-amzn-requestid', requestId)
  response.setHeader('x-amz-id-2', Buffer.from(`sandbox ${requestId}`).toString('base64'))
  // A client that was never told to continue may or may not send its body: nobody can read on from here.
  if (bodyHeldBack) response.setHeader('connection', 'close')
  if (typeof body === 'string' || body === undefined) {
    const bytes = Buffer.from(body ?? '')
    if (head && answer.status >= 400) response.removeHeader('content-type')
    const hasLength = response.hasHeader('content-length') || answer.status === 204 || answer.status === 304
    if (!hasLength) response.setHeader('content-length', head ? 0 : bytes.length)
    if (head || bytes.length === 0) response.flushHeaders()
    else response.write(bytes)
  } else if (!head) {
    await pump(body, response)
  }
  if (!bodyHeldBack) await drain(request)
  response.end()
}

async function pump(body: AsyncIterable<Uint8Array>, response: ServerResponse): Promise<void> {
  for await (const chunk of body) {
    if (response.destroyed) return
    if (!response.write(chunk)) await new Promise<void>((resolve) => waitForRoom(response, resolve))
  }
}

function waitForRoom(response: ServerResponse, resolve: () => void): void {
  const go = (): void => {
    response.off('drain', go)
    response.off('close', go)
    resolve()
  }
  response.on('drain', go)
  response.on('close', go)
}

/** Throws away what is left of a body, so that the client can read the answer before it is done sending. */
async function drain(request: IncomingMessage): Promise<void> {
  if (request.complete || request.readableEnded) return
  let left = drainBytes
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    left -= (chunk as Buffer).length
    if (left < 0) {
      request.socket.destroy()
      return
    }
  }
}

/** Header values of objects come from strangers: no line may end in one. */
function headerValue(value: string): string {
  return value.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?')
}
