/**
 * Hostile shapes that are wide rather than deep: many conditions, statements, principals or levels, sets on both sides,
 * and values of the request that policies refer to over and over.
 */

import { otherAccount, ownAccount, roleOf, rootOf, userOf, variable } from './generate/names.ts'
import { entries, fill, type Made, object, onCondition, onResource, type Shape } from './hostile-parts.ts'

const tag = variable('aws:PrincipalTag/t')
const account = '222222222222'

/** Statements that fit a budget; each is about everything and fails, or holds and denies nothing. */
function statements(make: (index: number) => object, bytes: number): readonly object[] {
  const list: object[] = []
  for (let left = bytes; ; ) {
    const one = make(list.length)
    left -= JSON.stringify(one).length + 1
    if (left < 0 && list.length > 0) return list
    list.push(one)
  }
}

const allow = (more: object): object => ({ Effect: 'Allow', Action: '*', Resource: '*', ...more })
const document = (Statement: readonly object[]) => ({ Version: '2012-10-17', Statement })

/** A set against a set under an operator, none of the one in the other until the last. */
function sets(name: string, operator: string, wanted: (i: number) => string, actual: (i: number) => string): Shape {
  return {
    name: `many against many: ${name}`,
    make: (p, r) => onCondition(operator, entries(wanted, p), entries(actual, r), 'app:Values'),
  }
}

const hex = (number: number): string => number.toString(16)

const setShapes: readonly Shape[] = [
  sets(
    'addresses and ranges of every length',
    'ForAllValues:NotIpAddress',
    (i) => `2001:db8::${hex(i % 65_536)}/${1 + (i % 128)}`,
    (i) => `fe80::${hex(i)}`,
  ),
  sets(
    'addresses of one family and ranges of both',
    'ForAllValues:NotIpAddress',
    (i) => (i % 2 === 0 ? `10.${i % 256}.0.0/${8 + (i % 25)}` : `2001:db8:${hex(i)}::/${16 + (i % 113)}`),
    (i) => `11.0.${i % 256}.${i % 251}`,
  ),
  sets(
    'numbers below limits',
    'ForAllValues:NumericLessThan',
    (i) => `${i}`,
    (i) => `-${i}.5`,
  ),
  sets(
    'long numbers',
    'ForAllValues:NumericNotEquals',
    (i) => `${i}${'0'.repeat(60)}1`,
    (i) => `0.${'0'.repeat(60)}${i}`,
  ),
  sets(
    'dates',
    'ForAllValues:DateLessThan',
    (i) => `20${10 + (i % 80)}-01-01T00:00:00Z`,
    (i) => `199${i % 10}-01-01T00:00:00Z`,
  ),
  sets(
    'bytes',
    'ForAllValues:BinaryEquals',
    (i) => btoa(`abc${i}`),
    (i) => btoa(`abd${i}`),
  ),
  sets(
    'texts',
    'ForAnyValue:StringEquals',
    (i) => `wanted-${i}`,
    (i) => `given-${i}`,
  ),
  sets(
    'texts, letter case aside',
    'ForAnyValue:StringEqualsIgnoreCase',
    (i) => `W${i}`,
    (i) => `G${i}`,
  ),
  sets(
    'ARNs',
    'ForAllValues:ArnNotLike',
    (i) => `arn:*:s?:*:*:*a*b${i}`,
    (i) => `arn:aws:s3:::a/${'ab'.repeat(8)}${i}`,
  ),
  sets(
    'ARNs whose every part has stars',
    'ForAllValues:ArnNotLike',
    (i) => `arn:*:*3*:*a*:*1*:*b${i}`,
    (i) => `arn:aws:s3:a:1:${i}b`,
  ),
  sets(
    'stars over and over',
    'ForAllValues:StringNotLike',
    (i) => `${'*a'.repeat(20)}*b${i}`,
    (i) => `${'a'.repeat(30)}${i}`,
  ),
  sets(
    'question marks over and over',
    'ForAllValues:StringNotLike',
    (i) => `*${'?'.repeat(i % 40)}b`,
    (i) => `${'a'.repeat(40)}${i % 10}`,
  ),
  sets(
    'short patterns and short texts',
    'ForAllValues:StringNotLike',
    (i) => `*${hex(i)}?*c`,
    (i) => hex(i * 7),
  ),
]

/** What a value of the request can do in a policy that refers to it. */
const variableShapes: readonly Shape[] = [
  ...(['StringEquals', 'StringEqualsIgnoreCase', 'StringLike'] as const).flatMap((operator): readonly Shape[] => [
    {
      name: `a long value in each of many wanted, ${operator}`,
      make: (p, r) =>
        referring(
          operator,
          p,
          r,
          (i) => `${tag}${1000 + i}`,
          (value) => `${value}abcd`,
        ),
    },
    {
      name: `a long value in each of many wanted, ${operator}, against a set`,
      make: (p, r) =>
        referring(
          `ForAnyValue:${operator}`,
          p,
          r,
          (i) => `${tag}${1000 + i}`,
          (value) => [`${value}abcd`, 'a', 'b'],
        ),
    },
  ]),
  {
    name: 'a long value between stars in each of many wanted',
    make: (p, r) =>
      referring(
        'StringLike',
        p,
        r,
        (i) => `*${tag}*${i}b*`,
        (value) => `aaaa${value}`,
      ),
  },
  {
    name: 'a long value between stars in each of many wanted, against a set',
    make: (p, r) =>
      referring(
        'ForAnyValue:StringLike',
        p,
        r,
        (i) => `*${tag}*${i}b*`,
        (value) => [`aaaa${value}`, 'a'],
      ),
  },
  {
    name: 'a long value and a question mark in each of many wanted, against a set',
    make: (p, r) =>
      referring(
        'ForAnyValue:StringLike',
        p,
        r,
        (i) => `*${tag}?b${i}`,
        (value) => [`aaaa${value}`, 'a'],
      ),
  },
  {
    name: 'a short value over and over in each of many wanted, against a set',
    make: (p, r) => ({
      ...onCondition(
        'ForAllValues:StringNotLike',
        entries((i) => `*${`${tag}*`.repeat(4)}${i}`, p),
        entries((i) => `${'kim'.repeat(12)}${i}`, r),
        'app:V',
      ),
      request: { context: { 'aws:PrincipalTag/t': 'kim', 'app:V': entries((i) => `${'kim'.repeat(12)}${i}`, r) } },
    }),
  },
  {
    name: 'a long value in each of many ARN patterns',
    make: (p, r) =>
      referring(
        'ArnLike',
        p,
        r,
        (i) => `arn:*:*:*:*:*${tag}*${i}b`,
        (value) => `arn:a:a:a:a:aaaa${value}`,
      ),
  },
  {
    name: 'a long value in each of many resources',
    make: (p, r) => ({
      ...onResource(
        entries((i) => `${object}${tag}*${i}b`, p),
        '',
      ),
      request: { resource: `${object}${fill('a', r / 2)}`, context: { 'aws:PrincipalTag/t': fill('a', r / 2 - 9) } },
    }),
  },
  {
    name: 'a long value in the statements, one each',
    make: (p, r) => ({
      statement: statements((i) => allow({ Condition: { StringLike: { k: `*${tag}*${i}b` } } }), p),
      request: { context: { 'aws:PrincipalTag/t': fill('a', r / 2 - 9), k: fill('a', r / 2) } },
    }),
  },
]

function referring(
  operator: string,
  policyBytes: number,
  requestBytes: number,
  wanted: (index: number) => string,
  actual: (value: string) => string | readonly string[],
): Made {
  const value = fill('a', requestBytes / 2 - 40)
  const made = onCondition(operator, entries(wanted, policyBytes), '', 'app:Value')
  return { ...made, request: { context: { 'aws:PrincipalTag/t': value, 'app:Value': actual(value) } } }
}

const manyShapes: readonly Shape[] = [
  {
    name: 'many statements, each with a few patterns against one large set',
    make: (p, r) => ({
      statement: statements(
        (i) =>
          allow({ Condition: { 'ForAllValues:StringLike': { 'aws:TagKeys': [`*a?${i}*`, `*b${i}`, `c*${i}?`] } } }),
        p,
      ),
      request: { context: { 'aws:TagKeys': entries((i) => `${'ab'.repeat(10)}${i}`, r) } },
    }),
  },
  {
    name: 'many statements, each with one pattern that holds for one large set',
    make: (p, r) => ({
      statement: statements(
        (i) =>
          allow({
            Condition: { 'ForAllValues:StringLike': { 'aws:TagKeys': `*a?a*${i % 10}*` }, Null: { k: 'false' } },
          }),
        p,
      ),
      request: { context: { 'aws:TagKeys': entries((i) => `${'ab'.repeat(10)}0123456789${i}`, r) } },
    }),
  },
  {
    name: 'many statements, each with an ARN pattern against one large set',
    make: (p, r) => ({
      statement: statements(
        (i) => allow({ Condition: { 'ForAnyValue:ArnLike': { 'app:Arns': `arn:*:*:*:*:*a${i}` } } }),
        p,
      ),
      request: { context: { 'app:Arns': entries((i) => `arn:aws:s3:::b/${'a'.repeat(20)}/${i}`, r) } },
    }),
  },
  {
    name: 'many statements, each with a range against one large set',
    make: (p, r) => ({
      statement: statements(
        (i) => allow({ Condition: { 'ForAnyValue:IpAddress': { 'app:Hops': `10.${i % 256}.0.0/16` } } }),
        p,
      ),
      request: { context: { 'app:Hops': entries((i) => `9.0.${i % 256}.1`, r) } },
    }),
  },
  {
    name: 'many statements, each with a limit for one large set',
    make: (p, r) => ({
      statement: statements(
        (i) => allow({ Condition: { 'ForAnyValue:NumericLessThan': { 'app:Sizes': `-${i}` } } }),
        p,
      ),
      request: { context: { 'app:Sizes': entries((i) => `${i}`, r) } },
    }),
  },
  {
    name: 'many statements, each with a date for one large set',
    make: (p, r) => ({
      statement: statements(
        (i) => allow({ Condition: { 'ForAnyValue:DateLessThan': { 'app:Dates': `${1000 + i}` } } }),
        p,
      ),
      request: { context: { 'app:Dates': entries(() => '2026-01-01T00:00:00Z', r) } },
    }),
  },
  {
    name: 'many statements, each with a text for one large set, letter case aside',
    make: (p, r) => ({
      statement: statements(
        (i) => allow({ Condition: { 'ForAnyValue:StringEqualsIgnoreCase': { 'aws:TagKeys': `w${i}` } } }),
        p,
      ),
      request: { context: { 'aws:TagKeys': entries((i) => `G${'a'.repeat(30)}${i}`, r) } },
    }),
  },
  {
    name: 'many statements, each with bytes for one large set',
    make: (p, r) => ({
      statement: statements(
        (i) => allow({ Condition: { 'ForAnyValue:BinaryEquals': { 'app:Digests': btoa(`abc${i}`) } } }),
        p,
      ),
      request: { context: { 'app:Digests': entries((i) => btoa(`${'abd'.repeat(8)}${i}`), r) } },
    }),
  },
  {
    name: 'many statements, each with a long text to read as a number or a date',
    make: (p, r) => ({
      statement: statements(
        (i) => allow({ Condition: { [i % 2 === 0 ? 'NumericLessThan' : 'DateLessThan']: { k: `-${i}` } } }),
        p,
      ),
      request: { context: { k: `${fill('0', r)}1` } },
    }),
  },
  {
    name: 'many statements about another resource each',
    make: (p, r) => ({
      statement: statements((i) => ({ Effect: 'Allow', Action: '*', Resource: `${object}*a?${i}*` }), p),
      request: { resource: object + fill('a', r) },
    }),
  },
  {
    name: 'many resources that are not meant',
    make: (p, r) => ({
      statement: { Effect: 'Deny', Action: '*', NotResource: entries((i) => `${object}*a?${i}*b`, p) },
      request: { resource: object + fill('ab', r) },
    }),
  },
  {
    name: 'many resources of stars and question marks in every part',
    make: (p, r) =>
      onResource(
        entries((i) => `arn:*a?*:s3:*:*:b/*a?*${i}`, p),
        `arn:aws:s3:::b/${fill('a', r)}`,
      ),
  },
  {
    name: 'many actions that are not meant',
    make: (p, r) => ({
      statement: { Effect: 'Allow', NotAction: [...entries((i) => `s3:*a?${i}*`, p - 20), 's3:*'], Resource: '*' },
      request: { action: `s3:${fill('ab', r)}` },
    }),
  },
  {
    name: 'many conditions on keys that are absent',
    make: (p) => ({
      statement: statements(
        (i) =>
          allow({ Condition: { Null: { [`k${i}`]: 'true' }, StringNotLike: { k: `*${i}` }, Bool: { z: 'true' } } }),
        p,
      ),
      request: {},
    }),
  },
]

/** A policy at the resource, of the account that is asked. */
const atResource = (Statement: readonly object[], request: object): Made => ({
  policies: { resource: document(Statement), identity: [document([allow({})])] },
  request: { resource: `${object}a`, resourceAccount: ownAccount, ...request },
})

const combinationShapes: readonly Shape[] = [
  {
    name: 'many principals of one statement',
    make: (p) => atResource([allow({ Principal: { AWS: entries((i) => roleOf(otherAccount, `r${i}`), p) } })], {}),
  },
  {
    name: 'many statements with a few principals each',
    make: (p) =>
      atResource(
        statements(
          (i) =>
            allow({
              Principal: { AWS: [userOf(otherAccount, `u${i}`), rootOf(otherAccount), roleOf(account, `r${i}`)] },
            }),
          p,
        ),
        {
          principal: `arn:aws:sts::${account}:assumed-role/app/kim`,
        },
      ),
  },
  {
    name: 'many statements that spare many principals',
    make: (p) =>
      atResource(
        statements(
          (i) => ({
            Effect: 'Deny',
            NotPrincipal: { AWS: [rootOf(account), userOf(account), userOf(account, `u${i}`)] },
            Action: '*',
            Resource: '*',
          }),
          p,
        ),
        {},
      ),
  },
  {
    name: 'many principals, all of them for sessions of one role',
    make: (p) =>
      atResource([allow({ Principal: { AWS: entries((i) => `arn:aws:sts::${account}:assumed-role/app/s${i}`, p) } })], {
        principal: roleOf(account),
        context: { 'aws:PrincipalArn': roleOf(account, 'app') },
      }),
  },
  {
    name: 'many levels of the organization, each with patterns',
    make: (p, r) => {
      const level = statements((i) => ({ Effect: 'Allow', Action: '*', Resource: `${object}*a?*${i}*` }), p / 12)
      const passing = [...level, allow({})]
      return {
        policies: {
          scp: Array.from({ length: 5 }, () => [document(passing), document(level)]),
          identity: [document([allow({})])],
        },
        request: { resource: object + fill('a', r) },
      }
    },
  },
  {
    name: 'many levels of resource control with denies',
    make: (p, r) => {
      const deny = statements(
        (i) => ({ Effect: 'Deny', Principal: '*', Action: '*', Resource: `${object}*a?*${i}*` }),
        p / 6,
      )
      return {
        policies: { rcp: Array.from({ length: 5 }, () => [document(deny)]), identity: [document([allow({})])] },
        request: { resource: object + fill('a', r) },
      }
    },
  },
  {
    name: 'a public policy that has to be read through',
    make: (p) =>
      atResource(
        statements(
          (i) => allow({ Principal: '*', Condition: { IpAddress: { 'aws:SourceIp': `10.${i % 256}.0.0/16` } } }),
          p,
        ),
        {},
      ),
  },
  {
    name: 'many grants against a large encryption context',
    make: (p, r) => {
      const pairs = (from: number): object =>
        Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`k${from + i}`, 'v']))
      const grants = entries(
        (i) =>
          JSON.stringify({
            GranteePrincipal: userOf(account),
            Operations: ['Decrypt'],
            Constraints: { EncryptionContextSubset: pairs(i * 1000) },
          }),
        p,
      )
      const context = entries((i) => `kms:EncryptionContext:k${i}`, r * 0.8).map((key) => [key, 'v'])
      return {
        policies: { grants: grants.flatMap((text) => (text.endsWith('}') ? [JSON.parse(text)] : [])), identity: [] },
        request: {
          action: 'kms:Decrypt',
          resource: `arn:aws:kms:eu-west-1:${account}:key/k`,
          context: Object.fromEntries(context),
        },
      }
    },
  },
]

/** All of them. */
export const wideShapes: readonly Shape[] = [...setShapes, ...variableShapes, ...manyShapes, ...combinationShapes]
