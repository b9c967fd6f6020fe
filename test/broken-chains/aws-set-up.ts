/** Sets one chain up on AWS: bucket, key, user, and what the engineer types for the connection. */
import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import { CreateKeyCommand } from '@aws-sdk/client-kms'
import { CreateBucketCommand, PutBucketEncryptionCommand, type S3Client } from '@aws-sdk/client-s3'
import type { Connection, ConnectionChange, ConnectionInput, Purpose, Repair } from '../../src/contract/index.ts'
import { customerAccountId } from '../../src/sandbox/index.ts'
import { type AwsStage, region, storageAccountId } from './aws-stage.ts'
import { allow, type PolicyDocument } from './policy-edits.ts'

/** How a chain's surroundings differ from an export by role, in one account, without a key. */
export interface AwsWish {
  readonly purpose?: Purpose
  readonly writing?: ConnectionInput['writing']
  /** `token`: a role that our ID tokens open, of an issuer that is the chain's own; `token-file`: tokens of a platform. */
  readonly authentication?: 'role' | 'access-key' | 'token' | 'token-file'
  /** `named`: the connection names a KMS key; `later`: there is a key, and nothing uses it yet. */
  readonly key?: 'named' | 'later'
  /** The bucket belongs to the third account. */
  readonly isForeign?: true
  readonly rootPath?: string
  /** Objects that stand there already. */
  readonly objects?: readonly string[]
  /** Tags of the identity mapping, each from the claim of its name. */
  readonly tags?: readonly string[]
  /** Addresses that the deployment declares; absent: `dynamic`. */
  readonly egress?: readonly string[]
}

/** The name of a connection's role; empty without one. */
export function roleNameOf(connection: Connection): string {
  if (connection.authentication.kind !== 'role') return ''
  return connection.authentication.roleArn.split('/').at(-1) ?? ''
}

/** Makes a bucket as new ones are: ACLs off, public access blocked. */
export async function makeBucket(s3: S3Client, bucket: string): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: region } }))
}

/** Makes a KMS key and returns its ARN. */
export async function makeKey(stage: AwsStage): Promise<string> {
  return (await stage.kms.send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? ''
}

/** Encrypts what is written to a bucket under a key, unless the request says otherwise. */
export async function encrypt(s3: S3Client, bucket: string, keyArn: string): Promise<void> {
  const rule = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' as const, KMSMasterKeyID: keyArn } }
  await s3.send(
    new PutBucketEncryptionCommand({ Bucket: bucket, ServerSideEncryptionConfiguration: { Rules: [rule] } }),
  )
}

/** What the vendor's engineer types for a wish. */
export async function inputOf(
  stage: AwsStage,
  name: string,
  bucket: string,
  wish: AwsWish,
  keyArn: string | null,
): Promise<ConnectionInput> {
  const isKey = wish.authentication === 'access-key'
  // What a platform's token says is not ours to choose.
  const tags = wish.authentication === 'token-file' ? [] : (wish.tags ?? ['department'])
  const encryption = wish.key === 'named' && keyArn !== null ? { encryption: { kind: 'sse-kms' as const, keyArn } } : {}
  return {
    name,
    purpose: wish.purpose ?? 'export',
    location: {
      service: 's3',
      uri: `s3://${bucket}`,
      rootPath: wish.rootPath ?? 'audit/',
      region,
      bucketOwner: wish.isForeign === true ? storageAccountId : customerAccountId,
      endpoint: stage.sandbox.endpoint,
    },
    authentication: isKey
      ? { kind: 'access-key', ...(await makeUser(stage, name, bucket)) }
      : {
          kind: 'role',
          ...(wish.isForeign === true ? { roleArn: `arn:aws:iam::${customerAccountId}:role/${name}` } : {}),
        },
    ...(isKey
      ? {}
      : {
          identityMapping: {
            sourceIdentityClaim: 'sub',
            tags: tags.map((tag) => ({ tag, claim: tag, required: true })),
          },
        }),
    writing: { ...wish.writing, ...encryption },
  }
}

/** What a user may do who exports with an access key. */
export function userPolicy(bucket: string): PolicyDocument {
  return { Version: '2012-10-17', Statement: [allow('s3:PutObject', `arn:aws:s3:::${bucket}/audit/*`)] }
}

/** Puts a policy on a chain's user. */
export async function setUserPolicy(stage: AwsStage, name: string, policy: PolicyDocument): Promise<void> {
  const PolicyDocument = JSON.stringify(policy)
  await stage.iam.send(new PutUserPolicyCommand({ UserName: name, PolicyName: 'drawbridge', PolicyDocument }))
}

/** Makes another key pair for a chain's user. */
export async function makeAccessKey(
  stage: AwsStage,
  name: string,
): Promise<{ accessKeyId: string; secretAccessKey: string }> {
  const { AccessKey } = await stage.iam.send(new CreateAccessKeyCommand({ UserName: name }))
  return { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' }
}

async function makeUser(stage: AwsStage, name: string, bucket: string) {
  await stage.iam.send(new CreateUserCommand({ UserName: name }))
  await setUserPolicy(stage, name, userPolicy(bucket))
  return makeAccessKey(stage, name)
}

/** A repair's change of a setting, as the input of `connection.change`. */
export function changeOf(change: NonNullable<Repair['change']>): ConnectionChange {
  if (change.setting === 'stsRegion') return { stsRegion: String(change.to) }
  if (change.setting === 'identityMapping') return { identityMapping: change.to } as ConnectionChange
  return { writing: { [change.setting]: change.to } } as ConnectionChange
}
