/** A route with a target on AWS that is refused and one on Azure that works: every explanation of the refusal makes use of it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock, systemRandom } from '../src/base/index.ts'
import { parseConfig } from '../src/cli/config.ts'
import { type OpenedHouse, openHouse } from '../src/cli/house.ts'
import type { DrawbridgeClient, Verification } from '../src/contract/index.ts'
import { inProcessClient, operatorCaller } from '../src/operations/index.ts'
import { customerAccountId, type Sandbox, startSandbox } from '../src/sandbox/index.ts'
import { type Azurite, startAzurite } from './servers/azurite.ts'

const region = 'eu-central-1'
const side = 'Azure works for the same route'

let folder: string
let sandbox: Sandbox
let azurite: Azurite
let opened: OpenedHouse
let client: DrawbridgeClient

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drawbridge-others-'))
  sandbox = await startSandbox()
  azurite = await startAzurite()
  await azurite.createContainer('reports')
  const config = {
    stsEndpoint: sandbox.endpoint,
    region,
    allowedEndpoints: [sandbox.endpoint, new URL(azurite.url).origin],
    watch: { everySeconds: 0 },
  }
  opened = await openHouse({
    config: parseConfig(JSON.stringify(config), 'test'),
    directory: join(folder, 'data'),
    clock: systemClock,
    random: systemRandom,
    provider: async () => {
      const found = sandbox.containerCredentials(null, 'drawbridge-base')
      if (found === null) throw new Error('the sandbox has no base role')
      return found
    },
  })
  client = inProcessClient(opened.house, operatorCaller())
  await client.connection.add({
    name: 'aws',
    purpose: 'export',
    location: {
      service: 's3',
      uri: 's3://acme-audit',
      rootPath: '',
      region,
      bucketOwner: customerAccountId,
      endpoint: sandbox.endpoint,
    },
    authentication: { kind: 'role' },
  })
  await client.connection.add({
    name: 'azure',
    purpose: 'export',
    location: { service: 'azblob', containerUrl: azurite.containerUrl('reports'), rootPath: '' },
    authentication: { kind: 'sas', token: azurite.sas('reports', { permissions: 'cw', httpsOnly: false }) },
  })
  await client.route.add({ name: 'audit', targets: ['aws', 'azure'] })
  await customerRefuses()
})

afterAll(async () => {
  await opened.close()
  await azurite.close()
  await sandbox.close()
  await rm(folder, { recursive: true, force: true })
})

/** The kit is applied but for its permissions: AssumeRole works, and no write does. */
async function customerRefuses(): Promise<void> {
  const at = { region, endpoint: sandbox.endpoint, credentials: sandbox.customer }
  const [iam, s3] = [new IAMClient(at), new S3Client({ ...at, forcePathStyle: true })]
  await s3.send(
    new CreateBucketCommand({ Bucket: 'acme-audit', CreateBucketConfiguration: { LocationConstraint: region } }),
  )
  const kit = await client.connection.kit({ name: 'aws' })
  const trust = kit.files.find(({ path }) => path === 'trust-policy.json')?.text ?? ''
  const role = 'drawbridge-aws'
  await iam.send(new CreateRoleCommand({ RoleName: role, AssumeRolePolicyDocument: trust }))
  const nothing = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 's3:GetObjectTorrent', Resource: '*' }],
  }
  await iam.send(
    new PutRolePolicyCommand({ RoleName: role, PolicyName: 'access', PolicyDocument: JSON.stringify(nothing) }),
  )
  iam.destroy()
  s3.destroy()
}

async function verify(name: string): Promise<Verification> {
  for await (const event of await client.connection.verify({ name, patienceSeconds: 0 })) {
    if (event.type === 'done') return event.verification
  }
  throw new Error('the verification ended without a report')
}

async function ruledOutOfDelivery(): Promise<string> {
  const { upload } = await client.upload('report.txt', new TextEncoder().encode('a report'))
  const { id } = await client.delivery.create({ route: 'audit', uploads: [upload] })
  await opened.worker.runOnce()
  const { targets } = await client.delivery.show({ id })
  const refused = targets.find(({ connection }) => connection === 'aws')
  expect(refused?.state).toBe('refused')
  return refused?.diagnosis?.ruledOut.join() ?? ''
}

describe('AWS refuses', () => {
  it('and nothing is said of Azure while nobody knows how it fares', async () => {
    expect(await ruledOutOfDelivery()).not.toContain('Azure')
  })

  it('and Azure works: a delivery, a verification and a diagnosis put the fault on the AWS side', async () => {
    const azure = await verify('azure')
    expect([azure.status, azure.checks.filter(({ status }) => status === 'fail')]).toEqual(['pass', []])
    expect(await ruledOutOfDelivery()).toContain(side)
    const aws = await verify('aws')
    expect([aws.status, aws.diagnosis?.ruledOut.join()]).toEqual(['fail', expect.stringContaining(side)])
    const live = await client.diagnosis.explain({ connection: 'aws' })
    expect(live.ruledOut.join()).toContain('which is on the AWS side')
  })
})
