/** Roles, users, policies and boundaries through AWS's own client. */
import {
  CreateAccessKeyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteRoleCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  GetUserCommand,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  TagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { customerAccountId } from '../index.ts'
import { policy, refusal, Stage } from '../testing/stage.ts'

let stage: Stage

beforeAll(async () => {
  stage = await Stage.open()
})

afterAll(() => stage.close())

const accountTrust = policy({
  Effect: 'Allow',
  Principal: { AWS: `arn:aws:iam::${customerAccountId}:root` },
  Action: 'sts:AssumeRole',
})

describe('roles', () => {
  test('come back as they were made', async () => {
    const { iam } = stage.customer
    const made = await iam.send(
      new CreateRoleCommand({
        RoleName: 'reader',
        Path: '/team/',
        AssumeRolePolicyDocument: accountTrust,
        MaxSessionDuration: 7200,
        Tags: [{ Key: 'owner', Value: 'IT & Security' }],
      }),
    )
    expect(made.Role?.Arn).toBe(`arn:aws:iam::${customerAccountId}:role/team/reader`)
    const shown = await iam.send(new GetRoleCommand({ RoleName: 'reader' }))
    expect(shown.Role).toMatchObject({
      RoleId: made.Role?.RoleId,
      MaxSessionDuration: 7200,
      Tags: [{ Key: 'owner', Value: 'IT & Security' }],
    })
    expect(decodeURIComponent(shown.Role?.AssumeRolePolicyDocument ?? '')).toBe(accountTrust)
    await iam.send(new TagRoleCommand({ RoleName: 'reader', Tags: [{ Key: 'Owner', Value: 'IT' }] }))
    const tagged = await iam.send(new GetRoleCommand({ RoleName: 'reader' }))
    expect(tagged.Role?.Tags).toEqual([{ Key: 'Owner', Value: 'IT' }])
    expect(
      (await refusal(iam.send(new CreateRoleCommand({ RoleName: 'reader', AssumeRolePolicyDocument: accountTrust }))))
        .code,
    ).toBe('EntityAlreadyExistsException')
  })

  test('keep inline policies, and are not deleted while they have some', async () => {
    const { iam } = stage.customer
    await iam.send(new CreateRoleCommand({ RoleName: 'writer', AssumeRolePolicyDocument: accountTrust }))
    const document = policy({ Effect: 'Allow', Action: 's3:PutObject', Resource: '*' })
    await iam.send(new PutRolePolicyCommand({ RoleName: 'writer', PolicyName: 'p', PolicyDocument: document }))
    const shown = await iam.send(new GetRolePolicyCommand({ RoleName: 'writer', PolicyName: 'p' }))
    expect(decodeURIComponent(shown.PolicyDocument ?? '')).toBe(document)
    expect((await iam.send(new ListRolePoliciesCommand({ RoleName: 'writer' }))).PolicyNames).toEqual(['p'])
    expect((await iam.send(new ListAttachedRolePoliciesCommand({ RoleName: 'writer' }))).AttachedPolicies).toEqual([])
    expect((await refusal(iam.send(new DeleteRoleCommand({ RoleName: 'writer' })))).code).toBe(
      'DeleteConflictException',
    )
    const missing = refusal(iam.send(new GetRolePolicyCommand({ RoleName: 'writer', PolicyName: 'q' })))
    expect(await missing).toMatchObject({ code: 'NoSuchEntityException', status: 404 })
  })

  test('refuse documents that are no policies, and principals that do not exist', async () => {
    const { iam } = stage.customer
    const create = (document: string) =>
      refusal(iam.send(new CreateRoleCommand({ RoleName: 'broken', AssumeRolePolicyDocument: document })))
    const stranger = `arn:aws:iam::${customerAccountId}:role/never-made`
    const refused = await create(policy({ Effect: 'Allow', Principal: { AWS: stranger }, Action: 'sts:AssumeRole' }))
    expect(refused).toMatchObject({
      code: 'MalformedPolicyDocumentException',
      message: `Invalid principal in policy: "AWS":"${stranger}"`,
    })
    for (const document of [
      '{',
      policy({ Effect: 'Allow', Action: 'sts:AssumeRole' }),
      policy({ Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole', Resource: '*' }),
    ]) {
      expect((await create(document)).code).toBe('MalformedPolicyDocumentException')
    }
    const dead = policy({ Effect: 'Allow', Principal: { AWS: 'AROAAAAAAAAAAAAAAAAAA' }, Action: 'sts:AssumeRole' })
    const update = iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'writer', PolicyDocument: dead }))
    expect((await refusal(update)).message).toContain('Invalid principal in policy')
    const withPrincipal = policy({ Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: '*' })
    const put = iam.send(
      new PutRolePolicyCommand({ RoleName: 'writer', PolicyName: 'p', PolicyDocument: withPrincipal }),
    )
    expect((await refusal(put)).code).toBe('MalformedPolicyDocumentException')
  })
})

describe('users', () => {
  test('act with their own keys and within their own policies', async () => {
    const { iam } = stage.customer
    await iam.send(new CreateUserCommand({ UserName: 'clerk' }))
    const { AccessKey: key } = await iam.send(new CreateAccessKeyCommand({ UserName: 'clerk' }))
    const clerk = stage.clients({ accessKeyId: key?.AccessKeyId ?? '', secretAccessKey: key?.SecretAccessKey ?? '' })
    expect(await refusal(clerk.iam.send(new GetUserCommand({})))).toEqual({
      code: 'AccessDenied',
      status: 403,
      message: `User: arn:aws:iam::${customerAccountId}:user/clerk is not authorized to perform: iam:GetUser on resource: arn:aws:iam::${customerAccountId}:user/clerk because no identity-based policy allows the iam:GetUser action`,
    })
    await iam.send(
      new PutUserPolicyCommand({
        UserName: 'clerk',
        PolicyName: 'self',
        PolicyDocument: policy({
          Effect: 'Allow',
          Action: 'iam:GetUser',
          Resource: `arn:aws:iam::${customerAccountId}:user/\${aws:username}`,
        }),
      }),
    )
    expect((await clerk.iam.send(new GetUserCommand({}))).User?.UserName).toBe('clerk')
  })
})

describe('a permissions boundary', () => {
  test('limits the role, and is named by the refusal', async () => {
    const { iam } = stage.customer
    await stage.bucket('bounded')
    const document = policy({ Effect: 'Allow', Action: 's3:PutObject', Resource: '*' })
    const made = await iam.send(new CreatePolicyCommand({ PolicyName: 'only-put', PolicyDocument: document }))
    const arn = made.Policy?.Arn ?? ''
    const version = await iam.send(new GetPolicyVersionCommand({ PolicyArn: arn, VersionId: 'v1' }))
    expect(decodeURIComponent(version.PolicyVersion?.Document ?? '')).toBe(document)
    await iam.send(new CreateRoleCommand({ RoleName: 'bounded', AssumeRolePolicyDocument: accountTrust }))
    const all = policy({ Effect: 'Allow', Action: 's3:*', Resource: '*' })
    await iam.send(new PutRolePolicyCommand({ RoleName: 'bounded', PolicyName: 'all', PolicyDocument: all }))
    await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName: 'bounded', PermissionsBoundary: arn }))
    const session = await stage.assume({ RoleArn: `arn:aws:iam::${customerAccountId}:role/bounded` }, stage.customer)
    await session.s3.send(new PutObjectCommand({ Bucket: 'bounded', Key: 'a', Body: 'x' }))
    expect((await refusal(session.s3.send(new GetObjectCommand({ Bucket: 'bounded', Key: 'a' })))).message).toContain(
      'because no permissions boundary allows the s3:GetObject action',
    )
    const missing = new PutRolePermissionsBoundaryCommand({ RoleName: 'bounded', PermissionsBoundary: `${arn}x` })
    expect((await refusal(iam.send(missing))).code).toBe('NoSuchEntityException')
  })
})
