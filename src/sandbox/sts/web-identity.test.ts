/** AssumeRoleWithWebIdentity as AWS's own client meets it: whose token opens the role, and in which words others are refused. */
import {
  AddClientIDToOpenIDConnectProviderCommand,
  CreateOpenIDConnectProviderCommand,
  CreateRoleCommand,
  DeleteOpenIDConnectProviderCommand,
  GetOpenIDConnectProviderCommand,
  ListOpenIDConnectProvidersCommand,
  PutRolePolicyCommand,
  RemoveClientIDFromOpenIDConnectProviderCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3'
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { customerAccountId } from '../index.ts'
import { keySetOf, startIssuer, type TestIssuer, testKey, tokenOf } from '../testing/issuer.ts'
import { policy, refusal, region, Stage, sessionOf } from '../testing/stage.ts'

const roleArn = `arn:aws:iam::${customerAccountId}:role/federated`
const audience = 'sts.amazonaws.com'
const subject = 'drawbridge:acme:dbx_1'
const key = testKey('one')
const rsaKey = testKey('two', 'RS256')

let stage: Stage
let issuer: TestIssuer
let unsigned: STSClient
let providerArn = ''

beforeAll(async () => {
  stage = await Stage.open()
  issuer = await startIssuer(key, rsaKey)
  unsigned = new STSClient({ region, endpoint: stage.sandbox.endpoint, maxAttempts: 1 })
  await stage.bucket('acme')
  const made = await stage.customer.iam.send(
    new CreateOpenIDConnectProviderCommand({ Url: issuer.url, ClientIDList: [audience] }),
  )
  providerArn = made.OpenIDConnectProviderArn ?? ''
  await stage.customer.iam.send(
    new CreateRoleCommand({ RoleName: 'federated', AssumeRolePolicyDocument: policy(trusted()) }),
  )
  await stage.customer.iam.send(
    new PutRolePolicyCommand({
      RoleName: 'federated',
      PolicyName: 'access',
      PolicyDocument: policy({ Effect: 'Allow', Action: 's3:*', Resource: '*' }),
    }),
  )
})

beforeEach(async () => {
  issuer.publish(key, rsaKey)
  await trust(trusted())
})

afterAll(async () => {
  unsigned.destroy()
  await issuer.close()
  await stage.close()
})

function hostPath(): string {
  return issuer.url.slice('http://'.length)
}

function trusted(actions: readonly string[] = ['sts:AssumeRoleWithWebIdentity']): object {
  return {
    Effect: 'Allow',
    Principal: { Federated: providerArn },
    Action: actions,
    Condition: { StringEquals: { [`${hostPath()}:aud`]: audience, [`${hostPath()}:sub`]: subject } },
  }
}

async function trust(...statements: readonly object[]): Promise<void> {
  const PolicyDocument = policy(...statements)
  await stage.customer.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'federated', PolicyDocument }))
}

function token(claims: Readonly<Record<string, unknown>> = {}, header: object = {}, signer = key): string {
  return tokenOf(signer, { iss: issuer.url, sub: subject, aud: audience, ...claims }, header)
}

function assume(WebIdentityToken: string, input: { readonly RoleArn?: string; readonly Policy?: string } = {}) {
  return unsigned.send(
    new AssumeRoleWithWebIdentityCommand({ RoleArn: roleArn, RoleSessionName: 'jo', WebIdentityToken, ...input }),
  )
}

describe('the right token', () => {
  test.each([
    ['on a curve', key],
    ['with RSA', rsaKey],
  ])('signed %s opens the role, unsigned by anybody', async (_, signer) => {
    const answer = await assume(token({}, {}, signer))
    expect([answer.SubjectFromWebIdentityToken, answer.Audience, answer.Provider]).toEqual([
      subject,
      audience,
      issuer.url,
    ])
    const session = stage.clients(sessionOf(answer.Credentials))
    expect((await session.sts.send(new GetCallerIdentityCommand({}))).Arn).toBe(
      `arn:aws:sts::${customerAccountId}:assumed-role/federated/jo`,
    )
    await session.s3.send(new PutObjectCommand({ Bucket: 'acme', Key: 'a', Body: 'x' }))
  })

  test('is narrowed by a session policy', async () => {
    const only = policy({ Effect: 'Allow', Action: 's3:PutObject', Resource: 'arn:aws:s3:::acme/*' })
    const session = stage.clients(sessionOf((await assume(token(), { Policy: only })).Credentials))
    await session.s3.send(new PutObjectCommand({ Bucket: 'acme', Key: 'b', Body: 'x' }))
    expect((await refusal(session.s3.send(new ListObjectsV2Command({ Bucket: 'acme' })))).code).toBe('AccessDenied')
  })

  test('carries tags and source identity, each only where the trust policy allows it', async () => {
    const claims = {
      'https://aws.amazon.com/tags': { principal_tags: { Team: ['audit'] } },
      'https://aws.amazon.com/source_identity': 'u-1',
    }
    const denied = (action: string) => ({
      code: 'AccessDenied',
      message: `Not authorized to perform ${action}`,
      status: 403,
    })
    expect(await refusal(assume(token(claims)))).toEqual(denied('sts:TagSession'))
    await trust(trusted(['sts:AssumeRoleWithWebIdentity', 'sts:TagSession']))
    expect(await refusal(assume(token(claims)))).toEqual(denied('sts:SetSourceIdentity'))
    await trust(trusted(['sts:AssumeRoleWithWebIdentity', 'sts:TagSession', 'sts:SetSourceIdentity']))
    const answer = await assume(token(claims))
    expect([answer.SourceIdentity, (answer.PackedPolicySize ?? 0) > 0]).toEqual(['u-1', true])
    await stage.customer.iam.send(
      new PutRolePolicyCommand({
        RoleName: 'federated',
        PolicyName: 'access',
        PolicyDocument: policy({
          Effect: 'Allow',
          Action: 's3:*',
          Resource: '*',
          Condition: { StringEquals: { 'aws:PrincipalTag/Team': 'audit', 'aws:SourceIdentity': 'u-1' } },
        }),
      }),
    )
    const tagged = stage.clients(sessionOf(answer.Credentials))
    await tagged.s3.send(new PutObjectCommand({ Bucket: 'acme', Key: 'c', Body: 'x' }))
    const bare = stage.clients(sessionOf((await assume(token())).Credentials))
    const put = bare.s3.send(new PutObjectCommand({ Bucket: 'acme', Key: 'd', Body: 'x' }))
    expect((await refusal(put)).code).toBe('AccessDenied')
  })
})

describe('another token is refused', () => {
  const notAuthorized = {
    code: 'AccessDenied',
    message: 'Not authorized to perform sts:AssumeRoleWithWebIdentity',
    status: 403,
  }
  const invalid = (message: string) => ({ code: 'InvalidIdentityTokenException', message, status: 400 })

  test('of another subject, and for a role that does not exist, in one and the same sentence', async () => {
    expect(await refusal(assume(token({ sub: 'drawbridge:acme:dbx_2' })))).toEqual(notAuthorized)
    expect(await refusal(assume(token(), { RoleArn: `${roleArn}-not` }))).toEqual(notAuthorized)
  })

  test('for an audience that the provider does not list, and for one that the trust policy does not name', async () => {
    expect(await refusal(assume(token({ aud: 'other' })))).toEqual(invalid('Incorrect token audience'))
    const at = { OpenIDConnectProviderArn: providerArn, ClientID: 'other' }
    await stage.customer.iam.send(new AddClientIDToOpenIDConnectProviderCommand(at))
    expect(await refusal(assume(token({ aud: 'other' })))).toEqual(notAuthorized)
    await stage.customer.iam.send(new RemoveClientIDFromOpenIDConnectProviderCommand(at))
    expect(await refusal(assume(token({ aud: 'other' })))).toEqual(invalid('Incorrect token audience'))
  })

  test('past its end, and before its beginning', async () => {
    const seconds = Math.floor(Date.now() / 1000)
    const late = await refusal(assume(token({ iat: seconds - 900, exp: seconds - 600 })))
    expect([late.code, late.status]).toEqual(['ExpiredTokenException', 400])
    expect(late.message).toMatch(/^Token expired: current date\/time \d+ must be before the expiration date\/time \d+$/)
    expect((await refusal(assume(token({ nbf: seconds + 3600 })))).code).toBe('InvalidIdentityTokenException')
  })

  test('of an issuer that the account has not registered', async () => {
    expect(await refusal(assume(token({ iss: 'https://login.example.com' })))).toEqual(
      invalid('No OpenIDConnect provider found in your account for https://login.example.com'),
    )
  })

  test('with a signature that no published key confirms', async () => {
    const forged = invalid('The web identity token that was passed could not be validated')
    expect(await refusal(assume(token({}, {}, testKey('one'))))).toEqual(forged)
    expect(await refusal(assume(token({}, { alg: 'none' })))).toEqual(forged)
    expect(await refusal(assume(token({}, { alg: 'HS256' })))).toEqual(forged)
    expect(await refusal(assume(token({}, { kid: 'two' })))).toEqual(forged)
    const [head, payload, signature] = token().split('.')
    const claims = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()) as Record<string, unknown>
    const other = Buffer.from(JSON.stringify({ ...claims, exp: 4_000_000_000 })).toString('base64url')
    expect(await refusal(assume(`${head}.${other}.${signature}`))).toEqual(forged)
  })

  test('when it is no token at all', async () => {
    const notOne = 'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)'
    expect(await refusal(assume('gho_not-a-jwt'))).toEqual(invalid(notOne))
    expect(await refusal(assume(token({ sub: undefined })))).toEqual(invalid('Missing a required claim: sub'))
  })
})

describe('the keys of an issuer', () => {
  test('are those that it publishes now', async () => {
    const next = testKey('next')
    issuer.publish(next)
    expect((await refusal(assume(token()))).code).toBe('InvalidIdentityTokenException')
    expect((await assume(token({}, {}, next))).SubjectFromWebIdentityToken).toBe(subject)
  })

  test('are told for an issuer that is not on loopback, which the sandbox never calls', async () => {
    const Url = 'https://login.example.com/tenant'
    const { OpenIDConnectProviderArn = '' } = await stage.customer.iam.send(
      new CreateOpenIDConnectProviderCommand({ Url, ClientIDList: [audience] }),
    )
    expect(OpenIDConnectProviderArn).toBe(`arn:aws:iam::${customerAccountId}:oidc-provider/login.example.com/tenant`)
    await trust({
      Effect: 'Allow',
      Principal: { Federated: OpenIDConnectProviderArn },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: { StringEquals: { 'login.example.com/tenant:sub': subject } },
    })
    const theirs = tokenOf(key, { iss: Url, sub: subject, aud: audience })
    expect((await refusal(assume(theirs))).code).toBe('IDPCommunicationErrorException')
    const body = JSON.stringify({ issuer: Url, keySet: keySetOf(key) })
    expect((await stage.raw({ method: 'POST', path: '/_sandbox/issuer-keys', body })).status).toBe(200)
    expect((await assume(theirs)).Provider).toBe(Url)
    stage.sandbox.setIssuerKeys(Url, null)
    expect((await refusal(assume(theirs))).message).toContain("Couldn't retrieve verification key")
    const bad = JSON.stringify({ issuer: Url, keySet: { keys: [{ kty: 'RSA' }] } })
    expect((await stage.raw({ method: 'POST', path: '/_sandbox/issuer-keys', body: bad })).status).toBe(400)
    await stage.customer.iam.send(new DeleteOpenIDConnectProviderCommand({ OpenIDConnectProviderArn }))
  })
})

describe('providers', () => {
  test('are listed and shown', async () => {
    const listed = await stage.customer.iam.send(new ListOpenIDConnectProvidersCommand({}))
    expect(listed.OpenIDConnectProviderList?.map(({ Arn }) => Arn)).toContain(providerArn)
    const shown = await stage.customer.iam.send(
      new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: providerArn }),
    )
    expect([shown.Url, shown.ClientIDList]).toEqual([hostPath(), [audience]])
  })

  test('need https, and are refused twice or unknown', async () => {
    const create = (Url: string) => stage.customer.iam.send(new CreateOpenIDConnectProviderCommand({ Url }))
    for (const url of ['http://login.example.com', 'https://login.example.com:8443', 'https://a.example/?q', 'login']) {
      expect((await refusal(create(url))).code).toBe('ValidationError')
    }
    expect((await refusal(create(issuer.url))).code).toMatch(/^EntityAlreadyExists/)
    const OpenIDConnectProviderArn = `arn:aws:iam::${customerAccountId}:oidc-provider/nobody.example.com`
    const show = stage.customer.iam.send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn }))
    expect((await refusal(show)).code).toMatch(/^NoSuchEntity/)
  })
})
