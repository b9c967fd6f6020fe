/** DeleteObject and DeleteObjects. Deleting what is not there succeeds. */
import type { Context } from '../access/context.ts'
import { AwsError } from '../http/aws-error.ts'
import { queryValue } from '../http/call.ts'
import { childElements, childText, element, leaf, malformedXml, readXml } from '../http/xml.ts'
import type { Bucket } from './bucket.ts'
import { noSuchKey, preconditionFailed, unquoted } from './headers.ts'
import { xmlAnswer } from './list.ts'
import { refuseRemovalOfKept } from './object-lock.ts'
import { nextVersionId } from './objects.ts'
import { receiveText } from './payload.ts'
import { allowObject, existingBucket, type S3Operation, type S3Request } from './request.ts'

const mostKeys = 1000

interface Deletion {
  readonly versionId: string | null
  readonly markerMade: boolean
}

export const deleteObject: S3Operation = async (request) => {
  const bucket = existingBucket(request)
  const versionId = queryValue(request.call, 'versionId') ?? null
  const { key } = request
  const ifMatch = request.call.headers.get('if-match')
  allow(request, bucket, key, versionId, ifMatch)
  if (ifMatch !== undefined) checkDeleteCondition(request, bucket, ifMatch)
  const deletion = await remove(request, bucket, key, versionId)
  return {
    status: 204,
    headers: {
      ...(deletion.versionId === null ? {} : { 'x-amz-version-id': deletion.versionId }),
      ...(deletion.markerMade ? { 'x-amz-delete-marker': 'true' } : {}),
    },
  }
}

export const deleteObjects: S3Operation = async (request) => {
  const bucket = existingBucket(request)
  const root = readXml(await receiveText(request.call, request.verified, 2 * 1024 * 1024), 'Delete')
  const objects = childElements(root, 'Object')
  if (objects.length === 0 || objects.length > mostKeys) throw malformedXml()
  const quiet = childText(root, 'Quiet') === 'true'
  const results: string[] = []
  for (const object of objects) {
    const key = childText(object, 'Key')
    if (key === undefined || key === '') throw malformedXml()
    const versionId = childText(object, 'VersionId') ?? null
    const named = [leaf('Key', key), versionId === null ? null : leaf('VersionId', versionId)]
    try {
      allow(request, bucket, key, versionId)
      const { markerMade, versionId: made } = await remove(request, bucket, key, versionId)
      const marker = markerMade ? [leaf('DeleteMarker', true), leaf('DeleteMarkerVersionId', made ?? '')] : []
      if (!quiet) results.push(element('Deleted', ...named, ...marker))
    } catch (cause) {
      if (!(cause instanceof AwsError)) throw cause
      results.push(element('Error', ...named, leaf('Code', cause.code), leaf('Message', cause.message)))
    }
  }
  return xmlAnswer('DeleteResult', ...results)
}

/** The bucket's owner may delete whatever lies in it, whoever owns the object. */
function allow(request: S3Request, bucket: Bucket, key: string, versionId: string | null, ifMatch?: string): void {
  const context: Context = ifMatch === undefined ? {} : { 's3:if-match': ifMatch }
  if (versionId === null) allowObject(request, bucket, key, 's3:DeleteObject', context)
  else allowObject(request, bucket, key, 's3:DeleteObjectVersion', { ...context, 's3:VersionId': versionId })
}

/**
 * A condition is about the current version. One that names an entity tag tells whether the tag is right, so that it takes
 * the right to read as well; which right is asked for first is not documented. Where nothing stands, no condition holds.
 *
 * @throws AwsError `AccessDenied`, `NoSuchKey`, `PreconditionFailed`
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
 */
function checkDeleteCondition(request: S3Request, bucket: Bucket, ifMatch: string): void {
  const { key } = request
  const held = bucket.current(key)
  if (ifMatch !== '*') allowObject(request, bucket, key, 's3:GetObject', { 's3:if-match': ifMatch }, held)
  if (held === null) throw noSuchKey(key)
  if (ifMatch !== '*' && unquoted(ifMatch) !== held.etag) throw preconditionFailed('If-Match')
}

async function remove(request: S3Request, bucket: Bucket, key: string, versionId: string | null): Promise<Deletion> {
  const { blobs, world } = request.state
  if (versionId === null && bucket.versioning !== 'Off') {
    const marker = nextVersionId(request, bucket)
    const replaced = bucket.add(key, {
      kind: 'marker',
      versionId: marker,
      ownerAccount: bucket.accountId,
      lastModified: world.clock.now(),
    })
    if (replaced?.kind === 'object') await blobs.remove(replaced.blobs)
    return { versionId: marker, markerMade: true }
  }
  const meant = bucket.versions(key).find((version) => version.versionId === (versionId ?? 'null')) ?? null
  refuseRemovalOfKept(request, bucket, key, meant)
  const removed = bucket.remove(key, versionId ?? 'null')
  if (removed?.kind === 'object') await blobs.remove(removed.blobs)
  return { versionId, markerMade: removed?.kind === 'marker' }
}
