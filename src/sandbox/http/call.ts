/**
 * One HTTP request as the services see it: method, path, query, headers and a body that is opened when somebody wants
 * it. Nothing here knows a service or a signature.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { AwsError } from './aws-error.ts'

/** A request on its way through the sandbox. */
export interface Call {
  readonly requestId: string
  readonly method: string
  /** As sent, percent-encoded, without the query. */
  readonly rawPath: string
  /** Decoded, in the order sent. */
  readonly query: readonly (readonly [string, string])[]
  /** Names in lower case; repeated headers joined with a comma. */
  readonly headers: ReadonlyMap<string, string>
  /** Opens the body; a client that waits for `100 Continue` gets it now. To be called once. */
  openBody(): AsyncIterable<Uint8Array>
  /** True once the body was opened. */
  bodyOpened(): boolean
}

/** What a service answers. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | AsyncIterable<Uint8Array>
}

/**
 * Reads the head of a request.
 *
 * @throws AwsError `InvalidURI` when the target is not a path with valid percent-encoding.
 */
export function readCall(request: IncomingMessage, response: ServerResponse, requestId: string, waits: boolean): Call {
  const target = request.url ?? '/'
  const mark = target.indexOf('?')
  const rawPath = mark === -1 ? target : target.slice(0, mark)
  let opened = false
  return {
    requestId,
    method: request.method ?? 'GET',
    rawPath,
    query: mark === -1 ? [] : readPairs(target.slice(mark + 1)),
    headers: readHeaders(request.rawHeaders),
    openBody() {
      if (opened) throw new TypeError('the body of a call can be opened once')
      opened = true
      if (waits) response.writeContinue()
      // A reader that gives up must not take the connection with it: the refusal still has to be sent.
      return request.iterator({ destroyOnReturn: false })
    },
    bodyOpened: () => opened,
  }
}

/** Returns the first value of a query parameter. */
export function queryValue(call: Call, name: string): string | undefined {
  return call.query.find(([key]) => key === name)?.[1]
}

/** Reads `a=1&b=2` with `+` as a space. @throws AwsError `InvalidURI` */
export function readPairs(text: string): readonly (readonly [string, string])[] {
  if (text === '') return []
  return text
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const mark = pair.indexOf('=')
      const [name, value] = mark === -1 ? [pair, ''] : [pair.slice(0, mark), pair.slice(mark + 1)]
      return [percentDecode(name.replaceAll('+', ' ')), percentDecode(value.replaceAll('+', ' '))] as const
    })
}

/** Decodes percent-encoding as UTF-8. @throws AwsError `InvalidURI` */
export function percentDecode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new AwsError({ code: 'InvalidURI', status: 400, message: "Couldn't parse the specified URI." })
  }
}

/** Reads a small body whole. @throws AwsError when it is longer than `limit` bytes. */
export async function readSmallBody(call: Call, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of call.openBody()) {
    size += chunk.length
    if (size > limit) {
      throw new AwsError({ code: 'RequestEntityTooLarge', status: 413, message: 'Request size exceeded the limit.' })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function readHeaders(raw: readonly string[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase()
    const earlier = headers.get(name)
    const value = raw[index + 1] ?? ''
    headers.set(name, earlier === undefined ? value : `${earlier},${value}`)
  }
  return headers
}
