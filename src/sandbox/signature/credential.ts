/**
 * Reads what a request says about its signature, from the Authorization header or from the query of a presigned URL.
 * Whether it is true is decided in `verify.ts`.
 */
import { type Call, queryValue } from '../http/call.ts'
import type { Scope } from './canonical.ts'
import { authenticationError } from './problem.ts'

/** A claim to be somebody, as sent. */
export interface Claim {
  readonly form: 'header' | 'query'
  readonly accessKeyId: string
  readonly scope: Scope
  /** Lower case, in the order sent. */
  readonly signedHeaders: readonly string[]
  readonly signature: string
  /** `20260131T235959Z`. */
  readonly amzDate: string
  readonly signedAt: Date
  /** Presigned URLs only. */
  readonly expiresSeconds: number | null
  readonly sessionToken: string | null
}

const algorithm = 'AWS4-HMAC-SHA256'
const longestPresignedSeconds = 604_800

/**
 * Reads the claim; null when the request is anonymous.
 *
 * @throws AwsError when there is one that can not be read.
 */
export function readClaim(call: Call): Claim | null {
  const header = call.headers.get('authorization')
  const inQuery = queryValue(call, 'X-Amz-Algorithm') !== undefined || queryValue(call, 'X-Amz-Signature') !== undefined
  if (header !== undefined) return headerClaim(call, header)
  return inQuery ? queryClaim(call) : null
}

function headerClaim(call: Call, header: string): Claim {
  const service = guessService(header)
  if (!header.startsWith(`${algorithm} `)) throw authenticationError(service, { kind: 'unsupported' })
  const fields = new Map<string, string>()
  for (const part of header.slice(algorithm.length + 1).split(',')) {
    const mark = part.indexOf('=')
    if (mark !== -1) fields.set(part.slice(0, mark).trim(), part.slice(mark + 1).trim())
  }
  const credential = readCredential(fields.get('Credential') ?? '')
  const signature = fields.get('Signature') ?? ''
  const signedHeaders = (fields.get('SignedHeaders') ?? '').split(';').filter((name) => name !== '')
  if (credential === null || signature === '' || signedHeaders.length === 0) {
    throw authenticationError(service, { kind: 'incomplete', header: safeHeader(header) })
  }
  const amzDate = call.headers.get('x-amz-date') ?? isoFromHttpDate(call.headers.get('date'))
  const signedAt = readAmzDate(amzDate)
  if (amzDate === undefined || signedAt === null) throw authenticationError(service, { kind: 'no-date' })
  const sessionToken = call.headers.get('x-amz-security-token') ?? null
  return {
    form: 'header',
    ...credential,
    signedHeaders,
    signature,
    amzDate,
    signedAt,
    expiresSeconds: null,
    sessionToken,
  }
}

function queryClaim(call: Call): Claim {
  const credential = readCredential(queryValue(call, 'X-Amz-Credential') ?? '')
  const amzDate = queryValue(call, 'X-Amz-Date') ?? ''
  const signedAt = readAmzDate(amzDate)
  const signature = queryValue(call, 'X-Amz-Signature') ?? ''
  const signedHeaders = (queryValue(call, 'X-Amz-SignedHeaders') ?? '').split(';').filter((name) => name !== '')
  const expires = queryValue(call, 'X-Amz-Expires') ?? ''
  const expiresSeconds = /^\d{1,7}$/.test(expires) ? Number(expires) : Number.NaN
  const right = queryValue(call, 'X-Amz-Algorithm') === algorithm
  const complete = credential !== null && signedAt !== null && signature !== '' && signedHeaders.length > 0
  if (!right || !complete || !(expiresSeconds <= longestPresignedSeconds)) {
    throw authenticationError('s3', { kind: 'bad-query' })
  }
  const sessionToken = queryValue(call, 'X-Amz-Security-Token') ?? null
  return { form: 'query', ...credential, signedHeaders, signature, amzDate, signedAt, expiresSeconds, sessionToken }
}

/** `AKIA…/20260131/eu-central-1/s3/aws4_request`. */
function readCredential(text: string): { accessKeyId: string; scope: Scope } | null {
  const parts = text.split('/')
  const [accessKeyId, date, region, service, end] = parts
  if (parts.length !== 5 || end !== 'aws4_request' || !accessKeyId || !date || !region || !service) return null
  return { accessKeyId, scope: { date, region, service } }
}

/** A broken header may still say for which service it was meant, and so in which dialect to answer. */
function guessService(header: string): string {
  return /\/(sts|iam|kms)\/aws4_request/.exec(header.slice(0, 1000))?.[1] ?? 's3'
}

/** The header without anything that could be a signature. */
function safeHeader(header: string): string {
  return header.slice(0, 200).replace(/Signature=[^,\s]*/g, 'Signature=')
}

/** Reads `20260131T235959Z`. */
export function readAmzDate(text: string | undefined): Date | null {
  const match = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(text ?? '')
  if (match === null) return null
  const [, year, month, day, hour, minute, second] = match
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(date.getTime()) ? null : date
}

/** Writes `20260131T235959Z`. */
export function writeAmzDate(date: Date): string {
  return date.toISOString().replace(/[-:]|\.\d{3}/g, '')
}

function isoFromHttpDate(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const date = new Date(text)
  return Number.isNaN(date.getTime()) ? undefined : writeAmzDate(date)
}
