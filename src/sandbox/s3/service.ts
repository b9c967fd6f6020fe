/**
 * The S3 endpoint: finds bucket, key and operation in a request, in path style and in virtual-host style, and tells a
 * caller who signed for the wrong region where the bucket is.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 */
import { AwsError } from '../http/aws-error.ts'
import { type Call, percentDecode } from '../http/call.ts'
import type { Claim } from '../signature/credential.ts'
import type { Bucket } from './bucket.ts'
import * as settings from './bucket-settings.ts'
import { createBucket, deleteBucket, getBucketLocation, headBucket } from './buckets.ts'
import { completeMultipartUpload } from './complete-upload.ts'
import { deleteObject, deleteObjects } from './delete.ts'
import { listBuckets, listObjects, listObjectsV2, listObjectVersions } from './list.ts'
import { abortMultipartUpload, createMultipartUpload, uploadPart, uploadPartCopy } from './multipart.ts'
import { listMultipartUploads, listParts } from './multipart-lists.ts'
import { getObjectLockConfiguration, putObjectLockConfiguration } from './object-lock-settings.ts'
import { copyObject, getObject, getObjectTagging, headObject, putObject, putObjectTagging } from './objects.ts'
import { notImplemented, type S3Operation } from './request.ts'

/** What a request is about. */
export interface S3Target {
  /** Empty for the list of buckets. */
  readonly bucketName: string
  /** Empty for the bucket itself. */
  readonly key: string
  /** The region that the host names; null when it names none. */
  readonly hostRegion: string | null
}

const longestKey = 1024

/** Finds bucket and key. @throws AwsError `KeyTooLongError`, `InvalidURI` */
export function readTarget(call: Call): S3Target {
  const host = (call.headers.get('host') ?? '').replace(/:\d+$/, '').toLowerCase()
  const path = percentDecode(call.rawPath)
  const { bucketName, hostRegion } = readHost(host)
  const target = bucketName === '' ? splitPath(path) : { bucketName, key: path.slice(1) }
  if (Buffer.byteLength(target.key) > longestKey) {
    throw new AwsError({
      code: 'KeyTooLongError',
      status: 400,
      message: 'Your key is too long',
      fields: { MaxSizeAllowed: String(longestKey) },
    })
  }
  return { ...target, hostRegion }
}

/** `bucket.s3.eu-central-1.localhost`, `bucket.s3.localhost`, `bucket.localhost`. */
function readHost(host: string): { bucketName: string; hostRegion: string | null } {
  const match = /^(?:(.+)\.)?s3(?:[.-]([a-z]{2,}(?:-[a-z]+)+-\d+))?\.(?:localhost|amazonaws\.com)$/.exec(host)
  if (match !== null) return { bucketName: match[1] ?? '', hostRegion: match[2] ?? null }
  const short = /^(.+)\.localhost$/.exec(host)
  return { bucketName: short?.[1] ?? '', hostRegion: null }
}

function splitPath(path: string): { bucketName: string; key: string } {
  const slash = path.indexOf('/', 1)
  return slash === -1
    ? { bucketName: path.slice(1), key: '' }
    : { bucketName: path.slice(1, slash), key: path.slice(slash + 1) }
}

/** Refuses a request that was signed for, or sent to, another region than the bucket's. @throws AwsError */
export function checkRegion(bucket: Bucket, claim: Claim | null, target: S3Target): void {
  const headers = { 'x-amz-bucket-region': bucket.region }
  if (target.hostRegion !== null && target.hostRegion !== bucket.region) {
    throw new AwsError({
      code: 'PermanentRedirect',
      status: 301,
      message:
        'The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.',
      fields: { Endpoint: `${bucket.name}.s3.${bucket.region}.localhost`, Bucket: bucket.name },
      headers,
    })
  }
  if (claim === null || claim.scope.region === bucket.region) return
  const where =
    claim.form === 'header' ? 'The authorization header is malformed' : 'Error parsing the X-Amz-Credential parameter'
  throw new AwsError({
    code: claim.form === 'header' ? 'AuthorizationHeaderMalformed' : 'AuthorizationQueryParametersError',
    status: 400,
    message: `${where}; the region '${claim.scope.region}' is wrong; expecting '${bucket.region}'`,
    fields: { Region: bucket.region },
    headers,
  })
}

/** One row of the API: the method, the query parameter that chooses it (empty: none), its name and what runs. */
type Route = readonly [method: string, parameter: string, name: string, run: S3Operation]

const bucketRoutes: readonly Route[] = [
  ['GET', 'location', 'GetBucketLocation', getBucketLocation],
  ['GET', 'policyStatus', 'GetBucketPolicyStatus', settings.getBucketPolicyStatus],
  ['GET', 'policy', 'GetBucketPolicy', settings.getBucketPolicy],
  ['PUT', 'policy', 'PutBucketPolicy', settings.putBucketPolicy],
  ['DELETE', 'policy', 'DeleteBucketPolicy', settings.deleteBucketPolicy],
  ['GET', 'ownershipControls', 'GetBucketOwnershipControls', settings.getBucketOwnershipControls],
  ['PUT', 'ownershipControls', 'PutBucketOwnershipControls', settings.putBucketOwnershipControls],
  ['GET', 'encryption', 'GetBucketEncryption', settings.getBucketEncryption],
  ['PUT', 'encryption', 'PutBucketEncryption', settings.putBucketEncryption],
  ['DELETE', 'encryption', 'DeleteBucketEncryption', settings.deleteBucketEncryption],
  ['GET', 'publicAccessBlock', 'GetPublicAccessBlock', settings.getPublicAccessBlock],
  ['PUT', 'publicAccessBlock', 'PutPublicAccessBlock', settings.putPublicAccessBlock],
  ['DELETE', 'publicAccessBlock', 'DeletePublicAccessBlock', settings.deletePublicAccessBlock],
  ['GET', 'versioning', 'GetBucketVersioning', settings.getBucketVersioning],
  ['PUT', 'versioning', 'PutBucketVersioning', settings.putBucketVersioning],
  ['GET', 'object-lock', 'GetObjectLockConfiguration', getObjectLockConfiguration],
  ['PUT', 'object-lock', 'PutObjectLockConfiguration', putObjectLockConfiguration],
  ['GET', 'versions', 'ListObjectVersions', listObjectVersions],
  ['GET', 'uploads', 'ListMultipartUploads', listMultipartUploads],
  ['POST', 'delete', 'DeleteObjects', deleteObjects],
  ['GET', 'list-type', 'ListObjectsV2', listObjectsV2],
  ['GET', '', 'ListObjects', listObjects],
  ['PUT', '', 'CreateBucket', createBucket],
  ['HEAD', '', 'HeadBucket', headBucket],
  ['DELETE', '', 'DeleteBucket', deleteBucket],
]

const objectRoutes: readonly Route[] = [
  ['GET', 'uploadId', 'ListParts', listParts],
  ['POST', 'uploads', 'CreateMultipartUpload', createMultipartUpload],
  ['POST', 'uploadId', 'CompleteMultipartUpload', completeMultipartUpload],
  ['DELETE', 'uploadId', 'AbortMultipartUpload', abortMultipartUpload],
  ['GET', 'tagging', 'GetObjectTagging', getObjectTagging],
  ['PUT', 'tagging', 'PutObjectTagging', putObjectTagging],
  ['GET', '', 'GetObject', getObject],
  ['HEAD', '', 'HeadObject', headObject],
  ['DELETE', '', 'DeleteObject', deleteObject],
]

/** Parts of the API that are not offered: a request for one must not be taken for the plain operation. */
const unavailable = new Set(
  'accelerate acl analytics attributes cors intelligent-tiering inventory legal-hold lifecycle logging metadataTable metrics notification object-lock renameObject replication requestPayment restore retention select session tagging torrent website'.split(
    ' ',
  ),
)

/** The operation with its name in the API. */
export interface ChosenOperation {
  readonly name: string
  readonly run: S3Operation
}

/** Chooses the operation. @throws AwsError `NotImplemented`, `MethodNotAllowed` */
export function chooseOperation(call: Call, target: S3Target): ChosenOperation {
  const given = new Set(call.query.map(([name]) => name))
  const { method } = call
  if (target.bucketName === '') {
    if (method === 'GET') return { name: 'ListBuckets', run: listBuckets }
    throw methodNotAllowed(method)
  }
  if (target.key !== '' && method === 'PUT' && !given.has('tagging')) return choosePut(call, given)
  const routes = target.key === '' ? bucketRoutes : objectRoutes
  const chosen = routes.find(([wanted, parameter]) => wanted === method && parameter !== '' && given.has(parameter))
  if (chosen !== undefined) return { name: chosen[2], run: chosen[3] }
  refuseUnavailable(given)
  const plain = routes.find(([wanted, parameter]) => wanted === method && parameter === '')
  if (plain === undefined) throw methodNotAllowed(method)
  return { name: plain[2], run: plain[3] }
}

function choosePut(call: Call, given: ReadonlySet<string>): ChosenOperation {
  const copies = call.headers.has('x-amz-copy-source')
  if (given.has('uploadId')) {
    return copies ? { name: 'UploadPartCopy', run: uploadPartCopy } : { name: 'UploadPart', run: uploadPart }
  }
  refuseUnavailable(given)
  return copies ? { name: 'CopyObject', run: copyObject } : { name: 'PutObject', run: putObject }
}

function refuseUnavailable(given: ReadonlySet<string>): void {
  for (const name of given) if (unavailable.has(name)) throw notImplemented(name)
}

function methodNotAllowed(method: string): AwsError {
  return new AwsError({
    code: 'MethodNotAllowed',
    status: 405,
    message: 'The specified method is not allowed against this resource.',
    fields: { Method: method.slice(0, 20) },
  })
}
