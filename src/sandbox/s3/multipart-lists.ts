/** ListParts and ListMultipartUploads: what an interrupted sender resumes from, and what a janitor cleans up. */
import { queryValue } from '../http/call.ts'
import { element, leaf } from '../http/xml.ts'
import { compareUtf8 } from './bucket.ts'
import { owner, xmlAnswer } from './list.ts'
import { existingUpload } from './multipart.ts'
import { allowBucket, allowObject, existingBucket, type S3Operation } from './request.ts'

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
    .sort((a, b) => compareUtf8(a.key, b.key) || a.initiatedAt.getTime() - b.initiatedAt.getTime())
  // INVARIANT: with a marker pair the page begins right behind the upload named.
  const keyMarker = queryValue(request.call, 'key-marker')
  const idMarker = queryValue(request.call, 'upload-id-marker')
  const behind = uploads.findIndex((upload) => upload.key === keyMarker && upload.id === idMarker)
  const rest =
    keyMarker === undefined
      ? uploads
      : behind === -1
        ? uploads.filter((upload) => compareUtf8(upload.key, keyMarker) > 0)
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
