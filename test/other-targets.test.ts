/** A route with a target on AWS that is refused and one on Azure that works: every explanation of the refusal makes use of it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Deployment, openDeployment } from './kit/deployment.ts'
import { type Azurite, startAzurite } from './servers/azurite.ts'

const side = 'Azure works for the same route'

let azurite: Azurite
let deployment: Deployment

beforeAll(async () => {
  azurite = await startAzurite()
  await azurite.createContainer('reports')
  deployment = await openDeployment({ allowedEndpoints: [new URL(azurite.url).origin] })
  const { client } = deployment
  await client.connection.add({
    name: 'aws',
    purpose: 'export',
    location: deployment.place(),
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
  await deployment.close()
  await azurite.close()
})

/** The kit is applied but for its permissions: AssumeRole works, and no write does. */
async function customerRefuses(): Promise<void> {
  const nothing = { Effect: 'Allow', Action: 's3:GetObjectTorrent', Resource: '*' }
  const permissions = JSON.stringify({ Version: '2012-10-17', Statement: [nothing] })
  await deployment.makeRole('aws', await deployment.kitText('aws', 'trust-policy.json'), permissions)
}

async function ruledOutOfDelivery(): Promise<string> {
  const { targets } = await deployment.deliver('audit')
  const refused = targets.find(({ connection }) => connection === 'aws')
  expect(refused?.state).toBe('refused')
  return refused?.diagnosis?.ruledOut.join() ?? ''
}

describe('AWS refuses', () => {
  it('and nothing is said of Azure while nobody knows how it fares', async () => {
    expect(await ruledOutOfDelivery()).not.toContain('Azure')
  })

  it('and Azure works: a delivery, a verification and a diagnosis put the fault on the AWS side', async () => {
    const azure = await deployment.verify('azure')
    expect([azure.status, azure.checks.filter(({ status }) => status === 'fail')]).toEqual(['pass', []])
    expect(await ruledOutOfDelivery()).toContain(side)
    const aws = await deployment.verify('aws')
    expect([aws.status, aws.diagnosis?.ruledOut.join()]).toEqual(['fail', expect.stringContaining(side)])
    const live = await deployment.client.diagnosis.explain({ connection: 'aws' })
    expect(live.ruledOut.join()).toContain('which is on the AWS side')
  })
})
