/**
 * Kits that were weakened on purpose, one grant at a time: what the purpose needs is taken away, or more is given than the
 * kit asks for. Every row must turn the named check red. What no check can see yet stands in a list of its own, which shrinks
 * as checks are added: a row there that turns red fails the test, and moves up.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { verifyConnection } from '../src/connection/index.ts'
import type { Connection, ConnectionInput, Purpose, Verification } from '../src/contract/index.ts'
import { customerAccountId } from '../src/sandbox/index.ts'
import { bucket, dana, type House, openHouse, textOf } from './kit/house.ts'

interface Statement {
  Sid: string
  Effect: string
  Principal?: unknown
  Action: string | string[]
  Resource?: string | string[]
  Condition?: Record<string, Record<string, unknown>>
}
interface Document {
  Statement: Statement[]
}
interface Policies {
  readonly trust: Document
  readonly permissions: Document
  readonly key: Document
}
interface Weakened {
  readonly how: string
  readonly edit: (policies: Policies) => void
  /** The check that turns red; null where none can see it. */
  readonly red: string | null
}

const objects = `arn:aws:s3:::${bucket}/reports/*`

/** Takes one action away, everywhere it is granted: in one account, the key policy alone would be enough for the key. */
const without = (action: string, red: string | null): Weakened => ({
  how: `without ${action}`,
  red,
  edit: (policies) => {
    for (const document of [policies.trust, policies.permissions, policies.key]) {
      document.Statement = document.Statement.flatMap((statement) => {
        const left = [statement.Action].flat().filter((one) => one !== action)
        return left.length === 0 ? [] : [{ ...statement, Action: left }]
      })
    }
  },
})

/** Gives one action too much. */
const more = (action: string, Resource: string, red: string | null): Weakened => ({
  how: `with ${action} on ${Resource}`,
  red,
  edit: ({ permissions }) => {
    permissions.Statement.push({ Sid: 'TooMuch', Effect: 'Allow', Action: action, Resource })
  },
})

const trustRows: readonly Weakened[] = [
  without('sts:AssumeRole', 'assume-role'),
  without('sts:TagSession', 'assume-role'),
  without('sts:SetSourceIdentity', 'assume-role'),
  {
    how: 'without the External ID',
    red: 'external-id-required',
    edit: ({ trust }) => {
      for (const statement of trust.Statement) delete statement.Condition
    },
  },
  {
    how: 'with any External ID',
    red: 'external-id-matched',
    edit: ({ trust }) => {
      const [first] = trust.Statement
      if (first !== undefined) first.Condition = { StringLike: { 'sts:ExternalId': '*' } }
    },
  },
  {
    how: 'with another External ID as well',
    red: null,
    edit: ({ trust }) => {
      const condition = trust.Statement[0]?.Condition?.['StringEquals']
      if (condition !== undefined) condition['sts:ExternalId'] = [condition['sts:ExternalId'], 'somebody-elses']
    },
  },
  {
    how: 'with our whole account as principal',
    red: null,
    edit: ({ trust }) => {
      for (const statement of trust.Statement) statement.Principal = { AWS: 'arn:aws:iam::111111111111:root' }
    },
  },
]

const keyPolicyWithoutUs: Weakened = {
  how: 'with a key policy that does not know the role',
  red: null,
  edit: ({ key }) => {
    const admin = { AWS: `arn:aws:iam::${customerAccountId}:user/admin` }
    key.Statement = [{ Sid: 'AdministratorOnly', Effect: 'Allow', Principal: admin, Action: 'kms:*', Resource: '*' }]
  },
}

const wholeBucket: Weakened = {
  how: 'on objects of the whole bucket',
  red: 'outside-root-refused',
  edit: ({ permissions }) => {
    for (const statement of permissions.Statement) {
      if (statement.Resource === objects) statement.Resource = `arn:aws:s3:::${bucket}/*`
    }
  },
}

const wholeListing: Weakened = {
  how: 'with a listing of the whole bucket',
  red: 'outside-root-refused',
  edit: ({ permissions }) => {
    for (const statement of permissions.Statement) if (statement.Action === 's3:ListBucket') delete statement.Condition
  },
}

const everything = (red: string): Weakened => ({ ...more('s3:*', '*', red), how: 'with everything' })

/** What nobody of ours may do, and what no harmless probe can tell yet. */
const unseen: readonly Weakened[] = [
  more('s3:DeleteObjectVersion', objects, null),
  more('s3:PutObjectRetention', objects, null),
  more('s3:PutBucketPolicy', `arn:aws:s3:::${bucket}`, null),
]

/** Faults that have a check of their own beside the operation that meets them. */
const ownChecks = (purpose: Purpose): readonly Weakened[] => [
  { ...keyPolicyWithoutUs, how: 'with a key policy that does not know the role, again,', red: 'kms-key' },
  ...(purpose === 'source'
    ? []
    : [{ ...without('s3:PutObjectAcl', 'object-ownership'), how: 'without s3:PutObjectAcl, again,' }]),
  ...(purpose === 'export'
    ? [{ ...without('s3:ListBucketMultipartUploads', 'grant-levels'), how: 'without the listing of uploads, again,' }]
    : [{ ...without('s3:ListBucket', 'grant-levels'), how: 'without s3:ListBucket, again,' }]),
]

const rows: Readonly<Record<Purpose, readonly Weakened[]>> = {
  export: [
    ...trustRows,
    without('s3:PutObject', 'put-object'),
    without('s3:PutObjectAcl', 'put-object'),
    without('kms:GenerateDataKey', 'put-object'),
    without('kms:Decrypt', 'multipart'),
    without('s3:ListMultipartUploadParts', 'multipart'),
    without('s3:AbortMultipartUpload', 'multipart'),
    without('s3:ListBucketMultipartUploads', 'multipart'),
    { ...keyPolicyWithoutUs, red: 'put-object' },
    more('s3:GetObject', objects, 'read-refused'),
    more('s3:ListBucket', `arn:aws:s3:::${bucket}`, 'list-refused'),
    more('s3:DeleteObject', objects, 'delete-refused'),
    more('s3:PutObject', `arn:aws:s3:::${bucket}/*`, 'outside-root-refused'),
    wholeBucket,
    everything('read-refused'),
    ...ownChecks('export'),
    ...unseen,
  ],
  enrichment: [
    ...trustRows,
    without('s3:ListBucket', 'list-objects'),
    without('s3:GetObject', 'read-object'),
    without('s3:PutObject', 'put-object'),
    without('s3:PutObjectAcl', 'put-object'),
    without('s3:DeleteObject', 'delete-probe'),
    without('kms:GenerateDataKey', 'put-object'),
    without('kms:Decrypt', 'read-object'),
    without('s3:ListMultipartUploadParts', 'multipart'),
    without('s3:AbortMultipartUpload', 'multipart'),
    without('s3:ListBucketMultipartUploads', 'multipart'),
    without('s3:GetBucketLocation', null),
    { ...keyPolicyWithoutUs, red: 'put-object' },
    more('s3:GetObject', `arn:aws:s3:::${bucket}/*`, 'outside-root-refused'),
    more('s3:PutObject', `arn:aws:s3:::${bucket}/*`, 'outside-root-refused'),
    wholeBucket,
    wholeListing,
    everything('outside-root-refused'),
    ...ownChecks('enrichment'),
    ...unseen,
  ],
  source: [
    ...trustRows,
    without('s3:ListBucket', 'list-objects'),
    without('s3:GetObject', 'read-object'),
    without('kms:Decrypt', 'read-object'),
    without('s3:ListBucketMultipartUploads', null),
    without('s3:GetBucketLocation', null),
    { ...keyPolicyWithoutUs, red: 'read-object' },
    more('s3:PutObject', objects, 'write-refused'),
    more('s3:DeleteObject', objects, null),
    more('s3:GetObject', `arn:aws:s3:::${bucket}/*`, 'outside-root-refused'),
    wholeBucket,
    wholeListing,
    everything('write-refused'),
    ...ownChecks('source'),
    ...unseen,
  ],
}

let house: House
let count = 0

beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house.close())

async function prepare(purpose: Purpose, edit: Weakened['edit']): Promise<Connection> {
  const encryption = { kind: 'sse-kms', keyArn: house.keyArn } as const
  const writing: ConnectionInput['writing'] =
    purpose === 'source' ? { encryption } : { encryption, resume: true, acl: 'bucket-owner-full-control' }
  const { connection } = await house.connect({
    name: `weak${++count}`,
    purpose,
    writing,
    identityMapping: { sourceIdentityClaim: 'sub', tags: [{ tag: 'department', claim: 'department', required: true }] },
  })
  const kit = await house.kitOf(connection)
  const read = (path: string): Document => JSON.parse(textOf(kit, path)) as Document
  const policies = {
    trust: read('trust-policy.json'),
    permissions: read('permissions-policy.json'),
    key: read('key-policy.json'),
  }
  edit(policies)
  const text = (document: Document): string => JSON.stringify({ Version: '2012-10-17', ...document })
  const name = `drawbridge-${connection.name}`
  await house.putRole(customerAccountId, name, '/', text(policies.trust), text(policies.permissions))
  await house.putKeyPolicy(text(policies.key))
  return connection
}

async function verify(connection: Connection, outsideRoot = true): Promise<Verification> {
  const identity = { ...dana, tags: { department: 'Quality' } }
  for await (const event of verifyConnection(connection, { kind: 'none' }, identity, house.context, { outsideRoot })) {
    if (event.type === 'done') return event.verification
  }
  throw new Error('the verification ended without a report')
}

describe.each(['export', 'enrichment', 'source'] as const)('%s', (purpose) => {
  beforeAll(async () => {
    // Something to read, under the key, so that a source has more than an empty folder.
    await house.fill(await prepare(purpose, () => undefined))
  })

  it('is green as it is', async () => {
    const report = await verify(await prepare(purpose, () => undefined))
    expect(report.checks.filter((check) => check.status !== 'pass')).toEqual([])
  })

  it.each(rows[purpose].filter((row) => row.red !== null))('$how turns $red red', async ({ edit, red }) => {
    const report = await verify(await prepare(purpose, edit))
    expect(report.status).toBe('fail')
    expect(report.checks.filter((check) => check.status === 'fail').map((check) => check.id)).toContain(red)
  })

  it.each(rows[purpose].filter((row) => row.red === null))('$how is seen by no check yet', async ({ edit }) => {
    const report = await verify(await prepare(purpose, edit))
    expect(report.checks.filter((check) => check.status === 'fail')).toEqual([])
  })
})

describe.each(['export', 'enrichment'] as const)('%s, without consent to a write beside the root path', (purpose) => {
  const beside = async (edit: Weakened['edit']) => {
    const before = await house.keysOf()
    const report = await verify(await prepare(purpose, edit), false)
    const added = (await house.keysOf()).filter((key) => !before.includes(key) && !key.startsWith('reports/'))
    return { report, added, check: report.checks.find(({ id }) => id === 'outside-root-refused') }
  }

  it('leaves open what was not tried, and is green', async () => {
    const { report, check, added } = await beside(() => undefined)
    expect(check).toMatchObject({ status: 'unknown', consent: 'missing' })
    expect(check?.detail).toMatch(/^a part for an upload that does not exist was refused/)
    expect([report.status, added]).toEqual(['pass', []])
  })

  it.each([more('s3:PutObject', `arn:aws:s3:::${bucket}/*`, null), wholeBucket])(
    '$how is found all the same, and nothing is written there',
    async ({ edit }) => {
      const { report, check, added } = await beside(edit)
      expect(check).toMatchObject({ status: 'fail', cause: 'grants-too-much' })
      expect([report.status, added]).toEqual(['fail', []])
    },
  )

  it('concludes nothing where the own place does not answer as one that may be written', async () => {
    const { check } = await beside(without('s3:PutObject', null).edit)
    expect(check?.status).toBe('skipped')
  })
})
