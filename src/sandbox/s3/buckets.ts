/** Buckets themselves: create, head, delete, where they are. */

import { decide } from '../access/authorize.ts'
import { callerAccount, notAuthorized, reasonClause } from '../access/denial.ts'
import { AwsError } from '../http/aws-error.ts'
import { childText, readXml, xmlDocument } from '../http/xml.ts'
import { Bucket, type ObjectOwnership } from './bucket.ts'
import { s3Namespace } from './objects.ts'
import { receiveText } from './payload.ts'
import {
  accessDenied,
  allowBucket,
  existingBucket,
  invalidArgument,
  type S3Operation,
  type S3Request,
} from './request.ts'

const ownerships: readonly ObjectOwnership[] = ['BucketOwnerEnforced', 'BucketOwnerPreferred', 'ObjectWriter']

export const createBucket: S3Operation = async (request) => {
  const { bucketName, state, region, call } = request
  const accountId = callerAccount(request.caller)
  if (accountId === null) throw accessDenied()
  if (!isBucketName(bucketName)) {
    throw new AwsError({
      code: 'InvalidBucketName',
      status: 400,
      message: 'The specified bucket is not valid.',
      fields: { BucketName: bucketName },
    })
  }
  const bucketRegion = readLocation(region, await receiveText(call, request.verified))
  allowCreation(request, accountId, bucketRegion)
  const ownership = readOwnership(call.headers.get('x-amz-object-ownership') ?? 'BucketOwnerEnforced')
  const existing = state.buckets.get(bucketName)
  if (existing?.accountId === accountId) {
    // Only us-east-1 forgives an owner who creates the bucket again.
    if (existing.region === 'us-east-1' && bucketRegion === 'us-east-1') return created(bucketName)
    throw conflict(
      'BucketAlreadyOwnedByYou',
      'Your previous request to create the named bucket succeeded and you already own it.',
      bucketName,
    )
  }
  if (existing !== undefined) {
    throw conflict(
      'BucketAlreadyExists',
      'The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.',
      bucketName,
    )
  }
  const bucket = new Bucket(bucketName, accountId, bucketRegion, state.world.clock.now())
  bucket.ownership = ownership
  if (call.headers.get('x-amz-bucket-object-lock-enabled')?.toLowerCase() === 'true') {
    bucket.objectLock = { byDefault: null }
    bucket.versioning = 'Enabled'
  }
  state.buckets.set(bucketName, bucket)
  return created(bucketName)
}

function created(name: string) {
  return { status: 200, headers: { location: `/${name}` } }
}

function allowCreation(request: S3Request, accountId: string, region: string): void {
  const { caller, state } = request
  const action = 's3:CreateBucket'
  const resource = `arn:aws:s3:::${request.bucketName}`
  const context = { ...request.context, 's3:LocationConstraint': region }
  const evaluation = decide(
    state.world,
    caller,
    { action, resource, resourceAccount: accountId, resourcePolicy: null, context },
    request.record,
  )
  if (evaluation.decision === 'allowed') return
  throw accessDenied(`${notAuthorized(caller, action)} on resource: "${resource}"${reasonClause(evaluation, action)}`)
}

/** The region of a new bucket. @throws AwsError `IllegalLocationConstraintException` */
function readLocation(signedRegion: string, body: string): string {
  const constraint =
    body.trim() === '' ? undefined : childText(readXml(body, 'CreateBucketConfiguration'), 'LocationConstraint')
  if (constraint === undefined || constraint === '') {
    if (signedRegion === 'us-east-1') return signedRegion
    throw illegalLocation('unspecified')
  }
  const region = constraint === 'EU' ? 'eu-west-1' : constraint
  if (!/^[a-z]{2,}(?:-[a-z]+)+-\d+$/.test(region)) {
    throw new AwsError({
      code: 'InvalidLocationConstraint',
      status: 400,
      message: 'The specified location-constraint is not valid',
      fields: { LocationConstraint: constraint.slice(0, 100) },
    })
  }
  if (signedRegion !== 'us-east-1' && signedRegion !== region) throw illegalLocation(region)
  return region
}

function illegalLocation(constraint: string): AwsError {
  return new AwsError({
    code: 'IllegalLocationConstraintException',
    status: 400,
    message: `The ${constraint} location constraint is incompatible for the region specific endpoint this request was sent to.`,
  })
}

/** Reads an Object Ownership word. @throws AwsError */
export function readOwnership(word: string): ObjectOwnership {
  const ownership = ownerships.find((known) => known === word)
  if (ownership === undefined)
    throw invalidArgument('x-amz-object-ownership', word, 'Invalid x-amz-object-ownership header')
  return ownership
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
function isBucketName(name: string): boolean {
  const shape = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name)
  return shape && !name.includes('..') && !/^\d+\.\d+\.\d+\.\d+$/.test(name)
}

function conflict(code: string, message: string, bucketName: string): AwsError {
  return new AwsError({ code, status: 409, message, fields: { BucketName: bucketName } })
}

export const headBucket: S3Operation = (request) => {
  const { region = '' } = request.state.buckets.get(request.bucketName) ?? {}
  try {
    const bucket = existingBucket(request)
    allowBucket(request, bucket, 's3:ListBucket')
    return { status: 200, headers: { 'x-amz-bucket-region': bucket.region, 'x-amz-bucket-arn': bucket.arn } }
  } catch (cause) {
    // Where a bucket is, S3 tells everybody.
    if (!(cause instanceof AwsError) || region === '') throw cause
    const { code, status, message, fields } = cause
    throw new AwsError({ code, status, message, fields, headers: { ...cause.headers, 'x-amz-bucket-region': region } })
  }
}

export const deleteBucket: S3Operation = (request) => {
  const bucket = existingBucket(request)
  allowBucket(request, bucket, 's3:DeleteBucket')
  if (!bucket.isEmpty) throw conflict('BucketNotEmpty', 'The bucket you tried to delete is not empty', bucket.name)
  request.state.buckets.delete(bucket.name)
  const parts = [...bucket.uploads.values()].flatMap((upload) => [...upload.parts.values()])
  return request.state.blobs.remove(parts.map((part) => part.blob)).then(() => ({ status: 204 }))
}

export const getBucketLocation: S3Operation = (request) => {
  const bucket = existingBucket(request)
  allowBucket(request, bucket, 's3:GetBucketLocation')
  // The one document of S3 whose root is the value itself; us-east-1 is told as nothing.
  const region = bucket.region === 'us-east-1' ? '' : bucket.region
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: xmlDocument('LocationConstraint', s3Namespace, region),
  }
}
