/** Hostile shapes of many parts: conditions, statements, principals and levels, and what they are multiplied with. */

import { otherAccount, ownAccount, roleOf, rootOf, userOf } from './generate/names.ts'
import {
  allow,
  document,
  entries,
  fill,
  type Made,
  object,
  onResource,
  type Shape,
  statements,
} from './hostile-parts.ts'

const account = '222222222222'

const partShapes: readonly Shape[] = [
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
export const manyShapes: readonly Shape[] = [...partShapes, ...combinationShapes]
