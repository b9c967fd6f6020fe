/**
 * Multipart uploads: create, upload and copy parts, list, complete, abort.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
 */
import { createHash } from 'node:crypto'
import { callerAccount } from '../access/denial.ts'
import { AwsError } from '../http/aws-error.ts'
import { type Answer, queryValue } from '../http/call.ts'
import { s3ErrorBody } from '../http/dialect.ts'
import { childElements, childText, element, leaf, malformedXml, readXml, type XmlNode } from '../http/xml.ts'
import { token } from '../world/identifiers.ts'
import { objectOwner } from './acl.ts'
import type { Bucket, StoredObject, Upload, UploadedPart } from './bucket.ts'
import { type Checksum, checksumAlgorithm, combinedCrc, compositeChecksum } from './checksum.ts'
import { allowKey, encryptionHeaders } from './encryption.ts'
import { checkWriteCondition, readCopySource, readObjectHeaders, unquoted, writeContext } from './headers.ts'
import { owner, xmlAnswer } from './list.ts'
import { nextVersionId, permitWrite, publish, readSource } from './objects.ts'
import { receivePayload, receiveText } from './payload.ts'
import {
  allowBucket,
  allowObject,
  existingBucket,
  invalidArgument,
  type S3Operation,
  type S3Request,
} from './request.ts'

const mostParts = 10_000
const smallestPart = 5 * 1024 ** 2
const largestPart = 5 * 1024 ** 3
/** What multipart asks of KMS: a data key for the parts, and to read them again on completion. */
const keyActions = ['kms:GenerateDataKey', 'kms:Decrypt']

export const createMultipartUpload: S3Operation = (request) => {
  const { call, state, key, caller } = request
  const bucket = existingBucket(request)
  const permitted = permitWrite(request, bucket, false, keyActions)
  const { algorithm, type } = readChecksumSettings(request)
  const upload: Upload = {
    id: token(64, state.world.random),
    key,
    initiatedAt: state.world.clock.now(),
    initiatorArn: caller.kind === 'anonymous' ? 'anonymous' : caller.arn,
    initiatorId: callerAccount(caller) ?? 'anonymous',
    ownerAccount: objectOwner(bucket, callerAccount(caller), permitted.acl),
    headers: readObjectHeaders(call),
    checksumAlgorithm: algorithm,
    checksumType: type,
    parts: new Map(),
    ...permitted,
  }
  bucket.uploads.set(upload.id, upload)
  const answer = xmlAnswer(
    'InitiateMultipartUploadResult',
    leaf('Bucket', bucket.name),
    leaf('Key', key),
    leaf('UploadId', upload.id),
  )
  const checksumHeaders: Record<string, string> =
    algorithm === null ? {} : { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': type }
  return {
    ...answer,
    headers: { ...answer.headers, ...encryptionHeaders(upload.encryption, upload.keyArn), ...checksumHeaders },
  }
}

function readChecksumSettings(request: S3Request): { algorithm: Upload['checksumAlgorithm']; type: Checksum['type'] } {
  const name = request.call.headers.get('x-amz-checksum-algorithm')
  const asked = request.call.headers.get('x-amz-checksum-type')
  const algorithm = name === undefined ? null : checksumAlgorithm(name)
  if (name !== undefined && algorithm === null) {
    throw new AwsError({
      code: 'InvalidRequest',
      status: 400,
      message:
        'Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]',
    })
  }
  const type = asked ?? (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE')
  if (type !== 'FULL_OBJECT' && type !== 'COMPOSITE')
    throw invalidArgument('x-amz-checksum-type', type, 'Value for x-amz-checksum-type header is invalid.')
  const impossible = type === 'FULL_OBJECT' ? algorithm === 'SHA1' || algorithm === 'SHA256' : algorithm === 'CRC64NVME'
  if (impossible) {
    throw new AwsError({
      code: 'InvalidRequest',
      status: 400,
      message: `The ${type} checksum type cannot be used with the ${algorithm?.toLowerCase()} checksum algorithm.`,
    })
  }
  return { algorithm, type }
}

export const uploadPart: S3Operation = async (request) => {
  const { call, state } = request
  const bucket = existingBucket(request)
  allowPart(request, bucket)
  const upload = existingUpload(request, bucket)
  const number = partNumber(request)
  allowKey(request, bucket, request.key, { ...upload.encryption, keyName: upload.keyArn }, keyActions)
  const writer = await state.blobs.begin()
  let part: UploadedPart
  try {
    const received = await receivePayload(call, request.verified, largestPart, (chunk) => writer.write(chunk))
    checkPartChecksum(upload, received.checksum)
    const blob = await writer.commit()
    const { checksum } = received
    part = { number, blob, etag: received.md5.toString('hex'), lastModified: state.world.clock.now(), checksum }
  } catch (cause) {
    await writer.abandon()
    throw cause
  }
  await keepPart(request, bucket, upload, part)
  const checksumHeaders: Record<string, string> =
    part.checksum === null ? {} : { [`x-amz-checksum-${part.checksum.algorithm.toLowerCase()}`]: part.checksum.value }
  return {
    status: 200,
    headers: { etag: `"${part.etag}"`, ...encryptionHeaders(upload.encryption, upload.keyArn), ...checksumHeaders },
  }
}

export const uploadPartCopy: S3Operation = async (request) => {
  const { call, state } = request
  const source = readCopySource(call)
  const bucket = existingBucket(request)
  allowPart(request, bucket)
  const upload = existingUpload(request, bucket)
  const number = partNumber(request)
  allowKey(request, bucket, request.key, { ...upload.encryption, keyName: upload.keyArn }, keyActions)
  const from = readSource(request, source)
  const { start, end } = copyRange(call.headers.get('x-amz-copy-source-range'), from.sizeBytes)
  const blob = await state.blobs.copy(from.blobs, start, end)
  const hash = createHash('md5')
  for await (const chunk of state.blobs.read([blob], 0, blob.sizeBytes)) hash.update(chunk)
  const part: UploadedPart = {
    number,
    blob,
    etag: hash.digest('hex'),
    lastModified: state.world.clock.now(),
    checksum: null,
  }
  await keepPart(request, bucket, upload, part)
  return xmlAnswer(
    'CopyPartResult',
    leaf('LastModified', part.lastModified.toISOString()),
    leaf('ETag', `"${part.etag}"`),
  )
}

function copyRange(header: string | undefined, sizeBytes: number): { start: number; end: number } {
  if (header === undefined) return { start: 0, end: sizeBytes }
  const match = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(header)
  const [start, end] = [Number(match?.[1]), Number(match?.[2]) + 1]
  if (!(start < end && end <= sizeBytes))
    throw invalidArgument(
      'x-amz-copy-source-range',
      header,
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy',
    )
  return { start, end }
}

/** A part carries none of the headers that the upload was created with, and is judged without them. */
function allowPart(request: S3Request, bucket: Bucket): void {
  const context = { ...writeContext(request.call, new Map()), 's3:ObjectCreationOperation': 'false' }
  allowObject(request, bucket, request.key, 's3:PutObject', context)
}

function checkPartChecksum(upload: Upload, checksum: Checksum | null): void {
  if (upload.checksumAlgorithm === null || checksum?.algorithm === upload.checksumAlgorithm) return
  const sent = checksum === null ? 'null' : checksum.algorithm.toLowerCase()
  throw new AwsError({
    code: 'InvalidRequest',
    status: 400,
    message: `Checksum Type mismatch occurred, expected checksum Type: ${upload.checksumAlgorithm.toLowerCase()}, actual checksum Type: ${sent}`,
  })
}

async function keepPart(request: S3Request, bucket: Bucket, upload: Upload, part: UploadedPart): Promise<void> {
  // The upload may have been completed or aborted while the bytes came in.
  if (!bucket.uploads.has(upload.id)) {
    await request.state.blobs.remove([part.blob])
    throw noSuchUpload(upload.id)
  }
  const replaced = upload.parts.get(part.number)
  upload.parts.set(part.number, part)
  if (replaced !== undefined) await request.state.blobs.remove([replaced.blob])
}

function partNumber(request: S3Request): number {
  const text = queryValue(request.call, 'partNumber') ?? ''
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (number < 1 || number > mostParts) {
    throw invalidArgument('partNumber', text, `Part number must be an integer between 1 and ${mostParts}, inclusive`)
  }
  return number
}

function existingUpload(request: S3Request, bucket: Bucket): Upload {
  const id = queryValue(request.call, 'uploadId') ?? ''
  const upload = bucket.uploads.get(id)
  if (upload === undefined || upload.key !== request.key) throw noSuchUpload(id)
  return upload
}

function noSuchUpload(id: string): AwsError {
  return new AwsError({
    code: 'NoSuchUpload',
    status: 404,
    message:
      'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    fields: { UploadId: id.slice(0, 200) },
  })
}

export const completeMultipartUpload: S3Operation = async (request) => {
  const { state, key } = request
  const bucket = existingBucket(request)
  const context = { ...writeContext(request.call, new Map()), 's3:ObjectCreationOperation': 'true' }
  allowObject(request, bucket, key, 's3:PutObject', context)
  const upload = existingUpload(request, bucket)
  allowKey(request, bucket, key, { ...upload.encryption, keyName: upload.keyArn }, keyActions)
  const root = readXml(await receiveText(request.call, request.verified, 2 * 1024 * 1024), 'CompleteMultipartUpload')
  const parts = namedParts(upload, childElements(root, 'Part'))
  checkWriteCondition(request.call, bucket, key)
  // Another Complete of the same upload may have won while this one was read.
  if (!bucket.uploads.has(upload.id)) throw noSuchUpload(upload.id)
  const checksum = wholeChecksum(upload, parts)
  checkDeclaredWhole(request, checksum, upload)
  if (request.failsLate) return lateFailure(request)
  const object = joined(request, bucket, upload, parts, checksum)
  bucket.uploads.delete(upload.id)
  await publish(request, bucket, object)
  const used = new Set(parts.map((part) => part.blob))
  await state.blobs.remove([...upload.parts.values()].map((part) => part.blob).filter((blob) => !used.has(blob)))
  const answer = xmlAnswer(
    'CompleteMultipartUploadResult',
    leaf('Location', `http://${request.call.headers.get('host') ?? 'localhost'}/${bucket.name}/${encodeURI(key)}`),
    leaf('Bucket', bucket.name),
    leaf('Key', key),
    leaf('ETag', `"${object.etag}"`),
    checksum === null ? null : leaf(`Checksum${checksum.algorithm}`, checksum.value),
    checksum === null ? null : leaf('ChecksumType', checksum.type),
  )
  const version: Record<string, string> =
    bucket.versioning === 'Enabled' ? { 'x-amz-version-id': object.versionId } : {}
  return {
    ...answer,
    headers: { ...answer.headers, ...encryptionHeaders(object.encryption, object.keyArn), ...version },
  }
}

function joined(
  request: S3Request,
  bucket: Bucket,
  upload: Upload,
  parts: readonly UploadedPart[],
  checksum: Checksum | null,
): StoredObject {
  const hash = createHash('md5')
  for (const part of parts) hash.update(Buffer.from(part.etag, 'hex'))
  return {
    kind: 'object',
    versionId: nextVersionId(request, bucket),
    ownerAccount: upload.ownerAccount,
    sizeBytes: parts.reduce((sum, part) => sum + part.blob.sizeBytes, 0),
    etag: `${hash.digest('hex')}-${parts.length}`,
    lastModified: request.state.world.clock.now(),
    blobs: parts.map((part) => part.blob),
    headers: upload.headers,
    tags: upload.tags,
    checksum,
    encryption: upload.encryption,
    keyArn: upload.keyArn,
    acl: upload.acl,
  }
}

/** S3 may say 200 and then fail: the upload stays as it was. */
function lateFailure(request: S3Request): Answer {
  const error = new AwsError({
    code: 'InternalError',
    status: 500,
    message: 'We encountered an internal error. Please try again.',
  })
  const { requestId } = request.call
  return { status: 200, headers: { 'content-type': 'application/xml' }, body: s3ErrorBody(error, requestId, requestId) }
}

function namedParts(upload: Upload, elements: readonly XmlNode[]): readonly UploadedPart[] {
  if (elements.length === 0 || elements.length > mostParts) throw malformedXml()
  const numbers = elements.map((node) => Number(childText(node, 'PartNumber')))
  if (!numbers.every(Number.isInteger)) throw malformedXml()
  // The order is looked at before any part is.
  if (numbers.some((number, index) => number <= (numbers[index - 1] ?? 0))) throw invalidPartOrder(upload)
  return elements.map((node, index) => {
    const number = numbers[index] ?? 0
    const etag = unquoted(childText(node, 'ETag') ?? '')
    const part = upload.parts.get(number)
    if (part === undefined || part.etag !== etag || !checksumAgrees(node, part, upload)) {
      throw invalidPart(upload, number, etag)
    }
    if (index < elements.length - 1 && part.blob.sizeBytes < smallestPart) throw tooSmall(part)
    return part
  })
}

function invalidPartOrder(upload: Upload): AwsError {
  return new AwsError({
    code: 'InvalidPartOrder',
    status: 400,
    message: 'The list of parts was not in ascending order. Parts must be ordered by part number.',
    fields: { UploadId: upload.id },
  })
}

function checksumAgrees(node: XmlNode, part: UploadedPart, upload: Upload): boolean {
  if (part.checksum === null) return true
  const sent = childText(node, `Checksum${part.checksum.algorithm}`)
  // With a composite checksum every part must be named together with its own.
  if (sent === undefined) return upload.checksumAlgorithm === null || upload.checksumType === 'FULL_OBJECT'
  return sent === part.checksum.value
}

function invalidPart(upload: Upload, number: number, etag: string): AwsError {
  return new AwsError({
    code: 'InvalidPart',
    status: 400,
    message:
      "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
    fields: { UploadId: upload.id, PartNumber: String(number), ETag: etag.slice(0, 100) },
  })
}

function tooSmall(part: UploadedPart): AwsError {
  return new AwsError({
    code: 'EntityTooSmall',
    status: 400,
    message: 'Your proposed upload is smaller than the minimum allowed size',
    fields: {
      ProposedSize: String(part.blob.sizeBytes),
      MinSizeAllowed: String(smallestPart),
      PartNumber: String(part.number),
      ETag: part.etag,
    },
  })
}

function wholeChecksum(upload: Upload, parts: readonly UploadedPart[]): Checksum | null {
  const algorithm = upload.checksumAlgorithm
  if (algorithm === null) return null
  const values = parts.map((part) => ({ value: part.checksum?.value ?? '', sizeBytes: part.blob.sizeBytes }))
  if (values.some(({ value }) => value === '')) return null
  const type = upload.checksumType
  const value =
    type === 'COMPOSITE'
      ? compositeChecksum(
          algorithm,
          values.map((part) => part.value),
        )
      : combinedCrc(algorithm, values)
  return value === null ? null : { algorithm, value, type }
}

/** Complete may name the checksum of the whole object. */
function checkDeclaredWhole(request: S3Request, checksum: Checksum | null, upload: Upload): void {
  if (checksum === null) return
  const sent = request.call.headers.get(`x-amz-checksum-${checksum.algorithm.toLowerCase()}`)
  if (sent === undefined || sent === checksum.value || sent === checksum.value.replace(/-\d+$/, '')) return
  throw new AwsError({
    code: 'BadDigest',
    status: 400,
    message: `The ${checksum.algorithm} you specified did not match the calculated checksum.`,
    fields: { UploadId: upload.id },
  })
}

export const abortMultipartUpload: S3Operation = async (request) => {
  const bucket = existingBucket(request)
  allowObject(request, bucket, request.key, 's3:AbortMultipartUpload')
  const upload = existingUpload(request, bucket)
  bucket.uploads.delete(upload.id)
  await request.state.blobs.remove([...upload.parts.values()].map((part) => part.blob))
  return { status: 204 }
}

export const listParts: S3Operation = (request) => {
  const bucket = existingBucket(request)
  allowObject(request, bucket, request.key, 's3:ListMultipartUploadParts')
  const upload = existingUpload(request, bucket)
  const limit = Math.min(Number(queryValue(request.call, 'max-parts') ?? 1000) || 1000, 1000)
  const marker = Number(queryValue(request.call, 'part-number-marker') ?? 0) || 0
  const rest = [...upload.parts.values()].sort((a, b) => a.number - b.number).filter((part) => part.number > marker)
  const page = rest.slice(0, limit)
  return xmlAnswer(
    'ListPartsResult',
    leaf('Bucket', bucket.name),
    leaf('Key', upload.key),
    leaf('UploadId', upload.id),
    element('Initiator', leaf('ID', upload.initiatorArn), leaf('DisplayName', upload.initiatorId)),
    owner(upload.ownerAccount),
    leaf('StorageClass', upload.headers.storageClass),
    leaf('PartNumberMarker', marker),
    leaf('NextPartNumberMarker', page.at(-1)?.number ?? 0),
    leaf('MaxParts', limit),
    leaf('IsTruncated', rest.length > page.length),
    upload.checksumAlgorithm === null ? null : leaf('ChecksumAlgorithm', upload.checksumAlgorithm),
    upload.checksumAlgorithm === null ? null : leaf('ChecksumType', upload.checksumType),
    ...page.map((part) =>
      element(
        'Part',
        leaf('PartNumber', part.number),
        leaf('LastModified', part.lastModified.toISOString()),
        leaf('ETag', `"${part.etag}"`),
        leaf('Size', part.blob.sizeBytes),
        part.checksum === null ? null : leaf(`Checksum${part.checksum.algorithm}`, part.checksum.value),
      ),
    ),
  )
}

export const listMultipartUploads: S3Operation = (request) => {
  const bucket = existingBucket(request)
  const prefix = queryValue(request.call, 'prefix') ?? ''
  allowBucket(request, bucket, 's3:ListBucketMultipartUploads')
  const uploads = [...bucket.uploads.values()]
    .filter((upload) => upload.key.startsWith(prefix))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.initiatedAt.getTime() - b.initiatedAt.getTime()))
  // INVARIANT: with a marker pair the page begins right behind the upload named.
  const keyMarker = queryValue(request.call, 'key-marker')
  const idMarker = queryValue(request.call, 'upload-id-marker')
  const behind = uploads.findIndex((upload) => upload.key === keyMarker && upload.id === idMarker)
  const rest =
    keyMarker === undefined
      ? uploads
      : behind === -1
        ? uploads.filter((upload) => upload.key > keyMarker)
        : uploads.slice(behind + 1)
  const limit = Math.min(Number(queryValue(request.call, 'max-uploads') ?? 1000) || 1000, 1000)
  const page = rest.slice(0, limit)
  const last = page.at(-1)
  const truncated = rest.length > page.length
  return xmlAnswer(
    'ListMultipartUploadsResult',
    leaf('Bucket', bucket.name),
    leaf('KeyMarker', keyMarker ?? ''),
    leaf('UploadIdMarker', idMarker ?? ''),
    truncated && last !== undefined ? leaf('NextKeyMarker', last.key) + leaf('NextUploadIdMarker', last.id) : null,
    leaf('Prefix', prefix),
    leaf('MaxUploads', limit),
    leaf('IsTruncated', truncated),
    ...page.map((upload) =>
      element(
        'Upload',
        leaf('Key', upload.key),
        leaf('UploadId', upload.id),
        element('Initiator', leaf('ID', upload.initiatorArn), leaf('DisplayName', upload.initiatorId)),
        owner(upload.ownerAccount),
        leaf('StorageClass', upload.headers.storageClass),
        leaf('Initiated', upload.initiatedAt.toISOString()),
      ),
    ),
  )
}
