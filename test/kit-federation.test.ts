/**
 * Roles that an ID token of ours opens, from the kit to a green verification, with no AWS identity of our own; and kits that were
 * weakened on purpose, of which the negative checks must turn red.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  DeleteOpenIDConnectProviderCommand,
  GetOpenIDConnectProviderCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../src/base/index.ts'
import {
  buildKit,
  type ConnectionContext,
  createConnection,
  diagnosePolicies,
  openConnection,
  whatIf,
} from '../src/connection/index.ts'
import type { Connection, ConnectionInput, Verification } from '../src/contract/index.ts'
import { projectedTokens, SessionCache } from '../src/credentials/index.ts'
import { customerAccountId } from '../src/sandbox/index.ts'
import { bodyOfBytes } from '../src/storage/index.ts'
import { deployTemplate, findTool, terraformPolicies } from './kit/deploy.ts'
import { dana, type House, issuer, openHouse, textOf, unwell } from './kit/house.ts'
import { needs } from './needs.ts'

const prefix = issuer.slice('https://'.length)
const providerArn = `arn:aws:iam::${customerAccountId}:oidc-provider/${prefix}`
const audience = 'sts.amazonaws.com'

let house: House
let foreign: ConnectionContext

beforeAll(async () => {
  house = await openHouse()
  foreign = { ...house.freshContext(), base: null, hosting: 'gcp' }
})
afterAll(() => house.close())
afterEach(async () => {
  const at = { OpenIDConnectProviderArn: providerArn }
  await house.administrator().iam.send(new DeleteOpenIDConnectProviderCommand(at))
})

let count = 0
async function connect(change: Partial<ConnectionInput> = {}, context = foreign): Promise<Connection> {
  const name = `fed${++count}`
  const input: ConnectionInput = {
    name,
    purpose: 'export',
    location: house.place(`${name}/`),
    authentication: { kind: 'role' },
    ...change,
  }
  return (await createConnection('tenant-a', input, context, async () => null)).connection
}

const tagged = { sourceIdentityClaim: 'sub', tags: [{ tag: 'department', claim: 'department', required: false }] }
const purposes: readonly (readonly [string, Partial<ConnectionInput>])[] = [
  ['export', {}],
  ['export with tags', { identityMapping: tagged }],
  ['enrichment', { purpose: 'enrichment', writing: { resume: true } }],
  ['source', { purpose: 'source' }],
]

describe.each(purposes)('%s, on a cloud without AWS credentials', (name, change) => {
  it('CloudFormation makes provider and role that verify green', async () => {
    const connection = await connect(change)
    const kit = await kitOf(connection)
    await deployTemplate(house, textOf(kit, 'cloudformation.json'), customerAccountId)
    await house.fill(connection)
    const report = await house.verify(connection, { kind: 'none' }, foreign)
    expect(unwell(report)).toEqual([])
    expect(report.status).toBe('pass')
    const tried = report.checks.map(({ id }) => id)
    expect(tried).toEqual(expect.arrayContaining(['token-audience-compared', 'token-subject-compared']))
    expect(tried).not.toContain('external-id-required')
  })

  if (name.includes('tags')) return
  it('Terraform says a trust policy with which it verifies green', async () => {
    const connection = await connect(change)
    const kit = await kitOf(connection)
    const tool = await findTool('terraform', 'the configuration is read by our own reader alone')
    const policies = await terraformPolicies(textOf(kit, 'main.tf'), tool)
    expect(textOf(kit, 'main.tf')).toContain('resource "aws_iam_openid_connect_provider" "drawbridge"')
    await house.putProvider(customerAccountId, issuer, [audience])
    const [trust = '', permissions = ''] = [policies.get('trust_policy'), policies.get('permissions_policy')]
    await house.putRole(customerAccountId, `drawbridge-${connection.name}`, '/', trust, permissions)
    await house.fill(connection)
    expect(unwell(await house.verify(connection, { kind: 'none' }, foreign))).toEqual([])
  })
})

it.skipIf(needs('/usr/bin/aws', 'awscli'))(
  'the script registers the issuer once, and adds an audience later',
  async () => {
    const first = await connect()
    expect(await house.runScript(await kitOf(first))).toContain('done')
    expect(await clientIds()).toEqual([audience])
    const second = await connect()
    const kit = await kitOf(second)
    const other = {
      ...kit,
      files: kit.files.map((file) => ({ ...file, text: file.text.replaceAll(audience, 'other-audience') })),
    }
    expect(await house.runScript(other)).toContain('done')
    expect(await clientIds()).toEqual([audience, 'other-audience'])
    expect(unwell(await house.verify(first, { kind: 'none' }, foreign))).toEqual([])
  },
)

it('deliveries go through the same door, in the name of the person and with their tags', async () => {
  const connection = await connect({ identityMapping: tagged })
  await deployTemplate(house, textOf(await kitOf(connection), 'cloudformation.json'), customerAccountId)
  const identity = { ...dana, tags: { department: 'quality' } }
  const open = await openConnection(connection, { kind: 'none' }, identity, foreign)
  try {
    await open.store.put(`${open.rootPath}report.txt`, bodyOfBytes(Buffer.from('x')), { ifAbsent: true })
    expect(open.facts.principal).toMatch(/:assumed-role\/drawbridge-fed\d+\/dana$/)
  } finally {
    open.close()
  }
  const calls = house.sandbox.history().filter(({ operation }) => operation === 'AssumeRoleWithWebIdentity')
  expect(calls.at(-1)?.decisions.map(({ action, decision }) => `${action} ${decision}`)).toEqual([
    'sts:AssumeRoleWithWebIdentity allowed',
    'sts:TagSession allowed',
    'sts:SetSourceIdentity allowed',
  ])
})

describe('a trust policy that was weakened on purpose', () => {
  const right = (subject: string) => ({ StringEquals: { [`${prefix}:aud`]: audience, [`${prefix}:sub`]: subject } })
  const rows: readonly (readonly [string, (subject: string) => object])[] = [
    ['compares no subject', () => ({ StringEquals: { [`${prefix}:aud`]: audience } })],
    [
      'lets a wildcard stand for the subject',
      (subject) => ({ StringLike: { [`${prefix}:sub`]: `${subject.slice(0, subject.lastIndexOf(':'))}:*` } }),
    ],
    ['compares the subject only if there is one', () => ({ StringNotLike: { [`${prefix}:sub`]: 'nobody' } })],
  ]

  it.each(rows)('%s: red, and said which', async (_, condition) => {
    const connection = await deployed()
    await trust(connection, condition)
    const report = await house.verify(connection, { kind: 'none' }, foreign)
    expect(statusOf(report, 'token-subject-compared')).toBe('fail')
    expect(report.status).toBe('fail')
    expect(report.diagnosis?.causes[0]).toMatchObject({ id: 'token-not-compared', link: 'assume-role' })
  })

  it('compares no audience, and the provider lists others: red', async () => {
    const connection = await deployed()
    await trust(connection, (subject) => ({ StringEquals: { [`${prefix}:sub`]: subject } }))
    // The audience that the check will make up, registered beforehand.
    const fixed = { bytes: (length: number) => new Uint8Array(length).fill(7) }
    const stranger = `dbx_${'H'.repeat(24)}`
    await reregister([audience, stranger])
    const report = await house.verify(connection, { kind: 'none' }, { ...foreign, random: fixed })
    expect(statusOf(report, 'token-audience-compared')).toBe('fail')
    await trust(connection, right)
    const after = await house.verify(connection, { kind: 'none' }, { ...foreign, random: fixed })
    expect(statusOf(after, 'token-audience-compared')).toBe('pass')
  })

  it('refuses us too: what it says of others is unknown, and the cause is told', async () => {
    const connection = await deployed()
    await trust(connection, (subject) => right(`${subject}-not`))
    const report = await house.verify(connection, { kind: 'none' }, foreign)
    expect(statusOf(report, 'assume-role')).toBe('fail')
    expect(statusOf(report, 'token-subject-compared')).toBe('unknown')
    expect(report.diagnosis?.causes[0]?.link).toBe('assume-role')
  })

  it('that lacks our provider is repaired by a statement that compares both', async () => {
    const connection = await deployed()
    const stranger = { Effect: 'Allow', Principal: { AWS: customerAccountId }, Action: 'sts:AssumeRole' }
    const text = JSON.stringify({ Version: '2012-10-17', Statement: [stranger] })
    const { causes } = await diagnosePolicies(connection, dana, { trust: text }, foreign)
    expect(causes[0]).toMatchObject({ id: 'token-principal', link: 'assume-role' })
    const after = JSON.stringify(causes[0]?.repairs[0]?.patch?.after)
    const fixed = await whatIf(connection, dana, { trust: after }, { trust: text }, foreign)
    expect([fixed.status, after]).toEqual(['pass', expect.stringContaining(subjectOf(connection))])
    expect(after).not.toContain(`"AWS":"${providerArn}"`)
  })

  it('is found out before it is applied', async () => {
    const connection = await deployed()
    const statement = (condition: object) =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Federated: providerArn },
            Action: ['sts:AssumeRoleWithWebIdentity', 'sts:SetSourceIdentity'],
            Condition: condition,
          },
        ],
      })
    const plan = (condition: object) => whatIf(connection, dana, { trust: statement(condition) }, {}, foreign)
    expect((await plan(right(subjectOf(connection)))).status).toBe('pass')
    expect((await plan(right('another'))).status).toBe('fail')
    expect((await plan({ StringEquals: { [`${prefix}:aud`]: audience } })).status).toBe('fail')
  })
})

describe('an ID token that a platform projects', () => {
  const own = { issuer, audience, subject: 'system:serviceaccount:ns:drawbridge' }
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'drawbridge-token-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  /** A deployment to which the platform gives a token of ours, and others. */
  async function platform(others: readonly Partial<typeof own>[]): Promise<ConnectionContext> {
    const ours = foreign.tokens
    if (!ours) throw new Error('the house has no tokens')
    const project = async (name: string, identity: typeof own): Promise<string> => {
      const file = join(folder, name)
      const token = await ours.token({ ...identity, connection: '', tags: {}, sourceIdentity: null })
      await writeFile(file, token.reveal())
      return file
    }
    const file = await project('token', own)
    const otherFiles = await Promise.all(others.map((other, index) => project(`other-${index}`, { ...own, ...other })))
    const tokens = projectedTokens({ file, otherFiles, clock: systemClock })
    const sessions = new SessionCache({ clock: systemClock, assume: () => Promise.reject(new Error('not here')) })
    return { ...foreign, tokens, sessions }
  }

  async function deployedFrom(context: ConnectionContext): Promise<Connection> {
    const connection = await connect({}, context)
    await deployTemplate(house, textOf(await kitOf(connection, context), 'cloudformation.json'), customerAccountId)
    return connection
  }

  it('opens the role too; that nobody can try another is said, and never counted as proof', async () => {
    const context = await platform([])
    await expect(connect({ identityMapping: tagged }, context)).rejects.toMatchObject({ code: 'input-invalid' })
    const connection = await deployedFrom(context)
    expect(connection.warnings.join()).toContain('same subject')
    const kit = await kitOf(connection, context)
    expect(kit.files.map(({ path }) => path)).not.toContain('vendor-jwks.json')
    const report = await house.verify(connection, { kind: 'none' }, context)
    expect(unwell(report)).toEqual(['token-audience-compared skipped', 'token-subject-compared skipped'])
  })

  it('is tried against others of the platform: each check by the one that differs in its claim alone', async () => {
    const context = await platform([{ audience: 'drawbridge-other' }, { subject: 'system:serviceaccount:ns:other' }])
    const connection = await deployedFrom(context)
    await reregister([audience, 'drawbridge-other'])
    expect(unwell(await house.verify(connection, { kind: 'none' }, context))).toEqual([])
    await trust(connection, () => ({ StringEquals: { [`${prefix}:aud`]: audience } }))
    expect(unwell(await house.verify(connection, { kind: 'none' }, context))).toEqual(['token-subject-compared fail'])
    await trust(connection, () => ({ StringEquals: { [`${prefix}:sub`]: own.subject } }))
    expect(unwell(await house.verify(connection, { kind: 'none' }, context))).toEqual(['token-audience-compared fail'])
  })

  it('is not tried against one that differs in both claims: its refusal would not say for which', async () => {
    const context = await platform([{ audience: 'drawbridge-other', subject: 'system:serviceaccount:ns:other' }])
    const report = await house.verify(await deployedFrom(context), { kind: 'none' }, context)
    expect(unwell(report)).toEqual(['token-audience-compared skipped', 'token-subject-compared skipped'])
  })

  it('leaves the checks open when another token that should be there is not', async () => {
    const context = await platform([{ audience: 'drawbridge-other' }])
    const connection = await deployedFrom(context)
    await rm(join(folder, 'other-0'))
    const report = await house.verify(connection, { kind: 'none' }, context)
    expect(unwell(report)).toEqual(['token-audience-compared unknown', 'token-subject-compared unknown'])
    expect(report.status).toBe('unknown')
  })
})

function kitOf(connection: Connection, context = foreign) {
  return buildKit(connection, context)
}

async function deployed(): Promise<Connection> {
  const connection = await connect()
  await deployTemplate(house, textOf(await kitOf(connection), 'cloudformation.json'), customerAccountId)
  return connection
}

function subjectOf({ authentication }: Connection): string {
  return authentication.kind === 'role' ? (authentication.webIdentity?.subject ?? '') : ''
}

async function trust(connection: Connection, condition: (subject: string) => object): Promise<void> {
  const actions = ['sts:AssumeRoleWithWebIdentity', 'sts:SetSourceIdentity']
  const statement = { Effect: 'Allow', Principal: { Federated: providerArn }, Action: actions }
  await house.administrator().iam.send(
    new UpdateAssumeRolePolicyCommand({
      RoleName: `drawbridge-${connection.name}`,
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ ...statement, Condition: condition(subjectOf(connection)) }],
      }),
    }),
  )
}

async function clientIds(): Promise<string[] | undefined> {
  const at = { OpenIDConnectProviderArn: providerArn }
  return (await house.administrator().iam.send(new GetOpenIDConnectProviderCommand(at))).ClientIDList
}

async function reregister(audiences: string[]): Promise<void> {
  const at = { OpenIDConnectProviderArn: providerArn }
  await house.administrator().iam.send(new DeleteOpenIDConnectProviderCommand(at))
  await house.putProvider(customerAccountId, issuer, audiences)
}

function statusOf(report: Verification, id: string): string | undefined {
  return report.checks.find((check) => check.id === id)?.status
}
