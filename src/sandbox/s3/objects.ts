/** PutObject, CopyObject, GetObject, HeadObject and the tags of an object. */
import { callerAccount } from '../access/denial.ts'
import { AwsError } from '../http/aws-error.ts'
import { type Answer, queryValue } from '../http/call.ts'
import { childElements, childText, element, leaf, readXml, xmlDocument } from '../http/xml.ts'
import { token } from '../world/identifiers.ts'
import { objectOwner, readAcl, sendsAcl } from './acl.ts'
import type { Blob } from './blobs.ts'
import type { Bucket, CannedAcl, Encryption, Retention, StoredObject } from './bucket.ts'
import { allowKey, encryptionHeaders, readEncryption } from './encryption.ts'
import {
  checkedTags,
  checkReadCondition,
  checkWriteCondition,
  noSuchKey,
  objectAnswerHeaders,
  readCopySource,
  readObjectHeaders,
  readRange,
  readTaggingHeader,
  writeContext,
} from './headers.ts'
import { demandChecksum, readRetention, retentionContext, retentionHeaders } from './object-lock.ts'
import { receivePayload, receiveText } from './payload.ts'
import {
  allowObject,
  existingBucket,
  listRefusal,
  noSuchBucket,
  notImplemented,
  type S3Operation,
  type S3Request,
} from './request.ts'

export const s3Namespace = 'http://s3.amazonaws.com/doc/2006-03-01/'
const largestObject = 5 * 1024 ** 3

/** What a permitted write of a new object brings with it. */
export interface PermittedWrite {
  readonly acl: CannedAcl
  readonly tags: ReadonlyMap<string, string>
  readonly encryption: Encryption
  readonly keyArn: string | null
  readonly retention: Retention | null
}

/** Checks every right that a new object needs: the object, its ACL, its tags and its key. @throws AwsError */
export function permitWrite(
  request: S3Request,
  bucket: Bucket,
  creates: boolean,
  keyActions: readonly string[],
): PermittedWrite {
  const { call, key } = request
  for (const name of ['x-amz-object-lock-legal-hold', 'x-amz-website-redirect-location']) {
    if (call.headers.has(name)) throw notImplemented(name)
  }
  const tags = readTaggingHeader(call)
  const context = {
    ...writeContext(call, tags),
    ...retentionContext(call, request.state.world.clock.now()),
    's3:ObjectCreationOperation': String(creates),
  }
  allowObject(request, bucket, key, 's3:PutObject', context)
  if (sendsAcl(call)) allowObject(request, bucket, key, 's3:PutObjectAcl', context)
  if (tags.size > 0) allowObject(request, bucket, key, 's3:PutObjectTagging', context)
  const acl = readAcl(call, bucket)
  const retention = readRetention(request, bucket, context)
  const encryption = readEncryption(request, bucket)
  return { acl, tags, encryption, retention, keyArn: allowKey(request, bucket, key, encryption, keyActions) }
}

/** Makes the version visible, and removes the bytes of the one that it replaces. */
export async function publish(request: S3Request, bucket: Bucket, object: StoredObject): Promise<void> {
  const replaced = bucket.add(request.key, object)
  if (replaced?.kind === 'object') await request.state.blobs.remove(replaced.blobs)
}

/** The id of the next version of a bucket's objects. */
export function nextVersionId(request: S3Request, bucket: Bucket): string {
  return bucket.versioning === 'Enabled' ? token(32, request.state.world.random) : 'null'
}

export const putObject: S3Operation = async (request) => {
  const { call, state, key } = request
  const bucket = existingBucket(request)
  const permitted = permitWrite(request, bucket, true, ['kms:GenerateDataKey'])
  demandChecksum(call, permitted.retention, 'Object')
  const headers = readObjectHeaders(call)
  // Asked before the bytes, to spare them, and again after, because only then it counts.
  checkWriteCondition(call, bucket, key)
  const writer = await state.blobs.begin()
  let blob: Blob
  let received: Awaited<ReturnType<typeof receivePayload>>
  try {
    received = await receivePayload(call, request.verified, largestObject, (chunk) => writer.write(chunk))
    blob = await writer.commit()
  } catch (cause) {
    await writer.abandon()
    throw cause
  }
  const object: StoredObject = {
    kind: 'object',
    versionId: nextVersionId(request, bucket),
    ownerAccount: objectOwner(bucket, callerAccount(request.caller), permitted.acl),
    sizeBytes: blob.sizeBytes,
    etag: entityTag(request, permitted, received.md5),
    lastModified: state.world.clock.now(),
    blobs: [blob],
    headers,
    checksum: received.checksum,
    ...permitted,
  }
  try {
    checkWriteCondition(call, bucket, key)
    if (!state.buckets.has(bucket.name)) throw noSuchBucket(bucket.name)
  } catch (cause) {
    await state.blobs.remove([blob])
    throw cause
  }
  await publish(request, bucket, object)
  return {
    status: 200,
    headers: {
      etag: `"${object.etag}"`,
      ...encryptionHeaders(object.encryption, object.keyArn),
      ...(bucket.versioning === 'Enabled' ? { 'x-amz-version-id': object.versionId } : {}),
      ...(object.checksum === null
        ? {}
        : {
            [`x-amz-checksum-${object.checksum.algorithm.toLowerCase()}`]: object.checksum.value,
            'x-amz-checksum-type': object.checksum.type,
          }),
    },
  }
}

/** An ETag is the MD5 of the bytes, except under KMS, where it is a value without meaning. */
export function entityTag(request: S3Request, permitted: PermittedWrite, md5: Buffer): string {
  if (permitted.encryption.algorithm === 'AES256') return md5.toString('hex')
  return Buffer.from(request.state.world.random.bytes(16)).toString('hex')
}

export const getObject: S3Operation = (request) => readObject(request, true)

export const headObject: S3Operation = (request) => readObject(request, false)

/** Finds the version that a read means, after the right to it was checked. @throws AwsError */
export function readableObject(
  request: S3Request,
  bucket: Bucket,
  action: 's3:GetObject' | 's3:GetObjectTagging',
): StoredObject {
  const { call, key } = request
  const versionId = queryValue(call, 'versionId')
  const found =
    versionId === undefined
      ? bucket.versions(key).at(-1)
      : bucket.versions(key).find((version) => version.versionId === versionId)
  const versioned = versionId === undefined ? action : `${action}Version`.replace('TaggingVersion', 'VersionTagging')
  const extra = versionId === undefined ? {} : { 's3:VersionId': versionId }
  const object = found?.kind === 'object' ? found : null
  const tags =
    object === null
      ? {}
      : Object.fromEntries([...object.tags].map(([name, value]) => [`s3:ExistingObjectTag/${name}`, value]))
  allowObject(request, bucket, key, versioned, { ...extra, ...tags }, object)
  if (object !== null) return object
  if (found?.kind === 'marker' && versionId !== undefined) throw methodNotAllowed(found.lastModified)
  // Only who may list is told that there is nothing.
  requireList(request, bucket)
  if (versionId !== undefined) {
    throw new AwsError({
      code: 'NoSuchVersion',
      status: 404,
      message: 'The specified version does not exist.',
      fields: { Key: key, VersionId: versionId },
    })
  }
  const headers: Record<string, string> =
    found === undefined ? {} : { 'x-amz-delete-marker': 'true', 'x-amz-version-id': found.versionId }
  throw noSuchKey(key, headers)
}

function requireList(request: S3Request, bucket: Bucket): void {
  const before = request.record.length
  const refusal = listRefusal(request, bucket)
  if (refusal !== null) throw refusal
  // That the key is missing is no decision about listing.
  request.record.length = before
}

function methodNotAllowed(lastModified: Date): AwsError {
  return new AwsError({
    code: 'MethodNotAllowed',
    status: 405,
    message: 'The specified method is not allowed against this resource.',
    headers: { allow: 'DELETE', 'x-amz-delete-marker': 'true', 'last-modified': lastModified.toUTCString() },
  })
}

function readObject(request: S3Request, withBody: boolean): Answer {
  const { call, state } = request
  const bucket = existingBucket(request)
  const object = readableObject(request, bucket, 's3:GetObject')
  const usedKey: Encryption = { ...object.encryption, keyName: object.keyArn }
  allowKey(request, bucket, request.key, usedKey, ['kms:Decrypt'])
  checkReadCondition(call, object)
  const headers = {
    ...objectAnswerHeaders(object, bucket, call),
    ...retentionHeaders(request, bucket, object.retention),
    ...overriddenHeaders(request),
  }
  const part = partRange(request, object)
  const range = part ?? readRange(call.headers.get('range'), object.sizeBytes)
  const { start, end } = range ?? { start: 0, end: object.sizeBytes }
  headers['content-length'] = String(end - start)
  if (range !== null) headers['content-range'] = `bytes ${start}-${end - 1}/${object.sizeBytes}`
  if (part !== null) headers['x-amz-mp-parts-count'] = String(object.blobs.length)
  const status = range === null ? 200 : 206
  // A checksum of the whole object says nothing about a range of it.
  if (range !== null)
    for (const name of Object.keys(headers)) if (name.startsWith('x-amz-checksum-')) delete headers[name]
  return withBody ? { status, headers, body: state.blobs.read(object.blobs, start, end) } : { status, headers }
}

/** `partNumber=2` asks for the bytes of one part. */
function partRange(request: S3Request, object: StoredObject): { start: number; end: number } | null {
  const text = queryValue(request.call, 'partNumber')
  if (text === undefined || object.blobs.length < 2) return null
  const number = Number(text)
  const blob = object.blobs[number - 1]
  if (blob === undefined) {
    throw new AwsError({
      code: 'InvalidPartNumber',
      status: 416,
      message: 'The requested partnumber is not satisfiable',
    })
  }
  const start = object.blobs.slice(0, number - 1).reduce((sum, earlier) => sum + earlier.sizeBytes, 0)
  return { start, end: start + blob.sizeBytes }
}

/** `response-content-type=…` and its sisters; only for those who signed. */
function overriddenHeaders(request: S3Request): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of request.call.query) {
    const match =
      /^response-(content-type|cache-control|content-disposition|content-encoding|content-language|expires)$/.exec(name)
    if (match?.[1] === undefined) continue
    if (request.verified === null) {
      throw new AwsError({
        code: 'InvalidRequest',
        status: 400,
        message: 'Request specific response headers cannot be used for anonymous GET requests.',
      })
    }
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) throw notImplemented(name)
    headers[match[1]] = value
  }
  return headers
}

export const copyObject: S3Operation = async (request) => {
  const { call, state, key } = request
  const source = readCopySource(call)
  const bucket = existingBucket(request)
  const permitted = permitWrite(request, bucket, true, ['kms:GenerateDataKey'])
  const from = readSource(request, source)
  checkWriteCondition(call, bucket, key)
  const { clock } = state.world
  const replaces = call.headers.get('x-amz-metadata-directive')?.toUpperCase() === 'REPLACE'
  const keepsTags = call.headers.get('x-amz-tagging-directive')?.toUpperCase() !== 'REPLACE'
  const blob = await state.blobs.copy(from.blobs, 0, from.sizeBytes)
  const object: StoredObject = {
    ...from,
    ...permitted,
    tags: keepsTags ? from.tags : permitted.tags,
    headers: replaces ? readObjectHeaders(call) : from.headers,
    versionId: nextVersionId(request, bucket),
    ownerAccount: objectOwner(bucket, callerAccount(request.caller), permitted.acl),
    lastModified: clock.now(),
    blobs: [blob],
  }
  await publish(request, bucket, object)
  return {
    status: 200,
    headers: { 'content-type': 'application/xml', ...encryptionHeaders(object.encryption, object.keyArn) },
    body: xmlDocument(
      'CopyObjectResult',
      s3Namespace,
      leaf('LastModified', object.lastModified.toISOString()),
      leaf('ETag', `"${object.etag}"`),
    ),
  }
}

/** Returns the object that is copied from, after the rights to read it were checked. @throws AwsError */
export function readSource(request: S3Request, source: ReturnType<typeof readCopySource>): StoredObject {
  const query: readonly (readonly [string, string])[] =
    source.versionId === null ? [] : [['versionId', source.versionId]]
  const headers = new Map([...request.call.headers].filter(([name]) => name !== 'x-amz-expected-bucket-owner'))
  const expected = request.call.headers.get('x-amz-source-expected-bucket-owner')
  if (expected !== undefined) headers.set('x-amz-expected-bucket-owner', expected)
  const reading: S3Request = {
    ...request,
    bucketName: source.bucketName,
    key: source.key,
    call: { ...request.call, query, headers },
  }
  const bucket = existingBucket(reading)
  const object = readableObject(reading, bucket, 's3:GetObject')
  allowKey(reading, bucket, source.key, { ...object.encryption, keyName: object.keyArn }, ['kms:Decrypt'])
  return object
}

export const getObjectTagging: S3Operation = (request) => {
  const object = readableObject(request, existingBucket(request), 's3:GetObjectTagging')
  const tags = [...object.tags].map(([name, value]) => element('Tag', leaf('Key', name), leaf('Value', value)))
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: xmlDocument('Tagging', s3Namespace, element('TagSet', ...tags)),
  }
}

export const putObjectTagging: S3Operation = async (request) => {
  const bucket = existingBucket(request)
  const { key } = request
  const object = bucket.current(key)
  allowObject(request, bucket, key, 's3:PutObjectTagging', {}, object)
  const root = readXml(await receiveText(request.call, request.verified), 'Tagging')
  const pairs = childElements(childElements(root, 'TagSet')[0] ?? '', 'Tag').map(
    (tag) => [childText(tag, 'Key') ?? '', childText(tag, 'Value') ?? ''] as const,
  )
  const tags = checkedTags(pairs)
  const held = bucket.current(key)
  if (held === null)
    throw new AwsError({
      code: 'NoSuchKey',
      status: 404,
      message: 'The specified key does not exist.',
      fields: { Key: key },
    })
  bucket.add(key, { ...held, tags })
  return { status: 200 }
}
