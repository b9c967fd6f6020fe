/** A case from its JSON to its outcome, and what is said of one that has not the form. */
import { describe, expect, test } from 'vitest'
import { evaluateCase } from './index.ts'

const statement = { Effect: 'Allow', Action: 's3:*', Resource: '*' }
const good = {
  name: 'example',
  request: {
    principal: 'arn:aws:iam::222222222222:user/kim',
    action: 's3:GetObject',
    resource: 'arn:aws:s3:::b/k',
    resourceAccount: '222222222222',
    context: { 'aws:TagKeys': ['a'], 'aws:SecureTransport': true },
  },
  policies: { identity: [{ Version: '2012-10-17', Statement: [statement] }] },
  expected: { decision: 'allowed' },
}

describe('a case', () => {
  test('is answered in full', () => {
    expect(evaluateCase(good)).toEqual({
      ok: true,
      value: {
        name: 'example',
        decision: 'allowed',
        expected: 'allowed',
        ok: true,
        decidedBy: 'identity',
        reason: "allowed: the identity-based policy `identity[0]`'s statement 0 allows s3:GetObject",
        missingContextValues: [],
      },
    })
  })

  test('that expects something else is not ok', () => {
    const outcome = evaluateCase({ ...good, expected: { decision: 'explicitDeny' } })
    expect(outcome).toMatchObject({ ok: true, value: { ok: false, expected: 'explicitDeny', decision: 'allowed' } })
  })

  test('that expects nothing is ok', () => {
    const { expected: _, ...rest } = good
    expect(evaluateCase(rest)).toMatchObject({ ok: true, value: { ok: true, expected: null } })
  })

  test('may hold policies as text', () => {
    const policies = { identity: [JSON.stringify({ Statement: statement })] }
    expect(evaluateCase({ ...good, policies })).toMatchObject({ value: { decision: 'allowed' } })
  })
})

describe('a malformed case gets one line', () => {
  const request = (extra: object) => ({ ...good, request: { ...good.request, ...extra } })

  test.each<[string, unknown, string]>([
    ['no object', 'x', 'the case must be an object'],
    ['no name', { ...good, name: '' }, 'name must be a string that is not empty'],
    ['no request', { ...good, request: undefined }, 'case `example`: request must be an object'],
    ['no action', request({ action: undefined }), 'case `example`: request/action must be a string that is not empty'],
    [
      'no owner',
      request({ resourceAccount: undefined }),
      'case `example`: request/resourceAccount must be a string that is not empty',
    ],
    [
      'a member of another name',
      request({ ressource: 'x' }),
      'case `example`: request has an unknown member `ressource`',
    ],
    [
      'a context value that is an object',
      request({ context: { 'aws:x': {} } }),
      'case `example`: request/context/aws:x must be a string or a list of strings',
    ],
    [
      'a policy type of another name',
      { ...good, policies: { permissionsBoundary: {} } },
      'case `example`: policies has an unknown member `permissionsBoundary`',
    ],
    [
      'identity that is no list',
      { ...good, policies: { identity: {} } },
      'case `example`: policies/identity must be a list',
    ],
    [
      'levels that are no lists',
      { ...good, policies: { scp: [{ Statement: [] }] } },
      'case `example`: policies/scp/0 must be a list of policies',
    ],
    [
      'a malformed policy',
      { ...good, policies: { resource: { Statement: [{ ...statement, Effect: 'allow' }] } } },
      'case `example`: policy resource: effect must be `Allow` or `Deny`, spelled so, not `allow` (at /Statement/0/Effect)',
    ],
    [
      'a policy that is not JSON',
      { ...good, policies: { boundary: '{,}' } },
      'case `example`: policy boundary: expected a member name in double quotes, not `,` (at line 1, column 2)',
    ],
    [
      'an unknown expectation',
      { ...good, expected: { decision: 'denied' } },
      'case `example`: expected/decision must be one of allowed, explicitDeny, implicitDeny',
    ],
    [
      'an unknown setting',
      { ...good, settings: { s3: { blockAll: true } } },
      'case `example`: settings/s3 has an unknown member `blockAll`',
    ],
  ])('%s', (_, value, message) => {
    expect(evaluateCase(value)).toEqual({ ok: false, error: message })
  })
})
