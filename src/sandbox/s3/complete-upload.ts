/**
 * CompleteMultipartUpload: which parts, in which order, make the object, and what its ETag and checksum are.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
 */
import { createHash } from 'node:crypto'
import { AwsError } from '../http/aws-error.ts'
import type { Answer } from '../http/call.ts'
import { s3ErrorBody } from '../http/dialect.ts'
import { childElements, childText, leaf, malformedXml, readXml, type XmlNode } from '../http/xml.ts'
import type { Bucket, StoredObject, Upload, UploadedPart } from './bucket.ts'
import { type Checksum, combinedCrc, compositeChecksum } from './checksum.ts'
import { allowKey, encryptionHeaders } from './encryption.ts'
import { checkWriteCondition, unquoted, writeContext } from './headers.ts'
import { xmlAnswer } from './list.ts'
import { existingUpload, keyActions, mostParts, noSuchUpload } from './multipart.ts'
import { nextVersionId, publish } from './objects.ts'
import { receiveText } from './payload.ts'
import { allowObject, existingBucket, type S3Operation, type S3Request } from './request.ts'

const smallestPart = 5 * 1024 ** 2

export const completeMultipartUpload: S3Operation = async (request) => {
  const { state, key } = request
  const bucket = existingBucket(request)
  const context = { ...writeContext(request.call, new Map()), 's3:ObjectCreationOperation': 'true' }
  allowObject(request, bucket, key, 's3:PutObject', context)
  const upload = existingUpload(request, bucket)
  allowKey(request, bucket, key, { ...upload.encryption, keyName: upload.keyArn }, keyActions)
  const text = await receiveText(request.call, request.verified, 2 * 1024 * 1024, 'object')
  const root = readXml(text, 'CompleteMultipartUpload')
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
    retention: upload.retention,
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
