/**
 * A deployment on another cloud, from its configuration to a delivery: the offer follows the configuration at every door, what is
 * prepared is what the kit says, and a report travels on a session that an ID token won. And one without tokens, which says why.
 */
import { generateKeyPairSync } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateOpenIDConnectProviderCommand,
  CreateRoleCommand,
  IAMClient,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock, systemRandom } from '../src/base/index.ts'
import { parseConfig } from '../src/cli/config.ts'
import { type OpenedHouse, openHouse } from '../src/cli/house.ts'
import { runCli } from '../src/cli/testing/run-cli.ts'
import type { DrawbridgeClient, Verification } from '../src/contract/index.ts'
import { inProcessClient, operatorCaller } from '../src/operations/index.ts'
import { customerAccountId, type Sandbox, startSandbox } from '../src/sandbox/index.ts'

const region = 'eu-central-1'
const issuer = 'https://drawbridge.example.com/oidc'

let folder: string
let sandbox: Sandbox
let opened: OpenedHouse
let client: DrawbridgeClient
let iam: IAMClient

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drawbridge-federation-'))
  sandbox = await startSandbox()
  const directory = join(folder, 'data')
  await mkdir(directory)
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  await writeFile(join(directory, 'issuer.pem'), privateKey.export({ format: 'pem', type: 'pkcs8' }))
  const config = {
    hosting: 'gcp',
    webIdentity: { issuer, keyFiles: ['issuer.pem'] },
    stsEndpoint: sandbox.endpoint,
    allowedEndpoints: [sandbox.endpoint],
    watch: { everySeconds: 0 },
  }
  opened = await openHouse({
    config: parseConfig(JSON.stringify(config), 'test'),
    directory,
    clock: systemClock,
    random: systemRandom,
    provider: null,
  })
  client = inProcessClient(opened.house, operatorCaller())
  const at = { region, endpoint: sandbox.endpoint, credentials: sandbox.customer }
  iam = new IAMClient(at)
  const s3 = new S3Client({ ...at, forcePathStyle: true })
  await s3.send(
    new CreateBucketCommand({ Bucket: 'acme-audit', CreateBucketConfiguration: { LocationConstraint: region } }),
  )
  s3.destroy()
})

afterAll(async () => {
  iam.destroy()
  await opened.close()
  await sandbox.close()
  await rm(folder, { recursive: true, force: true })
})

async function verify(name: string): Promise<Verification> {
  for await (const event of await client.connection.verify({ name, patienceSeconds: 0 })) {
    if (event.type === 'done') return event.verification
  }
  throw new Error('the verification ended without a report')
}

describe('a deployment on another cloud with ID tokens', () => {
  it('offers a role, and not with AWS credentials', async () => {
    const { offers, principal } = await client.service.status({})
    expect(principal).toBeNull()
    expect(offers.map(({ mode, isOffered }) => [mode, isOffered])).toEqual([
      ['role', false],
      ['role-web-identity', true],
      ['access-key', true],
      ['sas', true],
    ])
  })

  it('delivers on a session that a token won, with what was shown before anything was saved', async () => {
    const prepared = await client.connection.prepare({})
    expect(prepared).toMatchObject({ principal: issuer, webIdentity: { issuer, audience: 'sts.amazonaws.com' } })
    const added = await client.connection.add({
      name: 'acme',
      purpose: 'export',
      location: {
        service: 's3',
        uri: 's3://acme-audit',
        rootPath: '',
        region,
        bucketOwner: customerAccountId,
        endpoint: sandbox.endpoint,
      },
      authentication: { kind: 'role', reservation: prepared.reservation },
    })
    expect(added.authentication).toMatchObject({ webIdentity: prepared.webIdentity, externalId: null })
    const { files } = await client.connection.kit({ name: 'acme' })
    const textOf = (path: string): string => files.find((file) => file.path === path)?.text ?? ''
    sandbox.setIssuerKeys(issuer, JSON.parse(textOf('vendor-jwks.json')))
    await iam.send(new CreateOpenIDConnectProviderCommand({ Url: issuer, ClientIDList: ['sts.amazonaws.com'] }))
    const RoleName = 'drawbridge-acme'
    await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: textOf('trust-policy.json') }))
    const PolicyDocument = textOf('permissions-policy.json')
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'access', PolicyDocument }))
    expect((await verify('acme')).status).toBe('pass')

    await client.route.add({ name: 'audit', targets: ['acme'] })
    const { upload } = await client.upload('report.txt', new TextEncoder().encode('a report'))
    const { id } = await client.delivery.create({ route: 'audit', uploads: [upload] })
    await opened.worker.runOnce()
    expect((await client.delivery.show({ id })).state).toBe('delivered')
    const calls = sandbox.history().map(({ operation }) => operation)
    expect(calls).toContain('AssumeRoleWithWebIdentity')
    expect(calls).not.toContain('AssumeRole')
  })
})

describe('a deployment on another cloud without them', () => {
  it('says at the terminal that a role is not offered, and why', async () => {
    const directory = join(folder, 'bare')
    await mkdir(join(directory, 'data'), { recursive: true })
    await writeFile(join(directory, 'data', 'config.json'), '{ "hosting": "azure" }')
    const status = await runCli(['status'], { directory })
    expect([status.code, status.stdout]).toEqual([
      0,
      expect.stringMatching(/role\s+not offered: this deployment runs on Azure/),
    ])
    const where = ['--uri', 's3://acme-audit', '--region', region, '--bucket-owner', customerAccountId]
    const refused = await runCli(['connection', 'add', 'acme', '--purpose', 'export', ...where], { directory })
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('this deployment runs on Azure')])
    const asked = ['connection', 'add', 'acme', '--purpose', 'export', ...where, '--web-identity']
    expect((await runCli(asked, { directory })).stderr).toContain('web-identity federation is not configured')
  })
})
