/**
 * Keys and tokens replaced at the terminal: a new one is tried on the customer's storage before it takes over, one that does not
 * work changes nothing, and what was dropped is not used any more. On the sandbox and on Azurite.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  IAMClient,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ran, runCli } from '../src/cli/testing/run-cli.ts'
import { type Connection, connection } from '../src/contract/index.ts'
import { customerAccountId, type Sandbox, startSandbox } from '../src/sandbox/index.ts'
import { type Azurite, startAzurite } from './servers/azurite.ts'

const region = 'eu-central-1'
const day = 86_400_000

let directory: string
let sandbox: Sandbox
let azurite: Azurite
let iam: IAMClient

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-rotation-'))
  sandbox = await startSandbox()
  azurite = await startAzurite()
  await azurite.createContainer('reports')
  const at = { region, endpoint: sandbox.endpoint, credentials: sandbox.customer }
  iam = new IAMClient(at)
  const s3 = new S3Client({ ...at, forcePathStyle: true })
  await s3.send(
    new CreateBucketCommand({ Bucket: 'acme-audit', CreateBucketConfiguration: { LocationConstraint: region } }),
  )
  s3.destroy()
  await mkdir(join(directory, 'data'))
  const config = {
    stsEndpoint: sandbox.endpoint,
    region,
    allowedEndpoints: [sandbox.endpoint, new URL(azurite.url).origin],
  }
  await writeFile(join(directory, 'data', 'config.json'), JSON.stringify(config))
})

afterAll(async () => {
  iam.destroy()
  await azurite.close()
  await sandbox.close()
  await rm(directory, { recursive: true, force: true })
})

const run = (...words: string[]): Promise<Ran> => runCli(words, { directory })

async function shown(name: string): Promise<Connection> {
  return connection.parse(JSON.parse((await run('connection', 'show', name, '--json')).stdout))
}

/** Runs a command with a secret on its standard input. */
function withSecret(secret: string, ...words: string[]): Promise<Ran> {
  return runCli(words, { directory, stdin: `${secret}\n` })
}

async function newKey(user: string): Promise<{ id: string; secret: string }> {
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: user }))
  return { id: AccessKey?.AccessKeyId ?? '', secret: AccessKey?.SecretAccessKey ?? '' }
}

async function newUser(name: string, action: string): Promise<void> {
  await iam.send(new CreateUserCommand({ UserName: name }))
  const Statement = [{ Effect: 'Allow', Action: action, Resource: 'arn:aws:s3:::acme-audit/*' }]
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement })
  await iam.send(new PutUserPolicyCommand({ UserName: name, PolicyName: 'access', PolicyDocument }))
}

describe('an access key', () => {
  it('is replaced by one that works, and by no other', async () => {
    await newUser('writer', 's3:PutObject')
    await newUser('reader', 's3:GetObject')
    const [first, second, weak] = [await newKey('writer'), await newKey('writer'), await newKey('reader')]
    const where = ['--uri', 's3://acme-audit', '--region', region, '--bucket-owner', customerAccountId]
    const how = ['--endpoint', sandbox.endpoint, '--access-key-id', first.id, '--secret-file', '-']
    const added = await withSecret(first.secret, 'connection', 'add', 'keyed', '--purpose', 'export', ...where, ...how)
    expect([added.code, added.stdout]).toEqual([0, expect.stringContaining('warning: an access key does not expire')])
    expect((await run('connection', 'verify', 'keyed')).code).toBe(0)

    const change = (id: string, secret: string) =>
      withSecret(secret, 'connection', 'change', 'keyed', '--access-key-id', id, '--secret-file', '-')
    const wrongs = [
      [second.id, first.secret],
      [weak.id, weak.secret],
    ] as const
    for (const [id, secret] of wrongs) {
      const refused = await change(id, secret)
      expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining('so nothing was changed')])
      expect(refused.stderr).not.toContain(secret)
      expect((await shown('keyed')).authentication).toMatchObject({ accessKeyId: first.id })
    }
    expect((await change(second.id, second.secret)).code).toBe(0)
    expect((await shown('keyed')).authentication).toMatchObject({ accessKeyId: second.id })
    await iam.send(new DeleteAccessKeyCommand({ UserName: 'writer', AccessKeyId: first.id }))
    expect((await run('connection', 'verify', 'keyed')).code).toBe(0)
    await iam.send(new DeleteAccessKeyCommand({ UserName: 'writer', AccessKeyId: second.id }))
    expect((await run('connection', 'verify', 'keyed')).code).toBe(1)
  })
})

describe('a SAS token', () => {
  const token = (permissions: string, days: number) =>
    azurite.sas('reports', { permissions, expiresAt: new Date(Date.now() + days * day) })

  it('is warned of when it ends soon, and replaced by one that works, and by no other', async () => {
    const first = token('cw', 6)
    const where = ['--container-url', azurite.containerUrl('reports'), '--sas-file', '-']
    const added = await withSecret(first, 'connection', 'add', 'azure', '--purpose', 'export', ...where)
    expect([added.code, added.stderr]).toEqual([0, expect.not.stringContaining('error')])
    const before = await shown('azure')
    expect(before.warnings[0]).toContain('ends within 7 days')

    const change = (secret: string) => withSecret(secret, 'connection', 'change', 'azure', '--sas-file', '-')
    const good = token('cw', 90)
    const account = `${good.replace(/&sr=c/, '')}&ss=b&srt=co`
    const refusals: readonly (readonly [string, RegExp])[] = [
      [account, /whole storage account/],
      [token('r', 90), /lack/],
      [token('cw', -1), /ended at/],
      [good.replace(/sig=[^&]*/, 'sig=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%3D'), /so nothing was changed/],
    ]
    for (const [secret, says] of refusals) {
      const refused = await change(secret)
      expect(refused.stderr).toMatch(says)
      expect(refused.code).not.toBe(0)
      expect(refused.stderr).not.toMatch(/sig=/)
    }
    expect((await shown('azure')).authentication).toEqual(before.authentication)
    expect((await change(good)).code).toBe(0)
    const after = await shown('azure')
    expect(after.authentication).not.toEqual(before.authentication)
    expect(after.warnings.join()).not.toContain('ends within')
    expect((await run('connection', 'verify', 'azure')).code).toBe(0)
  })
})
