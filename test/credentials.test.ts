/** Who we are, against the sandbox's STS (which enforces trust policies) and, for independence, Ceph RGW's. */
import { inspect } from 'node:util'
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand, UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Secret, systemClock } from '../src/base/index.ts'
import type { AssumeRoleRequest, AwsCredentials } from '../src/credentials/index.ts'
import { assumeRole, callerIdentity, createBaseIdentity, SessionCache } from '../src/credentials/index.ts'
import type { Sandbox } from '../src/sandbox/index.ts'
import { sandboxAccounts, sandboxBaseRoleArn, startSandbox } from '../src/sandbox/index.ts'
import { bodyOfBytes, inspectBucket, s3Store } from '../src/storage/index.ts'
import { failureOf } from '../src/storage/testing/contract-suite.ts'
import { hasRgw, rgwInstallLine, startRgw } from './servers/rgw.ts'

const region = 'eu-central-1'
const { customer, vendor } = sandboxAccounts
const roleArn = `arn:aws:iam::${customer}:role/drawbridge-export`
const externalId = 'dbx_4w8z3'

let sandbox: Sandbox
let iam: IAMClient
let base: AwsCredentials

/** The External ID is known to AssumeRole alone, so tags and source identity have a statement of their own. */
const trust = (condition: object): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: sandboxBaseRoleArn }, Action: 'sts:AssumeRole', Condition: condition },
      { Effect: 'Allow', Principal: { AWS: sandboxBaseRoleArn }, Action: ['sts:TagSession', 'sts:SetSourceIdentity'] },
    ],
  })

beforeAll(async () => {
  sandbox = await startSandbox()
  const at = { region, endpoint: sandbox.endpoint, credentials: sandbox.userCredentials(customer, 'admin') }
  iam = new IAMClient(at)
  const s3 = new S3Client({ ...at, forcePathStyle: true })
  await s3.send(new CreateBucketCommand({ Bucket: 'customer-reports' }))
  s3.destroy()
  await iam.send(
    new CreateRoleCommand({
      RoleName: 'drawbridge-export',
      AssumeRolePolicyDocument: trust({ StringEquals: { 'sts:ExternalId': externalId } }),
    }),
  )
  const permissions = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 's3:PutObject', Resource: 'arn:aws:s3:::customer-reports/audit/*' }],
  }
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: 'drawbridge-export',
      PolicyName: 'write',
      PolicyDocument: JSON.stringify(permissions),
    }),
  )
  const found = sandbox.containerCredentials(null, 'drawbridge-base')
  if (found === null) throw new Error('the sandbox has no base role')
  base = {
    accessKeyId: found.accessKeyId,
    secretAccessKey: new Secret(found.secretAccessKey),
    ...(found.sessionToken === undefined ? {} : { sessionToken: new Secret(found.sessionToken) }),
  }
})
beforeEach(() => sandbox.setFaults([]))
afterAll(async () => {
  iam.destroy()
  await sandbox.close()
})

const wish = (more: Partial<AssumeRoleRequest> = {}): AssumeRoleRequest => ({
  roleArn,
  sessionName: 'alice@example.com',
  externalId,
  tags: {},
  sourceIdentity: null,
  durationSeconds: 900,
  sessionPolicy: null,
  region,
  endpoint: sandbox.endpoint,
  ...more,
})
const assume = (more: Partial<AssumeRoleRequest> = {}) => assumeRole(base, wish(more), { clock: systemClock })

describe('the base identity', () => {
  test('comes from the standard chain, and knows what a trust policy names', async () => {
    const variable = 'AWS_CONTAINER_CREDENTIALS_FULL_URI'
    const others = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE'].map(
      (name) => [name, process.env[name]] as const,
    )
    for (const [name] of others) delete process.env[name]
    process.env[variable] = sandbox.containerCredentialsUrl
    try {
      const identity = createBaseIdentity({ region, stsEndpoint: sandbox.endpoint, clock: systemClock })
      const found = await identity.credentials()
      expect(found.sessionToken).toBeDefined()
      expect(await identity.whoAmI()).toMatchObject({ account: vendor, principalArn: sandboxBaseRoleArn })
    } finally {
      delete process.env[variable]
      for (const [name, value] of others) if (value !== undefined) process.env[name] = value
    }
  })

  test('asks who it is once, and again after a failure', async () => {
    const provider = async () => ({
      accessKeyId: base.accessKeyId,
      secretAccessKey: base.secretAccessKey.reveal(),
      sessionToken: base.sessionToken?.reveal(),
    })
    const identity = createBaseIdentity({ provider, region, stsEndpoint: sandbox.endpoint, clock: systemClock })
    sandbox.setFaults([{ match: { operation: 'sts:GetCallerIdentity', nth: 1 }, do: { kind: 'internal-error' } }])
    expect(await failureOf(identity.whoAmI())).toMatchObject({ code: 'unavailable', retry: 'later' })
    sandbox.clearHistory()
    await Promise.all([identity.whoAmI(), identity.whoAmI()])
    await identity.whoAmI()
    expect(sandbox.history()).toHaveLength(1)
  })
})

describe('assumeRole', () => {
  test('gives a session of the role that works where it may and nowhere else', async () => {
    const session = await assume({ tags: { team: 'audit' }, sourceIdentity: 'alice' })
    expect(session.assumedRoleArn).toBe(`arn:aws:sts::${customer}:assumed-role/drawbridge-export/alice@example.com`)
    expect(session.expiresAt.getTime() - session.issuedAt.getTime()).toBeGreaterThan(890_000)
    expect(session.requestId).toBeTruthy()
    expect((await callerIdentity(session.credentials, { region, endpoint: sandbox.endpoint })).callerArn).toBe(
      session.assumedRoleArn,
    )
    const store = s3Store({
      bucket: 'customer-reports',
      region,
      endpoint: sandbox.endpoint,
      expectedBucketOwner: customer,
      credentials: async () => session.credentials,
      allowPrivateEndpoint: true,
    })
    await store.put('audit/report.csv', bodyOfBytes('report'), { ifAbsent: true })
    expect((await failureOf(store.put('elsewhere/report.csv', bodyOfBytes('report'), { ifAbsent: true }))).code).toBe(
      'access-denied',
    )
    expect((await failureOf(store.get('audit/report.csv'))).code).toBe('access-denied')
    store.close()
  })

  test.each([
    ['without an External ID', { externalId: null }],
    ['with a wrong External ID', { externalId: 'dbx_wrong' }],
    ['of a role that does not exist', { roleArn: `arn:aws:iam::${customer}:role/nobody` }],
  ])('is refused %s, with the provider’s words', async (_, more) => {
    const failure = await failureOf(assume(more))
    expect(failure).toMatchObject({
      code: 'access-denied',
      retry: 'never',
      operation: 'sts:AssumeRole',
      context: { providerCode: 'AccessDenied', httpStatus: 403 },
    })
    expect(failure.context['providerMessage']).toContain('is not authorized to perform: sts:AssumeRole')
    expect(failure.context['requestId']).toBeTruthy()
  })

  test('sends exactly what it was given, and leaves out what is null', async () => {
    await iam.send(
      new UpdateAssumeRolePolicyCommand({
        RoleName: 'drawbridge-export',
        PolicyDocument: trust({
          Null: { 'sts:ExternalId': 'true', 'sts:SourceIdentity': 'true', 'aws:TagKeys': 'true' },
        }),
      }),
    )
    await assume({ externalId: null })
    await failureOf(assume({ externalId: null, tags: { a: 'b' } }))
    await iam.send(
      new UpdateAssumeRolePolicyCommand({
        RoleName: 'drawbridge-export',
        PolicyDocument: trust({
          StringEquals: {
            'sts:ExternalId': externalId,
            'aws:RequestTag/team': 'audit',
            'sts:SourceIdentity': 'alice',
            'aws:RequestedRegion': region,
          },
        }),
      }),
    )
    await assume({ tags: { team: 'audit' }, sourceIdentity: 'alice' })
    expect(
      (await failureOf(assume({ tags: { team: 'audit' }, sourceIdentity: 'alice', region: 'us-east-1' }))).code,
    ).toBe('access-denied')
    await iam.send(
      new UpdateAssumeRolePolicyCommand({
        RoleName: 'drawbridge-export',
        PolicyDocument: trust({ StringEquals: { 'sts:ExternalId': externalId } }),
      }),
    )
  })

  test('tells throttling, outage, lost answers and spent credentials apart', async () => {
    const faults = [
      ['slow-down', 'throttled', 'later'],
      ['internal-error', 'unavailable', 'later'],
      ['lost-answer', 'unavailable', 'later'],
      ['expired-token', 'session-expired', 'never'],
    ] as const
    for (const [kind, code, retry] of faults) {
      sandbox.setFaults([{ match: { operation: 'sts:AssumeRole' }, do: { kind } }])
      expect(await failureOf(assume()), kind).toMatchObject({ code, retry })
    }
    sandbox.setFaults([])
    const stranger = {
      accessKeyId: 'ASIAUNKNOWNUNKNOWN00',
      secretAccessKey: new Secret('nothing'),
      sessionToken: new Secret('nothing'),
    }
    expect((await failureOf(assumeRole(stranger, wish(), { clock: systemClock }))).code).toMatch(
      /^(access-denied|session-expired)$/,
    )
    expect((await failureOf(assume({ durationSeconds: 60 }))).code).toBe('input-invalid')
    expect((await failureOf(assume({ endpoint: 'http://127.0.0.1:9' }))).code).toBe('unavailable')
  })

  test('can be cancelled', async () => {
    const failure = await failureOf(assumeRole(base, wish(), { clock: systemClock, signal: AbortSignal.abort() }))
    expect(failure.code).toBe('cancelled')
  })

  test('shows no secret in what it gives or throws', async () => {
    const session = await assume()
    const failure = await failureOf(assume({ externalId: 'dbx_wrong' }))
    const shown = `${inspect(session, { depth: 12 })} ${JSON.stringify(session)} ${inspect(failure, { depth: 12, showHidden: true })} ${JSON.stringify(failure)}`
    for (const secret of [
      base.secretAccessKey,
      base.sessionToken,
      session.credentials.secretAccessKey,
      session.credentials.sessionToken,
    ]) {
      if (secret !== undefined) expect(shown).not.toContain(secret.reveal())
    }
  })
})

test('the cache asks STS once for many, and anew after it forgot', async () => {
  const sessions = new SessionCache({
    clock: systemClock,
    assume: (request) => assumeRole(base, request, { clock: systemClock }),
  })
  const need = {
    tenant: 't1',
    connectionId: 'con_1',
    connectionVersion: 1,
    baseArn: sandboxBaseRoleArn,
    request: wish(),
  }
  sandbox.clearHistory()
  const all = await Promise.all(Array.from({ length: 20 }, () => sessions.session(need)))
  expect(new Set(all).size).toBe(1)
  expect(sandbox.history()).toHaveLength(1)
  sessions.forget(need)
  expect((await sessions.session(need)).credentials.accessKeyId).not.toBe(all[0]?.credentials.accessKeyId)
})

test('a bucket of another owner is told from a plain refusal', async () => {
  const user = sandbox.userCredentials(customer, 'admin')
  const at = {
    bucket: 'customer-reports',
    region,
    endpoint: sandbox.endpoint,
    allowPrivateEndpoint: true,
    credentials: async () => ({ accessKeyId: user.accessKeyId, secretAccessKey: new Secret(user.secretAccessKey) }),
  }
  expect(await inspectBucket({ ...at, expectedBucketOwner: customer })).toMatchObject({
    exists: true,
    region,
    ownerMatches: true,
  })
  expect(await inspectBucket({ ...at, expectedBucketOwner: '333333333333' })).toMatchObject({
    exists: true,
    ownerMatches: false,
  })
  expect(await inspectBucket({ ...at, bucket: 'nowhere-at-all', expectedBucketOwner: customer })).toMatchObject({
    exists: false,
  })
})

const available = await hasRgw()
test.skipIf(!available && process.env['CI'] === undefined)(
  `AssumeRole across tenants on Ceph RGW (needs: ${rgwInstallLine})`,
  async () => {
    const rgw = await startRgw()
    try {
      const [owner, us] = [
        await rgw.createUser('owner', { tenant: 'cust', managesRoles: true }),
        await rgw.createUser('us', { tenant: 'vend' }),
      ]
      const admin = new IAMClient({ region: 'us-east-1', endpoint: rgw.endpoint, credentials: owner })
      const allow = {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { AWS: ['arn:aws:iam::vend:user/us'] }, Action: ['sts:AssumeRole'] }],
      }
      const write = {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: ['s3:PutObject'], Resource: ['arn:aws:s3:::*'] }],
      }
      await admin.send(new CreateRoleCommand({ RoleName: 'export', AssumeRolePolicyDocument: JSON.stringify(allow) }))
      await admin.send(
        new PutRolePolicyCommand({ RoleName: 'export', PolicyName: 'write', PolicyDocument: JSON.stringify(write) }),
      )
      admin.destroy()
      const s3 = new S3Client({ region: 'us-east-1', endpoint: rgw.endpoint, forcePathStyle: true, credentials: owner })
      await s3.send(new CreateBucketCommand({ Bucket: 'reports' }))
      s3.destroy()
      const ours = { accessKeyId: us.accessKeyId, secretAccessKey: new Secret(us.secretAccessKey) }
      const request = wish({ roleArn: 'arn:aws:iam::cust:role/export', region: 'us-east-1', endpoint: rgw.endpoint })
      const session = await assumeRole(ours, request, { clock: systemClock })
      const store = s3Store({
        bucket: 'reports',
        region: 'us-east-1',
        endpoint: rgw.endpoint,
        expectedBucketOwner: null,
        credentials: async () => session.credentials,
        allowPrivateEndpoint: true,
      })
      await store.put('audit/report.csv', bodyOfBytes('report'), { ifAbsent: true })
      expect((await failureOf(store.put('audit/report.csv', bodyOfBytes('other'), { ifAbsent: true }))).code).toBe(
        'object-exists',
      )
      expect((await failureOf(store.get('audit/report.csv'))).code).toBe('access-denied')
      store.close()
      const unknown = assumeRole(ours, { ...request, roleArn: 'arn:aws:iam::cust:role/nobody' }, { clock: systemClock })
      expect((await failureOf(unknown)).code).toBe('access-denied')
    } finally {
      await rgw.close()
    }
  },
)
