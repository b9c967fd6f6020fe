/** Repairs of trust policies whose conditions no ID token of ours meets: by another key, without External ID, from any address. */
import { describe, expect, test } from 'vitest'
import { type AssumeRoleCall, type ChainPolicies, decideCall } from '../operations/index.ts'
import { webIdentityStatements } from '../write/index.ts'
import { repairCall } from './repair-call.ts'
import { decideAfter } from './testing/apply-proposal.ts'
import { assumeRole, healthy, ours, policyOf } from './testing/scenario.ts'

const prefix = 'drawbridge.example.com/oidc'
const webIdentity = {
  providerArn: `arn:aws:iam::222222222222:oidc-provider/${prefix}`,
  audience: 'sts.amazonaws.com',
  subject: 'drawbridge:tenant-a:dbx_1',
}
const call: AssumeRoleCall = {
  ...assumeRole,
  caller: webIdentity.providerArn,
  callerPrincipalArn: webIdentity.providerArn,
  externalId: null,
  webIdentity,
  tags: {},
  sourceIdentity: null,
}
const claims = { [`${prefix}:aud`]: webIdentity.audience, [`${prefix}:sub`]: webIdentity.subject }

function chain(Condition: object, Principal: object = { Federated: webIdentity.providerArn }): ChainPolicies {
  const statement = { Effect: 'Allow', Principal, Action: 'sts:AssumeRoleWithWebIdentity', Condition }
  return { ...healthy, base: null, trust: policyOf('trust', statement) }
}

function best(policies: ChainPolicies) {
  const all = repairCall(call, policies, ours)
  const [first] = all
  if (first === undefined) throw new Error('no repair')
  expect(decideAfter({ call, policies, ours }, all, first).decision).toBe('allowed')
  return first
}

describe('a role that an ID token opens', () => {
  test('is open with what the kit writes', () => {
    const sent = { sessionTagKeys: [], sourceIdentity: false }
    const trust = policyOf('trust', ...webIdentityStatements(webIdentity, sent))
    expect(decideCall(call, { ...healthy, base: null, trust }).decision).toBe('allowed')
  })

  test('loses a demand for an External ID, which no token carries', () => {
    const { summary, proved, opens } = best(chain({ StringEquals: { ...claims, 'sts:ExternalId': 'acme-2026' } }))
    expect(summary).toContain('remove the condition on `sts:ExternalId`')
    expect(summary).toContain('its subject is compared')
    expect([proved, opens]).toEqual([true, 'nothing else'])
  })

  test('keeps that demand where the subject would be compared with nothing, or with several', () => {
    for (const other of [{}, { [`${prefix}:sub`]: [webIdentity.subject, 'drawbridge:tenant-a:dbx_2'] }]) {
      const policies = chain({
        StringEquals: { [`${prefix}:aud`]: webIdentity.audience, ...other, 'sts:ExternalId': 'x' },
      })
      for (const { summary } of repairCall(call, policies, ours)) expect(summary).not.toContain('remove')
    }
  })

  test('keeps that demand where the statement lets AWS principals in too', () => {
    const Principal = { Federated: webIdentity.providerArn, AWS: 'arn:aws:iam::111111111111:role/drawbridge-base' }
    const policies = chain({ StringEquals: { ...claims, 'sts:ExternalId': 'acme-2026' } }, Principal)
    for (const { summary } of repairCall(call, policies, ours)) expect(summary).not.toContain('remove')
  })

  test('is compared under the keys of its own issuer, and nothing about the other issuer is unknown', () => {
    const policies = chain({ StringEquals: { 'oidc.acme.example.com:sub': 'a', 'oidc.acme.example.com:aud': 'b' } })
    expect(decideCall(call, policies).missingContextValues).toEqual([])
    const { summary, patch, proved } = best(policies)
    expect(summary).toContain(`compare \`${prefix}:sub\` with \`${webIdentity.subject}\``)
    expect(proved).toBe(true)
    expect(patch?.after).toMatchObject({ Statement: [{ Condition: { StringEquals: claims } }] })
  })

  test('is let in from any address rather than past the condition, because its subject protects the role', () => {
    const demand = { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }
    const { summary } = best(chain({ StringEquals: claims, ...demand }))
    expect(summary).toMatch(/^remove the condition on `aws:SourceIp`.*the subject of the ID token protects the role$/)
    const [unprotected] = repairCall(call, chain(demand), ours)
    expect(unprotected?.summary).toContain('add a statement')
  })
})
