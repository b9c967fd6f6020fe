/**
 * The one file that knows the wire library: it turns the table of operations into an oRPC contract and makes a typed
 * client for it. Safe in a browser. Neither the server's side nor any operation's behaviour lives here.
 */
import { createORPCClient, type NestedClient, ORPCError } from '@orpc/client'
import { type ContractProcedure, eventIterator, oc, type Schema } from '@orpc/contract'
import { OpenAPILink } from '@orpc/openapi-client/fetch'
import type { z } from 'zod'
import { DrawbridgeError, type ErrorCode, errorCodes } from '../base/index.ts'
import type { UploadedFile } from './delivery.ts'
import { uploadedFile } from './delivery.ts'
import type { Operation } from './operation.ts'
import { type OperationName, operations, uploadRoute } from './operations.ts'

/** Where the API stands below the server's own address. */
export const apiPrefix = '/api/v1'

/** The body of every answer that is not a success. */
export interface ErrorBody {
  readonly code: ErrorCode
  /** One line, lower case. */
  readonly message: string
  readonly help?: string
}

/** The operations that have an HTTP door. */
export type RemoteOperationName = {
  [Name in OperationName]: (typeof operations)[Name] extends { readonly http: unknown } ? Name : never
}[OperationName]

type Group = RemoteOperationName extends infer Name ? (Name extends `${infer Head}.${string}` ? Head : never) : never
type Action<Head extends string> = RemoteOperationName extends infer Name
  ? Name extends `${Head}.${infer Tail}`
    ? Tail
    : never
  : never

/** What a call may be given beside its input. */
export interface CallOptions {
  readonly signal?: AbortSignal
}

type Row<Name extends OperationName> = (typeof operations)[Name]

/** One operation as a function: a promise of its output, or the events of a stream. */
export type OperationCall<Name extends OperationName> =
  Row<Name> extends { readonly stream: true }
    ? (
        input: z.input<Row<Name>['input']>,
        options?: CallOptions,
      ) => AsyncGenerator<z.output<Row<Name>['output']>, void, void>
    : (input: z.input<Row<Name>['input']>, options?: CallOptions) => Promise<z.output<Row<Name>['output']>>

/** Bytes of a file on their way to the spool: whatever `fetch` takes as a body, or anything that gives them one by one. */
export type UploadBody =
  | Blob
  | Uint8Array<ArrayBuffer>
  | ReadableStream<Uint8Array<ArrayBuffer>>
  | AsyncIterable<Uint8Array<ArrayBuffer>>

/** Every remote operation, grouped by the first word of its name: `client.connection.verify({ name })`. */
export type DrawbridgeClient = {
  readonly [Head in Group]: {
    readonly [Tail in Action<Head>]: `${Head}.${Tail}` extends OperationName ? OperationCall<`${Head}.${Tail}`> : never
  }
} & {
  /** Sends one file of a report; its id goes into `delivery.create`. */
  readonly upload: (name: string, body: UploadBody, options?: CallOptions) => Promise<UploadedFile>
}

/** Calls one operation by name; what a client is made of. A stream's events come as an async iterable. */
export type Invoke = (
  name: RemoteOperationName,
  input: unknown,
  options: CallOptions,
) => Promise<unknown> | AsyncGenerator<unknown, void, void>

/** The names of the operations that have an HTTP door, in the table's order. */
export function remoteOperationNames(): readonly RemoteOperationName[] {
  return (Object.keys(operations) as OperationName[]).filter(
    (name): name is RemoteOperationName => 'http' in operations[name],
  )
}

/** Builds a client over any way of calling operations by name. */
export function clientOver(invoke: Invoke, upload: DrawbridgeClient['upload']): DrawbridgeClient {
  const groups: Record<string, Record<string, unknown>> = {}
  for (const name of remoteOperationNames()) {
    const [head, tail] = splitName(name)
    const group = groups[head] ?? {}
    group[tail] = (input: unknown, options: CallOptions = {}) => invoke(name, input, options)
    groups[head] = group
  }
  return { ...groups, upload } as unknown as DrawbridgeClient
}

/** Splits `connection.verify` into its group and its action. */
function splitName(name: string): readonly [string, string] {
  const dot = name.indexOf('.')
  return [name.slice(0, dot), name.slice(dot + 1)]
}

/** One row as the wire library knows it. */
export type WireProcedure = ContractProcedure<
  Schema<unknown, unknown>,
  Schema<unknown, unknown>,
  Record<never, never>,
  Record<never, never>
>

/** Turns the table into an oRPC contract, grouped as the client is. */
export function toOrpcContract(): Record<string, Record<string, WireProcedure>> {
  const router: Record<string, Record<string, WireProcedure>> = {}
  for (const name of remoteOperationNames()) {
    const row: Operation = operations[name]
    const [head, tail] = splitName(name)
    const group = router[head] ?? {}
    group[tail] = contractOf(row)
    router[head] = group
  }
  return router
}

/** Makes the wire library's contract of one row. */
export function contractOf(row: Operation): WireProcedure {
  if (row.http === undefined) throw new TypeError(`\`${row.name}\` has no HTTP door`)
  const route = {
    method: row.http.method,
    path: row.http.path,
    operationId: row.name,
    summary: row.summary,
    tags: [splitName(row.name)[0]],
  }
  const base = oc.route(route).input(row.input)
  return row.stream === true ? base.output(eventIterator(row.output)) : base.output(row.output)
}

/** How a client reaches and addresses a server. */
export interface ClientOptions {
  /** The operator token of `server.json`; a browser sends its cookie instead. */
  readonly token?: string
  /** A session cookie as `name=value`, for clients that keep no cookies themselves. */
  readonly cookie?: string
  /** Absent: the platform's own. */
  readonly fetch?: typeof fetch
}

/**
 * Makes a typed client for the server at `url` (`http://127.0.0.1:4780`, without the API's prefix).
 * Every call rejects with `DrawbridgeError`, also when the server can not be reached (`unavailable`).
 */
export function createClient(url: string, options: ClientOptions = {}): DrawbridgeClient {
  const base = `${url.replace(/\/+$/, '')}${apiPrefix}`
  const send = options.fetch ?? globalThis.fetch.bind(globalThis)
  const headers: Record<string, string> = {}
  if (options.token !== undefined) headers['authorization'] = `Bearer ${options.token}`
  if (options.cookie !== undefined) {
    headers['cookie'] = options.cookie
    // A browser says by itself where a request comes from, and no script there can; a client without one has to.
    headers['origin'] = new URL(url).origin
  }
  const link = new OpenAPILink(toOrpcContract(), {
    url: base,
    headers,
    fetch: (request, init) => send(request, { ...init, redirect: 'error' }),
    customErrorResponseBodyDecoder: (body, response) => wireError(body, response.status),
  })
  // The proxy that comes back is typed by the contract's types, which the table's rows were erased from on their way.
  const remote = createORPCClient<NestedClient<Record<never, never>>>(link) as unknown as Remote
  return clientOver(
    (name, input, call) => invokeRemote(remote, name, input, call),
    (name, body, call = {}) => uploadRemote(send, base, headers, name, body, call),
  )
}

type Remote = Record<string, Record<string, (input: unknown, options: CallOptions) => Promise<unknown>>>

function invokeRemote(
  remote: Remote,
  name: RemoteOperationName,
  input: unknown,
  options: CallOptions,
): Promise<unknown> | AsyncGenerator<unknown, void, void> {
  const [head, tail] = splitName(name)
  const call = remote[head]?.[tail]
  if (call === undefined) throw new TypeError(`there is no operation \`${name}\``)
  const row: Operation = operations[name]
  if (row.stream === true) return streamRemote(() => call(input, options), name)
  return call(input, options).catch((error: unknown) => {
    throw toDrawbridgeError(error, name)
  })
}

async function* streamRemote(call: () => Promise<unknown>, name: string): AsyncGenerator<unknown, void, void> {
  try {
    yield* (await call()) as AsyncIterable<unknown>
  } catch (error) {
    throw toDrawbridgeError(error, name)
  }
}

async function uploadRemote(
  send: typeof fetch,
  base: string,
  headers: Record<string, string>,
  name: string,
  body: UploadBody,
  options: CallOptions,
): Promise<UploadedFile> {
  // `duplex` is what fetch demands for a stream as a body; the DOM's types do not know it yet.
  const init: RequestInit & { duplex: 'half' } = {
    method: uploadRoute.method,
    headers: { ...headers, 'content-type': 'application/octet-stream' },
    body: bodyOf(body),
    duplex: 'half',
    redirect: 'error',
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  }
  try {
    const response = await send(`${base}${uploadRoute.path}?name=${encodeURIComponent(name)}`, init)
    const answer: unknown = await response.json()
    if (!response.ok) throw wireError(answer, response.status)
    return uploadedFile.parse(answer)
  } catch (error) {
    throw toDrawbridgeError(error, 'upload')
  }
}

type FetchBody = Exclude<UploadBody, AsyncIterable<unknown>> | ReadableStream<Uint8Array<ArrayBuffer>>

function bodyOf(body: UploadBody): FetchBody {
  if (body instanceof Blob || body instanceof Uint8Array || body instanceof ReadableStream) return body
  const chunks = body[Symbol.asyncIterator]()
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    async cancel() {
      await chunks.return?.()
    },
  })
}

function wireError(body: unknown, status: number): ORPCError<string, unknown> {
  const code = readErrorBody(body) === null ? 'protocol-broken' : 'drawbridge'
  return new ORPCError(code, { status: status >= 400 ? status : 500, data: body })
}

/** Reads an answer's body as an error of the table; null when it has another form. */
export function readErrorBody(body: unknown): ErrorBody | null {
  if (typeof body !== 'object' || body === null) return null
  const { code, message, help } = body as Record<string, unknown>
  if (typeof code !== 'string' || !(code in errorCodes) || typeof message !== 'string') return null
  return { code: code as ErrorCode, message, ...(typeof help === 'string' ? { help } : {}) }
}

function toDrawbridgeError(error: unknown, operation: string): DrawbridgeError {
  if (error instanceof DrawbridgeError) return error
  if (error instanceof ORPCError) {
    const known = readErrorBody(error.data)
    if (known !== null) return new DrawbridgeError({ ...known, operation })
    return new DrawbridgeError({
      code: error.status === 401 ? 'unauthenticated' : 'protocol-broken',
      message: `the server answered ${error.status} in a form that is not Drawbridge's`,
      operation,
      cause: error,
    })
  }
  if (error instanceof Error && error.name === 'AbortError') {
    return new DrawbridgeError({ code: 'cancelled', message: 'the call was cancelled', operation, cause: error })
  }
  return new DrawbridgeError({
    code: 'unavailable',
    retry: 'later',
    message: 'the server can not be reached',
    operation,
    cause: error,
  })
}
