/**
 * Hostile shapes that are wide rather than deep: sets on both sides, and values of the request that policies refer to over and
 * over. `hostile-many.ts` has many statements, principals and levels.
 */

import { variable } from './generate/names.ts'
import { manyShapes } from './hostile-many.ts'
import {
  allow,
  entries,
  fill,
  type Made,
  object,
  onCondition,
  onResource,
  type Shape,
  statements,
} from './hostile-parts.ts'

const tag = variable('aws:PrincipalTag/t')

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

/** All of them. */
export const wideShapes: readonly Shape[] = [...setShapes, ...variableShapes, ...manyShapes]
