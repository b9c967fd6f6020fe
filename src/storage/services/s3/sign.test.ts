/** The signer against the example that the vendor documents, and against time and renewed credentials. */
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { Secret } from '../../../base/index.ts'
import { escaped, queryText, type Signable, Signer } from './sign.ts'

const credentials = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: new Secret('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'),
}
const now = new Date('2013-05-24T00:00:00Z')
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, "PUT Object"
const put: Signable = {
  method: 'PUT',
  path: '/test%24file.text',
  query: '',
  headers: [
    ['host', 'examplebucket.s3.amazonaws.com'],
    ['date', 'Fri, 24 May 2013 00:00:00 GMT'],
    ['x-amz-storage-class', 'REDUCED_REDUNDANCY'],
  ],
  payload: createHash('sha256').update('Welcome to Amazon S3.').digest('hex'),
}
const authorizationOf = (headers: readonly string[]): string => headers[headers.indexOf('authorization') + 1] ?? ''
const signatureOf = (headers: readonly string[]): string =>
  /Signature=([0-9a-f]{64})$/.exec(authorizationOf(headers))?.[1] ?? ''

test('the documented request gets the documented signature', () => {
  expect(signatureOf(new Signer('us-east-1').sign(put, credentials, now))).toBe(
    '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  )
})

test('the documented query gets the documented signature', () => {
  const list: Signable = {
    method: 'GET',
    path: '/',
    query: queryText([
      ['prefix', 'J'],
      ['max-keys', '2'],
    ]),
    headers: [['host', 'examplebucket.s3.amazonaws.com']],
    payload: createHash('sha256').digest('hex'),
  }
  expect(signatureOf(new Signer('us-east-1').sign(list, credentials, now))).toBe(
    '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  )
})

test('another day, another secret and a token each make another signature', () => {
  const signer = new Signer('us-east-1')
  const tomorrow = new Date(now.getTime() + 24 * 60 * 60_000)
  const other = { ...credentials, secretAccessKey: new Secret('another') }
  const withToken = { ...credentials, sessionToken: new Secret('token') }
  const signatures = [
    signer.sign(put, credentials, now),
    signer.sign(put, credentials, tomorrow),
    signer.sign(put, other, now),
    signer.sign(put, withToken, now),
  ]
  expect(new Set(signatures.map(signatureOf)).size).toBe(4)
  expect(authorizationOf(signatures[3] ?? [])).toContain('x-amz-security-token')
  expect(signatureOf(signer.sign(put, credentials, now))).toBe(signatureOf(signatures[0] ?? []))
})

test('a key is encoded once, whatever it holds', () => {
  expect(escaped("a b+c!'()*~ü/")).toBe('a%20b%2Bc%21%27%28%29%2A~%C3%BC%2F')
})
