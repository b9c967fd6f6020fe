/**
 * The customer's own administrator, with credentials that may only read and without Drawbridge: policies are fetched from the
 * sandbox and evaluated, and what could not be fetched is said.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AddClientIDToOpenIDConnectProviderCommand,
  CreateAccessKeyCommand,
  CreateOpenIDConnectProviderCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ran, runCli } from '../src/cli/testing/run-cli.ts'
import { type Diagnosis, diagnosis } from '../src/contract/index.ts'
import { customerAccountId, type Sandbox, sandboxBaseRoleArn, startSandbox } from '../src/sandbox/index.ts'

const region = 'eu-central-1'
const roleArn = `arn:aws:iam::${customerAccountId}:role/drawbridge-acme`
const providerArn = `arn:aws:iam::${customerAccountId}:oidc-provider/drawbridge.example.com/oidc`
const policy = (...Statement: readonly object[]): string => JSON.stringify({ Version: '2012-10-17', Statement })

let directory: string
let sandbox: Sandbox
let iam: IAMClient

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-guest-'))
  sandbox = await startSandbox()
  const at = { region, endpoint: sandbox.endpoint, credentials: sandbox.customer }
  iam = new IAMClient(at)
  const s3 = new S3Client({ ...at, forcePathStyle: true })
  await s3.send(
    new CreateBucketCommand({ Bucket: 'acme-audit', CreateBucketConfiguration: { LocationConstraint: region } }),
  )
  s3.destroy()
  await iam.send(new CreateRoleCommand({ RoleName: 'drawbridge-acme', AssumeRolePolicyDocument: trusting({}) }))
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: 'drawbridge-acme',
      PolicyName: 'access',
      PolicyDocument: policy({ Effect: 'Allow', Action: 's3:PutObject', Resource: 'arn:aws:s3:::acme-audit/*' }),
    }),
  )
})

afterAll(async () => {
  iam.destroy()
  await sandbox.close()
  await rm(directory, { recursive: true, force: true })
})

function trusting(condition: Record<string, object>, Action: string | string[] = 'sts:AssumeRole'): string {
  const StringEquals = { 'sts:ExternalId': 'dbx-1' }
  const Principal = { AWS: sandboxBaseRoleArn }
  return policy(
    { Effect: 'Allow', Principal, Action, Condition: { StringEquals, ...condition } },
    { Effect: 'Allow', Principal, Action: 'sts:SetSourceIdentity' },
  )
}

async function trust(PolicyDocument: string): Promise<void> {
  await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'drawbridge-acme', PolicyDocument }))
}

/** A user of the customer who may do these things and nothing else. */
async function reader(name: string, actions: readonly string[]): Promise<Record<string, string>> {
  await iam.send(new CreateUserCommand({ UserName: name }))
  await iam.send(
    new PutUserPolicyCommand({
      UserName: name,
      PolicyName: 'read',
      PolicyDocument: policy({ Effect: 'Allow', Action: actions, Resource: '*' }),
    }),
  )
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: name }))
  return { AWS_ACCESS_KEY_ID: AccessKey?.AccessKeyId ?? '', AWS_SECRET_ACCESS_KEY: AccessKey?.SecretAccessKey ?? '' }
}

const readAll = ['iam:Get*', 'iam:List*', 's3:GetBucket*', 's3:GetEncryptionConfiguration', 'kms:GetKeyPolicy']
const kit = ['--principal', sandboxBaseRoleArn, '--external-id', 'dbx-1']

function run(environment: Record<string, string>, facts: readonly string[], ...more: readonly string[]): Promise<Ran> {
  const where = [
    '--role-arn',
    roleArn,
    '--bucket',
    'acme-audit',
    '--region',
    region,
    '--endpoint-url',
    sandbox.endpoint,
  ]
  return runCli(['diagnose', ...where, ...facts, ...more], { directory, environment })
}

async function explained(environment: Record<string, string>, facts: readonly string[]): Promise<Diagnosis> {
  const ran = await run(environment, facts, '--json')
  expect(ran.stderr).toBe('')
  return diagnosis.parse(JSON.parse(ran.stdout))
}

describe('an administrator who may read', () => {
  it('sees which statement refuses, with the repair; and nothing where nothing does', async () => {
    const environment = await reader('reader', readAll)
    const well = await explained(environment, kit)
    expect([well.view, well.causes]).toEqual(['administrator', []])
    await trust(trusting({ IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }))
    const { causes } = await explained(environment, kit)
    expect(causes[0]).toMatchObject({ id: 'trust-source-ip', link: 'assume-role' })
    expect(causes[0]?.statement).toMatchObject({ policy: 'trust' })
    expect(causes[0]?.repairs.length).toBeGreaterThan(0)
    const shown = await run(environment, kit)
    expect([shown.code, shown.stderr]).toEqual([0, ''])
    expect(shown.stdout).toContain('aws:SourceIp')
    await trust(trusting({ StringEquals: { 'sts:ExternalId': 'dbx-2' } }))
    expect((await explained(environment, kit)).causes[0]).toMatchObject({
      id: 'external-id-mismatch',
      confidence: 'proved',
    })
    await trust(trusting({}))
  })

  it('is told what could not be read, and nothing is taken for absent because of it', async () => {
    const environment = await reader('half-blind', ['iam:GetRole'])
    const { notSeen, causes } = await explained(environment, kit)
    expect(notSeen.join('\n')).toMatch(/inline policies of the role could not be read \(AccessDenied\)/)
    expect(notSeen.join('\n')).toMatch(/bucket policy.*could not be read \(AccessDenied\)/)
    expect(causes.map(({ id }) => id)).not.toContain('missing-permission')
  })

  it('without any right at all is refused in one line', async () => {
    const ran = await run(await reader('blind', ['sts:GetCallerIdentity']), kit)
    expect(ran.code).toBe(3)
    expect(ran.stderr).toMatch(/^error: /m)
    expect(ran.stderr).not.toMatch(/\n\s+at /)
  })

  it('sees the same of a role that an ID token opens', async () => {
    const environment = await reader('federation', readAll)
    const prefix = 'drawbridge.example.com/oidc'
    const federated = (subject: string): string => {
      const StringEquals = { [`${prefix}:aud`]: 'sts.amazonaws.com', [`${prefix}:sub`]: subject }
      const Action = ['sts:AssumeRoleWithWebIdentity', 'sts:SetSourceIdentity']
      return policy({ Effect: 'Allow', Principal: { Federated: providerArn }, Action, Condition: { StringEquals } })
    }
    const facts = ['--principal', providerArn, '--token-subject', 'drawbridge:acme:dbx_1']
    await trust(federated('drawbridge:acme:dbx_1'))
    const [missing] = (await explained(environment, facts)).causes
    expect(missing).toMatchObject({ id: 'token-provider-missing', confidence: 'proved', link: 'assume-role' })
    await iam.send(new CreateOpenIDConnectProviderCommand({ Url: `https://${prefix}`, ClientIDList: ['other'] }))
    const [unlisted] = (await explained(environment, facts)).causes
    expect(unlisted).toMatchObject({ id: 'token-audience-unlisted', because: ['IAM says that it lists `other`'] })
    const at = { OpenIDConnectProviderArn: providerArn }
    await iam.send(new AddClientIDToOpenIDConnectProviderCommand({ ...at, ClientID: 'sts.amazonaws.com' }))
    expect((await explained(environment, facts)).causes).toEqual([])
    const narrow = readAll.filter((action) => action !== 'iam:List*')
    const { notSeen } = await explained(await reader('without-lists', narrow), facts)
    expect(notSeen.join()).toContain('the list of identity providers could not be read')
    await trust(federated('drawbridge:acme:dbx_2'))
    const { causes, operation } = await explained(environment, facts)
    expect(causes[0]).toMatchObject({ id: 'token-subject-mismatch', confidence: 'proved', link: 'assume-role' })
    expect(causes[0]?.repairs[0]?.patch?.diff).toContain('+')
    expect(causes[0]?.statement?.condition).toMatchObject({
      key: `${prefix}:sub`,
      wanted: ['drawbridge:acme:dbx_2'],
      actual: ['drawbridge:acme:dbx_1'],
    })
    expect(operation).toBe('sts:AssumeRoleWithWebIdentity')
    const wrong = await run(environment, ['--principal', sandboxBaseRoleArn, '--token-subject', 'x'])
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('OpenID Connect provider')])
    await trust(trusting({}))
  })
})
