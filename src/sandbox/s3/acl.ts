/**
 * Canned ACLs and Object Ownership: what may be sent, who owns what was written, and what an ACL allows. Grants to single
 * grantees are not offered.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
 */
import { AwsError } from '../http/aws-error.ts'
import type { Call } from '../http/call.ts'
import type { Bucket, CannedAcl, StoredObject } from './bucket.ts'

const cannedAcls: readonly CannedAcl[] = [
  'private',
  'public-read',
  'public-read-write',
  'authenticated-read',
  'aws-exec-read',
  'bucket-owner-read',
  'bucket-owner-full-control',
]

const publicAcls: readonly CannedAcl[] = ['public-read', 'public-read-write', 'authenticated-read']

/** True when the request says something about an ACL, and so needs `s3:PutObjectAcl`. */
export function sendsAcl(call: Call): boolean {
  return call.headers.has('x-amz-acl') || sendsGrants(call)
}

function sendsGrants(call: Call): boolean {
  return [...call.headers.keys()].some((name) => name.startsWith('x-amz-grant-'))
}

/**
 * Reads the ACL of a new object.
 *
 * @throws AwsError `AccessControlListNotSupported` where ACLs are switched off, `AccessDenied` where public ones are
 * blocked, `InvalidArgument` for a word that is none.
 */
export function readAcl(call: Call, bucket: Bucket): CannedAcl {
  const word = call.headers.get('x-amz-acl')
  if (sendsGrants(call)) {
    if (bucket.ownership === 'BucketOwnerEnforced') throw aclNotSupported()
    throw new AwsError({
      code: 'NotImplemented',
      status: 501,
      message: 'A header you provided implies functionality that is not implemented',
    })
  }
  if (word === undefined) return 'private'
  const acl = cannedAcls.find((canned) => canned === word)
  if (acl === undefined) {
    throw new AwsError({
      code: 'InvalidArgument',
      status: 400,
      message: '',
      fields: { ArgumentName: 'x-amz-acl', ArgumentValue: word.slice(0, 100) },
    })
  }
  if (bucket.ownership === 'BucketOwnerEnforced') {
    if (acl !== 'bucket-owner-full-control') throw aclNotSupported()
    return acl
  }
  if (publicAcls.includes(acl) && bucket.publicAccess.blockPublicAcls) {
    throw new AwsError({ code: 'AccessDenied', status: 403, message: 'Access Denied' })
  }
  return acl
}

/** Tells who owns an object that the account wrote with that ACL. */
export function objectOwner(bucket: Bucket, writerAccount: string | null, acl: CannedAcl): string {
  if (writerAccount === null || bucket.ownership === 'BucketOwnerEnforced') return bucket.accountId
  const handsOver = bucket.ownership === 'BucketOwnerPreferred' && acl === 'bucket-owner-full-control'
  return handsOver ? bucket.accountId : writerAccount
}

/** Says as policy statements what an object's ACL allows to others than its owner. */
export function aclPolicy(object: StoredObject, bucket: Bucket, arn: string): readonly unknown[] {
  const read = ['s3:GetObject', 's3:GetObjectVersion']
  const statement = (principal: unknown, action: readonly string[]) => ({
    Effect: 'Allow',
    Principal: principal,
    Action: action,
    Resource: literalArn(arn),
  })
  const bucketOwner = { AWS: `arn:aws:iam::${bucket.accountId}:root` }
  switch (object.acl) {
    case 'bucket-owner-read':
      return [statement(bucketOwner, read)]
    case 'bucket-owner-full-control':
      return [statement(bucketOwner, [...read, 's3:GetObjectAcl', 's3:PutObjectAcl'])]
    case 'public-read':
    case 'public-read-write':
      return bucket.publicAccess.ignorePublicAcls ? [] : [statement('*', read)]
    default:
      return []
  }
}

/** A key may hold what a policy takes for a wildcard or a variable. */
function literalArn(arn: string): string {
  return arn.replace(/[*?$]/g, (character) => `\${${character}}`)
}

function aclNotSupported(): AwsError {
  return new AwsError({
    code: 'AccessControlListNotSupported',
    status: 400,
    message: 'The bucket does not allow ACLs',
  })
}
