/** What decides besides identity policies: bucket settings, Object Ownership, Block Public Access, encryption keys. */
import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { CreateKeyCommand, DisableKeyCommand, PutKeyPolicyCommand } from '@aws-sdk/client-kms'
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteBucketPolicyCommand,
  DeletePublicAccessBlockCommand,
  GetBucketEncryptionCommand,
  GetBucketLocationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutBucketEncryptionCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { customerAccountId, sandboxBaseRoleArn, vendorAccountId } from '../index.ts'
import { type Clients, policy, refusal, region, Stage } from '../testing/stage.ts'

let stage: Stage
let customer: Clients

beforeAll(async () => {
  stage = await Stage.open()
  customer = stage.customer
})

afterAll(() => stage.close())

const roleArn = (name: string) => `arn:aws:iam::${customerAccountId}:role/${name}`

/** Makes a role that the base identity may assume, and a session of it. */
async function role(name: string, ...statements: readonly object[]): Promise<Clients> {
  const trust = policy({ Effect: 'Allow', Principal: { AWS: sandboxBaseRoleArn }, Action: 'sts:AssumeRole' })
  await customer.iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: trust }))
  const PolicyDocument = policy(...statements)
  await customer.iam.send(new PutRolePolicyCommand({ RoleName: name, PolicyName: 'p', PolicyDocument }))
  return await stage.assume({ RoleArn: roleArn(name) })
}

describe('buckets', () => {
  test('have a region, an owner and safe defaults', async () => {
    const Bucket = await stage.bucket('plain')
    expect((await customer.s3.send(new HeadBucketCommand({ Bucket }))).BucketRegion).toBe(region)
    expect((await customer.s3.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint).toBe(region)
    const ownership = await customer.s3.send(new GetBucketOwnershipControlsCommand({ Bucket }))
    expect(ownership.OwnershipControls?.Rules).toEqual([{ ObjectOwnership: 'BucketOwnerEnforced' }])
    const encryption = await customer.s3.send(new GetBucketEncryptionCommand({ Bucket }))
    const rule = encryption.ServerSideEncryptionConfiguration?.Rules?.[0]
    expect(rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm).toBe('AES256')
    const block = await customer.s3.send(new GetPublicAccessBlockCommand({ Bucket }))
    expect(Object.values(block.PublicAccessBlockConfiguration ?? {})).toEqual([true, true, true, true])
    expect((await customer.s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBeUndefined()
    expect((await refusal(customer.s3.send(new GetBucketPolicyCommand({ Bucket })))).code).toBe('NoSuchBucketPolicy')
    const mine = await customer.s3.send(new ListBucketsCommand({}))
    expect(mine.Buckets?.map((bucket) => bucket.Name)).toEqual(['plain'])
    expect((await stage.vendor.s3.send(new ListBucketsCommand({}))).Buckets ?? []).toEqual([])
  })

  test('have names of their own in the whole sandbox', async () => {
    const Bucket = await stage.bucket('unique')
    expect((await refusal(stage.bucket('unique'))).code).toBe('BucketAlreadyOwnedByYou')
    expect((await refusal(stage.vendor.s3.send(new CreateBucketCommand({ Bucket })))).code).toBe('BucketAlreadyExists')
    for (const name of ['Abc', 'a..b', 'ab', '192.168.0.1']) {
      expect((await refusal(customer.s3.send(new CreateBucketCommand({ Bucket: name })))).code).toBe(
        'InvalidBucketName',
      )
    }
    await customer.s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x' }))
    expect((await refusal(customer.s3.send(new DeleteBucketCommand({ Bucket })))).code).toBe('BucketNotEmpty')
  })

  test('answer a HEAD from the wrong region with the right one', async () => {
    const Bucket = await stage.bucket('elsewhere')
    const far = stage.clients(stage.sandbox.customer, 'us-west-2')
    const error = await far.s3.send(new HeadBucketCommand({ Bucket })).catch((cause: unknown) => cause)
    expect(error).toMatchObject({ $metadata: { httpStatusCode: 400 } })
    const { $response } = error as { $response: { headers: Record<string, string> } }
    expect($response.headers['x-amz-bucket-region']).toBe(region)
    const illegal = far.s3.send(
      new CreateBucketCommand({ Bucket: 'x-y-z', CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }),
    )
    expect((await refusal(illegal)).code).toBe('IllegalLocationConstraintException')
  })
})

describe('bucket policies', () => {
  test('are refused when they are malformed, foreign or name nobody', async () => {
    const Bucket = await stage.bucket('policies')
    const put = (Policy: string) => refusal(customer.s3.send(new PutBucketPolicyCommand({ Bucket, Policy })))
    const statement = { Effect: 'Allow', Principal: { AWS: sandboxBaseRoleArn }, Action: 's3:GetObject' }
    expect((await put('{')).code).toBe('MalformedPolicy')
    expect((await put(policy({ ...statement, Resource: 'arn:aws:s3:::other/*' }))).message).toBe(
      'Policy has invalid resource',
    )
    expect((await put(policy({ ...statement, Action: 'ec2:Run', Resource: `arn:aws:s3:::${Bucket}` }))).message).toBe(
      'Policy has invalid action',
    )
    const nobody = { AWS: `arn:aws:iam::${vendorAccountId}:role/nobody` }
    expect((await put(policy({ ...statement, Principal: nobody, Resource: `arn:aws:s3:::${Bucket}/*` }))).message).toBe(
      'Invalid principal in policy',
    )
    const right = policy({ ...statement, Resource: `arn:aws:s3:::${Bucket}/*` })
    await customer.s3.send(new PutBucketPolicyCommand({ Bucket, Policy: right }))
    expect((await customer.s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toBe(right)
    await customer.s3.send(new DeleteBucketPolicyCommand({ Bucket }))
  })

  test('that are public are blocked until the block is taken away', async () => {
    const Bucket = await stage.bucket('public')
    const Policy = policy({
      Effect: 'Allow',
      Principal: '*',
      Action: 's3:GetObject',
      Resource: `arn:aws:s3:::${Bucket}/*`,
    })
    const put = () => customer.s3.send(new PutBucketPolicyCommand({ Bucket, Policy }))
    expect((await refusal(put())).message).toBe(
      `User: arn:aws:iam::${customerAccountId}:user/admin is not authorized to perform: s3:PutBucketPolicy on resource: "arn:aws:s3:::${Bucket}" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.`,
    )
    await customer.s3.send(new DeletePublicAccessBlockCommand({ Bucket }))
    await put()
    await customer.s3.send(new PutObjectCommand({ Bucket, Key: 'open', Body: 'for all' }))
    const anonymous = await stage.raw({ method: 'GET', path: `/${Bucket}/open` })
    expect([anonymous.status, anonymous.body]).toEqual([200, 'for all'])
    expect((await stage.raw({ method: 'GET', path: `/${Bucket}/closed` })).status).toBe(403)
    expect((await stage.raw({ method: 'DELETE', path: `/${Bucket}/open` })).status).toBe(403)
  })

  test('can ask for conditional writes, and let parts and their creation pass', async () => {
    const Bucket = await stage.bucket('write-once')
    const Policy = policy({
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:PutObject',
      Resource: `arn:aws:s3:::${Bucket}/*`,
      Condition: { Null: { 's3:if-none-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } },
    })
    await customer.s3.send(new PutBucketPolicyCommand({ Bucket, Policy }))
    const put = (condition: object) =>
      customer.s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x', ...condition }))
    expect((await refusal(put({}))).code).toBe('AccessDenied')
    await put({ IfNoneMatch: '*' })
    const { UploadId } = await customer.s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'b' }))
    const upload = { Bucket, Key: 'b', UploadId: UploadId ?? '' }
    const { ETag } = await customer.s3.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: 'x' }))
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: ETag ?? '' }] }
    expect(
      (await refusal(customer.s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload })))).code,
    ).toBe('AccessDenied')
    await customer.s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload, IfNoneMatch: '*' }))
  })

  test('see the prefix and the size of a listing', async () => {
    const Bucket = await stage.bucket('prefixes')
    const session = await role('lister', {
      Effect: 'Allow',
      Action: 's3:ListBucket',
      Resource: `arn:aws:s3:::${Bucket}`,
      Condition: { StringLike: { 's3:prefix': 'mine/*' }, NumericLessThanEquals: { 's3:max-keys': '10' } },
    })
    await session.s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'mine/a', MaxKeys: 10 }))
    expect(
      (await refusal(session.s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'other/', MaxKeys: 10 })))).status,
    ).toBe(403)
    expect(
      (await refusal(session.s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'mine/a', MaxKeys: 11 })))).status,
    ).toBe(403)
    expect((await refusal(session.s3.send(new ListObjectsV2Command({ Bucket })))).status).toBe(403)
  })
})

describe('Object Ownership', () => {
  test('enforced for the bucket owner takes no ACL but one, and every ACL needs a right of its own', async () => {
    const Bucket = await stage.bucket('enforced')
    const put = (from: Clients, ACL: 'private' | 'bucket-owner-full-control') =>
      from.s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x', ACL }))
    expect(await refusal(put(customer, 'private'))).toEqual({
      code: 'AccessControlListNotSupported',
      message: 'The bucket does not allow ACLs',
      status: 400,
    })
    await put(customer, 'bucket-owner-full-control')
    const session = await role('no-acl', { Effect: 'Allow', Action: 's3:PutObject', Resource: '*' })
    expect((await refusal(put(session, 'bucket-owner-full-control'))).message).toContain(
      'perform: s3:PutObjectAcl on resource',
    )
    const tagged = session.s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x', Tagging: 'a=b' }))
    expect((await refusal(tagged)).message).toContain('perform: s3:PutObjectTagging on resource')
  })

  test('left to the writer makes an object that the bucket owner can not read, unless it is handed over', async () => {
    const Bucket = await stage.bucket('writers')
    const Policy = policy({
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${vendorAccountId}:user/admin` },
      Action: ['s3:PutObject', 's3:PutObjectAcl'],
      Resource: `arn:aws:s3:::${Bucket}/*`,
    })
    await customer.s3.send(new PutBucketPolicyCommand({ Bucket, Policy }))
    const own = async (ObjectOwnership: 'ObjectWriter' | 'BucketOwnerPreferred') => {
      const OwnershipControls = { Rules: [{ ObjectOwnership }] }
      await customer.s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls }))
    }
    const put = (Key: string, more: object = {}) =>
      stage.vendor.s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x', ...more }))
    const get = (Key: string) => customer.s3.send(new GetObjectCommand({ Bucket, Key }))
    await own('BucketOwnerPreferred')
    await put('kept')
    expect(await refusal(get('kept'))).toMatchObject({ code: 'AccessDenied', message: 'Access Denied' })
    expect((await stage.vendor.s3.send(new GetObjectCommand({ Bucket, Key: 'kept' }))).ContentLength).toBe(1)
    await put('handed-over', { ACL: 'bucket-owner-full-control' })
    expect((await get('handed-over')).ContentLength).toBe(1)
    await own('ObjectWriter')
    await put('granted', { ACL: 'bucket-owner-full-control' })
    expect((await get('granted')).ContentLength).toBe(1)
  })
})

describe('KMS keys', () => {
  let keyArn: string
  let writer: Clients

  beforeAll(async () => {
    await stage.bucket('encrypted')
    const made = await customer.kms.send(new CreateKeyCommand({ Description: 'reports' }))
    keyArn = made.KeyMetadata?.Arn ?? ''
    writer = await role('kms-writer', { Effect: 'Allow', Action: ['s3:PutObject', 's3:GetObject'], Resource: '*' })
    const encryption = { SSEAlgorithm: 'aws:kms' as const, KMSMasterKeyID: keyArn }
    await customer.s3.send(
      new PutBucketEncryptionCommand({
        Bucket: 'encrypted',
        ServerSideEncryptionConfiguration: { Rules: [{ ApplyServerSideEncryptionByDefault: encryption }] },
      }),
    )
  })

  const put = (from: Clients, more: object = {}) =>
    from.s3.send(new PutObjectCommand({ Bucket: 'encrypted', Key: 'a', Body: 'x', ...more }))
  const permit = (...actions: readonly string[]) =>
    customer.iam.send(
      new PutRolePolicyCommand({
        RoleName: 'kms-writer',
        PolicyName: 'kms',
        PolicyDocument: policy({ Effect: 'Allow', Action: actions, Resource: keyArn }),
      }),
    )
  const who = `User: arn:aws:sts::${customerAccountId}:assumed-role/kms-writer/jo is not authorized to perform:`

  test('of the bucket are used on behalf of the writer, who needs the right to it', async () => {
    expect((await refusal(put(writer))).message).toBe(
      `${who} kms:GenerateDataKey on resource: ${keyArn} because no identity-based policy allows the kms:GenerateDataKey action`,
    )
    await permit('kms:GenerateDataKey')
    const answer = await put(writer)
    expect([answer.ServerSideEncryption, answer.SSEKMSKeyId]).toEqual(['aws:kms', keyArn])
    const read = writer.s3.send(new GetObjectCommand({ Bucket: 'encrypted', Key: 'a' }))
    expect((await refusal(read)).message).toContain('perform: kms:Decrypt on resource')
    await put(writer, { Key: 'plain', ServerSideEncryption: 'AES256' })
    await writer.s3.send(new GetObjectCommand({ Bucket: 'encrypted', Key: 'plain' }))
  })

  test('must be readable for a multipart upload', async () => {
    const create = () => writer.s3.send(new CreateMultipartUploadCommand({ Bucket: 'encrypted', Key: 'm' }))
    expect((await refusal(create())).message).toContain('perform: kms:Decrypt on resource')
    await permit('kms:GenerateDataKey', 'kms:Decrypt')
    expect((await create()).SSEKMSKeyId).toBe(keyArn)
  })

  test('decide with their own policy, and can be switched off', async () => {
    const allowAdmin = {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${customerAccountId}:user/admin` },
      Action: 'kms:*',
      Resource: '*',
    }
    const setPolicy = (...statements: readonly object[]) =>
      customer.kms.send(new PutKeyPolicyCommand({ KeyId: keyArn, Policy: policy(...statements) }))
    await setPolicy(allowAdmin)
    expect((await refusal(put(writer))).message).toContain(
      'because no resource-based policy allows the kms:GenerateDataKey action',
    )
    const through = (service: string) => ({
      Effect: 'Allow',
      Principal: { AWS: roleArn('kms-writer') },
      Action: 'kms:GenerateDataKey',
      Resource: '*',
      Condition: { StringEquals: { 'kms:ViaService': `${service}.${region}.amazonaws.com` } },
    })
    await setPolicy(allowAdmin, through('ebs'))
    expect((await refusal(put(writer))).code).toBe('AccessDenied')
    await setPolicy(allowAdmin, through('s3'))
    await put(writer)
    await customer.kms.send(new DisableKeyCommand({ KeyId: keyArn }))
    expect((await refusal(put(writer))).code).toBe('KMS.DisabledException')
  })

  test("that do not exist, or are another account's, are refused in the words of KMS", async () => {
    const missing = `arn:aws:kms:${region}:${customerAccountId}:key/00000000-0000-4000-8000-000000000000`
    const named = (SSEKMSKeyId: string) => ({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId })
    expect(await refusal(put(customer, named(missing)))).toMatchObject({
      code: 'KMS.NotFoundException',
      message: `Key '${missing}' does not exist`,
    })
    const foreign = await stage.vendor.kms.send(new CreateKeyCommand({}))
    expect((await refusal(put(customer, named(foreign.KeyMetadata?.Arn ?? '')))).message).toBe(
      `User: arn:aws:iam::${customerAccountId}:user/admin is not authorized to perform: kms:GenerateDataKey on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access`,
    )
  })

  test('of the account itself serve whoever may write', async () => {
    const answer = await put(writer, { Key: 'managed', ServerSideEncryption: 'aws:kms' })
    expect(answer.SSEKMSKeyId).toMatch(new RegExp(`^arn:aws:kms:${region}:${customerAccountId}:key/`))
    expect(answer.SSEKMSKeyId).not.toBe(keyArn)
    await writer.s3.send(new GetObjectCommand({ Bucket: 'encrypted', Key: 'managed' }))
  })

  test('are seen by bucket policies as the header that was sent, and not as the default', async () => {
    const Policy = policy({
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:PutObject',
      Resource: 'arn:aws:s3:::encrypted/*',
      Condition: { StringNotEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' } },
    })
    await customer.s3.send(new PutBucketPolicyCommand({ Bucket: 'encrypted', Policy }))
    expect((await refusal(put(customer, { Key: 'b' }))).message).toContain(
      'with an explicit deny in a resource-based policy',
    )
    await put(customer, { Key: 'b', ServerSideEncryption: 'aws:kms' })
  })
})
