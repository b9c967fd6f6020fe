/** Policies that are written: no finding, all of the purpose allowed, all else denied. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { evaluate } from '../evaluate/index.ts'
import { decideCall, type PutObjectCall } from '../operations/index.ts'
import { parsePolicy } from '../read/index.ts'
import type { Decision, NamedPolicy, PolicySet } from '../types.ts'
import { type ActionFact, allowedActions, forbiddenActions } from './grants.ts'
import { accountOf, type SetupModel, viaS3 } from './model.ts'
import { sessionPolicyLimit, writeSessionPolicy } from './session-policy.ts'
import { writeSetupPolicies } from './setup-policies.ts'
import { setupModel } from './testing/setup-model.ts'

const base: SetupModel = {
  partition: 'aws',
  purpose: 'export',
  bucket: 'acme-audit',
  rootPath: 'exports/',
  bucketOwner: '222222222222',
  roleArn: 'arn:aws:iam::222222222222:role/drawbridge-acme',
  vendorPrincipalArn: 'arn:aws:iam::111111111111:role/drawbridge-base',
  externalId: 'dbx_1234567890',
  kmsKeyArn: null,
  acl: false,
  resume: false,
  sessionTagKeys: [],
  sourceIdentity: false,
}

function named(name: string, value: unknown): NamedPolicy {
  const parsed = parsePolicy(value)
  if (!parsed.ok) throw new TypeError(`${name}: ${JSON.stringify(parsed.error)} in ${JSON.stringify(value)}`)
  return { name, policy: parsed.value }
}

/** Decides one fact as a session of the role, under everything the kit writes and the session policy on top. */
function decideFact(model: SetupModel, fact: ActionFact, rest: string): Decision {
  const policies = writeSetupPolicies(model)
  const isKey = fact.action.startsWith('kms:')
  const isRole = fact.action.startsWith('sts:')
  const isListing = fact.action === 's3:ListBucket' && model.rootPath !== ''
  const set: PolicySet = {
    identity: [named('permissions', policies.permissions)],
    boundary: null,
    session: named('session', writeSessionPolicy(model)),
    scp: [],
    rcp: [],
    resource: isRole ? null : isKey ? named('key', policies.key) : named('bucket', policies.bucket),
    vpcEndpoint: null,
  }
  const resource = fact.resource.endsWith('*') ? fact.resource.slice(0, -1) + rest : fact.resource
  return evaluate(
    {
      principal: `arn:${model.partition}:sts::${accountOf(model.roleArn)}:assumed-role/drawbridge-acme/u-1`,
      action: fact.action,
      resource,
      resourceAccount: isKey ? accountOf(resource) : isRole ? accountOf(model.roleArn) : model.bucketOwner,
      context: {
        'aws:PrincipalArn': model.roleArn,
        ...(isKey ? { 'kms:ViaService': viaS3(fact.resource)[0] ?? '' } : {}),
        ...(isListing ? { 's3:prefix': model.rootPath + rest } : {}),
      },
    },
    set,
  ).decision
}

const keyRest = fc.string({
  unit: fc.constantFrom('a', '/', '.', '*', '?', '$', '{', '}', ':', '\n', 'é'),
  maxLength: 12,
})

describe('for any model', () => {
  test('every document is read without a problem, with telling Sids that are unique', () => {
    fc.assert(
      fc.property(setupModel, (model) => {
        for (const [name, document] of Object.entries({
          ...writeSetupPolicies(model),
          session: writeSessionPolicy(model),
        })) {
          if (document === null) continue
          const sids = named(name, document).policy.statements.map((statement) => statement.sid ?? '')
          expect(sids.every((sid) => /^[A-Za-z0-9]{5,}$/.test(sid))).toBe(true)
          expect(new Set(sids).size).toBe(sids.length)
        }
      }),
      { numRuns: 120 },
    )
  })

  test('every allowed action is allowed', () => {
    fc.assert(
      fc.property(setupModel, keyRest, (model, rest) => {
        for (const fact of allowedActions(model))
          expect([fact, decideFact(model, fact, rest)]).toEqual([fact, 'allowed'])
      }),
      { numRuns: 120 },
    )
  })

  test('every forbidden action is denied', () => {
    fc.assert(
      fc.property(setupModel, keyRest, (model, rest) => {
        for (const fact of forbiddenActions(model)) {
          expect([fact, decideFact(model, fact, rest)]).toEqual([fact, 'implicitDeny'])
        }
      }),
      { numRuns: 120 },
    )
  })

  test('the session policy fits the limit of STS and has no wildcard resource', () => {
    fc.assert(
      fc.property(setupModel, fc.integer({ min: 0, max: 40 }), (model, depth) => {
        const deep = { ...model, rootPath: `${'€*$?folder/'.repeat(depth * 4)}` }
        const document = writeSessionPolicy(deep)
        expect(JSON.stringify(document).length).toBeLessThanOrEqual(sessionPolicyLimit)
        for (const statement of document.Statement) expect(statement.Resource).toMatch(/^arn:[a-z-]+:(s3|kms):/)
      }),
      { numRuns: 100 },
    )
  })

  test('the role is assumed by our principal with the External ID and the known tags, and by nothing else', () => {
    fc.assert(
      fc.property(setupModel, (model) => {
        const policies = writeSetupPolicies(model)
        const chain = {
          base: [named('base', policies.base)],
          trust: named('trust', policies.trust),
          permissions: null,
          boundary: null,
          session: null,
          bucket: null,
          key: null,
          scp: [],
          rcp: [],
        }
        const call = {
          operation: 'sts:AssumeRole',
          caller: `arn:${model.partition}:sts::${accountOf(model.vendorPrincipalArn)}:assumed-role/drawbridge-base/w`,
          callerPrincipalArn: model.vendorPrincipalArn,
          roleArn: model.roleArn,
          externalId: model.externalId,
          tags: Object.fromEntries(model.sessionTagKeys.map((key) => [key, 'x'])),
          sourceIdentity: model.sourceIdentity ? 'u-1' : null,
          region: 'eu-central-1',
          sourceIp: null,
        } as const
        expect(decideCall(call, chain).decision).toBe('allowed')
        expect(decideCall({ ...call, tags: { ...call.tags, Unknown: 'x' } }, chain).decision).not.toBe('allowed')
        const other = call.callerPrincipalArn.replace('drawbridge-base', 'other')
        const stranger = { ...call, caller: call.caller.replace('drawbridge-base', 'other'), callerPrincipalArn: other }
        expect(decideCall(stranger, { ...chain, base: null }).decision).not.toBe('allowed')
        if (model.externalId !== null) {
          expect(decideCall({ ...call, externalId: null }, chain).decision).not.toBe('allowed')
          expect(decideCall({ ...call, externalId: `${model.externalId}x` }, chain).decision).not.toBe('allowed')
        }
      }),
      { numRuns: 100 },
    )
  })
})

describe('purposes', () => {
  const actions = (model: SetupModel): string[] => allowedActions(model).map((fact) => fact.action)

  test('a source reads and nothing else', () => {
    expect(actions({ ...base, purpose: 'source', acl: true, resume: true })).toEqual([
      's3:ListBucket',
      's3:GetBucketLocation',
      's3:ListBucketMultipartUploads',
      's3:GetObject',
    ])
  })

  test('an enrichment reads, writes and cleans up', () => {
    expect(actions({ ...base, purpose: 'enrichment' })).toEqual([
      's3:ListBucket',
      's3:GetBucketLocation',
      's3:ListBucketMultipartUploads',
      's3:GetObject',
      's3:PutObject',
      's3:DeleteObject',
      's3:ListMultipartUploadParts',
      's3:AbortMultipartUpload',
    ])
  })

  test('an export only writes; the ACL and resuming add what they need', () => {
    expect(actions(base)).toEqual(['s3:PutObject'])
    expect(actions({ ...base, acl: true })).toEqual(['s3:PutObject', 's3:PutObjectAcl'])
    expect(actions({ ...base, resume: true })).toEqual([
      's3:ListBucketMultipartUploads',
      's3:PutObject',
      's3:ListMultipartUploadParts',
      's3:AbortMultipartUpload',
    ])
  })

  test('the key is used through S3 for what the purpose does', () => {
    const kmsKeyArn = 'arn:aws:kms:eu-central-1:222222222222:key/0a1b'
    const keyActions = (model: SetupModel): string[] => actions(model).filter((action) => action.startsWith('kms:'))
    expect(keyActions({ ...base, kmsKeyArn })).toEqual(['kms:GenerateDataKey'])
    expect(keyActions({ ...base, kmsKeyArn, resume: true })).toEqual(['kms:GenerateDataKey', 'kms:Decrypt'])
    expect(keyActions({ ...base, kmsKeyArn, purpose: 'source' })).toEqual(['kms:Decrypt'])
    const direct = { action: 'kms:GenerateDataKey', resource: kmsKeyArn, why: '' }
    const model = { ...base, kmsKeyArn }
    expect(decideFact(model, direct, '')).toBe('allowed')
    const call: PutObjectCall = {
      operation: 's3:PutObject',
      session: 'arn:aws:sts::222222222222:assumed-role/drawbridge-acme/u-1',
      roleArn: base.roleArn,
      tags: {},
      sourceIdentity: null,
      region: 'eu-central-1',
      sourceIp: null,
      bucket: base.bucket,
      key: 'exports/a.pdf',
      bucketOwner: base.bucketOwner,
      acl: 'none',
      encryption: { kind: 'bucket-default' },
      bucketKeyArn: kmsKeyArn,
      multipart: false,
    }
    const policies = writeSetupPolicies(model)
    const chain = {
      base: null,
      trust: null,
      permissions: [named('permissions', policies.permissions)],
      boundary: null,
      session: named('session', writeSessionPolicy(model)),
      bucket: null,
      key: named('key', policies.key),
      scp: [],
      rcp: [],
    }
    expect(decideCall(call, chain).decision).toBe('allowed')
    expect(
      decideCall({ ...call, context: { 'kms:ViaService': 'ec2.eu-central-1.amazonaws.com' } }, chain),
    ).toMatchObject({
      decision: 'implicitDeny',
      refusedBy: 1,
    })
  })
})

test('the trust policy reads as the pages of AWS have it', () => {
  expect(writeSetupPolicies({ ...base, sessionTagKeys: ['Team'], sourceIdentity: true }).trust).toEqual({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'DrawbridgeAssumeRole',
        Effect: 'Allow',
        Principal: { AWS: base.vendorPrincipalArn },
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'sts:ExternalId': 'dbx_1234567890' } },
      },
      {
        Sid: 'DrawbridgeTagSession',
        Effect: 'Allow',
        Principal: { AWS: base.vendorPrincipalArn },
        Action: 'sts:TagSession',
        Condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': 'Team' }, Null: { 'aws:TagKeys': 'false' } },
      },
      {
        Sid: 'DrawbridgeSetSourceIdentity',
        Effect: 'Allow',
        Principal: { AWS: base.vendorPrincipalArn },
        Action: 'sts:SetSourceIdentity',
      },
    ],
  })
})

test('a root path narrows listing by prefix, and wildcards in it mean themselves', () => {
  const { permissions } = writeSetupPolicies({ ...base, purpose: 'source', rootPath: 'a*b/' })
  expect(permissions.Statement[0]).toMatchObject({
    Action: 's3:ListBucket',
    Resource: 'arn:aws:s3:::acme-audit',
    Condition: { StringLike: { 's3:prefix': `a\${*}b/*` } },
  })
  expect(permissions.Statement[2]).toMatchObject({ Resource: `arn:aws:s3:::acme-audit/a\${*}b/*` })
})
