/** Ways in which a trust policy seems to compare the claims of an ID token, and does not; and those in which it does. */
import { describe, expect, test } from 'vitest'
import { checkPolicy } from './check-policy.ts'

const account = 'arn:aws:iam::222222222222'
const own = 'oidc.example.org/id'
const aud = { [`${own}:aud`]: 'sts.amazonaws.com' }
const sub = { [`${own}:sub`]: 'repo:acme/export' }

function found(Condition: object | undefined, provider = `${account}:oidc-provider/${own}`): string[] {
  const Principal = { Federated: provider }
  const statement = { Effect: 'Allow', Principal, Action: 'sts:AssumeRoleWithWebIdentity', Condition }
  const findings = checkPolicy({ Version: '2012-10-17', Statement: [statement] }, { kind: 'trust' })
  return findings.map(({ id, pointer }) => `${id} ${pointer}`)
}

describe('the subject of an ID token', () => {
  test.each([
    ['StringNotEquals', sub],
    ['StringEqualsIfExists', sub],
    ['ForAllValues:StringEquals', sub],
    ['Null', { [`${own}:sub`]: 'false' }],
    ['StringLike', { [`${own}:sub`]: '*' }],
    ['StringLike', { [`${own}:sub`]: ['repo:acme/export', '*'] }],
  ])('is not narrowed by %s', (operator, condition) => {
    const pointer = `/Statement/0/Condition/${operator}/oidc.example.org~1id:sub`
    expect(found({ StringEquals: aud, [operator]: condition })).toContain(`token-subject-missing ${pointer}`)
  })

  test('is compared under the provider’s own key, in any letter case, and no other counts', () => {
    expect(found({ StringEquals: { ...aud, 'OIDC.example.org/id:SUB': 'repo:acme/export' } })).toEqual([])
    expect(found({ StringEquals: { ...aud, 'oidc.example.org/other:sub': 'repo:acme/export' } })).toEqual([
      'token-subject-missing /Statement/0',
    ])
  })

  test('may have wildcards where another condition is exact', () => {
    expect(found({ StringEquals: { ...aud, ...sub }, StringLike: { [`${own}:sub`]: 'repo:*' } })).toEqual([])
  })

  test('is asked of every provider of the statement, and of no user or service', () => {
    const Principal = { Federated: [`${account}:oidc-provider/${own}`, `${account}:oidc-provider/two.example.org`] }
    const statement = { Effect: 'Allow', Principal, Action: 'sts:AssumeRoleWithWebIdentity' }
    const both = { StringEquals: { ...aud, ...sub } }
    const findings = checkPolicy(
      { Version: '2012-10-17', Statement: [{ ...statement, Condition: both }] },
      { kind: 'trust' },
    )
    expect(findings.map(({ id }) => id)).toEqual(['token-subject-missing', 'token-audience-missing'])
    expect(findings[0]?.message).toContain('two.example.org')
    expect(found(undefined, `${account}:saml-provider/corp`)).not.toContain('token-subject-missing /Statement/0')
  })
})

describe('the providers that AWS knows by itself', () => {
  test.each([
    ['accounts.google.com', 'accounts.google.com:aud'],
    ['cognito-identity.amazonaws.com', 'cognito-identity.amazonaws.com:aud'],
    ['www.amazon.com', 'www.amazon.com:app_id'],
    ['graph.facebook.com', 'graph.facebook.com:app_id'],
  ])('%s is held to its application alone', (provider, key) => {
    expect(found(undefined, provider)).toEqual(['token-audience-missing /Statement/0'])
    expect(found({ StringEquals: { [key]: 'app-1' } }, provider)).toEqual([])
  })
})
