/** Grants of a KMS key in decision and sentence. */
import { expect, test } from 'vitest'
import { renderEvaluation } from '../../terminal/index.ts'
import { evaluate, parsePolicy, readGrants } from '../index.ts'
import type { Evaluation, KmsGrant } from '../types.ts'

const role = 'arn:aws:iam::222222222222:role/app'
const key = 'arn:aws:kms:eu-west-1:222222222222:key/k'

function grantsOf(...entries: readonly object[]): readonly KmsGrant[] {
  const read = readGrants({ Grants: entries })
  if (!read.ok) throw new Error(read.error)
  return read.value
}

function ask(
  grants: readonly KmsGrant[],
  context: Readonly<Record<string, string>> = {},
  action = 'kms:Decrypt',
): Evaluation {
  const keyPolicy = parsePolicy({ Version: '2012-10-17', Statement: [] })
  if (!keyPolicy.ok) throw new Error('the key policy is malformed')
  const resource = { name: 'key', policy: keyPolicy.value }
  const request = {
    principal: 'arn:aws:sts::222222222222:assumed-role/app/run',
    action,
    resource: key,
    resourceAccount: '',
    context,
  }
  const none = { identity: [], boundary: null, session: null, scp: [], rcp: [], vpcEndpoint: null }
  return evaluate(request, { ...none, resource, grants })
}

const forIt = {
  Name: 'it-only',
  GranteePrincipal: role,
  Operations: ['Decrypt'],
  Constraints: { EncryptionContextSubset: { Department: 'IT' } },
}

test('a grant that decides is named, in the data and in the sentence', () => {
  const evaluation = ask(grantsOf(forIt), { 'kms:EncryptionContext:Department': 'IT' })
  expect(evaluation).toMatchObject({
    decision: 'allowed',
    decidedBy: 'key',
    grant: { grant: 'it-only', matched: true },
  })
  expect(evaluation.statement).toBeUndefined()
  expect(evaluation.reason).toBe('allowed: the grant `it-only` allows kms:Decrypt')
})

test('a grant whose constraint fails says what was wanted and what was there', () => {
  const evaluation = ask(grantsOf(forIt), { 'kms:EncryptionContext:Department': 'Sales' })
  const sentence = 'the encryption context is Department=Sales and must hold Department=IT'
  expect(evaluation.decision).toBe('implicitDeny')
  expect(evaluation.reason).toBe(`denied: the grant \`it-only\` would allow, but ${sentence}`)
  expect(renderEvaluation(evaluation)).toContain(`on the key\n  grant \`it-only\` does not apply: ${sentence}\n`)
})

test('what a constraint asks for and the request lacks is missing context', () => {
  expect(ask(grantsOf(forIt)).missingContextValues).toEqual(['kms:EncryptionContext:Department'])
})

test('other grants are told apart by why they do not apply', () => {
  const grants = grantsOf(
    { ...forIt, Name: 'a', GranteePrincipal: 'arn:aws:iam::222222222222:role/other' },
    { ...forIt, Name: 'b', Operations: ['Encrypt'] },
    { ...forIt, Name: 'c', KeyId: `${key}2` },
  )
  const text = renderEvaluation(ask(grants))
  expect(text).toContain(
    '  grant `a` is for another principal\n  grant `b` is for other operations\n  grant `c` is for another key\n',
  )
})

test('grants have no say about anything but the use of a key', () => {
  expect(ask(grantsOf(forIt), {}, 's3:GetObject').grants).toBeUndefined()
})

test.each([
  [{}, 'grants must be a list, as `aws kms list-grants` prints it'],
  [[1], 'grants/0 must be an object'],
  [[{ Operations: [] }], 'grants/0/GranteePrincipal must be a string that is not empty'],
  [[{ ...forIt, Operations: [1] }], 'grants/0/Operations must be a list of strings'],
  [[forIt, { ...forIt, Constraints: [] }], 'grants/1/Constraints must be an object'],
  [[{ ...forIt, Constraints: { Later: 1 } }], 'grants/0/Constraints has an unknown member `Later`'],
  [
    [{ ...forIt, Constraints: { EncryptionContextEquals: { a: 1 } } }],
    'grants/0/Constraints/EncryptionContextEquals must be an object of strings',
  ],
  [[{ ...forIt, Constraints: { SourceArn: 1 } }], 'grants/0/Constraints/SourceArn must be a string'],
])('malformed grants are refused with their place: %j', (json, error) => {
  expect(readGrants(json)).toEqual({ ok: false, error })
})
