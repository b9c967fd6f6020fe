/**
 * Hostile shapes: families of policies and requests that try to make matching slow, each for any size. Used to look for
 * growth faster than linear (worst-case.test.ts) and for the slowest evaluation there is (`npm run proof -- iam`).
 */
import type { AccessRequest, PolicySet } from '../../src/iam/index.ts'
import { readPolicies } from './compare.ts'
import { variable } from './generate/names.ts'
import { entries, fill, type Made, object, onCondition, onResource, type Shape } from './hostile-parts.ts'
import { wideShapes } from './hostile-wide.ts'

/** What a policy and a request may weigh at most; texts of one key are bounded by the request. */
export const mostPolicyBytes = 20_000
export const mostRequestBytes = 8_000

export interface Attack {
  readonly policies: PolicySet
  readonly request: AccessRequest
}

/** Pieces between stars, and what they are sought in. */
const pieces: Readonly<Record<string, (index: number) => string>> = {
  'a letter': () => 'a',
  'a letter and a question mark': () => 'a?',
  'question marks around letters': () => 'a??b',
  'nearly the text': () => `${'a'.repeat(14)}b`,
  'nearly the text, with a question mark': () => `${'a'.repeat(14)}?b`,
  'more than a short piece': () => `${'a'.repeat(40)}b`,
  'more than a short piece, with question marks': () => `${'a?'.repeat(20)}b`,
  'a thousand characters': () => `${'a'.repeat(1000)}b`,
  'a thousand characters with question marks': () => `${'a?'.repeat(500)}b`,
  'four thousand characters with question marks': () => `${'a?'.repeat(2000)}b`,
  'different letters': (index) => String.fromCharCode(97 + (index % 26)),
}

/** One key in as many letter cases as there are numbers. */
function spelling(number: number): string {
  const upper = (letter: string, place: number) => ((number >>> place) & 1 ? letter.toUpperCase() : letter)
  return 'abcdefghijkl'.split('').map(upper).join('')
}

const patternShapes: readonly Shape[] = Object.entries(pieces).flatMap(([name, piece]): readonly Shape[] => [
  {
    name: `one resource of stars and pieces: ${name}`,
    make: (p, r) => onResource(`${object}${entries(piece, p).join('*')}*X`, object + fill('a', r)),
  },
  {
    name: `many resources of a star and a piece: ${name}`,
    make: (p, r) =>
      onResource(
        entries((i) => `${object}*${piece(i)}*X`, p),
        object + fill('a', r),
      ),
  },
  {
    name: `many resources of a star and a piece that end alike: ${name}`,
    make: (p, r) =>
      onResource(
        entries((i) => `${object}*${piece(i)}c*a`, p),
        object + fill('a', r),
      ),
  },
  {
    name: `many condition values of a star and a piece: ${name}`,
    make: (p, r) =>
      onCondition(
        'StringLike',
        entries((i) => `*${piece(i)}c*`, p),
        fill('a', r),
      ),
  },
  {
    name: `many condition values against a set of many: ${name}`,
    make: (p, r) =>
      onCondition(
        'ForAllValues:StringLike',
        [...entries((i) => `*${piece(i)}c*`, p), '*'],
        entries(() => fill('a', 24), r),
        'aws:TagKeys',
      ),
  },
])

const otherShapes: readonly Shape[] = [
  {
    name: 'one variable over and over',
    make: (p, r) => onResource(`${object}${fill(variable('aws:PrincipalTag/t'), p)}`, object + fill('a', r)),
  },
  {
    name: 'many resources with variables and stars',
    make: (p, r) => ({
      ...onResource(
        entries(() => `${object}*${variable('aws:PrincipalTag/t')}*${variable('aws:PrincipalTag/t')}*X`, p),
        object + fill('a', r / 2),
      ),
      request: { resource: object + fill('a', r / 2), context: { 'aws:PrincipalTag/t': `${fill('a', r / 8)}b` } },
    }),
  },
  {
    name: 'many defaults',
    make: (p, r) =>
      onResource(
        entries(() => `${object}*${variable("aws:PrincipalTag/n, 'ab'")}*`, p),
        object + fill('a', r),
      ),
  },
  {
    name: 'openings of variables that never close',
    make: (p, r) => onResource(`${object}${fill(`$${'{'}`, p)}`, object + fill('a', r)),
  },
  {
    name: 'many actions against a long one',
    make: (p, r) => ({
      statement: { Effect: 'Allow', Action: entries(() => 's3:*a?c*X', p), Resource: '*' },
      request: { action: `s3:${fill('a', r)}` },
    }),
  },
  {
    name: 'many ARN patterns',
    make: (p, r) =>
      onCondition(
        'ArnLike',
        entries(() => 'arn:*:*:*:*:*a?c*X', p),
        `arn:a:a:a:a:${fill('a', r)}`,
        'aws:SourceArn',
      ),
  },
  {
    name: 'many ARN patterns whose every part runs',
    make: (p, r) =>
      onCondition(
        'ArnLike',
        entries(() => 'arn:*a?c*:*:*:*:*', p),
        fill('a', r / 6)
          .concat(':')
          .repeat(6),
        'aws:SourceArn',
      ),
  },
  {
    name: 'many ranges against many addresses',
    make: (p, r) =>
      onCondition(
        'ForAllValues:IpAddress',
        [...entries((i) => `10.${i % 200}.0.0/16`, p), '::/0', '0.0.0.0/0'],
        entries((i) => `9.0.0.${i % 200}`, r),
        'app:Hops',
      ),
  },
  {
    name: 'many texts against many, letter case aside',
    make: (p, r) =>
      onCondition(
        'ForAllValues:StringEqualsIgnoreCase',
        [...entries((i) => `K${i}`, p), 'kim'],
        entries(() => 'KIM', r),
        'aws:TagKeys',
      ),
  },
  {
    name: 'many texts with variables against many',
    make: (p, r) =>
      onCondition(
        'ForAllValues:StringEquals',
        [...entries(() => `${variable('aws:username')}x`, p), 'kim'],
        entries(() => 'kim', r),
        'aws:TagKeys',
      ),
  },
  {
    name: 'many numbers against many',
    make: (p, r) =>
      onCondition(
        'ForAllValues:NumericEquals',
        [...entries((i) => `${i + 10}`, p), '1'],
        entries(() => '1', r),
        'app:Sizes',
      ),
  },
  {
    name: 'many dates against many',
    make: (p, r) =>
      onCondition(
        'ForAllValues:DateEquals',
        [...entries((i) => `20${10 + (i % 80)}-01-01`, p), '2001-01-01'],
        entries(() => '2001-01-01', r),
        'app:Dates',
      ),
  },
  {
    name: 'many statements, each with a piece of its own',
    make: (p, r) => ({
      statement: entries((i) => `*a?a${i}`, p / 6).map((one) => ({
        Effect: 'Allow',
        Action: '*',
        Resource: '*',
        Condition: { StringLike: { k: `${one}*` } },
      })),
      request: { context: { k: fill('a', r) } },
    }),
  },
  {
    name: 'one key in many spellings, each with a piece of its own',
    make: (p, r) => ({
      statement: {
        Effect: 'Allow',
        Action: '*',
        Resource: '*',
        Condition: { StringNotLike: Object.fromEntries(entries(spelling, p / 2).map((key, i) => [key, `*a?b${i}*`])) },
      },
      request: { context: { [spelling(0)]: fill('a', r) } },
    }),
  },
  {
    name: 'many keys of context',
    make: (p, r) => ({
      statement: {
        Effect: 'Allow',
        Action: '*',
        Resource: '*',
        Condition: { StringLike: Object.fromEntries(entries((i) => `k${i}`, p / 3).map((key) => [key, '*a*'])) },
      },
      request: { context: Object.fromEntries(entries((i) => `k${i}`, r / 2).map((key) => [key, 'a'])) },
    }),
  },
]

/** Every shape; the name says what it tries. */
export const shapes: readonly Shape[] = [...patternShapes, ...otherShapes, ...wideShapes]

/** A shape made at random: patterns of pieces over few letters or many, in one of the places where patterns stand. */
export function varied(random: () => number): Shape {
  const pick = <T>(...choices: readonly [T, ...T[]]): T => choices[Math.floor(random() * choices.length)] ?? choices[0]
  const length = Math.ceil(2 ** (random() * 12))
  const alphabet = pick('ab', 'ab', 'aaab', 'abcd', 'abcdefghijklmnopqrstuvwxyz', wideAlphabet)
  const letter = (): string => alphabet.charAt(random() * alphabet.length)
  const wild = pick(0, 0.2, 0.2)
  const textLength = pick(40, 40, 3, 10, 150, 1000)
  const texts = (bytes: number, one = textLength): readonly string[] => {
    const all = pick(true, false) ? letter : (): string => alphabet.charAt(0)
    return entries(
      () => Array.from({ length: Math.min(one, bytes - 3) }, () => (random() < 0.9 ? all() : letter())).join(''),
      bytes,
    )
  }
  const pieceCount = pick(1, 1, 2, 5, 10)
  const ending = pick('', '*', 'c', '*c', 'c*', '*a')
  const isCut = pick(true, false)
  const place = pick('resource', 'condition', 'set', 'set', 'action', 'ARN')
  const name = `at random: pieces of ${2 ** Math.round(Math.log2(length))} in a ${place}`
  return {
    name,
    make: (p, r) => {
      const given = place === 'set' ? texts(r) : texts(r, r)
      // Pieces that do stand in the texts, in an order in which they may or may not.
      const source = isCut ? given.join('') : ''
      const pieceOf = (): string => {
        const from = Math.floor(random() * Math.max(0, source.length - length))
        const base = isCut ? source.slice(from, from + length) : Array.from({ length }, letter).join('')
        return [...base].map((char) => (random() < wild ? '?' : char)).join('')
      }
      const pattern = (): string => `*${Array.from({ length: pieceCount }, pieceOf).join('*')}${ending}`
      return variedAt(place, entries(pattern, p), given)
    },
  }
}

const wideAlphabet = Array.from({ length: 60 }, (_, i) => String.fromCharCode(65 + i))
  .join('')
  .replace('[', '0')

function variedAt(place: string, patterns: readonly string[], texts: readonly string[]): Made {
  const [text = ''] = texts
  if (place === 'resource')
    return onResource(patterns.map((one) => object + one).slice(0, Math.ceil(patterns.length / 3)), object + text)
  if (place === 'condition') return onCondition('StringLike', patterns, text)
  if (place === 'set') return onCondition('ForAllValues:StringNotLike', patterns, texts, 'aws:TagKeys')
  if (place === 'ARN')
    return onCondition(
      'ArnLike',
      patterns.map((one) => `arn:*:*:*:*:${one}`).slice(0, Math.ceil(patterns.length / 3)),
      `arn:a:a:a:a:${text}`,
      'aws:SourceArn',
    )
  return {
    statement: {
      Effect: 'Allow',
      Action: patterns.map((one) => `s3:${one}`).slice(0, Math.ceil(patterns.length / 2)),
      Resource: '*',
    },
    request: { action: `s3:${text}` },
  }
}

/** Builds the attack within its budgets. @throws Error when the shape is no policy that the engine reads */
export function attack(shape: Shape, policyBytes: number, requestBytes: number): Attack {
  // What surrounds the list or pattern: brackets, names of members.
  const { statement, request, policies: written } = shape.make(policyBytes - 300, requestBytes - 300)
  const plain: AccessRequest = {
    principal: 'arn:aws:iam::222222222222:user/kim',
    action: 's3:GetObject',
    resource: `${object}a`,
    resourceAccount: '222222222222',
    context: {},
  }
  const identity = statement === undefined ? [] : [{ Version: '2012-10-17', Statement: statement }]
  const none = { identity, boundary: null, session: null, scp: [], rcp: [], resource: null, vpcEndpoint: null }
  return { policies: readPolicies({ ...none, ...written }), request: { ...plain, ...request } }
}
