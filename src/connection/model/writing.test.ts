/** What may be said of objects, refused at the door where the service or the purpose does not have it. */
import { expect, it } from 'vitest'
import type { Location, ObjectSettings, Purpose } from '../../contract/index.ts'
import { sasLettersOf } from '../kit/azure.ts'
import { takeWriting } from './writing.ts'

const s3: Location = {
  ...{ service: 's3', uri: 's3://acme-audit', rootPath: '', region: 'eu-central-1' },
  bucketOwner: '222222222222',
}
const azure: Location = { service: 'azblob', containerUrl: 'https://acme.blob.core.windows.net/audit', rootPath: '' }
const folder: Location = { service: 'local', directory: '/srv/shelf', rootPath: '' }

it.each<[ObjectSettings, Purpose, Location, string]>([
  [{ tags: { a: 'b' } }, 'source', s3, 'is for purposes that write'],
  [{ tags: { a: 'b' } }, 'export', folder, 'is for a bucket or a container'],
  [{ storageClass: 'GLACIER' }, 'export', azure, 'is only for a bucket'],
  [{ tier: 'Cool' }, 'export', s3, 'is only for a container'],
  [{ retention: { mode: 'Locked', days: 1 } }, 'export', s3, 'can be GOVERNANCE or COMPLIANCE'],
  [{ retention: { mode: 'COMPLIANCE', days: 1 } }, 'export', azure, 'can be Unlocked or Locked'],
  [{ tier: 'Archive', legalHold: true }, 'export', azure, 'can not be Archive together with'],
  [{ tags: Object.fromEntries(Array.from('abcdefghijk', (key) => [key, 'x'])) }, 'export', s3, 'more than ten tags'],
  [{ tags: { 'a&b=c': 'x' } }, 'export', s3, 'characters that a tag can not have'],
])('%j for a %s is refused in one line', (objects, purpose, location, text) => {
  const refused = (): unknown => takeWriting({ objects }, purpose, location)
  expect(refused).toThrow(text)
  expect(refused).toThrow(/^[^\n]*$/)
})

it('is kept, replaced as a whole, and taken away by saying nothing of it', () => {
  const first = takeWriting({ objects: { tags: { a: 'b' } } }, 'export', s3)
  expect(first.objects).toEqual({ tags: { a: 'b' } })
  expect(takeWriting({}, 'export', s3, first)).toEqual(first)
  const second = takeWriting({ objects: { storageClass: 'GLACIER_IR' } }, 'export', s3, first)
  expect(second.objects).toEqual({ storageClass: 'GLACIER_IR' })
  expect(takeWriting({ objects: {} }, 'export', s3, second)).not.toHaveProperty('objects')
})

it('asks for the letters of a SAS token that it needs, and no others', () => {
  const lettersFor = (objects: ObjectSettings): string =>
    sasLettersOf({ purpose: 'export', writing: takeWriting({ objects }, 'export', azure) })
  expect(lettersFor({ tier: 'Cool' })).toBe('cw')
  expect(lettersFor({ tags: { a: 'b' } })).toBe('cwt')
  expect(lettersFor({ legalHold: true })).toBe('cwi')
  expect(lettersFor({ tags: { a: 'b' }, retention: { mode: 'Locked', days: 1 } })).toBe('cwti')
})
