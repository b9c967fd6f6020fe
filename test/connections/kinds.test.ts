/** The other ways in: an access key, the kit's own script under the AWS CLI, and a container of Azurite. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Secret } from '../../src/base/index.ts'
import { buildKit, createConnection, verifyConnection } from '../../src/connection/index.ts'
import { type ConnectionInput, type Verification, verification as verificationShape } from '../../src/contract/index.ts'
import { customerAccountId } from '../../src/sandbox/index.ts'
import { needs } from '../needs.ts'
import { type Azurite, startAzurite } from '../servers/azurite.ts'

import { connect, consent, context, dana, onStage, region, sandbox, statuses, verify } from './stage.ts'

const run = promisify(execFile)

onStage()

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
