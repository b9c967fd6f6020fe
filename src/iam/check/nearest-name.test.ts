/** The name that was probably meant. */
import { expect, test } from 'vitest'
import { parseOperator } from '../match/operator.ts'
import { operatorNames } from './grammar-rules.ts'
import { nearestName } from './nearest-name.ts'

test.each([
  ['s3:GetObjct', 's3:GetObject'],
  ['S3:GETOBJECTS', 's3:GetObject'],
  ['s3:GteObject', 's3:GetObject'],
  ['s3:PutObjectACL', 's3:PutObjectAcl'],
  ['s3:Frobnicate', null],
  ['', null],
])('%s → %s', (given, expected) => {
  expect(nearestName(given, ['s3:GetObject', 's3:PutObject', 's3:PutObjectAcl', 's3:ListBucket'])).toBe(expected)
})

test('the nearest of several wins, and the first of equals', () => {
  expect(nearestName('abcd', ['abxx', 'abcx', 'abxd'])).toBe('abcx')
})

test('long names are not guessed at', () => {
  expect(nearestName('x'.repeat(101), ['x'.repeat(100)])).toBeNull()
})

test('all operators that are offered exist, and all that exist are offered', () => {
  for (const name of operatorNames) expect(parseOperator(name)).not.toBeNull()
  expect(new Set(operatorNames).size).toBe(27)
})
