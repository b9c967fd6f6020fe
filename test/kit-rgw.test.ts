/**
 * The set-up kit on Ceph RGW, whose S3, STS and IAM are not ours. Where RGW differs from AWS the difference is named and
 * tested: it knows no source identity and no External ID, so it refuses the trust policy as it stands; the negative checks
 * must find out that the External ID is not enforced there, and they do.
 */
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import {
  CreateBucketCommand,
  DeleteBucketPolicyCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Secret, systemClock, systemRandom } from '../src/base/index.ts'
import {
  buildKit,
  type ConnectionContext,
  changeConnection,
  createConnection,
  verifyConnection,
} from '../src/connection/index.ts'
import type { Connection, ConnectionInput, Verification } from '../src/contract/index.ts'
import { assumeRole, type BaseIdentity, SessionCache } from '../src/credentials/index.ts'
import { bucket, dana, textOf, unwell } from './kit/house.ts'
import { hasRgw, type Rgw, type RgwUser, rgwInstallLine, startRgw } from './servers/rgw.ts'

// Tenants of RGW take the place of accounts in its ARNs, so that the kit's ARNs mean the same there.
const vendor = '111111111111'
const customer = '222222222222'
const region = 'us-east-1'

const available = await hasRgw()
if (!available) console.warn(`SKIPPED: Ceph RGW is missing: ${rgwInstallLine}`)

describe.skipIf(!available && process.env['CI'] === undefined)('on Ceph RGW', () => {
  let rgw: Rgw
  let owner: RgwUser
  let context: ConnectionContext
  let iam: IAMClient
  let s3: S3Client

  beforeAll(async () => {
    rgw = await startRgw()
    owner = await rgw.createUser('admin', { tenant: customer, managesRoles: true })
    const us = await rgw.createUser('base', { tenant: vendor })
    const at = { region, endpoint: rgw.endpoint, credentials: owner }
    iam = new IAMClient(at)
    s3 = new S3Client({ ...at, forcePathStyle: true })
    await s3.send(new CreateBucketCommand({ Bucket: bucket }))
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'reports/orders.csv', Body: 'a,b\n' }))
    context = contextOf(us)
  })
  afterAll(async () => {
    iam.destroy()
    s3.destroy()
    await rgw.close()
  })

  function contextOf(us: RgwUser): ConnectionContext {
    const credentials = { accessKeyId: us.accessKeyId, secretAccessKey: new Secret(us.secretAccessKey) }
    const callerArn = `arn:aws:iam::${vendor}:user/base`
    // RGW has no GetCallerIdentity that could tell.
    const base: BaseIdentity = {
      credentials: async () => credentials,
      whoAmI: async () => ({ account: vendor, callerArn, principalArn: callerArn }),
    }
    const clock = systemClock
    return {
      clock,
      random: systemRandom,
      base,
      sessions: new SessionCache({ clock, assume: (request) => assumeRole(credentials, request, { clock }) }),
      egress: 'dynamic',
      observedAddress: null,
      ownAccounts: [],
      allowedEndpoints: [rgw.endpoint],
      evidencePublicKeyPem: '-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n',
      stsEndpoint: rgw.endpoint,
    }
  }

  async function connect(change: Partial<ConnectionInput>): Promise<Connection> {
    const input: ConnectionInput = {
      name: 'acme',
      purpose: 'export',
      location: {
        service: 's3',
        uri: `s3://${bucket}`,
        rootPath: 'reports/',
        region,
        bucketOwner: customer,
        endpoint: rgw.endpoint,
      },
      authentication: { kind: 'role' },
      ...change,
    }
    return (await createConnection('tenant-a', input, context, async () => null)).connection
  }

  async function verify(connection: Connection): Promise<Verification> {
    for await (const event of verifyConnection(connection, { kind: 'none' }, dana, context, { outsideRoot: true })) {
      if (event.type === 'done') return event.verification
    }
    throw new Error('the verification ended without a report')
  }

  /** What RGW understands of a trust policy: the statement of AssumeRole, without the External ID. */
  function reduced(trust: string): string {
    const document = JSON.parse(trust) as { Statement: { Action: string; Condition?: unknown }[] }
    const statements = document.Statement.filter((statement) => statement.Action === 'sts:AssumeRole')
    return JSON.stringify({ ...document, Statement: statements.map(({ Condition: _, ...rest }) => rest) })
  }

  it.each([
    ['export', { acl: 'bucket-owner-full-control', resume: true }],
    ['enrichment', { acl: 'bucket-owner-full-control', resume: true }],
    ['source', {}],
  ] as const)(
    '%s: every check at the storage passes, and the missing External ID is found out',
    async (purpose, writing) => {
      const connection = await connect({ name: purpose, purpose, writing })
      const kit = await buildKit(connection, context)
      const RoleName = `drawbridge-${purpose}`
      const trust = textOf(kit, 'trust-policy.json')
      // It does not know sts:SetSourceIdentity, and refuses a policy that names it.
      await expect(iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust }))).rejects.toThrow()
      await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: reduced(trust) }))
      const PolicyDocument = textOf(kit, 'permissions-policy.json')
      await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'drawbridge', PolicyDocument }))
      const expected = ['external-id-required fail', 'external-id-matched fail', 'session-identity fail']
      expect(unwell(await verify(connection)).sort()).toEqual([...expected].sort())

      await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: textOf(kit, 'bucket-policy.json') }))
      expect(unwell(await verify(connection)).sort()).toEqual([...expected].sort())
      // The principal of the bucket policy is the session of the role: turned round, it shuts the role out.
      const denied = textOf(kit, 'bucket-policy.json').replaceAll('"Allow"', '"Deny"')
      await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: denied }))
      const first = purpose === 'source' ? 'list-objects fail' : 'put-object fail'
      expect(unwell(await verify(connection))).toContain(first)
      await s3.send(new DeleteBucketPolicyCommand({ Bucket: bucket }))
    },
  )

  it('takes the trust policy with the External ID, and then lets nobody in: it has no such key', async () => {
    const connection = await connect({ name: 'strict' })
    const kit = await buildKit(connection, context)
    const document = JSON.parse(textOf(kit, 'trust-policy.json')) as { Statement: { Action: string }[] }
    document.Statement = document.Statement.filter((statement) => statement.Action === 'sts:AssumeRole')
    const AssumeRolePolicyDocument = JSON.stringify(document)
    await iam.send(new CreateRoleCommand({ RoleName: 'drawbridge-strict', AssumeRolePolicyDocument }))
    expect(unwell(await verify(connection))).toContain('assume-role fail')
  })

  it('an access key is rotated by the answer of the storage alone, where no STS is known', async () => {
    const old = { kind: 'access-key', accessKeyId: 'OLDKEYOLDKEYOLDKEY00', secretAccessKey: 'o'.repeat(40) } as const
    const connection = await connect({ purpose: 'enrichment', authentication: old })
    const around = { ...context, stsEndpoint: null }
    // The SDK marks the object that it was given with members of its own.
    const { accessKeyId, secretAccessKey } = owner
    const fresh = { accessKeyId, secretAccessKey }
    const { connection: changed, secret } = await changeConnection(connection, fresh, around)
    expect(changed.authentication).toMatchObject({ accessKeyId })
    expect(secret).toEqual({ kind: 'access-key', secretAccessKey })
    const mistyped = { ...fresh, secretAccessKey: secretAccessKey.replace(/.$/, '!') }
    await expect(changeConnection(connection, mistyped, around)).rejects.toMatchObject({
      code: 'access-denied',
      message: expect.stringContaining('nothing was changed'),
    })
  })
})
