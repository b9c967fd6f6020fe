/** Any value and dear policies: answered with findings, in linear time. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mostWorkGrowth, sizeGrowth, workGrowth } from '../../base/testing/growth.ts'
import { renderFindings } from '../../terminal/index.ts'
import { checkPolicy } from './check-policy.ts'
import type { PolicyKind } from './finding.ts'

const kinds: readonly PolicyKind[] = ['trust', 'identity', 'bucket', 'key', 'scp', 'rcp', 'session', 'boundary']

describe('any value', () => {
  const words = fc.constantFrom(
    ...[
      'Allow',
      '2012-10-17',
      '*',
      's3:*',
      's3:GetObject',
      'sts:AssumeRole',
      '',
      'true',
      'arn:aws:s3:::b/*',
      '${aws:x',
      '10.0.0.1/8',
    ],
    ...['arn:aws:iam::1:root', 'AROAX', '\u202e<x>', 'a:b', 'aws:', ':'],
  )
  const names = fc.constantFrom(
    ...[
      'Version',
      'Statement',
      'Effect',
      'Action',
      'NotAction',
      'Resource',
      'NotResource',
      'Principal',
      'NotPrincipal',
    ],
    ...[
      'Condition',
      'Sid',
      'AWS',
      'Service',
      'StringEquals',
      'ForAllValues:StringLike',
      'Null',
      'IpAddress',
      'ArnLike',
      'x',
    ],
    ...['sts:ExternalId', 'aws:SourceIp', 'aws:TagKeys', '__proto__', 's3:prefix'],
  )
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'medium' },
      words,
      fc.constantFrom(null, true, 1, undefined, Number.NaN),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(names, tie('tree'), { maxKeys: 5 }),
    ),
  }))
  const statement = fc.record(
    {
      Effect: fc.constantFrom('Allow', 'Deny'),
      Action: fc.oneof(words, fc.array(words, { maxLength: 3 })),
      Resource: fc.oneof(words, fc.array(words, { maxLength: 3 })),
      Principal: fc.oneof(words, fc.dictionary(fc.constantFrom('AWS', 'Service'), words, { maxKeys: 2 })),
      Condition: fc.dictionary(
        names,
        fc.dictionary(names, fc.oneof(words, fc.array(words, { maxLength: 2 })), { maxKeys: 2 }),
        {
          maxKeys: 2,
        },
      ),
    },
    { requiredKeys: ['Effect'] },
  )
  const policy = fc.record({
    Version: fc.constantFrom('2012-10-17', '2008-10-17'),
    Statement: fc.array(statement, { maxLength: 4 }),
  })

  test('is answered with findings, never with an exception, and text the same as the value', () => {
    fc.assert(
      fc.property(fc.oneof(tree, policy), fc.constantFrom(...kinds), (value, kind) => {
        const known = { ourPrincipal: 'arn:aws:iam::111111111111:role/x', externalId: 'dbx-1', sessionTagKeys: ['a'] }
        checkPolicy(value, { kind, ...known, egress: 'dynamic' })
        const text = JSON.stringify(value) ?? 'null'
        const plain: unknown = JSON.parse(text)
        const ofValue = checkPolicy(plain, { kind, ...known }).map(({ id, pointer }) => `${id} ${pointer}`)
        // A text that stands for itself is JSON text too; only there do text and value differ.
        if (typeof plain === 'string') return
        const ofText = checkPolicy(text, { kind, ...known })
        expect(
          ofText.filter(({ id }) => id !== 'character-not-allowed').map(({ id, pointer }) => `${id} ${pointer}`),
        ).toEqual(ofValue)
        for (const { message, position } of ofText) {
          expect(message).not.toMatch(/[\p{Cc}\p{Cf}]/u)
          expect((position?.offset ?? 0) + (position?.length ?? 0)).toBeLessThanOrEqual(text.length)
        }
        expect(renderFindings(text, ofText).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
      }),
      { numRuns: 1500 },
    )
  })
})

/** Policies of about the given length that are dear to careless rules. */
const dear: Readonly<Record<string, (length: number) => object>> = {
  'actions that are misspelled': (n) => ({ Action: many(n / 12, (i) => `s3:Gat${i}`) }),
  'actions of many wildcards': (n) => ({ Action: many(n / 14, (i) => `s3:*${i}*a`) }),
  'resources of many wildcards': (n) => ({
    Action: ['s3:*', 'iam:*'],
    Resource: many(n / 30, (i) => `arn:aws:s3:::*a*${i}*b`),
  }),
  'one resource of many wildcards': (n) => ({ Resource: `arn:aws:s3:::${'*a'.repeat(n / 2)}` }),
  'variables that do not close': (n) => ({ Resource: `arn:aws:s3:::b/${'${'.repeat(n / 2)}` }),
  'placeholders that do not close': (n) => ({ Resource: `arn:aws:s3:::b/${'<a'.repeat(n / 2)}` }),
  'keys that do not exist': (n) => ({
    Condition: { StringEquals: Object.fromEntries(many(n / 24, (i) => [`aws:SourceIq${i}`, 'x'])) },
  }),
  'one long key with many values': (n) => ({
    Condition: { StringEquals: { [`aws:${'k'.repeat(n / 2)}`]: many(n / 12, String) } },
  }),
}

function many<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i))
}

describe('dear policies are checked in linear time', () => {
  test.each(Object.entries(dear))('%s', (_, make) => {
    const check = (length: number) => () => () => {
      const text = JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*', ...make(length) }],
      })
      const findings = checkPolicy(text, { kind: 'identity' })
      renderFindings(text, findings)
      expect(findings.length).toBeLessThanOrEqual(200)
    }
    expect(workGrowth(check(100_000 / sizeGrowth), check(100_000))).toBeLessThan(mostWorkGrowth)
  })

  test('many statements', () => {
    const statement = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*' }
    const check = (statements: number) => () => () => {
      const policy = { Version: '2012-10-17', Statement: many(statements, (i) => ({ ...statement, Sid: `S${i}` })) }
      checkPolicy(policy, { kind: 'identity' })
    }
    expect(workGrowth(check(1500 / sizeGrowth), check(1500))).toBeLessThan(mostWorkGrowth)
  })
})
