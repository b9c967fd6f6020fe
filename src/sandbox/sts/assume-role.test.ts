/** AssumeRole as AWS's own client meets it: who may, with what, for how long, and how a refusal reads. */
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetRoleCommand,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3'
import { AssumeRoleCommand, type AssumeRoleCommandInput, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { customerAccountId, sandboxBaseRoleArn, vendorAccountId } from '../index.ts'
import { policy, refusal, Stage } from '../testing/stage.ts'

const roleArn = `arn:aws:iam::${customerAccountId}:role/drawbridge-acme`
const baseSession = `arn:aws:sts::${vendorAccountId}:assumed-role/drawbridge-base/container`
const sentence = (action: string, role = roleArn): string =>
  `User: ${baseSession} is not authorized to perform: ${action} on resource: ${role}`

const trusted = { Principal: { AWS: sandboxBaseRoleArn }, Effect: 'Allow' }
const withExternalId = {
  ...trusted,
  Action: 'sts:AssumeRole',
  Condition: { StringEquals: { 'sts:ExternalId': 'dbx_right' } },
}
const tagging = { ...trusted, Action: ['sts:TagSession', 'sts:SetSourceIdentity'] }

let stage: Stage

beforeAll(async () => {
  stage = await Stage.open()
  await stage.bucket('acme')
  await stage.customer.iam.send(
    new CreateRoleCommand({ RoleName: 'drawbridge-acme', AssumeRolePolicyDocument: policy(withExternalId, tagging) }),
  )
})

afterAll(() => stage.close())

async function trust(...statements: readonly object[]): Promise<void> {
  await stage.customer.iam.send(
    new UpdateAssumeRolePolicyCommand({ RoleName: 'drawbridge-acme', PolicyDocument: policy(...statements) }),
  )
}

async function permit(...statements: readonly object[]): Promise<void> {
  await stage.customer.iam.send(
    new PutRolePolicyCommand({
      RoleName: 'drawbridge-acme',
      PolicyName: 'access',
      PolicyDocument: policy(...statements),
    }),
  )
}

function assume(input: Partial<AssumeRoleCommandInput>) {
  return stage.base.sts.send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'jo', ...input }))
}

const right = { ExternalId: 'dbx_right' }

describe('the External ID', () => {
  test('opens the role, and the session says who it is', async () => {
    const answer = await assume({ ...right, DurationSeconds: 1200 })
    expect(answer.AssumedRoleUser?.Arn).toBe(`arn:aws:sts::${customerAccountId}:assumed-role/drawbridge-acme/jo`)
    const seconds = ((answer.Credentials?.Expiration?.getTime() ?? 0) - Date.now()) / 1000
    expect(seconds).toBeGreaterThan(1100)
    expect(seconds).toBeLessThanOrEqual(1200)
    const session = await stage.assume({ RoleArn: roleArn, ...right })
    const who = await session.sts.send(new GetCallerIdentityCommand({}))
    expect([who.Arn, who.Account]).toEqual([
      `arn:aws:sts::${customerAccountId}:assumed-role/drawbridge-acme/jo`,
      customerAccountId,
    ])
    expect(who.UserId).toMatch(/^AROA[A-Z0-9]{17}:jo$/)
  })

  test('missing, wrong and for a role that does not exist are refused in one and the same sentence', async () => {
    const denied = { code: 'AccessDenied', message: sentence('sts:AssumeRole'), status: 403 }
    expect(await refusal(assume({}))).toEqual(denied)
    expect(await refusal(assume({ ExternalId: 'dbx_wrong' }))).toEqual(denied)
    const nobody = `arn:aws:iam::${customerAccountId}:role/nobody`
    expect(await refusal(assume({ ...right, RoleArn: nobody }))).toEqual({
      ...denied,
      message: sentence('sts:AssumeRole', nobody),
    })
  })

  test('empty is a malformed request, not a refusal', async () => {
    expect((await refusal(assume({ ExternalId: '' }))).code).toBe('ValidationError')
  })
})

describe('tags and source identity', () => {
  const tags = [{ Key: 'team', Value: 'audit' }]

  test('need actions of their own in the trust policy', async () => {
    await trust(withExternalId)
    expect((await refusal(assume({ ...right, Tags: tags }))).message).toBe(sentence('sts:TagSession'))
    expect((await refusal(assume({ ...right, SourceIdentity: 'jo.doe' }))).message).toBe(
      sentence('sts:SetSourceIdentity'),
    )
    await trust(withExternalId, tagging)
    const answer = await assume({ ...right, Tags: tags, SourceIdentity: 'jo.doe' })
    expect(answer.SourceIdentity).toBe('jo.doe')
    expect(answer.PackedPolicySize).toBeGreaterThan(0)
  })

  test('the External ID is no key of sts:TagSession', async () => {
    await trust(withExternalId, { ...withExternalId, Action: 'sts:TagSession' })
    expect((await refusal(assume({ ...right, Tags: tags }))).message).toBe(sentence('sts:TagSession'))
    await trust(withExternalId, tagging)
  })

  test('are seen by policies as aws:RequestTag on the way in and aws:PrincipalTag afterwards', async () => {
    await trust(withExternalId, { ...tagging, Condition: { StringEquals: { 'aws:RequestTag/team': 'audit' } } })
    expect((await refusal(assume({ ...right, Tags: [{ Key: 'team', Value: 'other' }] }))).message).toBe(
      sentence('sts:TagSession'),
    )
    await permit({ Effect: 'Allow', Action: 's3:PutObject', Resource: `arn:aws:s3:::acme/\${aws:PrincipalTag/team}/*` })
    const session = await stage.assume({ RoleArn: roleArn, ...right, Tags: tags })
    await session.s3.send(new PutObjectCommand({ Bucket: 'acme', Key: 'audit/1', Body: 'x' }))
    const outside = await refusal(session.s3.send(new PutObjectCommand({ Bucket: 'acme', Key: 'other/1', Body: 'x' })))
    expect(outside.status).toBe(403)
    await trust(withExternalId, tagging)
  })

  test('malformed tags are named as such', async () => {
    const twice = [
      { Key: 'team', Value: 'a' },
      { Key: 'TEAM', Value: 'b' },
    ]
    expect((await refusal(assume({ ...right, Tags: twice }))).code).toBe('InvalidParameterValue')
    const many = Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: 'v' }))
    expect((await refusal(assume({ ...right, Tags: many }))).code).toBe('ValidationError')
    const long = Array.from({ length: 50 }, (_, index) => ({
      Key: `key-${index}`,
      Value: Array.from({ length: 8 }, (_unused, part) => (Math.sin(index * 8 + part + 1) * 1e15).toFixed(0)).join('.'),
    }))
    expect((await refusal(assume({ ...right, Tags: long }))).message).toMatch(
      /^Packed size of session tags consumes \d{3}% of allotted space\.$/,
    )
  })

  test('travel along a chain when transitive, and the source identity always does', async () => {
    const second = `arn:aws:iam::${customerAccountId}:role/second`
    await permit({
      Effect: 'Allow',
      Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
      Resource: second,
    })
    await stage.customer.iam.send(
      new CreateRoleCommand({
        RoleName: 'second',
        AssumeRolePolicyDocument: policy({
          Effect: 'Allow',
          Principal: { AWS: roleArn },
          Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
        }),
      }),
    )
    const first = await stage.assume({
      RoleArn: roleArn,
      ...right,
      Tags: [...tags, { Key: 'desk', Value: '7' }],
      TransitiveTagKeys: ['team'],
      SourceIdentity: 'jo.doe',
    })
    const chain = (input: Partial<AssumeRoleCommandInput>) =>
      first.sts.send(new AssumeRoleCommand({ RoleArn: second, RoleSessionName: 'jo', ...input }))
    expect((await chain({})).SourceIdentity).toBe('jo.doe')
    expect((await refusal(chain({ SourceIdentity: 'somebody.else' }))).code).toBe('AccessDenied')
    expect((await refusal(chain({ Tags: [{ Key: 'Team', Value: 'x' }] }))).code).toBe('InvalidParameterValue')
    expect((await refusal(chain({ DurationSeconds: 3601 }))).message).toContain('role chaining')
    await stage.customer.iam.send(
      new PutRolePolicyCommand({
        RoleName: 'second',
        PolicyName: 'access',
        PolicyDocument: policy({
          Effect: 'Allow',
          Action: 's3:PutObject',
          Resource: `arn:aws:s3:::acme/\${aws:PrincipalTag/team}/\${aws:PrincipalTag/desk, 'none'}/*`,
        }),
      }),
    )
    const session = await stage.assume({ RoleArn: second }, first)
    await session.s3.send(new PutObjectCommand({ Bucket: 'acme', Key: 'audit/none/1', Body: 'x' }))
    const desk = refusal(session.s3.send(new PutObjectCommand({ Bucket: 'acme', Key: 'audit/7/1', Body: 'x' })))
    expect((await desk).code).toBe('AccessDenied')
  })
})

describe('conditions of the trust policy', () => {
  test('see the simulated source address of the account that calls', async () => {
    const from = (cidr: string) => ({
      ...withExternalId,
      Condition: { ...withExternalId.Condition, IpAddress: { 'aws:SourceIp': cidr } },
    })
    stage.sandbox.setSourceAddress(vendorAccountId, '198.51.100.24')
    await trust(from('203.0.113.0/24'))
    expect((await refusal(assume(right))).message).toBe(sentence('sts:AssumeRole'))
    await trust(from('198.51.100.0/24'))
    expect((await assume(right)).Credentials).toBeDefined()
    stage.sandbox.setSourceAddress(vendorAccountId, '127.0.0.1')
  })

  test('see the region of the signature, the session name and TLS', async () => {
    const elsewhere = stage.clients(stage.sandbox.vendor, 'us-west-2')
    const vendorAdmin = {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${vendorAccountId}:root` },
      Action: 'sts:AssumeRole',
    }
    await trust({
      ...vendorAdmin,
      Condition: {
        StringEquals: { 'aws:RequestedRegion': 'eu-central-1', 'sts:RoleSessionName': 'jo' },
        Bool: { 'aws:SecureTransport': 'true' },
      },
    })
    const input = { RoleArn: roleArn, RoleSessionName: 'jo' }
    expect((await stage.vendor.sts.send(new AssumeRoleCommand(input))).Credentials).toBeDefined()
    const other = stage.vendor.sts.send(new AssumeRoleCommand({ ...input, RoleSessionName: 'al' }))
    expect((await refusal(other)).code).toBe('AccessDenied')
    expect((await refusal(elsewhere.sts.send(new AssumeRoleCommand(input)))).code).toBe('AccessDenied')
    await trust(withExternalId, tagging)
  })

  test("the caller's own side must allow as well", async () => {
    await trust({
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${vendorAccountId}:root` },
      Action: 'sts:AssumeRole',
    })
    const narrow = await stage.sandbox.userCredentials(vendorAccountId, 'admin')
    stage.sandbox.setOrganizationPolicies(vendorAccountId, {
      scp: [[{ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] }]],
    })
    const call = stage.clients(narrow).sts.send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'jo' }))
    expect((await refusal(call)).code).toBe('AccessDenied')
    stage.sandbox.setOrganizationPolicies(vendorAccountId, { scp: [] })
    await trust(withExternalId, tagging)
  })

  test('a recreated principal is somebody else, and the trust policy shows the id of the dead one', async () => {
    const create = () =>
      stage.vendor.iam.send(
        new CreateRoleCommand({
          RoleName: 'short-lived',
          AssumeRolePolicyDocument: policy({
            Effect: 'Allow',
            Principal: { AWS: `arn:aws:iam::${vendorAccountId}:root` },
            Action: 'sts:AssumeRole',
          }),
        }),
      )
    const allowed = () =>
      stage.vendor.iam.send(
        new PutRolePolicyCommand({
          RoleName: 'short-lived',
          PolicyName: 'p',
          PolicyDocument: policy({ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' }),
        }),
      )
    const shortLived = `arn:aws:iam::${vendorAccountId}:role/short-lived`
    const first = await create()
    await allowed()
    await trust({ Effect: 'Allow', Principal: { AWS: shortLived }, Action: 'sts:AssumeRole' })
    const session = await stage.assume({ RoleArn: shortLived }, stage.vendor)
    expect(
      (await session.sts.send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'jo' }))).Credentials,
    ).toBeDefined()
    await stage.vendor.iam.send(new DeleteRolePolicyCommand({ RoleName: 'short-lived', PolicyName: 'p' }))
    await stage.vendor.iam.send(new DeleteRoleCommand({ RoleName: 'short-lived' }))
    await create()
    await allowed()
    const again = await stage.assume({ RoleArn: shortLived }, stage.vendor)
    const refused = await refusal(again.sts.send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'jo' })))
    expect(refused.code).toBe('AccessDenied')
    const shown = await stage.customer.iam.send(new GetRoleCommand({ RoleName: 'drawbridge-acme' }))
    expect(decodeURIComponent(shown.Role?.AssumeRolePolicyDocument ?? '')).toContain(`"AWS":"${first.Role?.RoleId}"`)
    await trust(withExternalId, tagging)
  })
})

describe('the session', () => {
  test('is limited by its session policy', async () => {
    await permit({ Effect: 'Allow', Action: 's3:*', Resource: ['arn:aws:s3:::acme', 'arn:aws:s3:::acme/*'] })
    const session = await stage.assume({
      RoleArn: roleArn,
      ...right,
      Policy: policy({ Effect: 'Allow', Action: 's3:PutObject', Resource: 'arn:aws:s3:::acme/audit/*' }),
    })
    await session.s3.send(new PutObjectCommand({ Bucket: 'acme', Key: 'audit/2', Body: 'x' }))
    expect(
      (await refusal(session.s3.send(new GetObjectCommand({ Bucket: 'acme', Key: 'audit/2' })))).message,
    ).toContain('because no session policy allows the s3:GetObject action')
    const long = policy({ Effect: 'Allow', Action: 's3:PutObject', Resource: `arn:aws:s3:::acme/${'x'.repeat(2048)}` })
    expect((await refusal(assume({ ...right, Policy: long }))).code).toBe('ValidationError')
    expect((await refusal(assume({ ...right, Policy: '{"Version":' }))).code).toMatch(/^MalformedPolicyDocument/)
  })

  test('lasts from 900 seconds to the maximum of the role', async () => {
    expect((await refusal(assume({ ...right, DurationSeconds: 899 }))).message).toContain(
      "Value '899' at 'durationSeconds'",
    )
    expect((await refusal(assume({ ...right, DurationSeconds: 3601 }))).code).toBe('ValidationError')
    const fast = await Stage.open({ minimumSessionSeconds: 2 })
    const trustRoot = { Effect: 'Allow', Principal: { AWS: sandboxBaseRoleArn }, Action: 'sts:AssumeRole' }
    await fast.customer.iam.send(
      new CreateRoleCommand({ RoleName: 'drawbridge-acme', AssumeRolePolicyDocument: policy(trustRoot) }),
    )
    const brief = (seconds: number) =>
      fast.base.sts.send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'jo', DurationSeconds: seconds }))
    expect((await refusal(brief(1))).message).toContain('greater than or equal to 2')
    const seconds = ((await brief(2)).Credentials?.Expiration?.getTime() ?? 0) - Date.now()
    expect(seconds).toBeLessThanOrEqual(2000)
    await fast.close()
  })

  test('ages when time is advanced, and the container credentials do not', async () => {
    const session = await stage.assume({ RoleArn: roleArn, ...right })
    stage.sandbox.advance(3_599_000)
    await session.s3.send(new ListObjectsV2Command({ Bucket: 'acme' }))
    stage.sandbox.advance(2_000)
    expect(await refusal(session.s3.send(new ListObjectsV2Command({ Bucket: 'acme' })))).toEqual({
      code: 'ExpiredToken',
      message: 'The provided token has expired.',
      status: 400,
    })
    const identity = await refusal(session.sts.send(new GetCallerIdentityCommand({})))
    expect([identity.code, identity.status]).toEqual(['ExpiredToken', 403])
    const fresh = await stage.assume({ RoleArn: roleArn, ...right })
    await fresh.s3.send(new ListObjectsV2Command({ Bucket: 'acme' }))
  })
})
