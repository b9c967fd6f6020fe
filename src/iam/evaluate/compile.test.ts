/** The index by action beside the statements that it stands for. */
import { expect, test } from 'vitest'
import { parsePolicy } from '../index.ts'
import { compilePolicy } from './compile.ts'

const parsed = parsePolicy({
  Version: '2012-10-17',
  Statement: [
    { Sid: 'Named', Effect: 'Allow', Action: 's3:Put*', Resource: '*' },
    { Sid: 'All', Effect: 'Allow', Action: '*', Resource: '*' },
    { Sid: 'Not', Effect: 'Deny', NotAction: ['s3:*', 'x:Action1'], Resource: '*' },
  ],
})
if (!parsed.ok) throw new TypeError('not a policy')
const policy = compilePolicy(parsed.value)
const sids = (action: string): readonly (string | undefined)[] =>
  policy.about(action).statements.map(({ source }) => source.sid)

test('the index by action answers as the statements do, also when it is full', () => {
  const actions = ['s3:putobject', 's3:getobject', 'kms:decrypt', 'x:action1']
  const expected = [['Named', 'All'], ['All'], ['All', 'Not'], ['All']]
  expect(actions.map(sids)).toEqual(expected)
  for (let at = 0; at < 600; at++) expect(sids(`y:action${at}`)).toEqual(['All', 'Not'])
  expect(actions.map(sids)).toEqual(expected)
  expect(policy.about('s3:putobject').matched).toEqual([true, true, false])
})

test('a policy is prepared once', () => {
  expect(compilePolicy(parsed.value)).toBe(policy)
})
