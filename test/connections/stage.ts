/**
 * The stage of the connection tests: a sandbox, the customer's administrator in it, who applies kits and changes
 * policies, and us.
 */
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand, UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam'
import { CreateKeyCommand, KMSClient, PutKeyPolicyCommand } from '@aws-sdk/client-kms'
import {
  CreateBucketCommand,
  DeleteBucketPolicyCommand,
  ListObjectsV2Command,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import {
  buildKit,
  type ConnectionContext,
  createConnection,
  diagnosePolicies,
  fetchPolicies,
  type SessionIdentity,
  verifyConnection,
} from '../../src/connection/index.ts'
import {
  type Connection,
  type ConnectionInput,
  chain as chainShape,
  type Diagnosis,
  type Verification,
  verification as verificationShape,
} from '../../src/contract/index.ts'
import { customerAccountId, type Sandbox, startSandbox, vendorAccountId } from '../../src/sandbox/index.ts'
import { vendorContext } from '../kit/vendor-context.ts'

export interface Document {
  Version: string
  Statement: {
    Action: string | string[]
    Condition?: Record<string, Record<string, unknown>>
    [key: string]: unknown
  }[]
}

export const region = 'eu-central-1'
export const bucket = 'acme-audit'
export const role = 'drawbridge-acme'
export const roleArn = `arn:aws:iam::${customerAccountId}:role/${role}`
export const none = { kind: 'none' } as const
export const dana: SessionIdentity = { tags: { department: 'Quality' }, sourceIdentity: 'dana', sessionName: 'dana' }

export let sandbox: Sandbox
export let context: ConnectionContext
export let iam: IAMClient
export let s3: S3Client
export let kms: KMSClient
export let keyArn: string

/** Opens the stage for the tests of a file, and clears it after each. */
export function onStage(): void {
  beforeAll(async () => {
    sandbox = await startSandbox()
    const { accessKeyId, secretAccessKey } = sandbox.customer
    const shared = { endpoint: sandbox.endpoint, region, credentials: { accessKeyId, secretAccessKey } }
    iam = new IAMClient(shared)
    kms = new KMSClient(shared)
    s3 = new S3Client({ ...shared, forcePathStyle: true })
    sandbox.setSourceAddress(vendorAccountId, '198.51.100.24')
    context = vendorContext(sandbox, region, { observedAddress: '198.51.100.24' })
    await s3.send(
      new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: region } }),
    )
    await s3.send(
      new PutBucketOwnershipControlsCommand({
        Bucket: bucket,
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      }),
    )
    keyArn = (await kms.send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? ''
    await iam.send(
      new CreateRoleCommand({
        RoleName: role,
        AssumeRolePolicyDocument: JSON.stringify({
          Version: '2012-10-17',
          Statement: [{ Effect: 'Deny', Principal: { AWS: customerAccountId }, Action: 'sts:AssumeRole' }],
        }),
      }),
    )
  })

  afterAll(async () => {
    iam.destroy()
    s3.destroy()
    kms.destroy()
    await sandbox.close()
  })

  afterEach(async () => {
    await s3.send(new DeleteBucketPolicyCommand({ Bucket: bucket }))
    sandbox.setFaults([])
  })
}

export async function connect(change: Partial<ConnectionInput> = {}): Promise<Connection> {
  const input: ConnectionInput = {
    name: 'acme',
    purpose: 'export',
    location: {
      service: 's3',
      uri: `s3://${bucket}`,
      rootPath: 'reports/',
      region,
      bucketOwner: customerAccountId,
      endpoint: sandbox.endpoint,
    },
    authentication: { kind: 'role' },
    identityMapping: { sourceIdentityClaim: 'sub', tags: [{ tag: 'department', claim: 'department', required: true }] },
    ...change,
  }
  return (await createConnection('tenant-a', input, context, async () => null)).connection
}

/** Applies the kit as the customer does, with `edit` as IT's change of one of its policies. */
export async function apply(connection: Connection, edit: Edits = {}): Promise<void> {
  const kit = await buildKit(connection, context)
  const text = (path: string): string => kit.files.find((file) => file.path === path)?.text ?? ''
  const edited = (path: string, change?: (document: Document) => void): string => {
    const document = JSON.parse(text(path)) as Document
    change?.(document)
    return JSON.stringify(document)
  }
  await iam.send(
    new UpdateAssumeRolePolicyCommand({ RoleName: role, PolicyDocument: edited('trust-policy.json', edit.trust) }),
  )
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: role,
      PolicyName: 'drawbridge',
      PolicyDocument: edited('permissions-policy.json', edit.permissions),
    }),
  )
  if (text('key-policy.json') !== '') {
    const Policy = edited('key-policy.json', edit.key)
    await kms.send(new PutKeyPolicyCommand({ KeyId: keyArn, PolicyName: 'default', Policy }))
  }
  if (edit.bucket !== undefined) {
    await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify(edit.bucket) }))
  }
}

export interface Edits {
  trust?: (document: Document) => void
  permissions?: (document: Document) => void
  key?: (document: Document) => void
  bucket?: Document
}

export async function verify(connection: Connection, identity = dana): Promise<Verification> {
  let last: Verification | null = null
  const seen: string[] = []
  for await (const event of verifyConnection(connection, none, identity, context, consent)) {
    if (event.type === 'check') seen.push(event.check.id)
    else if (event.type === 'done') last = event.verification
  }
  if (last === null) throw new Error('the verification ended without a report')
  expect(verificationShape.safeParse(last).success).toBe(true)
  expect(chainShape.safeParse(last.chain).success).toBe(true)
  // Every check streams out exactly once.
  expect([...seen].sort()).toEqual(last.checks.map((check) => check.id).sort())
  return last
}

/** The customer of these tests agreed to it. */
export const consent = { outsideRoot: true }

export const statuses = (report: Verification): Record<string, string> =>
  Object.fromEntries(report.checks.map((check) => [check.id, check.status]))

export const redLink = (explained: Pick<Diagnosis, 'chain'>): string[] =>
  explained.chain.links.filter((link) => link.status === 'fail').map((link) => link.id)

export async function administrator(connection: Connection, claims: Record<string, string> = {}): Promise<Diagnosis> {
  const { accessKeyId, secretAccessKey } = sandbox.customer
  const policies = await fetchPolicies({
    credentials: { accessKeyId, secretAccessKey },
    roleArn,
    bucket,
    keyArn: connection.writing.encryption.kind === 'sse-kms' ? keyArn : null,
    region,
    endpoint: sandbox.endpoint,
  })
  expect(policies.notSeen).toEqual([])
  return diagnosePolicies(connection, dana, policies, context, claims)
}

export async function keys(prefix = ''): Promise<string[]> {
  const listed = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }))
  return (listed.Contents ?? []).map((object) => object.Key ?? '')
}

export function statementWith(document: Document, action: string): Document['Statement'][number] {
  const found = document.Statement.find((statement) => [statement.Action].flat().includes(action))
  if (found === undefined) throw new Error(`no statement with ${action}`)
  return found
}

export function demand(document: Document, action: string, operator: string, key: string, value: unknown): void {
  const statement = statementWith(document, action)
  statement.Condition = { ...statement.Condition, [operator]: { ...statement.Condition?.[operator], [key]: value } }
}

export function drop(document: Document, action: string): void {
  const statement = statementWith(document, action)
  const kept = [statement.Action].flat().filter((one) => one !== action)
  if (kept.length === 0) document.Statement.splice(document.Statement.indexOf(statement), 1)
  else statement.Action = kept
}

export const withAcl: Partial<ConnectionInput> = { writing: { acl: 'bucket-owner-full-control' } }
export const withKey = (): Partial<ConnectionInput> => ({ writing: { encryption: { kind: 'sse-kms', keyArn } } })
