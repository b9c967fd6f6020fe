/**
 * One S3 request on its way, and the right to do what it asks: which bucket, whose, and what every policy with a say
 * answers.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
 */
import { type NamedPolicy, parsePolicy } from '../../iam/index.ts'
import { type DecisionRecord, decide } from '../access/authorize.ts'
import type { Context } from '../access/context.ts'
import { callerAccount, notAuthorized, reasonClause } from '../access/denial.ts'
import { AwsError } from '../http/aws-error.ts'
import type { Answer, Call } from '../http/call.ts'
import type { KeyRing } from '../kms/keys.ts'
import type { Verified } from '../signature/verify.ts'
import type { Caller } from '../world/entities.ts'
import { currentPolicy } from '../world/policies.ts'
import type { World } from '../world/world.ts'
import { aclPolicy } from './acl.ts'
import type { BlobStore } from './blobs.ts'
import type { Bucket, StoredObject } from './bucket.ts'

/** Everything S3 has. */
export interface S3State {
  readonly world: World
  readonly keys: KeyRing
  readonly blobs: BlobStore
  readonly buckets: Map<string, Bucket>
}

/** One request. */
export interface S3Request {
  readonly state: S3State
  readonly call: Call
  readonly caller: Caller
  /** Null: anonymous. */
  readonly verified: Verified | null
  readonly region: string
  readonly bucketName: string
  /** Empty for requests on a bucket. */
  readonly key: string
  readonly context: Context
  readonly record: DecisionRecord[]
  /** Set by a fault rule: the operation fails after it said 200. */
  readonly failsLate: boolean
}

/** One operation of the API. */
export type S3Operation = (request: S3Request) => Promise<Answer> | Answer

/** Returns the bucket. @throws AwsError `NoSuchBucket`, or `AccessDenied` when it is not the expected owner's */
export function existingBucket(request: S3Request): Bucket {
  const bucket = request.state.buckets.get(request.bucketName)
  if (bucket === undefined) throw noSuchBucket(request.bucketName)
  const expected = request.call.headers.get('x-amz-expected-bucket-owner')
  if (expected !== undefined && expected !== bucket.accountId) throw accessDenied()
  return bucket
}

/** Refuses unless the caller may act on the bucket. @throws AwsError `AccessDenied` */
export function allowBucket(request: S3Request, bucket: Bucket, action: string, extra: Context = {}): void {
  enforce(request, bucket, action, bucket.arn, bucket.accountId, bucketPolicy(request, bucket), extra)
}

/**
 * Refuses unless the caller may act on the key. An object that another account owns answers to that account and to its
 * own ACL: of the bucket policy only the Denies reach it.
 *
 * @throws AwsError `AccessDenied`
 */
export function allowObject(
  request: S3Request,
  bucket: Bucket,
  key: string,
  action: string,
  extra: Context = {},
  object: StoredObject | null = null,
): void {
  const arn = `${bucket.arn}/${key}`
  const foreign =
    object !== null && bucket.ownership !== 'BucketOwnerEnforced' && object.ownerAccount !== bucket.accountId
  const owner = foreign ? object.ownerAccount : bucket.accountId
  const policy = bucketPolicy(request, bucket)
  const acl = object === null || bucket.ownership === 'BucketOwnerEnforced' ? [] : aclPolicy(object, bucket, arn)
  enforce(request, bucket, action, arn, owner, combine(policy, foreign, acl), extra)
}

/** Returns why the caller may not list the bucket, or null: who may not is never told that a key is missing. */
export function listRefusal(request: S3Request, bucket: Bucket): AwsError | null {
  try {
    allowBucket(request, bucket, 's3:ListBucket')
    return null
  } catch (cause) {
    if (cause instanceof AwsError) return cause
    throw cause
  }
}

function enforce(
  request: S3Request,
  bucket: Bucket,
  action: string,
  resource: string,
  resourceAccount: string,
  resourcePolicy: NamedPolicy | null,
  extra: Context,
): void {
  const { caller, state } = request
  const evaluation = decide(
    state.world,
    caller,
    {
      action,
      resource,
      resourceAccount,
      resourcePolicy,
      context: { ...request.context, 's3:ResourceAccount': bucket.accountId, ...extra },
      restrictPublicBuckets: bucket.publicAccess.restrictPublicBuckets,
    },
    request.record,
  )
  if (evaluation.decision === 'allowed') return
  // The long sentence is for callers of the same account; everybody else learns nothing.
  if (callerAccount(caller) !== resourceAccount) throw accessDenied()
  throw accessDenied(`${notAuthorized(caller, action)} on resource: "${resource}"${reasonClause(evaluation, action)}`)
}

function bucketPolicy(request: S3Request, bucket: Bucket): NamedPolicy | null {
  const { world } = request.state
  const policy = world.propagation.effectivePolicy(bucket.arn, bucket.policy)
  return policy === null ? null : { name: 'bucket policy', policy: currentPolicy(policy, world).policy }
}

function combine(policy: NamedPolicy | null, deniesOnly: boolean, acl: readonly unknown[]): NamedPolicy | null {
  if (!deniesOnly && acl.length === 0) return policy
  const source = policy?.policy.source
  const held = typeof source === 'object' && source !== null && 'Statement' in source ? source.Statement : []
  const statements = (Array.isArray(held) ? held : [held]).filter((statement) => !deniesOnly || isDeny(statement))
  if (statements.length + acl.length === 0) return null
  const parsed = parsePolicy({ Version: policy?.policy.version ?? '2012-10-17', Statement: [...statements, ...acl] })
  if (!parsed.ok) throw new TypeError('a stored bucket policy and an ACL do not make a policy')
  return { name: 'bucket policy and ACL', policy: parsed.value }
}

function isDeny(statement: unknown): boolean {
  return typeof statement === 'object' && statement !== null && 'Effect' in statement && statement.Effect === 'Deny'
}

/** S3's refusal; without a sentence it says `Access Denied`. */
export function accessDenied(message = 'Access Denied'): AwsError {
  return new AwsError({ code: 'AccessDenied', status: 403, message })
}

/** The refusal of a bucket that nobody has. */
export function noSuchBucket(name: string): AwsError {
  return new AwsError({
    code: 'NoSuchBucket',
    status: 404,
    message: 'The specified bucket does not exist',
    fields: { BucketName: name },
  })
}

/** A refusal of what was sent. */
export function invalidArgument(name: string, value: string, message: string): AwsError {
  return new AwsError({
    code: 'InvalidArgument',
    status: 400,
    message,
    fields: { ArgumentName: name, ArgumentValue: value.slice(0, 200) },
  })
}

/** The refusal of what this S3 can not do. */
export function notImplemented(what: string): AwsError {
  return new AwsError({
    code: 'NotImplemented',
    status: 501,
    message: 'A header you provided implies functionality that is not implemented',
    fields: { Header: what },
  })
}
