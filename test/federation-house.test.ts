/**
 * A deployment on another cloud, from its configuration to a delivery: the offer follows the configuration at every door, what is
 * prepared is what the kit says, and a report travels on a session that an ID token won. And one without tokens, which says why.
 */
import { generateKeyPairSync } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CreateOpenIDConnectProviderCommand } from '@aws-sdk/client-iam'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli } from '../src/cli/testing/run-cli.ts'
import { customerAccountId } from '../src/sandbox/index.ts'
import { type Deployment, openDeployment, region } from './kit/deployment.ts'

const issuer = 'https://drawbridge.example.com/oidc'

let deployment: Deployment

beforeAll(async () => {
  deployment = await openDeployment({
    config: { hosting: 'gcp', webIdentity: { issuer, keyFiles: ['issuer.pem'] } },
    hasBase: false,
    prepare: async (directory) => {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
      await writeFile(join(directory, 'issuer.pem'), privateKey.export({ format: 'pem', type: 'pkcs8' }))
    },
  })
})

afterAll(() => deployment.close())

describe('a deployment on another cloud with ID tokens', () => {
  it('offers a role, and not with AWS credentials', async () => {
    const { offers, principal } = await deployment.client.service.status({})
    expect(principal).toBeNull()
    expect(offers.map(({ mode, isOffered }) => [mode, isOffered])).toEqual([
      ['role', false],
      ['role-web-identity', true],
      ['access-key', true],
      ['sas', true],
    ])
  })

  it('delivers on a session that a token won, with what was shown before anything was saved', async () => {
    const { client, iam, sandbox } = deployment
    const prepared = await client.connection.prepare({})
    expect(prepared).toMatchObject({ principal: issuer, webIdentity: { issuer, audience: 'sts.amazonaws.com' } })
    const added = await client.connection.add({
      name: 'acme',
      purpose: 'export',
      location: deployment.place(),
      authentication: { kind: 'role', reservation: prepared.reservation },
    })
    expect(added.authentication).toMatchObject({ webIdentity: prepared.webIdentity, externalId: null })
    const textOf = (path: string): Promise<string> => deployment.kitText('acme', path)
    sandbox.setIssuerKeys(issuer, JSON.parse(await textOf('vendor-jwks.json')))
    await iam.send(new CreateOpenIDConnectProviderCommand({ Url: issuer, ClientIDList: ['sts.amazonaws.com'] }))
    await deployment.makeRole('acme', await textOf('trust-policy.json'), await textOf('permissions-policy.json'))
    expect((await deployment.verify('acme')).status).toBe('pass')

    await client.route.add({ name: 'audit', targets: ['acme'] })
    expect((await deployment.deliver('audit')).state).toBe('delivered')
    const calls = sandbox.history().map(({ operation }) => operation)
    expect(calls).toContain('AssumeRoleWithWebIdentity')
    expect(calls).not.toContain('AssumeRole')
  })
})

describe('a deployment on another cloud without them', () => {
  it('says at the terminal that a role is not offered, and why', async () => {
    const directory = join(deployment.folder, 'bare')
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
