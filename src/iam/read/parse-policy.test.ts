/** Policies that AWS accepts, and those that it does not, with the place. */
import { describe, expect, test } from 'vitest'
import { parsePolicy } from './index.ts'

const statement = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }

function read(value: unknown) {
  const result = parsePolicy(value)
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}

function problemsOf(value: unknown) {
  const result = parsePolicy(value)
  return result.ok ? [] : result.error
}

describe('a policy that AWS accepts', () => {
  test('is read with every element in its place', () => {
    const source = {
      Version: '2012-10-17',
      Id: 'example',
      Statement: [
        {
          Sid: 'One',
          Effect: 'Allow',
          Principal: { AWS: '111111111111', Service: ['s3.amazonaws.com'] },
          NotAction: ['s3:Delete*'],
          Resource: 'arn:aws:s3:::b/*',
          Condition: { StringEquals: { 'aws:x': ['a', 'b'] }, Bool: { 'aws:y': true }, NumericEquals: { 'aws:z': 5 } },
        },
      ],
    }
    expect(read(source)).toEqual({
      version: '2012-10-17',
      id: 'example',
      source,
      statements: [
        {
          index: 0,
          sid: 'One',
          effect: 'Allow',
          principal: { negated: false, element: { AWS: ['111111111111'], Service: ['s3.amazonaws.com'] } },
          action: { negated: true, patterns: ['s3:Delete*'] },
          resource: { negated: false, patterns: ['arn:aws:s3:::b/*'] },
          conditions: [
            { operator: 'StringEquals', key: 'aws:x', values: ['a', 'b'] },
            { operator: 'Bool', key: 'aws:y', values: ['true'] },
            { operator: 'NumericEquals', key: 'aws:z', values: ['5'] },
          ],
        },
      ],
    })
  })

  test('may be text, with a byte order mark, and have one statement without a list', () => {
    expect(read(`\ufeff${JSON.stringify({ Statement: statement })}`).statements).toHaveLength(1)
  })

  test('without a version is of 2008-10-17', () => {
    expect(read({ Statement: [] }).version).toBe('2008-10-17')
  })

  test('may be a trust policy, whose statements have no resource', () => {
    expect(
      read({ Statement: { Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' } }).statements[0],
    ).not.toHaveProperty('resource')
  })
})

describe('a policy that is not in order', () => {
  const withElement = (extra: object) => ({ Version: '2012-10-17', Statement: [{ ...statement, ...extra }] })

  test.each<[string, unknown, string, RegExp]>([
    ['is no object', [statement], '', /a policy is an object/],
    ['is null', null, '', /a policy is an object, not null/],
    ['has no statement', { Version: '2012-10-17' }, '/Statement', /no Statement/],
    ['has a version of another year', { Version: '2012-10-18', Statement: [] }, '/Version', /`2012-10-18`/],
    ['has an unknown element', { Statement: [], Statements: [] }, '/Statements', /unknown element/],
    [
      'has an unknown element in a statement',
      withElement({ Resources: '*' }),
      '/Statement/0/Resources',
      /unknown element/,
    ],
    ['has a statement that is text', { Statement: ['x'] }, '/Statement/0', /a statement is an object/],
    ['spells the effect otherwise', withElement({ Effect: 'allow' }), '/Statement/0/Effect', /`allow`/],
    ['has no effect', { Statement: [{ Action: '*', Resource: '*' }] }, '/Statement/0', /no Effect/],
    [
      'has no action',
      { Statement: [{ Effect: 'Deny', Resource: '*' }] },
      '/Statement/0',
      /neither Action nor NotAction/,
    ],
    [
      'has no resource and no principal',
      { Statement: [{ Effect: 'Deny', Action: '*' }] },
      '/Statement/0',
      /no Resource/,
    ],
    [
      'has Action and NotAction',
      withElement({ NotAction: '*' }),
      '/Statement/0/NotAction',
      /cannot stand in one statement/,
    ],
    ['has Resource and NotResource', withElement({ NotResource: '*' }), '/Statement/0/NotResource', /cannot stand/],
    [
      'has Principal and NotPrincipal',
      withElement({ Principal: '*', NotPrincipal: '*' }),
      '/Statement/0/NotPrincipal',
      /cannot stand/,
    ],
    ['has an action without service', withElement({ Action: 'GetObject' }), '/Statement/0/Action', /service:Name/],
    [
      'has an action whose service is a pattern',
      withElement({ Action: ['s*:Get'] }),
      '/Statement/0/Action/0',
      /spelled out/,
    ],
    ['has an empty list of actions', withElement({ Action: [] }), '/Statement/0/Action', /empty/],
    ['has an action that is a number', withElement({ Action: [1] }), '/Statement/0/Action/0', /not a number/],
    [
      'has a resource that is no ARN',
      withElement({ Resource: 'my-bucket/*' }),
      '/Statement/0/Resource',
      /neither an ARN/,
    ],
    [
      'has a wildcard for the service of a resource',
      withElement({ Resource: 'arn:aws:s*:::b' }),
      '/Statement/0/Resource',
      /service segment/,
    ],
    [
      'has part of a principal as wildcard',
      withElement({ Principal: { AWS: ['arn:aws:iam::111111111111:role/*'] } }),
      '/Statement/0/Principal/AWS/0',
      /wildcard/,
    ],
    [
      'has a principal of no type',
      withElement({ Principal: '111111111111' }),
      '/Statement/0/Principal',
      /`111111111111`/,
    ],
    [
      'has an unknown principal type',
      withElement({ Principal: { Aws: '*' } }),
      '/Statement/0/Principal/Aws',
      /unknown principal type/,
    ],
    [
      'has an unknown operator',
      withElement({ Condition: { StringIs: { 'a/b': 'c' } } }),
      '/Statement/0/Condition/StringIs',
      /unknown condition operator/,
    ],
    [
      'has IfExists on Null',
      withElement({ Condition: { NullIfExists: { a: 'true' } } }),
      '/Statement/0/Condition/NullIfExists',
      /unknown/,
    ],
    [
      'has a Null that is neither',
      withElement({ Condition: { Null: { a: 'yes' } } }),
      '/Statement/0/Condition/Null/a',
      /`true` or `false`/,
    ],
    [
      'has a condition value that is an object',
      withElement({ Condition: { Bool: { 'a/b': [{}] } } }),
      '/Statement/0/Condition/Bool/a~1b/0',
      /not an object/,
    ],
  ])('%s', (_, value, pointer, message) => {
    expect(problemsOf(value)).toContainEqual({ kind: 'malformed', pointer, message: expect.stringMatching(message) })
  })

  test('is reported whole, up to a bound', () => {
    const many = { Statement: Array.from({ length: 500 }, () => ({ Effect: 'no' })) }
    expect(problemsOf(many).length).toBe(50)
  })

  test('cannot put control characters or much text into a message', () => {
    const [problem] = problemsOf({ Statement: [], [`\u001b[31m${'x'.repeat(5000)}`]: 1 })
    expect(problem?.message).toContain('\\u001b[31m')
    expect(problem?.message.length).toBeLessThan(200)
  })
})

describe('text that is not JSON', () => {
  test.each<[string, string, number, number, RegExp]>([
    ['is empty', '', 1, 1, /empty/],
    ['ends too early', '{"Version": "2012-10-17"', 1, 25, /expected `,` or `}`, not the end of the text/],
    ['has a trailing comma', '{\n  "a": [1,\n    2,\n  ]\n}', 3, 6, /trailing comma before `\]`/],
    ['has a comment', '{\n  // why\n  "a": 1\n}', 2, 3, /no comments/],
    ['has a comment at its end', '{} # end', 1, 4, /no comments/],
    ['has a member twice', '{"Effect": "Deny",\n "Effect": "Allow"}', 2, 2, /`Effect` stands twice/],
    ['has a member twice in two spellings', '{"a": 1, "\\u0061": 2}', 1, 10, /stands twice/],
    ['has single quotes', "{'a': 1}", 1, 2, /single quote/],
    ['has curly quotes', '{“a”: 1}', 1, 2, /U\+201C/],
    ['has an open string', '{"a": "b}', 1, 7, /no closing quote/],
    ['has a line break in a string', '{"a": "b\n"}', 1, 9, /control character/],
    ['has an unknown escape', '{"a": "\\d"}', 1, 8, /unknown escape/],
    ['has a malformed number', '{"a": 01}', 1, 7, /malformed number/],
    ['has something after its end', '{} {}', 1, 4, /after the end/],
    ['is URL-encoded', '%7B%22Version%22', 1, 1, /URL-encoded/],
    ['is nested too deeply', '['.repeat(100_000), 1, 33, /nested deeper/],
  ])('%s', (_, text, line, column, message) => {
    expect(problemsOf(text)).toEqual([
      { kind: 'not-json', line, column, pointer: expect.any(String), message: expect.stringMatching(message) },
    ])
  })

  test('is too long', () => {
    expect(problemsOf(`"${'x'.repeat(200_001)}"`)[0]?.message).toContain('longer')
  })

  test('is read as JSON.parse reads it otherwise', () => {
    const text = '{"Statement": [], "Id": "a\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00 é😀"}'
    expect(read(text).source).toEqual(JSON.parse(text))
    expect(problemsOf('{"__proto__": {"Statement": []}}')[0]?.pointer).toBe('/__proto__')
  })
})
