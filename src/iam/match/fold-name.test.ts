/** Names in any letter case, whether remembered or not. */
import { expect, test } from 'vitest'
import { foldName } from './fold-name.ts'

test('names are folded alike before and after the memory is full', () => {
  expect(foldName('aws:SourceIp')).toBe('aws:sourceip')
  for (let at = 0; at < 3000; at++) expect(foldName(`aws:RequestTag/Key${at}`)).toBe(`aws:requesttag/key${at}`)
  expect(foldName('aws:RequestTag/Key2999')).toBe('aws:requesttag/key2999')
  expect(foldName('aws:SourceIp')).toBe('aws:sourceip')
})

test('long names are folded and not kept', () => {
  const long = `aws:RequestTag/${'K'.repeat(500)}`
  expect(foldName(long)).toBe(long.toLowerCase())
})
