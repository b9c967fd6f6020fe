/**
 * The connection room against the sandbox: the set-up kit applied through IAM, S3 and KMS by the customer's administrator,
 * verification link by link, and every scenario of a broken policy explained in both views.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand, UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam'
import { CreateKeyCommand, KMSClient, PutKeyPolicyCommand } from '@aws-sdk/client-kms'
import {
  CreateBucketCommand,
  DeleteBucketPolicyCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Secret } from '../src/base/index.ts'
import {
  buildKit,
  type ConnectionContext,
  createConnection,
  diagnoseLive,
  diagnosePolicies,
  fetchPolicies,
  openConnection,
  type SessionIdentity,
  verifyConnection,
} from '../src/connection/index.ts'
import {
  type Connection,
  type ConnectionInput,
  chain as chainShape,
  type Diagnosis,
  diagnosis as diagnosisShape,
  type Verification,
  verification as verificationShape,
} from '../src/contract/index.ts'
import { customerAccountId, type Sandbox, startSandbox, vendorAccountId } from '../src/sandbox/index.ts'
import { vendorContext } from './kit/vendor-context.ts'
import { needs } from './needs.ts'
import { type Azurite, startAzurite } from './servers/azurite.ts'

const run = promisify(execFile)

interface Document {
  Version: string
  Statement: {
    Action: string | string[]
    Condition?: Record<string, Record<string, unknown>>
    [key: string]: unknown
  }[]
}

const region = 'eu-central-1'
const bucket = 'acme-audit'
const role = 'drawbridge-acme'
const roleArn = `arn:aws:iam::${customerAccountId}:role/${role}`
const none = { kind: 'none' } as const
const dana: SessionIdentity = { tags: { department: 'Quality' }, sourceIdentity: 'dana', sessionName: 'dana' }

let sandbox: Sandbox
let context: ConnectionContext
let iam: IAMClient
let s3: S3Client
let kms: KMSClient
let keyArn: string

beforeAll(async () => {
  sandbox = await startSandbox()
  const { accessKeyId, secretAccessKey } = sandbox.customer
  const shared = { endpoint: sandbox.endpoint, region, credentials: { accessKeyId, secretAccessKey } }
  iam = new IAMClient(shared)
  kms = new KMSClient(shared)
  s3 = new S3Client({ ...shared, forcePathStyle: true })
  sandbox.setSourceAddress(vendorAccountId, '198.51.100.24')
  context = vendorContext(sandbox, region, { observedAddress: '198.51.100.24' })
  await s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: region } }))
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

async function connect(change: Partial<ConnectionInput> = {}): Promise<Connection> {
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
async function apply(connection: Connection, edit: Edits = {}): Promise<void> {
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

interface Edits {
  trust?: (document: Document) => void
  permissions?: (document: Document) => void
  key?: (document: Document) => void
  bucket?: Document
}

async function verify(connection: Connection, identity = dana): Promise<Verification> {
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
const consent = { outsideRoot: true }

const statuses = (report: Verification): Record<string, string> =>
  Object.fromEntries(report.checks.map((check) => [check.id, check.status]))

const redLink = (explained: Pick<Diagnosis, 'chain'>): string[] =>
  explained.chain.links.filter((link) => link.status === 'fail').map((link) => link.id)

async function administrator(connection: Connection, claims: Record<string, string> = {}): Promise<Diagnosis> {
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

async function keys(prefix = ''): Promise<string[]> {
  const listed = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }))
  return (listed.Contents ?? []).map((object) => object.Key ?? '')
}

function statementWith(document: Document, action: string): Document['Statement'][number] {
  const found = document.Statement.find((statement) => [statement.Action].flat().includes(action))
  if (found === undefined) throw new Error(`no statement with ${action}`)
  return found
}

function demand(document: Document, action: string, operator: string, key: string, value: unknown): void {
  const statement = statementWith(document, action)
  statement.Condition = { ...statement.Condition, [operator]: { ...statement.Condition?.[operator], [key]: value } }
}

function drop(document: Document, action: string): void {
  const statement = statementWith(document, action)
  const kept = [statement.Action].flat().filter((one) => one !== action)
  if (kept.length === 0) document.Statement.splice(document.Statement.indexOf(statement), 1)
  else statement.Action = kept
}

const withAcl: Partial<ConnectionInput> = { writing: { acl: 'bucket-owner-full-control' } }
const withKey = (): Partial<ConnectionInput> => ({ writing: { encryption: { kind: 'sse-kms', keyArn } } })

describe('a connection whose kit was applied as it is', () => {
  it('export: every check passes, and the chain is green from person to object', async () => {
    const connection = await connect()
    await apply(connection)
    const report = await verify(connection)
    expect(statuses(report)).toEqual({
      'base-identity': 'pass',
      'assume-role': 'pass',
      'external-id-required': 'pass',
      'external-id-matched': 'pass',
      'session-identity': 'pass',
      endpoint: 'pass',
      clock: 'pass',
      'bucket-region': 'pass',
      'bucket-owner': 'pass',
      'public-refused': 'pass',
      'put-object': 'pass',
      'conditional-write': 'pass',
      'object-ownership': 'pass',
      'object-lock': 'pass',
      'delete-refused': 'pass',
      'read-refused': 'pass',
      'list-refused': 'pass',
      'outside-root-refused': 'pass',
    })
    expect(report.status).toBe('pass')
    expect(report.diagnosis).toBeUndefined()
    expect(report.chain.links.every((link) => link.status === 'pass')).toBe(true)
    expect(
      report.checks.filter((check) => check.status === 'pass' && check.requestIds.length > 0).length,
    ).toBeGreaterThan(5)
    // One probe object, and nothing beside the root path.
    expect(await keys()).toEqual([expect.stringMatching(/^reports\/\.drawbridge\/probe-prb_/)])
  })

  it('export with KMS, ACL and resumed uploads: passes and leaves no upload behind', async () => {
    const connection = await connect({
      writing: { acl: 'bucket-owner-full-control', encryption: { kind: 'sse-kms', keyArn }, resume: true },
    })
    await apply(connection)
    const report = await verify(connection)
    expect(report.checks.filter((check) => check.status !== 'pass')).toEqual([])
    expect(report.chain.links.map((link) => link.id)).toContain('kms-key')
    const pending = await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }))
    expect(pending.Uploads ?? []).toEqual([])
  })

  it('enrichment: reads its probe back and removes it', async () => {
    const connection = await connect({ purpose: 'enrichment' })
    await apply(connection)
    const before = await keys('reports/')
    const report = await verify(connection)
    expect(report.checks.filter((check) => check.status !== 'pass')).toEqual([])
    expect(statuses(report)).toMatchObject({ 'delete-probe': 'pass', 'read-object': 'pass' })
    expect(await keys('reports/')).toEqual(before)
  })

  it('source: lists and reads, in an empty folder too, and may not write', async () => {
    const location = {
      service: 's3',
      uri: `s3://${bucket}`,
      rootPath: 'raw/',
      region,
      bucketOwner: customerAccountId,
      endpoint: sandbox.endpoint,
    } as const
    const connection = await connect({ purpose: 'source', location })
    await apply(connection)
    const empty = await verify(connection)
    expect(empty.checks.filter((check) => check.status !== 'pass')).toEqual([])
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'raw/orders.csv', Body: 'a,b\n1,2\n' }))
    const report = await verify(connection)
    expect(report.status).toBe('pass')
    expect(report.checks.find((check) => check.id === 'read-object')?.detail).toContain('raw/orders.csv')
    expect(statuses(report)).toMatchObject({ 'write-refused': 'pass', 'outside-root-refused': 'pass' })
    expect(await keys('raw/')).toEqual(['raw/orders.csv'])
  })

  it('opens the store in the person’s name and renews its session', async () => {
    const connection = await connect()
    await apply(connection)
    const open = await openConnection(connection, none, dana, context)
    expect(open.facts).toMatchObject({ service: 's3', location: `s3://${bucket}`, bucketOwner: customerAccountId })
    expect(open.facts.principal).toBe(`arn:aws:sts::${customerAccountId}:assumed-role/${role}/dana`)
    await open.renew()
    open.close()
    const assumed = sandbox.history().filter((entry) => entry.operation === 'AssumeRole')
    expect(assumed.length).toBeGreaterThan(1)
  })
})

describe('a role that grants too much', () => {
  it('fails loudly when the trust policy does not demand the External ID, and keeps no such session', async () => {
    const connection = await connect()
    await apply(connection, {
      trust: (document) => {
        for (const statement of document.Statement) delete statement.Condition
      },
    })
    const report = await verify(connection)
    expect(statuses(report)).toMatchObject({
      'assume-role': 'pass',
      'external-id-required': 'fail',
      'external-id-matched': 'fail',
    })
    expect(report.status).toBe('fail')
    expect(redLink(report)).toEqual(['assume-role'])
    expect(report.diagnosis?.causes[0]?.id).toBe('external-id-not-required')
  })

  it('fails only the comparison when any External ID will do', async () => {
    const connection = await connect()
    await apply(connection, {
      trust: (document) => {
        statementWith(document, 'sts:AssumeRole').Condition = { StringLike: { 'sts:ExternalId': '*' } }
      },
    })
    expect(statuses(await verify(connection))).toMatchObject({
      'external-id-required': 'pass',
      'external-id-matched': 'fail',
    })
  })

  it('leaves the External ID checks unknown when STS gives no clear answer', async () => {
    const connection = await connect()
    await apply(connection)
    // The first AssumeRole answers; whatever comes after it meets a broken STS.
    sandbox.setFaults([{ match: { operation: 'AssumeRole', nth: 2, times: 100 }, do: { kind: 'internal-error' } }])
    const report = await verify(connection)
    expect(statuses(report)).toMatchObject({
      'assume-role': 'pass',
      'external-id-required': 'unknown',
      'external-id-matched': 'unknown',
      'read-refused': 'unknown',
      'put-object': 'pass',
    })
    expect(report.status).toBe('unknown')
  })

  it('notices rights to read, to list and to write beside the root path', async () => {
    const connection = await connect()
    await apply(connection, {
      permissions: (document) => {
        document.Statement.push({ Sid: 'TooMuch', Effect: 'Allow', Action: 's3:*', Resource: '*' })
      },
    })
    const before = await keys('drawbridge-outside')
    const report = await verify(connection)
    expect(statuses(report)).toMatchObject({
      'put-object': 'pass',
      'read-refused': 'fail',
      'list-refused': 'fail',
      'outside-root-refused': 'fail',
    })
    expect(report.diagnosis?.causes[0]).toMatchObject({ id: 'grants-too-much', confidence: 'likely' })
    expect(await keys('drawbridge-outside')).toEqual(before)
  })
})

interface Scenario {
  readonly name: string
  readonly input?: () => Partial<ConnectionInput>
  readonly edits: Edits
  readonly claims?: Record<string, string>
  readonly red: string
  readonly policy: string
  readonly repairedBy: 'ours' | 'theirs'
  /** What the vendor must find by itself, where probes or the text can tell. */
  readonly vendorId?: string
}

const scenarios: readonly Scenario[] = [
  {
    name: 'source-ip',
    edits: { trust: (document) => demand(document, 'sts:AssumeRole', 'IpAddress', 'aws:SourceIp', ['203.0.113.0/24']) },
    red: 'assume-role',
    policy: 'trust',
    repairedBy: 'theirs',
  },
  {
    name: 'external-id',
    edits: {
      trust: (document) => demand(document, 'sts:AssumeRole', 'StringEquals', 'sts:ExternalId', 'acme-audit-2026'),
    },
    red: 'assume-role',
    policy: 'trust',
    repairedBy: 'theirs',
  },
  {
    name: 'requested-region',
    edits: {
      trust: (document) => demand(document, 'sts:AssumeRole', 'StringEquals', 'aws:RequestedRegion', 'eu-west-1'),
    },
    red: 'assume-role',
    policy: 'trust',
    repairedBy: 'ours',
    vendorId: 'trust-requested-region',
  },
  {
    name: 'request-tag',
    edits: {
      trust: (document) => {
        demand(document, 'sts:AssumeRole', 'StringEquals', 'aws:RequestTag/cost_center', 'QA-114')
        for (const [operator, wanted] of Object.entries(statementWith(document, 'sts:TagSession').Condition ?? {})) {
          if (operator !== 'Null' && wanted['aws:TagKeys'] !== undefined) {
            wanted['aws:TagKeys'] = [wanted['aws:TagKeys'], 'cost_center'].flat()
          }
        }
      },
    },
    claims: { cost_center: 'QA-114', department: 'Quality' },
    red: 'assume-role',
    policy: 'trust',
    repairedBy: 'ours',
  },
  {
    name: 'principal-tag',
    edits: {
      permissions: (document) =>
        demand(document, 's3:PutObject', 'StringEquals', 'aws:PrincipalTag/department', 'Regulatory'),
    },
    red: 'permissions',
    policy: 'permissions',
    repairedBy: 'theirs',
  },
  {
    name: 'missing-permission',
    edits: { permissions: (document) => drop(document, 's3:PutObject') },
    red: 'permissions',
    policy: 'permissions',
    repairedBy: 'theirs',
    vendorId: 'missing-permission',
  },
  {
    name: 'missing-acl',
    input: () => withAcl,
    edits: { permissions: (document) => drop(document, 's3:PutObjectAcl') },
    red: 'permissions',
    policy: 'permissions',
    repairedBy: 'ours',
    vendorId: 'missing-acl-permission',
  },
  {
    name: 'bucket-deny',
    edits: {
      bucket: {
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'OnlyBackupWrites',
            Effect: 'Deny',
            Principal: '*',
            Action: 's3:PutObject',
            Resource: `arn:aws:s3:::${bucket}/*`,
            Condition: { ArnNotEquals: { 'aws:PrincipalArn': `arn:aws:iam::${customerAccountId}:role/backup-writer` } },
          },
        ],
      },
    },
    red: 'bucket-policy',
    policy: 'bucket',
    repairedBy: 'theirs',
    vendorId: 'bucket-policy-deny',
  },
  {
    name: 'kms',
    input: withKey,
    edits: {
      key: (document) => {
        document.Statement = [
          {
            Sid: 'AdministratorOnly',
            Effect: 'Allow',
            Principal: { AWS: `arn:aws:iam::${customerAccountId}:user/admin` },
            Action: 'kms:*',
            Resource: '*',
          },
        ]
      },
    },
    red: 'kms-key',
    policy: 'key',
    repairedBy: 'theirs',
  },
]

describe('a policy that IT changed', () => {
  it.each(scenarios)('$name: red at $red in both views, with the statement and a proved repair', async (scenario) => {
    const connection = await connect(scenario.input?.())
    await apply(connection, scenario.edits)
    const report = await verify(connection)
    expect(report.status).toBe('fail')
    expect(redLink(report)).toEqual([scenario.red])
    const vendor = report.diagnosis
    if (vendor === undefined) throw new Error('no diagnosis')
    expect(diagnosisShape.safeParse(vendor).success).toBe(true)
    expect(redLink(vendor)).toEqual([scenario.red])
    expect(vendor.causes.length).toBeGreaterThan(0)
    expect(vendor.causes.every((cause) => cause.confidence !== 'proved')).toBe(true)
    expect(vendor.causes.flatMap((cause) => cause.repairs).some((repair) => repair.proved)).toBe(false)
    if (scenario.vendorId !== undefined) expect(vendor.causes[0]?.id).toBe(scenario.vendorId)

    const explained = await administrator(connection, scenario.claims)
    expect(diagnosisShape.safeParse(explained).success).toBe(true)
    expect(redLink(explained)).toEqual([scenario.red])
    expect(explained.causes[0]).toMatchObject({ confidence: 'proved', statement: { policy: scenario.policy } })
    expect(explained.causes[0]?.repairs[0]).toMatchObject({ side: scenario.repairedBy, proved: true })
  })

  it('a trust policy without sts:TagSession shows by probes', async () => {
    const connection = await connect()
    await apply(connection, { trust: (document) => drop(document, 'sts:TagSession') })
    const report = await verify(connection)
    expect(redLink(report)).toEqual(['assume-role'])
    expect(report.diagnosis?.causes[0]).toMatchObject({ id: 'trust-tag-session', confidence: 'likely' })
  })

  it('tells until when an earlier session still works, and does not use it', async () => {
    const connection = await connect()
    await apply(connection)
    const open = await openConnection(connection, none, dana, context)
    open.close()
    await apply(connection, scenarios[0]?.edits)
    const report = await verify(connection)
    expect(statuses(report)).toMatchObject({ 'assume-role': 'fail', 'put-object': 'skipped' })
    expect(report.sessionValidUntil).toBe(open.session?.expiresAt.toISOString())
  })

  it('says that nothing is refused when the connection works', async () => {
    const connection = await connect()
    await apply(connection)
    const explained = await diagnoseLive(connection, none, dana, context)
    expect(explained.causes).toEqual([])
    expect(explained.chain.links.every((link) => link.status === 'pass')).toBe(true)
  })
})

describe('an access key', () => {
  it('is verified with the rights of its user', async () => {
    const { accessKeyId, secretAccessKey } = sandbox.customer
    const input: Partial<ConnectionInput> = {
      purpose: 'enrichment',
      authentication: { kind: 'access-key', accessKeyId, secretAccessKey },
    }
    const connection = await connect(input)
    const secret = { kind: 'access-key', secretAccessKey: new Secret(secretAccessKey).reveal() } as const
    let report: Verification | undefined
    for await (const event of verifyConnection(connection, secret, dana, context, consent)) {
      if (event.type === 'done') report = event.verification
    }
    // The administrator may write everywhere, which the purpose must not.
    expect(report?.checks.filter((check) => check.status !== 'pass').map((check) => check.id)).toEqual([
      'outside-root-refused',
    ])
    expect(JSON.stringify(report)).not.toContain(secretAccessKey)
  })
})

describe('the kit’s own script', () => {
  it.skipIf(needs('/usr/bin/aws', 'awscli'))('sets the role up with the AWS CLI, and again', async () => {
    const connection = await connect({ name: 'scripted' })
    const folder = await mkdtemp(join(tmpdir(), 'drawbridge-kit-'))
    try {
      for (const file of (await buildKit(connection, context)).files)
        await writeFile(join(folder, file.path), file.text)
      // The administrator's `aws`, pointed at the sandbox.
      const wrapper = `#!/bin/sh\nexec /usr/bin/aws --endpoint-url ${sandbox.endpoint} --region ${region} "$@"\n`
      await writeFile(join(folder, 'aws'), wrapper, { mode: 0o755 })
      const { accessKeyId, secretAccessKey } = sandbox.customer
      const env = {
        PATH: `${folder}:/usr/bin:/bin`,
        HOME: folder,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
      }
      for (const time of ['first', 'second']) {
        const { stdout } = await run('/bin/sh', [join(folder, 'apply-aws-cli.sh')], { env })
        expect(stdout, time).toContain('done')
      }
      const report = await verify(connection)
      expect(report.checks.filter((check) => check.status !== 'pass')).toEqual([])
      const vendor = {
        ...env,
        AWS_ACCESS_KEY_ID: sandbox.vendor.accessKeyId,
        AWS_SECRET_ACCESS_KEY: sandbox.vendor.secretAccessKey,
      }
      await expect(run('/bin/sh', [join(folder, 'apply-aws-cli.sh')], { env: vendor })).rejects.toMatchObject({
        stderr: expect.stringContaining(`the role belongs to ${customerAccountId}`),
      })
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

describe('a container', () => {
  let azurite: Azurite

  beforeAll(async () => {
    azurite = await startAzurite()
    await azurite.createContainer('exports')
  })
  afterAll(() => azurite.close())

  async function reportOf(permissions: string, change: Partial<ConnectionInput> = {}): Promise<Verification> {
    const token = azurite.sas('exports', { permissions })
    const around = { ...context, allowedEndpoints: [new URL(azurite.url).origin] }
    const input: ConnectionInput = {
      name: 'acme-azure',
      purpose: 'export',
      location: { service: 'azblob', containerUrl: azurite.containerUrl('exports'), rootPath: 'reports/' },
      authentication: { kind: 'sas', token },
      ...change,
    }
    const { connection, secret } = await createConnection('tenant-a', input, around, async () => null)
    for await (const event of verifyConnection(connection, secret, dana, around)) {
      if (event.type !== 'done') continue
      expect(JSON.stringify(event.verification)).not.toContain(token.split('sig=')[1])
      expect(verificationShape.safeParse(event.verification).success).toBe(true)
      return event.verification
    }
    throw new Error('no report')
  }

  it('is green with the least letters, in one piece and in blocks', async () => {
    for (const [letters, resume] of [
      ['c', false],
      ['cw', true],
    ] as const) {
      const report = await reportOf(letters, { writing: { resume } })
      expect(report.checks.filter((check) => check.status !== 'pass')).toEqual([])
      expect(report.chain).toMatchObject({ service: 'azblob' })
      expect(report.chain.links.every((link) => link.status === 'pass')).toBe(true)
    }
  })

  it('notices letters that grant too much', async () => {
    const report = await reportOf('rcwl')
    expect(statuses(report)).toMatchObject({ 'put-object': 'pass', 'read-refused': 'fail', 'list-refused': 'fail' })
    expect(report.diagnosis?.causes[0]?.repairs[0]?.summary).toContain('letters')
  })

  it('is red when everybody can see it', async () => {
    const container = azurite.owner.getContainerClient('exports')
    await container.setAccessPolicy('container')
    try {
      const report = await reportOf('c')
      const check = report.checks.find(({ id }) => id === 'public-refused')
      expect(check).toMatchObject({ status: 'fail', link: 'container', cause: 'public-access' })
      expect(check?.repair).toContain('set the container to private')
    } finally {
      await container.setAccessPolicy(undefined)
    }
  })

  it('tells an export that may delete', async () => {
    const report = await reportOf('cd')
    expect(statuses(report)).toMatchObject({ 'put-object': 'pass', 'delete-refused': 'fail' })
  })

  it('enrichment reads, lists and deletes its own probe', async () => {
    const report = await reportOf('rcwdl', { purpose: 'enrichment', writing: { resume: true } })
    expect(report.checks.filter((check) => check.status !== 'pass')).toEqual([])
  })

  it('refuses a token without the letters before anything is called', async () => {
    await expect(reportOf('r')).rejects.toMatchObject({ code: 'sas-unusable' })
  })

  it('is red at the container when it is gone', async () => {
    const url = azurite.containerUrl('exports').replace(/exports$/, 'elsewhere')
    const report = await reportOf('c', { location: { service: 'azblob', containerUrl: url, rootPath: '' } })
    expect(report.status).toBe('fail')
    expect(report.chain.links.filter((link) => link.status === 'fail').length).toBe(1)
    expect(report.diagnosis?.causes.every((cause) => cause.confidence !== 'proved')).toBe(true)
  })
})
