/**
 * Turns one API call into the requests that AWS authorizes for it: AssumeRole with tags and source identity is three,
 * an upload with an ACL header under a KMS key is three or four. Which policies each of them meets is decided in
 * `decide-call.ts`.
 */
import type { AccessRequest } from '../types.ts'
import { accountOf, partitionOf, providerPrefix, viaS3, type WebIdentity } from '../write/index.ts'
import type { ApiCall, AssumeRoleCall, GetObjectCall, PutObjectCall, SessionCall } from './api-call.ts'

type Context = Readonly<Record<string, string | readonly string[]>>

/**
 * Lists the requests of one call in the order in which AWS needs them allowed.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
 */
export function requestsOf(call: ApiCall): readonly AccessRequest[] {
  return call.operation === 'sts:AssumeRole' ? assumeRoleRequests(call) : sessionRequests(call)
}

function assumeRoleRequests(call: AssumeRoleCall): AccessRequest[] {
  const keys = Object.keys(call.tags)
  const { webIdentity } = call
  const shared: Context = {
    ...(webIdentity === undefined ? { 'aws:PrincipalArn': call.callerPrincipalArn } : tokenContext(webIdentity)),
    ...networkContext(call),
    ...(call.sessionName === undefined ? {} : { 'sts:RoleSessionName': call.sessionName }),
    ...(keys.length === 0 ? {} : { 'aws:TagKeys': keys }),
    ...prefixed('aws:RequestTag/', call.tags),
    ...(call.sourceIdentity === null ? {} : { 'sts:SourceIdentity': call.sourceIdentity }),
  }
  const request = (action: string, own: Context = {}): AccessRequest => ({
    principal: call.caller,
    action,
    resource: call.roleArn,
    resourceAccount: accountOf(call.roleArn),
    context: { ...shared, ...own, ...call.context },
  })
  return [
    webIdentity === undefined
      ? // The External ID is a context key of this action alone.
        request('sts:AssumeRole', call.externalId === null ? {} : { 'sts:ExternalId': call.externalId })
      : request('sts:AssumeRoleWithWebIdentity'),
    ...(keys.length === 0 ? [] : [request('sts:TagSession')]),
    ...(call.sourceIdentity === null ? [] : [request('sts:SetSourceIdentity')]),
  ]
}

/** A caller with a token has no ARN of its own; policies see what the token claims. */
function tokenContext({ providerArn, audience, subject }: WebIdentity): Context {
  const prefix = providerPrefix(providerArn)
  return { 'aws:FederatedProvider': providerArn, [`${prefix}:aud`]: audience, [`${prefix}:sub`]: subject }
}

function networkContext(call: Pick<ApiCall, 'region' | 'sourceIp'>): Context {
  return {
    'aws:RequestedRegion': call.region,
    'aws:SecureTransport': 'true',
    'aws:ViaAWSService': 'false',
    'aws:PrincipalIsAWSService': 'false',
    ...(call.sourceIp === null ? {} : { 'aws:SourceIp': call.sourceIp }),
  }
}

function prefixed(prefix: string, tags: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [`${prefix}${key}`, value]))
}

function sessionContext(call: SessionCall): Context {
  return {
    'aws:PrincipalArn': call.roleArn,
    ...prefixed('aws:PrincipalTag/', call.tags),
    ...(call.sourceIdentity === null ? {} : { 'aws:SourceIdentity': call.sourceIdentity }),
  }
}

function sessionRequests(call: SessionCall): AccessRequest[] {
  const bucket = `arn:${partitionOf(call.roleArn)}:s3:::${call.bucket}`
  const request = (action: string, resource: string, own: Context = {}): AccessRequest => ({
    principal: call.session,
    action,
    resource,
    resourceAccount: call.bucketOwner,
    context: { ...sessionContext(call), ...networkContext(call), ...own, ...call.context },
  })
  switch (call.operation) {
    case 's3:PutObject': {
      const headers = putHeaders(call)
      const object = `${bucket}/${call.key}`
      return [
        request('s3:PutObject', object, headers),
        ...(call.acl === 'none' ? [] : [request('s3:PutObjectAcl', object, headers)]),
        ...(Object.keys(call.objectTags ?? {}).length === 0 ? [] : [request('s3:PutObjectTagging', object, headers)]),
        ...(call.retention === undefined ? [] : [request('s3:PutObjectRetention', object, headers)]),
        ...(call.legalHold === true ? [request('s3:PutObjectLegalHold', object, headers)] : []),
        ...keyRequests(
          call,
          writingKey(call),
          call.multipart ? ['kms:GenerateDataKey', 'kms:Decrypt'] : ['kms:GenerateDataKey'],
        ),
      ]
    }
    case 's3:GetObject':
      return [
        request('s3:GetObject', `${bucket}/${call.key}`),
        ...keyRequests(call, call.bucketKeyArn, ['kms:Decrypt']),
      ]
    case 's3:HeadObject':
      return [request('s3:GetObject', `${bucket}/${call.key}`)]
    case 's3:DeleteObject':
    case 's3:AbortMultipartUpload':
      return [request(call.operation, `${bucket}/${call.key}`)]
    case 's3:ListParts':
      return [request('s3:ListMultipartUploadParts', `${bucket}/${call.key}`)]
    case 's3:ListObjectsV2':
      return [request('s3:ListBucket', bucket, call.prefix === null ? {} : { 's3:prefix': call.prefix })]
    case 's3:HeadBucket':
      return [request('s3:ListBucket', bucket)]
    case 's3:ListMultipartUploads':
      // `s3:prefix` is a key of s3:ListBucket, not of this action.
      return [request('s3:ListBucketMultipartUploads', bucket)]
    case 's3:GetBucketLocation':
      return [request('s3:GetBucketLocation', bucket)]
  }
}

/** Policies see the headers of the request, never the bucket's default encryption. */
function putHeaders(call: PutObjectCall): Context {
  const { encryption, objectTags = {}, retention, legalHold, storageClass } = call
  return {
    ...(Object.keys(objectTags).length === 0 ? {} : { 's3:RequestObjectTagKeys': Object.keys(objectTags) }),
    ...prefixed('s3:RequestObjectTag/', objectTags),
    ...(retention === undefined
      ? {}
      : {
          's3:object-lock-mode': retention.mode,
          's3:object-lock-remaining-retention-days': String(retention.days),
        }),
    ...(legalHold === true ? { 's3:object-lock-legal-hold': 'ON' } : {}),
    ...(storageClass === undefined ? {} : { 's3:x-amz-storage-class': storageClass }),
    ...(call.acl === 'none' ? {} : { 's3:x-amz-acl': call.acl }),
    ...(encryption.kind === 'sse-s3' ? { 's3:x-amz-server-side-encryption': 'AES256' } : {}),
    ...(encryption.kind === 'sse-kms'
      ? {
          's3:x-amz-server-side-encryption': 'aws:kms',
          's3:x-amz-server-side-encryption-aws-kms-key-id': encryption.keyArn,
        }
      : {}),
  }
}

function writingKey(call: PutObjectCall): string | null {
  if (call.encryption.kind === 'sse-kms') return call.encryption.keyArn
  return call.encryption.kind === 'bucket-default' ? call.bucketKeyArn : null
}

/** S3 uses the key with the session's own permissions, so the caller's address is not in these requests. */
function keyRequests(call: PutObjectCall | GetObjectCall, keyArn: string | null, actions: string[]): AccessRequest[] {
  if (keyArn === null) return []
  const [via = ''] = viaS3(keyArn)
  const bucket = `arn:${partitionOf(call.roleArn)}:s3:::${call.bucket}`
  return actions.map((action) => ({
    principal: call.session,
    action,
    resource: keyArn,
    resourceAccount: accountOf(keyArn),
    context: {
      ...sessionContext(call),
      'aws:RequestedRegion': keyArn.split(':', 4)[3] ?? call.region,
      'aws:SecureTransport': 'true',
      'aws:ViaAWSService': 'true',
      'aws:PrincipalIsAWSService': 'false',
      'kms:ViaService': via,
      'kms:CallerAccount': accountOf(call.roleArn),
      'kms:EncryptionContextKeys': ['aws:s3:arn'],
      'kms:EncryptionContext:aws:s3:arn': call.usesBucketKeys === true ? bucket : `${bucket}/${call.key}`,
      ...call.context,
    },
  }))
}
