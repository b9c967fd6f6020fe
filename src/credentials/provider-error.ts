/**
 * Reads the errors of provider clients (AWS and Azure SDK, node's sockets) into plain facts that are safe to keep: bounded,
 * one line, no request, no URL, no header. What the facts mean is decided in the one errors file of each service.
 */
import { DrawbridgeError } from '../base/index.ts'

/** What a provider's error says, reduced to what may be shown. */
export interface ProviderFacts {
  /** The provider's own code (`AccessDenied`), or node's (`ECONNRESET`). */
  readonly providerCode: string
  /** Absent when no answer came. */
  readonly httpStatus?: number
  readonly requestId?: string
  /** The provider's message, one line of at most 700 characters. */
  readonly providerMessage: string
  /** Headers of the answer, lower-case names. Only for reading single facts; never kept. */
  readonly headers: Readonly<Record<string, string>>
}

/** Reduces foreign text to one printable line of at most `maximum` characters. */
export function oneLine(text: string, maximum = 700): string {
  const line = text
    .slice(0, maximum * 4)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
  return line.length <= maximum ? line : `${line.slice(0, maximum - 1)}…`
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.length > 0 ? value : undefined
}

function headersOf(error: unknown): Record<string, string> {
  const raw = field(field(error, '$response') ?? field(error, 'response'), 'headers')
  const json = field(raw, 'toJSON')
  const plain = typeof json === 'function' ? (json.call(raw) as unknown) : raw
  const headers: Record<string, string> = {}
  if (typeof plain === 'object' && plain !== null) {
    for (const [name, value] of Object.entries(plain)) {
      if (typeof value === 'string') headers[name.toLowerCase()] = value
    }
  }
  return headers
}

/** A provider may repeat the URL that it was called with. */
function withoutSignatures(message: string): string {
  return message
    .slice(0, 10_000)
    .replace(/\b(sig|X-Amz-Signature|X-Amz-Security-Token|X-Amz-Credential)=[^&\s"'<>]+/gi, '$1=[redacted]')
}

/** Reads what an SDK or a socket threw. Works on any value. */
export function providerFacts(error: unknown): ProviderFacts {
  const metadata = field(error, '$metadata')
  const headers = headersOf(error)
  const status =
    field(metadata, 'httpStatusCode') ?? field(error, 'statusCode') ?? field(field(error, '$response'), 'statusCode')
  const requestId =
    text(field(metadata, 'requestId')) ??
    headers['x-amz-request-id'] ??
    headers['x-amzn-requestid'] ??
    headers['x-ms-request-id']
  // An AWS error's name is its code; a socket's and Azure's stand in `code`; some SDK errors carry `Code`.
  const code = text(field(error, 'Code')) ?? text(field(error, 'code')) ?? text(field(error, 'name')) ?? 'Unknown'
  return {
    providerCode: oneLine(code, 100),
    ...(typeof status === 'number' ? { httpStatus: status } : {}),
    ...(requestId === undefined ? {} : { requestId: oneLine(requestId, 100) }),
    providerMessage: oneLine(withoutSignatures(text(field(error, 'message')) ?? '')),
    headers,
  }
}

/** The part of the facts that goes into a `DrawbridgeError`'s context. */
export function errorContext(facts: ProviderFacts): Record<string, string | number> {
  return {
    providerCode: facts.providerCode,
    ...(facts.httpStatus === undefined ? {} : { httpStatus: facts.httpStatus }),
    ...(facts.requestId === undefined ? {} : { requestId: facts.requestId }),
    ...(facts.providerMessage === '' ? {} : { providerMessage: facts.providerMessage }),
  }
}

/** Nothing of the request can have reached the other side. */
const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL'])

/** The other side is not who it says it is: trying again does not help. */
const tlsRefused =
  /^(CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|UNABLE_TO_|ERR_TLS_|ERR_SSL_|HOSTNAME_MISMATCH|EPROTO)/

/**
 * Translates a failure without an answer: the network, the name service, TLS, or the caller's own abort.
 * Null when it is none of these. `context.possiblySent` says whether the other side may have acted on the request.
 */
export function connectionFault(
  error: unknown,
  operation: string,
  target: string,
  signal?: AbortSignal,
): DrawbridgeError | null {
  if (error instanceof DrawbridgeError) return error
  if (signal?.aborted) return new DrawbridgeError({ code: 'cancelled', message: 'the work was cancelled', operation })
  const facts = providerFacts(error)
  if (facts.httpStatus !== undefined) return null
  const code = socketCode(error)
  if (code === null) return null
  if (code === 'ERR_ENDPOINT_REFUSED') {
    return new DrawbridgeError({
      code: 'endpoint-refused',
      message: `\`${target}\` leads to an address that this deployment may not call`,
      operation,
    })
  }
  if (code.startsWith('HPE_')) {
    return new DrawbridgeError({
      code: 'protocol-broken',
      message: `\`${target}\` answered something that is not HTTP`,
      operation,
      context: { providerCode: code },
    })
  }
  const tls = tlsRefused.test(code)
  return new DrawbridgeError({
    code: 'unavailable',
    message: tls ? `\`${target}\` has no certificate that can be trusted` : `\`${target}\` does not answer (${code})`,
    retry: tls ? 'never' : 'later',
    operation,
    context: { providerCode: code, providerMessage: facts.providerMessage, possiblySent: !tls && !neverSent.has(code) },
  })
}

/** `ECONNRESET`, `CERT_HAS_EXPIRED`, `HPE_INVALID_CONSTANT`; of node's own `ERR_…` those alone that tell of a connection. */
function isSocketCode(code: string): boolean {
  if (!/^[A-Z][A-Z0-9_]{3,60}$/.test(code)) return false
  return !code.startsWith('ERR_') || /^ERR_(TLS|SSL|SOCKET|ENDPOINT_REFUSED|STREAM_PREMATURE_CLOSE)/.test(code)
}

/** The socket's own code, looked for in the error, its causes and its parts (`AggregateError` of several addresses). */
function socketCode(error: unknown, depth = 0): string | null {
  if (depth > 4) return null
  const code = text(field(error, 'code'))
  if (code !== undefined && isSocketCode(code)) {
    return code === 'REQUEST_SEND_ERROR' ? (socketCode(field(error, 'cause'), depth + 1) ?? 'ECONNRESET') : code
  }
  if (field(error, 'name') === 'TimeoutError') return 'ETIMEDOUT'
  const parts = field(error, 'errors')
  if (Array.isArray(parts) && parts.length > 0) return socketCode(parts[0], depth + 1)
  const cause = field(error, 'cause')
  return cause === undefined ? null : socketCode(cause, depth + 1)
}
