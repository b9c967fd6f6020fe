/** Laws that every proposal keeps, on chains broken at random in trust, permissions, bucket and key policy. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ApiCall, type ChainPolicies, decideCall } from '../operations/index.ts'
import type { NamedPolicy } from '../types.ts'
import type { OwnSettings, RepairProposal } from './proposal.ts'
import { repairCall } from './repair-call.ts'
import { decideAfter } from './testing/apply-proposal.ts'
import {
  assumeRole,
  keyArn,
  kitChain,
  model,
  ours,
  policyOf,
  putObject,
  roleArn,
  vendorArn,
} from './testing/scenario.ts'

const chain = kitChain({ ...model, kmsKeyArn: keyArn, acl: true, resume: true })

const condition = fc.constantFrom<object>(
  { IpAddress: { 'aws:SourceIp': ['203.0.113.0/24', '192.0.2.1'] } },
  { NotIpAddress: { 'aws:SourceIp': '198.51.100.0/24' } },
  { StringEquals: { 'aws:RequestedRegion': ['us-east-1', 'eu-central-1'] } },
  { StringNotEquals: { 'aws:RequestedRegion': 'eu-central-1' } },
  { StringLike: { 'aws:RequestTag/Team': 'fin*' } },
  { StringEquals: { 'aws:PrincipalTag/Team': 'finance' } },
  { StringEquals: { 'AWS:requesttag/Department': 'audit' } },
  { Null: { 'aws:RequestTag/Department': 'false' } },
  { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['Other'] } },
  { 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['Department'] } },
  { StringEquals: { 'sts:ExternalId': ['one', 'other'] } },
  { StringLike: { 'sts:ExternalId': 'old-*' } },
  { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/other' } },
  { ArnNotEquals: { 'aws:PrincipalArn': [vendorArn, roleArn] } },
  { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
  { StringEquals: { 's3:x-amz-acl': 'bucket-owner-full-control' } },
  { StringNotEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' } },
  { DateLessThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' } },
  { StringEquals: { 'kms:ViaService': 'ec2.eu-central-1.amazonaws.com' } },
)
const conditions = fc
  .uniqueArray(condition, { maxLength: 3, selector: (one) => Object.keys(one)[0] })
  .map((list) => Object.assign({}, ...list) as object)
const principal = fc.constantFrom<unknown>(
  { AWS: vendorArn },
  { AWS: roleArn },
  { AWS: [roleArn, vendorArn, 'arn:aws:iam::333333333333:role/x'] },
  { AWS: 'AROAEXAMPLEEXAMPLE123' },
  { AWS: '111111111111' },
  '*',
)
const effect = fc.constantFrom('Allow', 'Allow', 'Deny')

function statements(
  actions: readonly (string | string[])[],
  resource: readonly (string | string[])[] | null,
  hasPrincipal: boolean,
): fc.Arbitrary<object[]> {
  const one = fc
    .record({
      Effect: effect,
      Principal: principal,
      Action: fc.constantFrom(...actions),
      Resource: fc.constantFrom(...(resource ?? ['*'])),
      Condition: conditions,
    })
    .map(({ Principal, Resource, Condition, ...rest }) => ({
      ...rest,
      ...(hasPrincipal ? { Principal } : {}),
      ...(resource === null ? {} : { Resource }),
      ...(Object.keys(Condition).length === 0 ? {} : { Condition }),
    }))
  return fc.array(one, { minLength: 1, maxLength: 3 })
}

const objects = 'arn:aws:s3:::acme-audit/exports/*'
const brokenChain: fc.Arbitrary<ChainPolicies> = fc
  .record({
    trust: fc.option(statements(['sts:AssumeRole', ['sts:AssumeRole', 'sts:TagSession'], 'sts:*'], null, true)),
    permissions: fc.option(
      statements(
        ['s3:PutObject', ['s3:GetObject', 's3:PutObjectAcl'], 's3:*', 'kms:Decrypt'],
        [objects, 'arn:aws:s3:::acme-audit/*', '*', keyArn],
        false,
      ),
    ),
    bucket: fc.option(
      statements(
        ['s3:PutObject', 's3:*', ['s3:PutObject', 's3:PutObjectAcl']],
        [objects, ['arn:aws:s3:::acme-audit', 'arn:aws:s3:::acme-audit/*']],
        true,
      ),
    ),
    key: fc.option(statements(['kms:*', 'kms:GenerateDataKey', ['kms:Decrypt', 'kms:Encrypt']], ['*'], true)),
  })
  .map(({ trust, permissions, bucket, key }) => ({
    ...chain,
    ...(trust === null ? {} : { trust: policyOf('trust', ...trust) }),
    ...(permissions === null ? {} : { permissions: [policyOf('permissions', ...permissions)] }),
    ...(bucket === null ? {} : { bucket: policyOf('bucket', ...bucket) }),
    ...(key === null ? {} : { key: policyOf('key', ...key) }),
  }))

const calls: fc.Arbitrary<ApiCall> = fc.constantFrom<ApiCall>(
  assumeRole,
  { ...assumeRole, sourceIp: null, tags: {} },
  { ...putObject, acl: 'bucket-owner-full-control', bucketKeyArn: keyArn, multipart: true },
  { ...putObject, bucketOwner: '333333333333' },
)
const settings: fc.Arbitrary<OwnSettings> = fc.constantFrom<OwnSettings>(ours, { ...ours, egress: ['198.51.100.0/24'] })

/** All strings under the given names in a policy's Allow statements. */
function allowed(policy: unknown, element: 'Principal' | 'Resource'): readonly string[] {
  const written = (policy as { Statement?: unknown } | null)?.Statement ?? []
  const list = (Array.isArray(written) ? written : [written]) as {
    Effect: string
    Principal?: unknown
    Resource?: unknown
  }[]
  return list.filter((one) => one.Effect === 'Allow').map((one) => JSON.stringify(one[element] ?? null))
}

function countOf(values: readonly string[], wanted: RegExp): number {
  return values.filter((value) => wanted.test(value)).length
}

function sourceOf(policies: ChainPolicies, { policy, name }: NonNullable<RepairProposal['patch']>): unknown {
  const all: readonly (NamedPolicy | null)[] =
    policy === 'permissions' || policy === 'base'
      ? (policies[policy] ?? [])
      : policy === 'scp' || policy === 'rcp'
        ? policies[policy].flat()
        : [policies[policy]]
  return all.find((one) => one?.name === name)?.policy.source ?? null
}

test('what says proved is allowed when carried out, and no proposal opens the door to everybody', () => {
  let proved = 0
  fc.assert(
    fc.property(brokenChain, calls, settings, (policies, call, own) => {
      const scenario = { call, policies, ours: own }
      const proposals = repairCall(call, policies, own)
      // The observed address is the call's, where the call does not know its own.
      const seen = { ...call, sourceIp: call.sourceIp ?? own.observedAddress }
      if (decideCall(seen, policies).decision === 'allowed') expect(proposals).toEqual([])
      for (const proposal of proposals) {
        if (proposal.proved && (proposal === proposals[0] || proposal.requires.length === 0)) {
          proved += 1
          expect(decideAfter(scenario, proposals, proposal).decision).toBe('allowed')
        }
        if (proposal.patch === undefined) continue
        const { after } = proposal.patch
        const before = sourceOf(policies, proposal.patch)
        const anybody = /"\*"/
        expect(countOf(allowed(after, 'Principal'), anybody)).toBeLessThanOrEqual(
          countOf(allowed(before, 'Principal'), anybody),
        )
        if (proposal.patch.policy !== 'key') {
          expect(countOf(allowed(after, 'Resource'), anybody)).toBeLessThanOrEqual(
            countOf(allowed(before, 'Resource'), anybody),
          )
        }
        const ids = (policy: unknown): number => JSON.stringify(policy ?? null).split('sts:ExternalId').length
        expect(ids(after)).toBeGreaterThanOrEqual(Math.min(ids(before), after === null ? 1 : ids(before)))
      }
    }),
    { numRuns: 300 },
  )
  expect(proved).toBeGreaterThan(100)
})
