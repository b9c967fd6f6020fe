/** ID tokens of ours: what they claim, that others can check them, and what STS (the sandbox's, which enforces) makes of them. */
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateOpenIDConnectProviderCommand, CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ManualClock, Secret, systemClock, systemRandom } from '../base/index.ts'
import { customerAccountId, type Sandbox, startSandbox } from '../sandbox/index.ts'
import { assumeRoleWithWebIdentity } from './assume-role-with-web-identity.ts'
import { callerIdentity } from './caller-identity.ts'
import { type IdentityTokens, issuedTokens, projectedTokens, type TokenNeed } from './identity-tokens.ts'
import { SessionCache } from './session-cache.ts'
import { issuerDocuments, readSigningKey, type SigningKey } from './token-signing.ts'
import type { AssumeRoleRequest } from './types.ts'

const region = 'eu-central-1'
const issuer = 'https://drawbridge.example.com/oidc'
const audience = 'sts.amazonaws.com'
const roleArn = `arn:aws:iam::${customerAccountId}:role/federated`

function newKey(kind: 'rsa' | 'ec' = 'ec'): SigningKey {
  const { privateKey } =
    kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const read = readSigningKey(new Secret(privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()))
  if (!read.ok) throw new Error(read.error)
  return read.value
}

function issued(key: SigningKey, clock = systemClock): IdentityTokens {
  return issuedTokens({ issuer, audience, tenant: 'acme', keys: [key], clock, random: systemRandom })
}

async function needOf(tokens: IdentityTokens, change: Partial<TokenNeed> = {}): Promise<TokenNeed> {
  const identity = await tokens.identityFor('conn', 'dbx_1')
  return { ...identity, connection: 'conn', tags: {}, sourceIdentity: null, ...change }
}

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>
}

describe('tokens of an issuer of our own', () => {
  test.each(['rsa', 'ec'] as const)(
    'are confirmed (%s) by the key that the issuer publishes, and by no other',
    async (kind) => {
      const key = newKey(kind)
      const tokens = issued(key)
      const text = (await tokens.token(await needOf(tokens))).reveal()
      const [head = '', payload = '', signature = ''] = text.split('.')
      const { keySet, configuration } = issuerDocuments(issuer, [newKey(), key])
      const { keys } = JSON.parse(keySet) as { keys: { kid: string; d?: string }[] }
      const { kid } = JSON.parse(Buffer.from(head, 'base64url').toString()) as { kid: string }
      const confirm = (jwk: object | undefined): boolean =>
        verify(
          'sha256',
          Buffer.from(`${head}.${payload}`),
          { key: createPublicKey({ key: { ...jwk }, format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
          Buffer.from(signature, 'base64url'),
        )
      expect(confirm(keys.find((one) => one.kid === kid))).toBe(true)
      const { keySet: another } = issuerDocuments(issuer, [newKey(kind)])
      expect(confirm((JSON.parse(another) as { keys: object[] }).keys[0])).toBe(false)
      expect(keys.every(({ d }) => d === undefined)).toBe(true)
      expect(JSON.parse(configuration)).toMatchObject({ issuer, jwks_uri: `${issuer}/.well-known/jwks.json` })
    },
  )

  test('speak for one connection, last five minutes, and carry what the action has no parameters for', async () => {
    const clock = new ManualClock(new Date('2026-11-02T10:00:00Z'))
    const tokens = issued(newKey(), clock)
    const need = await needOf(tokens, { tags: { Team: 'audit' }, sourceIdentity: 'u-1' })
    const claims = claimsOf((await tokens.token(need)).reveal())
    expect(claims).toMatchObject({ iss: issuer, aud: audience, sub: 'drawbridge:acme:dbx_1' })
    expect(Number(claims['exp']) - clock.now().getTime() / 1000).toBe(300)
    expect(claims['https://aws.amazon.com/tags']).toEqual({ principal_tags: { Team: ['audit'] } })
    expect(claims['https://aws.amazon.com/source_identity']).toBe('u-1')
    const other = await tokens.identityFor('conn', 'dbx_2')
    expect(other.subject).not.toBe(need.subject)
    const bare = claimsOf((await tokens.token(await needOf(tokens))).reveal())
    expect(Object.keys(bare).filter((name) => name.includes('amazon'))).toEqual([])
  })

  test('are not made with a key that AWS would refuse', () => {
    const pem = (text: string) => readSigningKey(new Secret(text))
    expect(pem('not a key')).toMatchObject({ ok: false })
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
    expect(pem(weak.export({ format: 'pem', type: 'pkcs8' }).toString())).toMatchObject({ ok: false })
    const { privateKey } = generateKeyPairSync('ed25519')
    expect(pem(privateKey.export({ format: 'pem', type: 'pkcs8' }).toString())).toMatchObject({ ok: false })
  })
})

describe('tokens of a file', () => {
  let directory = ''
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'drawbridge-token-'))
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))

  async function project(name: string, sub: string, clock = systemClock): Promise<void> {
    const tokens = issued(newKey(), clock)
    await writeFile(join(directory, name), `${(await tokens.token(await needOf(tokens, { subject: sub }))).reveal()}\n`)
  }

  test('are read again every time, and say whom they speak for', async () => {
    await project('token', 'system:serviceaccount:ns:drawbridge')
    const tokens = projectedTokens({ file: join(directory, 'token'), clock: systemClock })
    const need = await needOf(tokens)
    expect(need).toMatchObject({ issuer, audience, subject: 'system:serviceaccount:ns:drawbridge' })
    const before = (await tokens.token(need)).reveal()
    await project('token', 'system:serviceaccount:ns:drawbridge')
    expect((await tokens.token(need)).reveal()).not.toBe(before)
    await project('token', 'somebody-else')
    await expect(tokens.token(need)).rejects.toMatchObject({ code: 'no-base-identity' })
  })

  test('may lie in a file for each connection', async () => {
    await project('token-a', 'sub-a')
    await project('token-b', 'sub-b')
    const tokens = projectedTokens({ file: join(directory, 'token-{connection}'), clock: systemClock })
    expect((await tokens.identityFor('a', '')).subject).toBe('sub-a')
    expect((await tokens.identityFor('b', '')).subject).toBe('sub-b')
  })

  test('have others beside them, of which the ones that differ in one claim are told and given', async () => {
    await project('own', 'sub')
    await project('stranger', 'sub-of-another')
    const otherFiles = ['own', 'stranger'].map((name) => join(directory, name))
    const tokens = projectedTokens({ file: join(directory, 'own'), otherFiles, clock: systemClock })
    const own = await tokens.identityFor('a', '')
    const { audience: byAudience, subject: bySubject } = await tokens.strangers(own, 'unused')
    expect([byAudience, bySubject]).toEqual([null, { ...own, subject: 'sub-of-another' }])
    const need = await needOf(tokens)
    const given = (await tokens.token({ ...need, subject: 'sub-of-another' })).reveal()
    expect(given).not.toBe((await tokens.token(need)).reveal())
    await expect(tokens.token({ ...need, subject: 'nobody' })).rejects.toMatchObject({ code: 'no-base-identity' })
  })

  test('are refused when they are past their end, no token, or not there, and never quoted', async () => {
    const file = join(directory, 'late')
    await project('late', 'sub', new ManualClock(new Date('2020-01-01T00:00:00Z')))
    const tokens = projectedTokens({ file, clock: systemClock })
    const need = await needOf(tokens)
    await expect(tokens.token(need)).rejects.toMatchObject({ message: expect.stringContaining('ended at 2020-01-01') })
    await writeFile(file, 'hunter2.not-a.token!')
    const failure: unknown = await tokens.token(need).catch((error: unknown) => error)
    expect([JSON.stringify(failure), String(failure)].join()).not.toContain('hunter2')
    await rm(file)
    await expect(tokens.identityFor('a', '')).rejects.toMatchObject({ code: 'no-base-identity' })
  })
})

describe('AssumeRoleWithWebIdentity', () => {
  const key = newKey()
  let sandbox: Sandbox
  let iam: IAMClient

  beforeAll(async () => {
    sandbox = await startSandbox()
    sandbox.setIssuerKeys(issuer, JSON.parse(issuerDocuments(issuer, [key]).keySet))
    iam = new IAMClient({ region, endpoint: sandbox.endpoint, credentials: sandbox.customer })
    await iam.send(new CreateOpenIDConnectProviderCommand({ Url: issuer, ClientIDList: [audience] }))
    const prefix = issuer.slice('https://'.length)
    const statement = {
      Effect: 'Allow',
      Principal: { Federated: `arn:aws:iam::${customerAccountId}:oidc-provider/${prefix}` },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: { StringEquals: { [`${prefix}:aud`]: audience, [`${prefix}:sub`]: 'drawbridge:acme:dbx_1' } },
    }
    await iam.send(
      new CreateRoleCommand({
        RoleName: 'federated',
        AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
      }),
    )
  })
  afterAll(async () => {
    iam.destroy()
    await sandbox.close()
  })

  async function request(reference = 'dbx_1', change: Partial<TokenNeed> = {}): Promise<AssumeRoleRequest> {
    const { audience: aud, subject, issuer: iss } = await issued(key).identityFor('conn', reference)
    return {
      roleArn,
      sessionName: 'jo',
      externalId: null,
      tags: {},
      sourceIdentity: null,
      durationSeconds: 7200,
      sessionPolicy: null,
      region,
      endpoint: sandbox.endpoint,
      webIdentity: { issuer: iss, audience: aud, subject, connection: 'conn', ...change },
    }
  }

  test('gives a session without any AWS credentials of ours', async () => {
    const asked = { ...(await request()), durationSeconds: 3600 }
    const session = await assumeRoleWithWebIdentity(issued(key), asked, { clock: systemClock })
    const who = await callerIdentity(session.credentials, { region, endpoint: sandbox.endpoint })
    expect(who.callerArn).toBe(`arn:aws:sts::${customerAccountId}:assumed-role/federated/jo`)
  })

  test('is refused for another subject, and every refusal says which', async () => {
    const call = async (tokens: IdentityTokens, asked: AssumeRoleRequest) =>
      assumeRoleWithWebIdentity(tokens, asked, { clock: systemClock }).catch((error: unknown) => error)
    const short = async (reference?: string, change?: Partial<TokenNeed>): Promise<AssumeRoleRequest> => ({
      ...(await request(reference, change)),
      durationSeconds: 900,
    })
    expect(await call(issued(key), await short('dbx_2'))).toMatchObject({
      code: 'access-denied',
      context: { providerCode: 'AccessDenied' },
    })
    expect(await call(issued(key), await short('dbx_1', { audience: 'other' }))).toMatchObject({
      code: 'access-denied',
      context: { providerCode: 'InvalidIdentityToken', providerMessage: 'Incorrect token audience' },
    })
    expect(await call(issued(newKey()), await short())).toMatchObject({ code: 'access-denied' })
    const slow = new ManualClock(new Date(Date.now() - 3_600_000))
    expect(await call(issued(key, slow), await short())).toMatchObject({ code: 'clock-skew', retry: 'later' })
    // The role allows an hour.
    expect(await call(issued(key), await request())).toMatchObject({ code: 'input-invalid' })
  })

  test('is asked once for many who wait, and apart for another subject', async () => {
    let asked = 0
    const cache = new SessionCache({
      clock: systemClock,
      assume: (one) => {
        asked += 1
        return assumeRoleWithWebIdentity(issued(key), one, { clock: systemClock })
      },
    })
    const of = async (one: AssumeRoleRequest) =>
      cache.session({
        tenant: 't',
        connectionId: 'c',
        connectionVersion: 1,
        baseArn: 'b',
        request: { ...one, durationSeconds: 900 },
      })
    const first = await request()
    const all = await Promise.all([of(first), of(first), of(first)])
    expect([asked, new Set(all).size]).toEqual([1, 1])
    await expect(of(await request('dbx_2'))).rejects.toMatchObject({ code: 'access-denied' })
    expect(asked).toBe(2)
  })
})
