/**
 * Multipart uploads: create, upload and copy parts, list, complete, abort.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
 */
import { createHash } from 'node:crypto'
import { callerAccount } from '../access/denial.ts'
import { AwsError } from '../http/aws-error.ts'
import { queryValue } from '../http/call.ts'
import { leaf } from '../http/xml.ts'
import { token } from '../world/identifiers.ts'
import { objectOwner } from './acl.ts'
import type { Bucket, Upload, UploadedPart } from './bucket.ts'
import { type Checksum, checksumAlgorithm } from './checksum.ts'
import { allowKey, encryptionHeaders } from './encryption.ts'
import { readCopySource, readObjectHeaders, writeContext } from './headers.ts'
import { xmlAnswer } from './list.ts'
import { demandChecksum } from './object-lock.ts'
import { permitWrite, readSource } from './objects.ts'
import { receivePayload } from './payload.ts'
import { allowObject, existingBucket, invalidArgument, type S3Operation, type S3Request } from './request.ts'

export const mostParts = 10_000
const largestPart = 5 * 1024 ** 3
/** What multipart asks of KMS: a data key for the parts, and to read them again on completion. */
export const keyActions = ['kms:GenerateDataKey', 'kms:Decrypt']

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
  demandChecksum(call, upload.retention, 'Part')
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

/** Returns the upload that the request names. @throws AwsError `NoSuchUpload` */
export function existingUpload(request: S3Request, bucket: Bucket): Upload {
  const id = queryValue(request.call, 'uploadId') ?? ''
  const upload = bucket.uploads.get(id)
  if (upload === undefined || upload.key !== request.key) throw noSuchUpload(id)
  return upload
}

/** The refusal of an upload that is over, or never was. */
export function noSuchUpload(id: string): AwsError {
  return new AwsError({
    code: 'NoSuchUpload',
    status: 404,
    message:
      'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    fields: { UploadId: id.slice(0, 200) },
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
