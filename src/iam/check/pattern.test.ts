/** When one pattern covers another. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileGlobText, globMatches } from '../match/glob.ts'
import { comparable, covers, mayMeet } from './pattern.ts'

const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 6 })
const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 })

describe('a pattern that covers another', () => {
  test('matches whatever the other matches', () => {
    fc.assert(
      fc.property(pattern, pattern, text, (broad, narrow, sample) => {
        if (!covers(comparable(broad, true), comparable(narrow, true))) return
        if (globMatches(compileGlobText(narrow), sample)) expect(globMatches(compileGlobText(broad), sample)).toBe(true)
      }),
      { numRuns: 5000 },
    )
  })

  test.each([
    ['*', 'anything', true],
    ['a*', 'ab*', true],
    ['ab*', 'a*', false],
    ['a?', 'a*', false],
    ['a?c', 'abc', true],
    [`a\${*}`, 'ab', false],
    [`a\${aws:username}`, 'a*', false],
    ['a*', `a\${aws:username}/x`, true],
    [`a\${aws:username}`, `a\${AWS:UserName}`, true],
  ])('%s and %s: %s', (broad, narrow, expected) => {
    expect(covers(comparable(broad, true), comparable(narrow, true))).toBe(expected)
  })
})

const bucket = 'arn:<Partition>:s3:::<BucketName>'
const object = 'arn:<Partition>:s3:::<BucketName>/<ObjectName>'
const key = 'arn:<Partition>:kms:<Region>:<Account>:key/<KeyId>'

describe('a pattern and the form of an ARN', () => {
  test.each([
    ['arn:aws:s3:::b', bucket, true],
    ['arn:aws:s3:::b', object, false],
    ['arn:aws:s3:::b/*', bucket, false],
    ['arn:aws:s3:::b/*', object, true],
    ['arn:aws:s3:::b*', bucket, true],
    ['arn:aws:s3:::b*', object, true],
    ['arn:*:s3:::*', object, true],
    ['arn:aws:s3:*', object, true],
    ['arn:aws:s3:::b', key, false],
    ['arn:aws:kms:eu-central-1:222222222222:key/1', key, true],
    ['arn:aws:kms:eu-central-1:*:alias/x', bucket, false],
    ['arn:aws:kms:eu-central-1:222222222222:alias/x', key, false],
    ['*', key, true],
    [`arn:aws:s3:::\${aws:PrincipalTag/bucket}`, object, true],
    [`arn:aws:s3:::b\${*}`, object, false],
  ])('%s and %s meet: %s', (given, form, expected) => {
    expect(mayMeet(given, form)).toBe(expected)
  })

  test('meet whenever some ARN of the form fits the pattern', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'b', '-'), minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(name, name, fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 4 }), (first, second, cuts) => {
        const arn = `arn:aws:s3:::${first}/${second}`
        let open = arn
        for (const cut of cuts) open = `${open.slice(0, cut)}${cut % 2 === 0 ? '*' : '?'}${open.slice(cut + 1)}`
        if (globMatches(compileGlobText(open), arn)) expect(mayMeet(open, object)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})
