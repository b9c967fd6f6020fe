/** What is set on a bucket: policy, Object Ownership, encryption, Block Public Access, versioning. */
import { isPublicPolicy } from '../../iam/index.ts'
import { notAuthorized } from '../access/denial.ts'
import { AwsError } from '../http/aws-error.ts'
import { childElements, childText, element, leaf, malformedXml, readXml, type XmlNode } from '../http/xml.ts'
import { bindPolicy, currentPolicy } from '../world/policies.ts'
import type { Bucket, Encryption, PublicAccessBlock } from './bucket.ts'
import { readOwnership } from './buckets.ts'
import { xmlAnswer } from './list.ts'
import { receiveText } from './payload.ts'
import { accessDenied, allowBucket, existingBucket, type S3Operation, type S3Request } from './request.ts'

const longestPolicy = 20 * 1024

export const putBucketPolicy: S3Operation = async (request) => {
  const bucket = ownedBucket(request, 's3:PutBucketPolicy')
  const text = await receiveText(request.call, request.verified)
  if (Buffer.byteLength(text) > longestPolicy)
    throw malformedPolicy('Policy exceeds the maximum allowed document size.')
  const bound = bindPolicy(text, 'resource', request.state.world)
  if (!bound.ok)
    throw malformedPolicy(bound.error.startsWith('Invalid principal') ? 'Invalid principal in policy' : bound.error)
  for (const statement of bound.value.policy.statements) {
    const outside = (statement.resource?.patterns ?? []).some((pattern) => !reaches(pattern, bucket))
    if (outside) throw malformedPolicy('Policy has invalid resource')
    const foreign = statement.action.patterns.some((pattern) => pattern !== '*' && !/^s3:/i.test(pattern))
    if (foreign) throw malformedPolicy('Policy has invalid action')
  }
  if (bucket.publicAccess.blockPublicPolicy && isPublicPolicy(bound.value.policy)) {
    const who = notAuthorized(request.caller, 's3:PutBucketPolicy')
    throw accessDenied(
      `${who} on resource: "${bucket.arn}" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.`,
    )
  }
  request.state.world.propagation.changed(bucket.arn, bucket.policy, bound.value)
  bucket.policy = bound.value
  return { status: 204 }
}

/** A bucket policy may speak of its own bucket and of nothing else. */
function reaches(pattern: string, bucket: Bucket): boolean {
  const name = /^arn:(?:aws[a-z-]*|\*):s3:::([^/]*)/.exec(pattern)?.[1]
  if (name === undefined) return pattern === '*'
  return name === bucket.name || /[*?$]/.test(name)
}

function malformedPolicy(message: string): AwsError {
  return new AwsError({ code: 'MalformedPolicy', status: 400, message })
}

export const getBucketPolicy: S3Operation = (request) => {
  const bucket = ownedBucket(request, 's3:GetBucketPolicy')
  if (bucket.policy === null) throw missing('NoSuchBucketPolicy', 'The bucket policy does not exist', bucket)
  const { text } = currentPolicy(bucket.policy, request.state.world)
  return { status: 200, headers: { 'content-type': 'application/json' }, body: text }
}

export const getBucketPolicyStatus: S3Operation = (request) => {
  const bucket = ownedBucket(request, 's3:GetBucketPolicyStatus')
  if (bucket.policy === null) throw missing('NoSuchBucketPolicy', 'The bucket policy does not exist', bucket)
  return xmlAnswer('PolicyStatus', leaf('IsPublic', isPublicPolicy(bucket.policy.policy)))
}

export const deleteBucketPolicy: S3Operation = (request) => {
  const bucket = ownedBucket(request, 's3:DeleteBucketPolicy')
  request.state.world.propagation.changed(bucket.arn, bucket.policy, null)
  bucket.policy = null
  return { status: 204 }
}

export const putBucketOwnershipControls: S3Operation = async (request) => {
  const bucket = ownedBucket(request, 's3:PutBucketOwnershipControls')
  const root = readXml(await receiveText(request.call, request.verified), 'OwnershipControls')
  const word = childText(childElements(root, 'Rule')[0] ?? '', 'ObjectOwnership')
  if (word === undefined) throw malformedXml()
  bucket.ownership = readOwnership(word)
  return { status: 200 }
}

export const getBucketOwnershipControls: S3Operation = (request) => {
  const bucket = ownedBucket(request, 's3:GetBucketOwnershipControls')
  return xmlAnswer('OwnershipControls', element('Rule', leaf('ObjectOwnership', bucket.ownership)))
}

export const putBucketEncryption: S3Operation = async (request) => {
  const bucket = ownedBucket(request, 's3:PutEncryptionConfiguration')
  const root = readXml(await receiveText(request.call, request.verified), 'ServerSideEncryptionConfiguration')
  const rule = childElements(root, 'Rule')[0] ?? ''
  bucket.encryption = readRule(request, bucket, rule)
  return { status: 200 }
}

function readRule(request: S3Request, bucket: Bucket, rule: XmlNode): Encryption {
  const settings = childElements(rule, 'ApplyServerSideEncryptionByDefault')[0]
  const algorithm = settings === undefined ? undefined : childText(settings, 'SSEAlgorithm')
  if (settings === undefined || (algorithm !== 'AES256' && algorithm !== 'aws:kms' && algorithm !== 'aws:kms:dsse'))
    throw malformedXml()
  const name = childText(settings, 'KMSMasterKeyID')
  const bucketKey = childText(rule, 'BucketKeyEnabled') === 'true'
  if (algorithm === 'AES256' || name === undefined || name === '') return { algorithm, keyName: null, bucketKey }
  // A short name means a key of the bucket's account, whoever writes later.
  const key = request.state.keys.find(name, bucket.accountId, bucket.region)
  return { algorithm, keyName: typeof key === 'string' ? key : key.arn, bucketKey }
}

export const getBucketEncryption: S3Operation = (request) => {
  const bucket = ownedBucket(request, 's3:GetEncryptionConfiguration')
  const { algorithm, keyName, bucketKey } = bucket.encryption
  return xmlAnswer(
    'ServerSideEncryptionConfiguration',
    element(
      'Rule',
      element(
        'ApplyServerSideEncryptionByDefault',
        leaf('SSEAlgorithm', algorithm),
        keyName === null ? null : leaf('KMSMasterKeyID', keyName),
      ),
      leaf('BucketKeyEnabled', bucketKey),
    ),
  )
}

export const deleteBucketEncryption: S3Operation = (request) => {
  ownedBucket(request, 's3:PutEncryptionConfiguration').encryption = {
    algorithm: 'AES256',
    keyName: null,
    bucketKey: false,
  }
  return { status: 204 }
}

export const putPublicAccessBlock: S3Operation = async (request) => {
  const bucket = ownedBucket(request, 's3:PutBucketPublicAccessBlock')
  const root = readXml(await receiveText(request.call, request.verified), 'PublicAccessBlockConfiguration')
  const on = (name: string): boolean => childText(root, name)?.toLowerCase() === 'true'
  bucket.publicAccess = {
    blockPublicAcls: on('BlockPublicAcls'),
    ignorePublicAcls: on('IgnorePublicAcls'),
    blockPublicPolicy: on('BlockPublicPolicy'),
    restrictPublicBuckets: on('RestrictPublicBuckets'),
  }
  return { status: 200 }
}

const openToPublic: PublicAccessBlock = {
  blockPublicAcls: false,
  ignorePublicAcls: false,
  blockPublicPolicy: false,
  restrictPublicBuckets: false,
}

export const getPublicAccessBlock: S3Operation = (request) => {
  const bucket = ownedBucket(request, 's3:GetBucketPublicAccessBlock')
  const { publicAccess: block } = bucket
  if (block === openToPublic) {
    throw missing('NoSuchPublicAccessBlockConfiguration', 'The public access block configuration was not found', bucket)
  }
  return xmlAnswer(
    'PublicAccessBlockConfiguration',
    leaf('BlockPublicAcls', block.blockPublicAcls),
    leaf('IgnorePublicAcls', block.ignorePublicAcls),
    leaf('BlockPublicPolicy', block.blockPublicPolicy),
    leaf('RestrictPublicBuckets', block.restrictPublicBuckets),
  )
}

export const deletePublicAccessBlock: S3Operation = (request) => {
  ownedBucket(request, 's3:PutBucketPublicAccessBlock').publicAccess = openToPublic
  return { status: 204 }
}

export const putBucketVersioning: S3Operation = async (request) => {
  const bucket = ownedBucket(request, 's3:PutBucketVersioning')
  const root = readXml(await receiveText(request.call, request.verified), 'VersioningConfiguration')
  const status = childText(root, 'Status')
  if (status !== 'Enabled' && status !== 'Suspended') throw malformedXml()
  if (status === 'Suspended' && bucket.objectLock !== null) {
    throw new AwsError({
      code: 'InvalidBucketState',
      status: 409,
      message: 'An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.',
    })
  }
  bucket.versioning = status
  return { status: 200 }
}

export const getBucketVersioning: S3Operation = (request) => {
  const { versioning } = ownedBucket(request, 's3:GetBucketVersioning')
  return xmlAnswer('VersioningConfiguration', versioning === 'Off' ? null : leaf('Status', versioning))
}

function ownedBucket(request: S3Request, action: string): Bucket {
  const bucket = existingBucket(request)
  allowBucket(request, bucket, action)
  return bucket
}

function missing(code: string, message: string, bucket: Bucket): AwsError {
  return new AwsError({ code, status: 404, message, fields: { BucketName: bucket.name } })
}
