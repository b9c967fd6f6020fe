/** `drawbridge diagnose` at the customer's, in a process of its own: policies, organization and CloudTrail as files. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ran, runCli } from '../src/cli/testing/run-cli.ts'
import { type Diagnosis, diagnosis } from '../src/contract/index.ts'

const principal = 'arn:aws:iam::111111111111:role/drawbridge-base'
const roleArn = 'arn:aws:iam::222222222222:role/drawbridge-acme'

const trust = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: principal },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'sts:ExternalId': 'dbx-1' }, IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } },
    },
    { Effect: 'Allow', Principal: { AWS: principal }, Action: 'sts:SetSourceIdentity' },
  ],
}
const permissions = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:PutObject', Resource: 'arn:aws:s3:::acme-audit/audit/*' }],
}
const event = {
  eventSource: 'sts.amazonaws.com',
  eventName: 'AssumeRole',
  sourceIPAddress: '198.51.100.77',
  errorCode: 'AccessDenied',
  requestParameters: { roleArn },
}
const denyUploads = {
  Version: '2012-10-17',
  Statement: [{ Sid: 'NoUploads', Effect: 'Deny', Action: 's3:PutObject', Resource: '*' }],
}

let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-diagnose-'))
  for (const folder of ['policies', 'organization', 'nothing']) await mkdir(join(directory, folder))
  const write = (name: string, value: object): Promise<void> => writeFile(join(directory, name), JSON.stringify(value))
  await write('policies/trust-policy.json', trust)
  await write('policies/permissions-policy.json', permissions)
  await write('organization/scp-2-uploads.json', denyUploads)
  await write('organization/unrelated.json', denyUploads)
  await writeFile(join(directory, 'event.txt'), `from the trail:\n${JSON.stringify(event, null, 2)}\n`)
})

afterAll(() => rm(directory, { recursive: true, force: true }))

const guest = ['--role-arn', roleArn, '--bucket', 'acme-audit', '--principal', principal, '--external-id', 'dbx-1']
const run = (...words: string[]): Promise<Ran> =>
  runCli(['diagnose', '--policies', 'policies', ...guest, '--root-path', 'audit/', ...words, '--json'], { directory })

async function explained(...words: string[]): Promise<Diagnosis> {
  const ran = await run(...words)
  expect(ran.stderr).toBe('')
  return diagnosis.parse(JSON.parse(ran.stdout))
}

describe('diagnose with evidence beside the policies', () => {
  it('proves by CloudTrail what was only likely', async () => {
    expect((await explained()).causes[0]).toMatchObject({ id: 'trust-source-ip', confidence: 'likely' })
    expect((await explained('--events', 'event.txt')).causes[0]).toMatchObject({
      id: 'trust-source-ip',
      confidence: 'proved',
      statement: { condition: { actual: ['198.51.100.77'] } },
    })
  })

  it('finds the organization’s Deny behind the trust policy', async () => {
    const { causes, notSeen } = await explained('--events', 'event.txt', '--organization', 'organization')
    expect(causes.map((cause) => cause.id)).toEqual(['trust-source-ip', 'organization-policy'])
    expect(causes[1]?.statement).toMatchObject({ policy: 'scp', sid: 'NoUploads' })
    expect(notSeen.join()).toContain('`FullAWSAccess`')
  })

  it('says which files it looked for, and that evidence alone is not enough', async () => {
    const empty = await run('--organization', 'nothing')
    expect(empty.stderr).toContain('error: there is no policy of an organization in `nothing`')
    expect(empty.stderr).toContain('hint: its files are named scp-1.json')
    const alone = await runCli(['diagnose', '--events', 'event.txt'], { directory })
    expect(alone.code).toBe(2)
    expect(alone.stderr).toContain('stand beside the policies')
  })
})
