/** What is told of a verdict: near misses, what decided, what is missing. */
import { describe, expect, test } from 'vitest'
import { renderExplanation } from '../../terminal/index.ts'
import { decideCall, explainCall } from '../index.ts'
import {
  assumeRole,
  healthy,
  nine,
  permissionsWith,
  policyOf,
  putObject,
  trustWith,
} from '../repair/testing/scenario.ts'

const wishes = (name: keyof typeof nine): readonly string[] =>
  explainCall(nine[name].call, nine[name].policies).nearMisses.map(({ sentence }) => sentence)

describe('what would change it', () => {
  test.each([
    ['source-ip', ['allowed if aws:SourceIp were in 203.0.113.0/24']],
    ['external-id', ['allowed if sts:ExternalId were somebody-elses-id']],
    ['requested-region', ['allowed if aws:RequestedRegion were eu-central-1']],
    ['request-tag', ['allowed if aws:RequestTag/Department were audit']],
    ['principal-tag', ['allowed if aws:PrincipalTag/Team were finance']],
    [
      'missing-permission',
      ["allowed if the identity-based policy `permissions`'s statement 0 (`AllowExport`) covered s3:PutObject"],
    ],
    [
      'missing-acl',
      [
        "allowed if the identity-based policy `permissions`'s statement 0 (`DrawbridgeObjects`) covered s3:PutObjectAcl",
      ],
    ],
    ['bucket-deny', ['allowed if aws:PrincipalArn matched arn:aws:iam::222222222222:role/backup']],
    [
      'kms',
      [
        "allowed if the key policy's statement 0 (`KeyAdministration`) named arn:aws:sts::222222222222:assumed-role/drawbridge-acme/u-4711",
      ],
    ],
  ] as const)('%s', (name, expected) => {
    expect(wishes(name)).toEqual(expected)
  })

  test('two conditions that fail are wished for together', () => {
    const trust = trustWith({
      IpAddress: { 'aws:SourceIp': '203.0.113.0/24' },
      StringNotEquals: { 'aws:RequestedRegion': ['eu-west-1', 'us-east-1'] },
    })
    const [first] = explainCall(assumeRole, { ...healthy, trust }).nearMisses
    expect(first?.sentence).toBe(
      'allowed if aws:SourceIp were in 203.0.113.0/24, and aws:RequestedRegion were not eu-west-1, us-east-1',
    )
    expect(first?.elements.map(({ pointer }) => pointer)).toEqual([
      '/Statement/0/Condition/IpAddress/aws:SourceIp',
      '/Statement/0/Condition/StringNotEquals/aws:RequestedRegion',
    ])
  })

  test('faults in two policies are each one step, and neither is said to be enough', () => {
    const policies = {
      ...nine['bucket-deny'].policies,
      permissions: [permissionsWith('s3:PutObject', { Bool: { 'aws:SecureTransport': 'false' } })],
    }
    const { nearMisses } = explainCall(putObject, policies)
    expect(nearMisses.map(({ sentence, isEnough }) => [sentence, isEnough])).toEqual([
      ['one step nearer if aws:PrincipalArn matched arn:aws:iam::222222222222:role/backup', false],
    ])
  })

  test('a Deny of several conditions falls with any of them', () => {
    const bucket = policyOf('bucket', {
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: '*',
      Condition: {
        NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' },
        Null: { 'aws:SourceVpce': 'true' },
        StringNotLike: { 'aws:PrincipalTag/Team': 'fin*' },
      },
    })
    const [first] = explainCall(putObject, { ...healthy, bucket }).nearMisses
    expect(first?.sentence).toBe(
      'allowed if aws:SourceIp were in 203.0.113.0/24 or aws:SourceVpce were given or aws:PrincipalTag/Team matched fin*',
    )
  })
})

test('every element stands beside what the request had, with its place', () => {
  const { policies, call } = nine['source-ip']
  const [assume, tagging] = explainCall(call, policies).parts
  const trust = assume?.policies.find(({ policyType }) => policyType === 'trust')
  expect(trust?.statements[0]?.elements).toEqual([
    {
      element: 'Principal',
      pointer: '/Statement/0/Principal',
      wanted: ['arn:aws:iam::111111111111:role/drawbridge-base'],
      actual: ['arn:aws:sts::111111111111:assumed-role/drawbridge-base/worker'],
      matched: true,
    },
    {
      element: 'Action',
      pointer: '/Statement/0/Action',
      wanted: ['sts:AssumeRole'],
      actual: ['sts:AssumeRole'],
      matched: true,
    },
    {
      element: 'Condition',
      pointer: '/Statement/0/Condition/StringEquals/sts:ExternalId',
      operator: 'StringEquals',
      key: 'sts:ExternalId',
      wanted: ['dbx_our-external-id'],
      actual: ['dbx_our-external-id'],
      matched: true,
    },
    {
      element: 'Condition',
      pointer: '/Statement/0/Condition/IpAddress/aws:SourceIp',
      operator: 'IpAddress',
      key: 'aws:SourceIp',
      wanted: ['203.0.113.0/24'],
      actual: ['198.51.100.24'],
      matched: false,
    },
  ])
  expect(tagging?.decision).toBe('allowed')
})

test('an allowed call says so, and names the statement that allows', () => {
  const explanation = explainCall(assumeRole, healthy)
  expect(explanation).toMatchObject({
    decision: 'allowed',
    link: null,
    sentence: 'allowed: sts:AssumeRole, sts:TagSession and sts:SetSourceIdentity are all allowed',
    deciding: { policy: 'trust', index: 0, pointer: '/Statement/0' },
    nearMisses: [],
  })
})

test('the statement of the right policy is found where two have one name', () => {
  const other = permissionsWith('s3:GetObject')
  const policies = { ...healthy, permissions: [other, ...(healthy.permissions ?? [])], session: null }
  const [part] = explainCall(putObject, policies).parts
  const own = part?.policies.filter(({ policyType }) => policyType === 'identity')
  expect(own?.map(({ statements }) => statements[0]?.elements[0]?.wanted)).toEqual([['s3:GetObject'], ['s3:PutObject']])
})

test('policies that were not looked at are said to be taken as allowing', () => {
  const { call, policies } = nine['source-ip']
  const explanation = explainCall(call, { ...policies, base: null })
  expect(explanation.notSeen).toEqual(['base'])
  expect(explanation.parts[0]?.policies[0]).toMatchObject({ isSeen: false, statements: [] })
  expect(renderExplanation(explanation)).toContain('not looked at, taken as allowing: base')
})

test('the decision is that of decideCall, and what is rendered holds no control characters', () => {
  const evil = 'x\u001b[31m\u202e\r\ny'
  const policies = {
    ...healthy,
    trust: policyOf('trust', {
      Sid: evil,
      Effect: 'Allow',
      Principal: { AWS: evil },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { [evil]: evil } },
    }),
  }
  const explanation = explainCall({ ...assumeRole, sessionName: evil }, policies)
  expect(explanation.decision).toBe(decideCall(assumeRole, policies).decision)
  const text = JSON.stringify(policies.trust.policy.source)
  expect(renderExplanation(explanation, { trust: text }).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
})
