/**
 * Findings at the edges: names that are not known, strangers' text in messages, statements that can only partly be
 * read.
 */
import { describe, expect, test } from 'vitest'
import { checkPolicy } from './check-policy.ts'
import type { CheckOptions, Finding } from './finding.ts'

const ours = 'arn:aws:iam::111111111111:role/drawbridge-base'
const externalId = { StringEquals: { 'sts:ExternalId': 'dbx-1' } }

type Part = Readonly<Record<string, unknown>>

function check(options: CheckOptions, ...statements: readonly Part[]): readonly Finding[] {
  return checkPolicy({ Version: '2012-10-17', Statement: statements }, options)
}

function ids(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ id }) => id)
}

const allowGet = (part: Part): Part => ({
  Effect: 'Allow',
  Action: 's3:GetObject',
  Resource: 'arn:aws:s3:::b/*',
  ...part,
})
const allowAssume = (part: Part): Part => ({
  Effect: 'Allow',
  Principal: { AWS: ours },
  Action: 'sts:AssumeRole',
  Condition: externalId,
  ...part,
})

describe('names', () => {
  test.each([
    [allowGet({ Action: 's3:GetObjct' }), '`s3:GetObject`'],
    [allowGet({ Action: 'kms:decrypted', Resource: '*' }), '`kms:Decrypt`'],
    [allowGet({ Action: 'stss:AssumeRole', Resource: '*' }), '`sts`'],
    [allowGet({ Resourse: '*' }), '`Resource`'],
    [allowGet({ Condition: { StringEqaulsIfExists: { 'aws:RequestedRegion': 'x' } } }), '`StringEquals`'],
    [allowGet({ Condition: { StringEquals: { 'aws:RequestedRegoin': 'x' } } }), '`aws:RequestedRegion`'],
    [allowGet({ Resource: 'arn:aws-us-gob:s3:::b/*' }), '`aws-us-gov`'],
  ])('that are misspelled get the nearest known one: %j', (statement, nearest) => {
    const messages = check({ kind: 'identity' }, statement).map(({ message }) => message)
    expect(messages.some((message) => message.includes(`did you mean ${nearest}?`))).toBe(true)
  })

  test('that resemble nothing get no guess', () => {
    const [finding] = check({ kind: 'identity' }, allowGet({ Action: 's3:FrobnicateQuux' }))
    expect(finding).toMatchObject({ id: 'action-unknown', message: 'no action fits `s3:FrobnicateQuux`' })
  })

  test('of services that are not known one by one are let pass', () => {
    const statement = allowGet({
      Action: ['ec2:DescribeInstances', 'ec2:Whatever'],
      Resource: '*',
      Condition: { StringEquals: { 'ec2:Region': 'eu-central-1' } },
    })
    expect(check({ kind: 'identity' }, statement)).toEqual([])
  })

  test('of keys of identity providers are let pass', () => {
    const statement = {
      Effect: 'Allow',
      Principal: { Federated: 'arn:aws:iam::222222222222:oidc-provider/oidc.example.org/id/A1' },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: {
        StringEquals: {
          'oidc.example.org/id/A1:sub': 'repo:acme/x',
          'oidc.example.org/id/A1:aud': 'sts.amazonaws.com',
        },
      },
    }
    expect(check({ kind: 'trust' }, statement)).toEqual([])
  })
})

describe('a message', () => {
  test('shows a stranger’s text without control characters and backticks, and cut', () => {
    const [finding] = check({ kind: 'identity' }, allowGet({ Action: `s3:\u001b[31m\`${'x'.repeat(300)}` }))
    expect(finding?.message).toMatch(/^no action fits `s3:\\u001b\[31m'x{60,80}…`$/)
  })
})

describe('statements that can be read', () => {
  test('are checked beside those that can not', () => {
    const findings = check({ kind: 'identity' }, allowGet({ Effect: 'Maybe' }), allowGet({ Action: 's3:GetObjekt' }))
    expect(findings.map(({ id, pointer }) => `${id} ${pointer}`)).toEqual([
      'policy-grammar /Statement/0/Effect',
      'action-unknown /Statement/1/Action',
    ])
  })

  test('without a Resource or a Principal are told once what they lack', () => {
    const bare = { Effect: 'Allow', Action: 's3:GetObject' }
    expect(ids(check({ kind: 'identity' }, bare))).toEqual(['resource-missing'])
    expect(ids(check({ kind: 'bucket' }, bare))).toEqual(['principal-missing', 'resource-missing'])
    expect(ids(check({ kind: 'trust' }, { Effect: 'Allow', Action: 'sts:AssumeRole' }))).toEqual(['principal-missing'])
    expect(ids(check({ kind: 'identity' }, { Action: 's3:GetObject' }))).toEqual(['policy-grammar', 'policy-grammar'])
  })

  test('may stand without a list', () => {
    const [finding] = checkPolicy(
      { Version: '2012-10-17', Statement: allowGet({ Action: 's3:GetObjekt' }) },
      { kind: 'identity' },
    )
    expect(finding?.pointer).toBe('/Statement/Action')
  })
})

describe('the External ID', () => {
  test('by ForAllValues or Null is no protection', () => {
    const all = { 'ForAllValues:StringEquals': { 'sts:ExternalId': 'dbx-1' } }
    expect(ids(check({ kind: 'trust' }, allowAssume({ Condition: all })))).toContain('external-id-optional')
    const some = { Null: { 'sts:ExternalId': 'false' } }
    expect(ids(check({ kind: 'trust' }, allowAssume({ Condition: some })))).toEqual(['external-id-wildcard'])
    const none = { Null: { 'sts:ExternalId': 'true' } }
    expect(ids(check({ kind: 'trust' }, allowAssume({ Condition: none })))).toEqual(['external-id-missing'])
  })

  test('is not asked of services and providers', () => {
    const service = allowAssume({ Principal: { Service: 'ec2.amazonaws.com' }, Condition: undefined })
    expect(check({ kind: 'trust' }, service)).toEqual([])
  })

  test('is asked of each statement that lets an account in', () => {
    const second = allowAssume({ Principal: { AWS: '333333333333' }, Condition: undefined })
    const findings = check({ kind: 'trust' }, allowAssume({}), second)
    expect(findings.map(({ id, pointer }) => `${id} ${pointer}`)).toEqual([
      'trust-account /Statement/1/Principal/AWS',
      'external-id-missing /Statement/1',
      'vendor-several /Statement/1/Principal/AWS',
    ])
  })

  test('on a wildcard that covers more than AssumeRole is named', () => {
    expect(ids(check({ kind: 'trust' }, allowAssume({ Action: 'sts:*' })))).toEqual([
      'external-id-wrong-action',
      'trust-action-wildcard',
    ])
  })
})

describe('session tags', () => {
  const tagged = allowAssume({ Condition: { ...externalId, 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['Team'] } } })
  const tagging = { Effect: 'Allow', Principal: { AWS: ours }, Action: 'sts:TagSession' }

  test('that are demanded want sts:TagSession for the same principal', () => {
    expect(ids(check({ kind: 'trust' }, tagged))).toEqual(['tag-session-missing'])
    expect(check({ kind: 'trust' }, tagged, tagging)).toEqual([])
    const forOther = { ...tagging, Principal: { AWS: 'arn:aws:iam::333333333333:role/other' } }
    expect(ids(check({ kind: 'trust' }, tagged, forOther))).toEqual(['tag-session-missing'])
    expect(check({ kind: 'trust' }, tagged, { ...tagging, Principal: '*' })).toEqual([])
  })

  test('that are sent want it as well', () => {
    expect(ids(check({ kind: 'trust', sessionTagKeys: ['Team'] }, allowAssume({})))).toEqual(['tag-session-missing'])
    expect(check({ kind: 'trust', sessionTagKeys: [] }, allowAssume({}))).toEqual([])
  })
})

describe('conditions that a vendor can not meet', () => {
  const byAddress = allowAssume({ Condition: { ...externalId, IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } } })

  test('depend on where our calls come from', () => {
    expect(ids(check({ kind: 'trust' }, byAddress))).toEqual(['vendor-address'])
    expect(ids(check({ kind: 'trust', egress: 'dynamic' }, byAddress))).toEqual(['vendor-address'])
    expect(check({ kind: 'trust', egress: ['203.0.113.64/26'] }, byAddress)).toEqual([])
    expect(ids(check({ kind: 'trust', egress: ['203.0.112.0/23'] }, byAddress))).toEqual(['vendor-address'])
  })

  test('are found in a Deny too, unless it looks at who calls', () => {
    const deny = (condition: Part): Part => ({
      Effect: 'Deny',
      Principal: '*',
      Action: 'sts:AssumeRole',
      Condition: condition,
    })
    const outside = { StringNotEquals: { 'aws:SourceVpc': 'vpc-0a1b2c3d' } }
    expect(ids(check({ kind: 'trust' }, allowAssume({}), deny(outside)))).toEqual(['vendor-network'])
    const others = { ...outside, ArnNotEquals: { 'aws:PrincipalArn': ours } }
    expect(check({ kind: 'trust' }, allowAssume({}), deny(others))).toEqual([])
    const listed = { StringEquals: { 'aws:SourceVpc': 'vpc-0a1b2c3d' } }
    expect(check({ kind: 'trust' }, allowAssume({}), deny(listed))).toEqual([])
    const withoutMfa = { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } }
    expect(ids(check({ kind: 'trust' }, allowAssume({}), deny(withoutMfa)))).toEqual(['vendor-mfa'])
  })

  test('concern other policies only when the egress is known', () => {
    const statement = allowGet({ Condition: { StringEquals: { 'aws:SourceVpce': 'vpce-0a1b2c3d' } } })
    expect(check({ kind: 'identity' }, statement)).toEqual([])
    expect(ids(check({ kind: 'identity', egress: 'dynamic' }, statement))).toEqual(['vendor-network'])
  })
})

describe('resources', () => {
  test('of an action without any are a star', () => {
    expect(ids(check({ kind: 'identity' }, allowGet({ Action: 's3:ListAllMyBuckets' })))).toEqual([
      'action-resource-mismatch',
    ])
    expect(check({ kind: 'identity' }, allowGet({ Action: 's3:ListAllMyBuckets', Resource: '*' }))).toEqual([])
  })

  test('may be left open for bucket and objects at once', () => {
    const statement = allowGet({ Action: ['s3:GetObject', 's3:ListBucket'], Resource: 'arn:aws:s3:::b*' })
    expect(check({ kind: 'identity' }, statement)).toEqual([])
  })

  test('of access points are fit for objects', () => {
    const resource = 'arn:aws:s3:eu-central-1:222222222222:accesspoint/audit/object/*'
    expect(check({ kind: 'identity' }, allowGet({ Resource: resource }))).toEqual([])
  })

  test.each([
    ['arn:aws:iam:eu-central-1:222222222222:role/x', 'has a region'],
    ['arn:aws:iam:::role/x', 'has no account'],
    ['arn:aws:kms::222222222222:key/x', 'has no region'],
    ['arn:aws:s4:::b/*', 'unknown service'],
    ['arn:aws:s3::', 'fewer than six segments'],
    ['arn:aws:s3:::', 'names no resource'],
  ])('%s is malformed', (resource, what) => {
    const findings = check(
      { kind: 'identity' },
      allowGet({ Action: ['s3:GetObject', 'iam:GetRole', 'kms:Decrypt'], Resource: resource }),
    )
    expect(findings).toMatchObject([{ id: 'arn-malformed', message: expect.stringContaining(what) }])
  })

  test('of any bucket are not found where a condition names the owner', () => {
    const condition = { StringEquals: { 's3:ResourceAccount': '222222222222' } }
    expect(
      check({ kind: 'identity' }, allowGet({ Action: 's3:PutObject', Resource: '*', Condition: condition })),
    ).toEqual([])
  })
})

describe('principals', () => {
  const put = (principal: unknown): Part => allowGet({ Principal: principal })

  test.each([
    [{ AWS: 'arn:aws:iam::111111111111:group/auditors' }, 'principal-malformed'],
    [{ AWS: 'arn:aws:sts::111111111111:assumed-role/base' }, 'principal-malformed'],
    [{ AWS: 'arn:aws:iam::111111111111:assumed-role/base/w' }, 'principal-malformed'],
    [{ AWS: '123456789' }, 'account-id'],
    [{ AWS: 'arn:aws:iam::123456789:role/x' }, 'account-id'],
    [{ AWS: 'AIDAEXAMPLEEXAMPLE123' }, 'principal-dead'],
    [{ Service: 's3' }, 'principal-malformed'],
    [{ CanonicalUser: 'abc' }, 'principal-malformed'],
  ])('%j', (principal, id) => {
    expect(ids(check({ kind: 'bucket' }, put(principal)))).toContain(id)
  })

  test('of any form that AWS documents are let pass', () => {
    const names = [
      '111111111111',
      'arn:aws:iam::111111111111:user/path/u',
      'arn:aws:sts::111111111111:federated-user/f',
      'arn:aws-cn:iam::111111111111:role/aws-reserved/x',
    ]
    expect(check({ kind: 'bucket' }, put({ AWS: names, CanonicalUser: 'a'.repeat(64) }))).toEqual([])
  })
})

describe('sizes', () => {
  const padded = (length: number): string => {
    const policy = (sid: string): string =>
      JSON.stringify({ Version: '2012-10-17', Statement: [allowGet({ Sid: sid })] })
    return policy('x'.repeat(length - policy('').length))
  }

  test.each([
    ['session', 2048],
    ['boundary', 6144],
    ['identity', 10_240],
    ['scp', 5120],
  ] as const)('a %s policy may have %i characters', (kind, most) => {
    expect(ids(checkPolicy(padded(most), { kind }))).not.toContain('policy-too-large')
    expect(ids(checkPolicy(padded(most + 1), { kind }))).toContain('policy-too-large')
  })

  test('white space counts in session policies and those of an organization alone', () => {
    const wide = `${' '.repeat(2048)}${padded(200)}`
    expect(ids(checkPolicy(wide, { kind: 'session' }))).toEqual(['policy-too-large'])
    const wider = `${' '.repeat(6144)}${padded(200)}`
    expect(ids(checkPolicy(wider, { kind: 'scp' }))).toEqual(['policy-too-large'])
    expect(checkPolicy(wider, { kind: 'identity' })).toEqual([])
    expect(checkPolicy(wider, { kind: 'boundary' })).toEqual([])
  })
})
