/** DeleteObject and DeleteObjects. Deleting what is not there succeeds. */
import { AwsError } from '../http/aws-error.ts'
import { queryValue } from '../http/call.ts'
import { childElements, childText, element, leaf, malformedXml, readXml } from '../http/xml.ts'
import type { Bucket } from './bucket.ts'
import { preconditionFailed, unquoted } from './headers.ts'
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
  allow(request, bucket, key, versionId)
  const ifMatch = request.call.headers.get('if-match')
  const held = bucket.current(key)
  if (ifMatch !== undefined && ifMatch !== '*' && held !== null && unquoted(ifMatch) !== held.etag)
    throw preconditionFailed('If-Match')
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
function allow(request: S3Request, bucket: Bucket, key: string, versionId: string | null): void {
  if (versionId === null) allowObject(request, bucket, key, 's3:DeleteObject')
  else allowObject(request, bucket, key, 's3:DeleteObjectVersion', { 's3:VersionId': versionId })
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
