/** What is proposed when a trust policy refuses: addresses, principals, External ID, tags. */
import { describe, expect, test } from 'vitest'
import { decideCall } from '../operations/index.ts'
import { repairCall } from './repair-call.ts'
import { firstRepair } from './testing/first-repair.ts'
import {
  assumeRole,
  healthy,
  kitChain,
  model,
  named,
  ours,
  policyOf,
  putObject,
  roleArn,
  trustWith,
  vendorArn,
} from './testing/scenario.ts'

describe('source address', () => {
  const trust = trustWith({ IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } })

  test('fixed addresses are listed instead of the condition being dropped', () => {
    const scenario = {
      call: assumeRole,
      policies: { ...healthy, trust },
      ours: { ...ours, egress: ['198.51.100.0/24'] },
    }
    expect(firstRepair(scenario)).toMatchObject({
      operations: [{ op: 'replace', path: '/Statement/0/Condition/IpAddress/aws:SourceIp', value: '198.51.100.0/24' }],
    })
  })

  test('an unknown address is not guessed: the verdict says what is missing', () => {
    const verdict = decideCall({ ...assumeRole, sourceIp: null }, { ...healthy, trust })
    expect(verdict).toMatchObject({ decision: 'implicitDeny', missingContextValues: ['aws:SourceIp'] })
  })

  test('declared addresses that nobody observed prove nothing', () => {
    const own = { ...ours, egress: ['198.51.100.0/24'], observedAddress: null }
    const [first] = repairCall({ ...assumeRole, sourceIp: null }, { ...healthy, trust }, own)
    expect(first?.summary).toContain('list our addresses')
    expect(first?.proved).toBe(false)
  })

  test('where the statement had no External ID, it is put back as the address goes', () => {
    const bare = trustWith({ IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }, null)
    const scenario = { call: assumeRole, policies: { ...healthy, trust: bare }, ours }
    firstRepair(scenario)
    const [first] = repairCall(assumeRole, scenario.policies, ours)
    expect(first?.patch?.after).toMatchObject({
      Statement: [{ Condition: { StringEquals: { 'sts:ExternalId': 'dbx_our-external-id' } } }, {}, {}],
    })
    expect(first?.patch?.diff).not.toContain('+          "aws:SourceIp"')
  })

  test('a bucket policy that denies all other networks makes an exception for the role', () => {
    const bucket = policyOf('bucket', {
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: ['arn:aws:s3:::acme-audit', 'arn:aws:s3:::acme-audit/*'],
      Condition: { NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } },
    })
    const scenario = { call: putObject, policies: { ...healthy, bucket }, ours }
    expect(firstRepair(scenario)).toMatchObject({
      link: 'bucket-policy',
      operations: [{ op: 'add', path: '/Statement/0/Condition/ArnNotEquals', value: { 'aws:PrincipalArn': roleArn } }],
    })
    const fixed = { ...scenario, ours: { ...ours, egress: ['198.51.100.24/32'] } }
    expect(firstRepair(fixed)).toMatchObject({
      operations: [{ op: 'replace', value: ['203.0.113.0/24', '198.51.100.24/32'] }],
    })
  })
})

describe('trust policy', () => {
  const kit = kitChain(model).trust?.policy.source as { Statement: { Principal: { AWS: string } }[] }

  test('the id of a deleted principal is replaced everywhere at once', () => {
    const dead = JSON.parse(JSON.stringify(kit).replaceAll(vendorArn, 'AROAEXAMPLEEXAMPLE123')) as object
    const scenario = { call: assumeRole, policies: { ...healthy, trust: named('trust', dead) }, ours }
    expect(firstRepair(scenario)).toMatchObject({
      side: 'theirs',
      operations: [0, 1, 2].map((index) => ({
        op: 'replace',
        path: `/Statement/${index}/Principal/AWS`,
        value: vendorArn,
      })),
    })
  })

  test('another principal of our account is replaced; somebody else’s statement is left alone', () => {
    const wrong = JSON.parse(JSON.stringify(kit).replaceAll('drawbridge-base', 'old-exporter')) as object
    const scenario = { call: assumeRole, policies: { ...healthy, trust: named('trust', wrong) }, ours }
    expect(firstRepair(scenario)).toMatchObject({
      operations: [{ value: vendorArn }, { value: vendorArn }, { value: vendorArn }],
    })
    const foreign = policyOf('trust', {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::333333333333:role/auditor' },
      Action: 'sts:AssumeRole',
    })
    const [first] = repairCall(assumeRole, { ...healthy, trust: foreign }, ours)
    expect(first?.proved).toBe(true)
    expect(first?.patch?.after).toMatchObject({
      Statement: [
        { Principal: { AWS: 'arn:aws:iam::333333333333:role/auditor' } },
        { Principal: { AWS: vendorArn }, Condition: { StringEquals: { 'sts:ExternalId': 'dbx_our-external-id' } } },
        { Action: 'sts:TagSession' },
        { Action: 'sts:SetSourceIdentity' },
      ],
    })
  })

  test.each([
    ['sts:TagSession', 1, 'DrawbridgeTagSession'],
    ['sts:SetSourceIdentity', 2, 'DrawbridgeSetSourceIdentity'],
  ])('a missing %s gets its own statement', (action, index, sid) => {
    const trust = policyOf('trust', ...kit.Statement.filter((_, at) => at !== index))
    const scenario = { call: assumeRole, policies: { ...healthy, trust }, ours }
    expect(firstRepair(scenario)).toMatchObject({
      link: 'assume-role',
      policy: 'trust',
      operations: [
        { op: 'add', path: '/Statement/-', value: { Sid: sid, Action: action, Principal: { AWS: vendorArn } } },
      ],
    })
  })

  test('a tag that the sign-in does not have is never invented', () => {
    const trust = trustWith({ StringEquals: { 'aws:RequestTag/CostCentre': '42' } })
    const proposals = repairCall(assumeRole, { ...healthy, trust }, ours)
    expect(proposals.length).toBeGreaterThan(0)
    expect(proposals.filter((one) => one.change?.setting === 'identityMapping')).toEqual([])
    expect(proposals[0]?.patch?.policy).toBe('trust')
  })

  test('a claim with another value than the policy wants is not passed off as the wanted one', () => {
    const trust = trustWith({ StringEquals: { 'aws:RequestTag/Department': 'finance' } })
    for (const proposal of repairCall(assumeRole, { ...healthy, trust }, ours)) {
      expect(JSON.stringify(proposal.change ?? '')).not.toContain('finance')
    }
  })

  test('a newly mapped tag that the trust policy does not let through yet is added to its list', () => {
    const trust = trustWith({ StringEquals: { 'aws:RequestTag/Department': 'audit' } })
    const proposals = repairCall(assumeRole, { ...healthy, trust }, ours)
    expect(proposals.slice(0, 2)).toMatchObject([
      { side: 'ours', change: { setting: 'identityMapping' }, proved: true },
      {
        side: 'theirs',
        patch: {
          operations: [
            {
              op: 'replace',
              path: '/Statement/1/Condition/ForAllValues:StringEquals/aws:TagKeys',
              value: ['Team', 'Department'],
            },
          ],
        },
      },
    ])
  })

  test('a wildcard principal is not loosened further: our own statement is added', () => {
    const trust = policyOf('trust', {
      Effect: 'Allow',
      Principal: { AWS: '*' },
      Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
      Condition: { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } },
    })
    const [first] = repairCall(assumeRole, { ...healthy, trust }, ours)
    expect(first?.proved).toBe(true)
    expect(first?.patch?.after).toMatchObject({
      Statement: [{ Condition: { IpAddress: {} } }, { Principal: { AWS: vendorArn } }, {}, {}],
    })
  })

  test('our own identity policy is ours to repair', () => {
    const base = [policyOf('base', { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: roleArn })]
    expect(firstRepair({ call: assumeRole, policies: { ...healthy, base }, ours })).toMatchObject({
      link: 'base-identity',
      side: 'ours',
      policy: 'base',
    })
  })
})
