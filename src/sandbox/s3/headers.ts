/** The headers of objects, of conditions and of ranges: reading them from requests and writing them to answers. */

import type { Context } from '../access/context.ts'
import { AwsError } from '../http/aws-error.ts'
import { type Call, percentDecode, readPairs } from '../http/call.ts'
import type { Bucket, ObjectHeaders, StoredObject } from './bucket.ts'
import { encryptionHeaders } from './encryption.ts'
import { invalidArgument } from './request.ts'

const standardNames = [
  'content-type',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
]
const mostMetadataBytes = 2048

/** Reads what the writer says about the object. @throws AwsError `MetadataTooLarge` */
export function readObjectHeaders(call: Call): ObjectHeaders {
  const standard = new Map<string, string>()
  for (const name of standardNames) {
    const value = call.headers.get(name)
    if (value !== undefined) standard.set(name, value)
  }
  // `aws-chunked` is how the body travelled and no property of the object.
  const encodings = (standard.get('content-encoding') ?? '')
    .split(',')
    .map((encoding) => encoding.trim())
    .filter((encoding) => encoding !== '' && encoding !== 'aws-chunked')
  if (encodings.length === 0) standard.delete('content-encoding')
  else standard.set('content-encoding', encodings.join(','))
  if (!standard.has('content-type')) standard.set('content-type', 'binary/octet-stream')
  const metadata = new Map<string, string>()
  let bytes = 0
  for (const [name, value] of call.headers) {
    if (!name.startsWith('x-amz-meta-')) continue
    const key = name.slice('x-amz-meta-'.length)
    metadata.set(key, value)
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value)
  }
  if (bytes > mostMetadataBytes) {
    throw new AwsError({
      code: 'MetadataTooLarge',
      status: 400,
      message: 'Your metadata headers exceed the maximum allowed metadata size',
      fields: { Size: String(bytes), MaxSizeAllowed: String(mostMetadataBytes) },
    })
  }
  return { standard, metadata, storageClass: call.headers.get('x-amz-storage-class') ?? 'STANDARD' }
}

/** Reads the tags that come in a header. @throws AwsError `InvalidTag` */
export function readTaggingHeader(call: Call): ReadonlyMap<string, string> {
  const header = call.headers.get('x-amz-tagging')
  return checkedTags(header === undefined ? [] : readPairs(header))
}

/** Checks tags as S3 does. @throws AwsError `InvalidTag` */
export function checkedTags(pairs: readonly (readonly [string, string])[]): ReadonlyMap<string, string> {
  const tags = new Map(pairs)
  if (tags.size !== pairs.length) throw invalidTag('Cannot provide multiple Tags with the same key')
  if (tags.size > 10)
    throw new AwsError({ code: 'BadRequest', status: 400, message: 'Object tags cannot be greater than 10' })
  for (const [key, value] of tags) {
    if (key === '' || key.length > 128) throw invalidTag('The TagKey you have provided is invalid')
    if (value.length > 256) throw invalidTag('The TagValue you have provided is invalid')
  }
  return tags
}

function invalidTag(message: string): AwsError {
  return new AwsError({ code: 'InvalidTag', status: 400, message })
}

/** The context keys that the headers of a write make. */
export function writeContext(call: Call, tags: ReadonlyMap<string, string>): Context {
  const context: Record<string, string | readonly string[]> = {}
  for (const [name, value] of call.headers) {
    if (contextHeaders.has(name) || name.startsWith('x-amz-grant-')) context[`s3:${name}`] = value
  }
  const ifNoneMatch = call.headers.get('if-none-match')
  if (ifNoneMatch !== undefined) context['s3:if-none-match'] = ifNoneMatch
  const ifMatch = call.headers.get('if-match')
  if (ifMatch !== undefined) context['s3:if-match'] = ifMatch
  for (const [key, value] of tags) context[`s3:RequestObjectTag/${key}`] = value
  if (tags.size > 0) context['s3:RequestObjectTagKeys'] = [...tags.keys()]
  return context
}

const contextHeaders = new Set([
  'x-amz-acl',
  'x-amz-copy-source',
  'x-amz-metadata-directive',
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-storage-class',
])

/**
 * Refuses a write whose condition does not hold.
 *
 * @throws AwsError `PreconditionFailed`
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export function checkWriteCondition(call: Call, bucket: Bucket, key: string): void {
  const held = bucket.current(key)
  const ifNoneMatch = call.headers.get('if-none-match')
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch !== '*') throw invalidCondition('If-None-Match')
    if (held !== null) throw preconditionFailed('If-None-Match')
  }
  const ifMatch = call.headers.get('if-match')
  if (ifMatch === undefined) return
  if (held === null) throw noSuchKey(key)
  if (unquoted(ifMatch) !== held.etag) throw preconditionFailed('If-Match')
}

function invalidCondition(name: string): AwsError {
  return new AwsError({
    code: 'NotImplemented',
    status: 501,
    message: 'A header you provided implies functionality that is not implemented',
    fields: { Header: name },
  })
}

/** The answer about a key at which nothing stands. */
export function noSuchKey(key: string, headers: Record<string, string> = {}): AwsError {
  const message = 'The specified key does not exist.'
  return new AwsError({ code: 'NoSuchKey', status: 404, message, fields: { Key: key }, headers })
}

/** The refusal of a condition that does not hold. */
export function preconditionFailed(condition: string): AwsError {
  return new AwsError({
    code: 'PreconditionFailed',
    status: 412,
    message: 'At least one of the pre-conditions you specified did not hold',
    fields: { Condition: condition },
  })
}

/** Checks the conditions of a read. @throws AwsError 304 or 412 */
export function checkReadCondition(call: Call, object: StoredObject): void {
  const ifMatch = call.headers.get('if-match')
  const ifNoneMatch = call.headers.get('if-none-match')
  const modifiedSeconds = Math.floor(object.lastModified.getTime() / 1000)
  if (ifMatch !== undefined) {
    if (ifMatch !== '*' && unquoted(ifMatch) !== object.etag) throw preconditionFailed('If-Match')
  } else {
    const since = httpSeconds(call.headers.get('if-unmodified-since'))
    if (since !== null && modifiedSeconds > since) throw preconditionFailed('If-Unmodified-Since')
  }
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch === '*' || unquoted(ifNoneMatch) === object.etag) throw notModified(object)
    return
  }
  const since = httpSeconds(call.headers.get('if-modified-since'))
  if (since !== null && modifiedSeconds <= since) throw notModified(object)
}

function notModified(object: StoredObject): AwsError {
  return new AwsError({
    code: 'NotModified',
    status: 304,
    message: 'Not Modified',
    headers: { etag: `"${object.etag}"` },
  })
}

function httpSeconds(text: string | undefined): number | null {
  const milliseconds = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(milliseconds) ? null : Math.floor(milliseconds / 1000)
}

/** Takes the quotes off an ETag. */
export function unquoted(etag: string): string {
  return etag.trim().replace(/^"|"$/g, '')
}

/** A range of bytes: from `start` up to and without `end`. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** Reads a Range header; null when there is none that S3 honours. @throws AwsError `InvalidRange` */
export function readRange(header: string | undefined, sizeBytes: number): ByteRange | null {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '')
  if (match === null) return null
  const [, first = '', last = ''] = match
  if (first === '' && last === '') return null
  const start = first === '' ? Math.max(sizeBytes - Number(last), 0) : Number(first)
  const end = first === '' || last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes)
  if (first !== '' && last !== '' && Number(last) < Number(first)) return null
  if (start >= sizeBytes || (first === '' && Number(last) === 0)) {
    throw new AwsError({
      code: 'InvalidRange',
      status: 416,
      message: 'The requested range is not satisfiable',
      fields: { RangeRequested: header ?? '', ActualObjectSize: String(sizeBytes) },
      headers: { 'content-range': `bytes */${sizeBytes}` },
    })
  }
  return { start, end }
}

/** The headers with which an object is answered. */
export function objectAnswerHeaders(object: StoredObject, bucket: Bucket, call: Call): Record<string, string> {
  const headers: Record<string, string> = {
    'accept-ranges': 'bytes',
    etag: `"${object.etag}"`,
    'last-modified': object.lastModified.toUTCString(),
    ...encryptionHeaders(object.encryption, object.keyArn),
    ...Object.fromEntries(object.headers.standard),
  }
  for (const [name, value] of object.headers.metadata) headers[`x-amz-meta-${name}`] = value
  if (object.headers.storageClass !== 'STANDARD') headers['x-amz-storage-class'] = object.headers.storageClass
  if (object.tags.size > 0) headers['x-amz-tagging-count'] = String(object.tags.size)
  if (bucket.versioning !== 'Off') headers['x-amz-version-id'] = object.versionId
  if (call.headers.get('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED' && object.checksum !== null) {
    headers[`x-amz-checksum-${object.checksum.algorithm.toLowerCase()}`] = object.checksum.value
    headers['x-amz-checksum-type'] = object.checksum.type
  }
  return headers
}

/** Reads `x-amz-copy-source`. @throws AwsError */
export function readCopySource(call: Call): {
  readonly bucketName: string
  readonly key: string
  readonly versionId: string | null
} {
  const header = call.headers.get('x-amz-copy-source') ?? ''
  const mark = header.indexOf('?versionId=')
  const path = percentDecode(mark === -1 ? header : header.slice(0, mark)).replace(/^\//, '')
  const slash = path.indexOf('/')
  if (slash < 1 || slash === path.length - 1) {
    throw invalidArgument(
      'x-amz-copy-source',
      header,
      'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
    )
  }
  const versionId = mark === -1 ? null : header.slice(mark + '?versionId='.length)
  return { bucketName: path.slice(0, slash), key: path.slice(slash + 1), versionId }
}
