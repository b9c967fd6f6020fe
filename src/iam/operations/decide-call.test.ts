/** An API call as the decisions that AWS makes, and its one verdict. */
import { describe, expect, test } from 'vitest'
import { parsePolicy } from '../read/index.ts'
import type { NamedPolicy } from '../types.ts'
import type { ApiCall, AssumeRoleCall, ChainPolicies, GetObjectCall, PutObjectCall } from './api-call.ts'
import { decideCall } from './decide-call.ts'
import { requestsOf } from './requests.ts'

const roleArn = 'arn:aws:iam::222222222222:role/team/acme'
const keyArn = 'arn:aws:kms:eu-central-1:222222222222:key/0a1b'
const session = {
  session: 'arn:aws:sts::222222222222:assumed-role/acme/u-1',
  roleArn,
  tags: { Team: 'quality' },
  sourceIdentity: 'u-1',
  region: 'eu-central-1',
  sourceIp: '198.51.100.24',
}
const put: PutObjectCall = {
  ...session,
  operation: 's3:PutObject',
  bucket: 'acme-audit',
  key: 'a/b.pdf',
  bucketOwner: '222222222222',
  acl: 'none',
  encryption: { kind: 'bucket-default' },
  bucketKeyArn: null,
  multipart: false,
}
const assume: AssumeRoleCall = {
  operation: 'sts:AssumeRole',
  caller: 'arn:aws:sts::111111111111:assumed-role/base/w',
  callerPrincipalArn: 'arn:aws:iam::111111111111:role/base',
  roleArn,
  externalId: 'xyz',
  tags: { Team: 'quality' },
  sourceIdentity: 'u-1',
  region: 'eu-central-1',
  sourceIp: null,
}
const unseen: ChainPolicies = {
  base: null,
  trust: null,
  permissions: null,
  boundary: null,
  session: null,
  bucket: null,
  key: null,
  scp: [],
  rcp: [],
}

function policy(name: string, ...Statement: object[]): NamedPolicy {
  const parsed = parsePolicy({ Version: '2012-10-17', Statement })
  if (!parsed.ok) throw new TypeError(JSON.stringify(parsed.error))
  return { name, policy: parsed.value }
}

describe('requests of a call', () => {
  const actions = (call: ApiCall): string[] => requestsOf(call).map((request) => request.action)

  test('AssumeRole with tags and source identity is three decisions, and only the first carries the External ID', () => {
    expect(actions(assume)).toEqual(['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'])
    expect(requestsOf(assume).map((request) => request.context['sts:ExternalId'])).toEqual([
      'xyz',
      undefined,
      undefined,
    ])
    expect(requestsOf(assume)[1]?.context).toMatchObject({ 'aws:RequestTag/Team': 'quality', 'aws:TagKeys': ['Team'] })
    expect(actions({ ...assume, tags: {}, sourceIdentity: null })).toEqual(['sts:AssumeRole'])
  })

  test.each<[string, Partial<PutObjectCall>, string[]]>([
    ['plain', {}, ['s3:PutObject']],
    ['with ACL', { acl: 'bucket-owner-full-control' }, ['s3:PutObject', 's3:PutObjectAcl']],
    ['under the bucket’s key', { bucketKeyArn: keyArn }, ['s3:PutObject', 'kms:GenerateDataKey']],
    [
      'with SSE-S3 despite the bucket’s key',
      { bucketKeyArn: keyArn, encryption: { kind: 'sse-s3' } },
      ['s3:PutObject'],
    ],
    [
      'in parts under a named key',
      { encryption: { kind: 'sse-kms', keyArn }, multipart: true },
      ['s3:PutObject', 'kms:GenerateDataKey', 'kms:Decrypt'],
    ],
  ])('an upload %s', (_, change, expected) => {
    expect(actions({ ...put, ...change })).toEqual(expected)
  })

  test('policies see headers, not the default encryption of the bucket', () => {
    const [byDefault] = requestsOf({ ...put, bucketKeyArn: keyArn })
    expect(byDefault?.context['s3:x-amz-server-side-encryption']).toBeUndefined()
    const [byHeader] = requestsOf({ ...put, encryption: { kind: 'sse-kms', keyArn } })
    expect(byHeader?.context).toMatchObject({
      's3:x-amz-server-side-encryption': 'aws:kms',
      's3:x-amz-server-side-encryption-aws-kms-key-id': keyArn,
    })
  })

  test('the key sees S3 as the way in, and the bucket instead of the object with Bucket Keys', () => {
    const context = (usesBucketKeys: boolean) =>
      requestsOf({ ...put, bucketKeyArn: keyArn, usesBucketKeys })[1]?.context ?? {}
    expect(context(false)).toMatchObject({
      'kms:ViaService': 's3.eu-central-1.amazonaws.com',
      'kms:CallerAccount': '222222222222',
      'kms:EncryptionContext:aws:s3:arn': 'arn:aws:s3:::acme-audit/a/b.pdf',
    })
    expect(context(true)['kms:EncryptionContext:aws:s3:arn']).toBe('arn:aws:s3:::acme-audit')
    expect(context(true)['aws:SourceIp']).toBeUndefined()
  })

  test('reading, listing and multipart calls need the permissions that S3 names for them', () => {
    const object = { ...session, bucket: 'acme-audit', key: 'a/b.pdf', bucketOwner: '222222222222' }
    const get: GetObjectCall = { ...object, operation: 's3:GetObject', bucketKeyArn: keyArn }
    expect(actions(get)).toEqual(['s3:GetObject', 'kms:Decrypt'])
    expect(actions({ ...object, operation: 's3:HeadObject' })).toEqual(['s3:GetObject'])
    expect(actions({ ...object, operation: 's3:DeleteObject' })).toEqual(['s3:DeleteObject'])
    expect(actions({ ...object, operation: 's3:ListParts' })).toEqual(['s3:ListMultipartUploadParts'])
    expect(actions({ ...object, operation: 's3:AbortMultipartUpload' })).toEqual(['s3:AbortMultipartUpload'])
    const [listing] = requestsOf({ ...object, operation: 's3:ListObjectsV2', prefix: 'a/' })
    expect(listing).toMatchObject({
      action: 's3:ListBucket',
      resource: 'arn:aws:s3:::acme-audit',
      context: { 's3:prefix': 'a/' },
    })
    expect(actions({ ...object, operation: 's3:HeadBucket', prefix: null })).toEqual(['s3:ListBucket'])
    expect(actions({ ...object, operation: 's3:ListMultipartUploads', prefix: null })).toEqual([
      's3:ListBucketMultipartUploads',
    ])
    expect(actions({ ...object, operation: 's3:GetBucketLocation', prefix: null })).toEqual(['s3:GetBucketLocation'])
  })
})

describe('verdicts', () => {
  test('what was not looked at is taken as allowing, and named', () => {
    expect(decideCall(assume, unseen)).toMatchObject({ decision: 'allowed', notSeen: ['base', 'trust'] })
    expect(decideCall({ ...put, bucketKeyArn: keyArn }, unseen)).toMatchObject({
      decision: 'allowed',
      notSeen: ['permissions', 'key'],
    })
  })

  test('a seen policy beside unseen ones still refuses', () => {
    const base = [policy('base', { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: roleArn })]
    const verdict = decideCall(assume, { ...unseen, base })
    expect(verdict).toMatchObject({ decision: 'implicitDeny', refusedBy: 1, notSeen: ['trust'] })
    expect(verdict.parts[1]?.link).toBe('base-identity')
  })

  test('service control policies of the role’s account do not bind our caller', () => {
    const scp = [[policy('deny', { Effect: 'Deny', Action: '*', Resource: '*' })]]
    expect(decideCall(assume, { ...unseen, scp }).decision).toBe('allowed')
    expect(decideCall(put, { ...unseen, scp })).toMatchObject({
      decision: 'explicitDeny',
      parts: [{ link: 'permissions' }],
    })
  })

  test.each<[string, Partial<ChainPolicies>, string]>([
    ['boundary', { boundary: policy('b', { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }) }, 'permissions'],
    [
      'session policy',
      { session: policy('s', { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }) },
      'permissions',
    ],
    ['role', { permissions: [] }, 'permissions'],
    [
      'bucket policy',
      {
        bucket: policy('p', { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: 'arn:aws:s3:::acme-audit/*' }),
      },
      'bucket-policy',
    ],
    [
      'resource control policy',
      { rcp: [[policy('r', { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: '*' })]] },
      'bucket-policy',
    ],
  ])('a refusal by the %s falls on its link', (_, policies, link) => {
    const verdict = decideCall(put, { ...unseen, ...policies })
    expect(verdict.refusedBy).toBe(0)
    expect(verdict.parts[0]?.link).toBe(link)
  })

  test('an unknown address that could turn the decision is named; a settled decision names nothing', () => {
    const deny = { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: 'arn:aws:s3:::acme-audit/*' }
    const other = { NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }
    const call = { ...put, sourceIp: null }
    const bucket = policy('bucket', { ...deny, Condition: other })
    expect(decideCall(call, { ...unseen, bucket })).toMatchObject({
      decision: 'explicitDeny',
      missingContextValues: ['aws:SourceIp'],
    })
    const settled = policy('bucket', { ...deny, Condition: other }, deny)
    expect(decideCall(call, { ...unseen, bucket: settled }).missingContextValues).toEqual([])
    expect(decideCall(put, { ...unseen, bucket })).toMatchObject({ decision: 'explicitDeny', missingContextValues: [] })
  })

  test('what we know that we do not send is not missing; a tag of the role is', () => {
    const permissions = [
      policy(
        'permissions',
        {
          Effect: 'Allow',
          Action: 's3:PutObject',
          Resource: '*',
          Condition: { StringEquals: { 's3:x-amz-acl': 'private' } },
        },
        {
          Effect: 'Allow',
          Action: 's3:PutObject',
          Resource: '*',
          Condition: { StringEquals: { 'aws:PrincipalTag/Unit': 'x' } },
        },
      ),
    ]
    expect(decideCall(put, { ...unseen, permissions }).missingContextValues).toEqual(['aws:PrincipalTag/Unit'])
  })

  test('an unknown value in a statement that fails anyway could not turn the decision', () => {
    const Condition = { StringEquals: { 'aws:PrincipalTag/Unit': 'x', 'aws:RequestedRegion': 'us-east-1' } }
    const permissions = [policy('permissions', { Effect: 'Allow', Action: 's3:*', Resource: '*', Condition })]
    expect(decideCall(put, { ...unseen, permissions })).toMatchObject({
      decision: 'implicitDeny',
      missingContextValues: [],
    })
    const Resource = `arn:aws:s3:::acme-audit/\${aws:PrincipalTag/Unit}/*`
    const variable = [policy('permissions', { Effect: 'Allow', Action: 's3:*', Resource })]
    expect(decideCall(put, { ...unseen, permissions: variable }).missingContextValues).toEqual([
      'aws:PrincipalTag/Unit',
    ])
  })

  test('one public statement blocks every other account where public buckets are restricted', () => {
    const bucket = policy(
      'bucket',
      { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::acme-audit/*' },
      { Effect: 'Allow', Principal: { AWS: roleArn }, Action: 's3:PutObject', Resource: 'arn:aws:s3:::acme-audit/*' },
    )
    const call = { ...put, bucketOwner: '333333333333' }
    expect(decideCall(call, { ...unseen, bucket }).decision).toBe('allowed')
    expect(decideCall(call, { ...unseen, bucket, restrictPublicBuckets: true })).toMatchObject({
      decision: 'explicitDeny',
      parts: [{ link: 'bucket-policy' }],
    })
  })
})
