/** The customer's side of the delivery tests: what an administrator sets up in the sandbox, and can see there afterwards. */
import { createHash } from 'node:crypto'
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { Secret, systemClock, systemRandom } from '../../src/base/index.ts'
import { type ObjectStore, s3Store, withRetry } from '../../src/storage/index.ts'
import type { KillJob } from './target.ts'

const region = 'eu-central-1'
const bucketOwner = '222222222222'
const externalId = 'dbx_kill_0123456789abcdef'

/** The sandbox as the customer's administrator meets it. */
export interface CustomerCloud {
  readonly endpoint: string
  readonly baseRoleArn: string
  readonly customer: { readonly accessKeyId: string; readonly secretAccessKey: string }
}

/** The rights of each mode, as the set-up kit would grant them. */
export interface Mode {
  readonly bucket: string
  readonly resume: boolean
}

/** The hash of an object's bytes, hex. */
export async function hashOf(store: ObjectStore, key: string): Promise<string> {
  const hash = createHash('sha256')
  const { body } = await store.get(key)
  for await (const chunk of body) hash.update(chunk)
  return hash.digest('hex')
}

/** The bucket with the administrator's rights. */
export function administratorStore(cloud: CustomerCloud, bucket: string): ObjectStore {
  const { accessKeyId, secretAccessKey } = cloud.customer
  const store = s3Store({
    bucket,
    region,
    endpoint: cloud.endpoint,
    expectedBucketOwner: bucketOwner,
    credentials: async () => ({ accessKeyId, secretAccessKey: new Secret(secretAccessKey) }),
    allowPrivateEndpoint: true,
  })
  return withRetry(store, { clock: systemClock, random: systemRandom })
}

/** A bucket, a role that trusts us with the External ID, and its policy. */
export async function setUpCustomer(
  cloud: CustomerCloud,
  mode: Mode,
): Promise<Omit<KillJob, 'report' | 'directory' | 'sizeBytes'>> {
  const { endpoint, baseRoleArn } = cloud
  const { bucket, resume } = mode
  const s3 = new S3Client({ ...clientOf(cloud), forcePathStyle: true })
  await s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: region } }))
  s3.destroy()
  const trust = policy([
    {
      Action: 'sts:AssumeRole',
      Principal: { AWS: baseRoleArn },
      Condition: { StringEquals: { 'sts:ExternalId': externalId } },
    },
    { Action: ['sts:TagSession', 'sts:SetSourceIdentity'], Principal: { AWS: baseRoleArn } },
  ])
  const iam = new IAMClient(clientOf(cloud))
  await iam.send(new CreateRoleCommand({ RoleName: roleOf(mode), AssumeRolePolicyDocument: trust }))
  iam.destroy()
  await grant(cloud, mode, true)
  const roleArn = `arn:aws:iam::${bucketOwner}:role/${roleOf(mode)}`
  return { endpoint, region, bucket, bucketOwner, roleArn, externalId, resume }
}

/** Writes the role's policy: with the rights of the mode, or, as somebody's mistake, with none that help. */
export async function grant(cloud: CustomerCloud, mode: Mode, isRight: boolean): Promise<void> {
  const { bucket, resume } = mode
  const onParts = ['s3:ListMultipartUploadParts', 's3:AbortMultipartUpload']
  const permissions = policy([
    {
      Action: resume ? ['s3:PutObject', ...onParts] : ['s3:PutObject'],
      Resource: `arn:aws:s3:::${bucket}/${isRight ? 'exports' : 'elsewhere'}/*`,
    },
    ...(resume ? [{ Action: 's3:ListBucketMultipartUploads', Resource: `arn:aws:s3:::${bucket}` }] : []),
  ])
  const iam = new IAMClient(clientOf(cloud))
  await iam.send(
    new PutRolePolicyCommand({ RoleName: roleOf(mode), PolicyName: 'export', PolicyDocument: permissions }),
  )
  iam.destroy()
}

function roleOf(mode: Mode): string {
  return `drawbridge-${mode.bucket}`
}

function clientOf(cloud: CustomerCloud) {
  const { accessKeyId, secretAccessKey } = cloud.customer
  return { endpoint: cloud.endpoint, region, credentials: { accessKeyId, secretAccessKey } }
}

function policy(statements: readonly object[]): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })),
  })
}
