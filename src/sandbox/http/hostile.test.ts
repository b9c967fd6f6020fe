/** Input of strangers: whatever comes in, an AWS-shaped refusal goes out, soon, and the sandbox lives on. */
import { connect } from 'node:net'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Stage } from '../testing/stage.ts'
import { childText, readXml } from './xml.ts'

let stage: Stage

beforeAll(async () => {
  stage = await Stage.open()
})

afterEach(async () => {
  const { status } = await stage.raw({ method: 'GET', path: '/_sandbox/health', headers: { host: 'localhost' } })
  expect(status).toBe(200)
})

afterAll(() => stage.close())

/** Writes bytes to a socket and returns whatever comes back until it ends. */
function talk(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(stage.sandbox.port, '127.0.0.1', () => socket.end(bytes))
    let heard = ''
    socket.on('data', (chunk) => {
      heard += chunk.toString()
    })
    socket.on('close', () => resolve(heard))
    socket.on('error', reject)
  })
}

describe('a request', () => {
  test('that is no HTTP is answered with 400', async () => {
    expect(await talk('\u0000\u0001 nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
  })

  test('with headers beyond measure is answered with 400', async () => {
    expect(await talk(`GET / HTTP/1.1\r\nhost: x\r\nx-long: ${'a'.repeat(100_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 400 /,
    )
  })

  test('with a path that is no percent-encoding is answered in XML', async () => {
    const answer = await stage.raw({ method: 'GET', path: '/bucket/%E0%A4%A' })
    expect([answer.status, /<Code>(.*?)</.exec(answer.body)?.[1]]).toEqual([400, 'InvalidURI'])
  })

  test.each([
    ['Basic abc', 'InvalidRequest'],
    ['AWS4-HMAC-SHA256 Credential=a/b/c', 'AuthorizationHeaderMalformed'],
    ['AWS4-HMAC-SHA256 Credential=a/20260101/r/ec2/aws4_request, SignedHeaders=host, Signature=00', 'AccessDenied'],
  ])('with the authorization %s is refused', async (authorization, code) => {
    const answer = await stage.raw({ method: 'GET', path: '/bucket/key', headers: { authorization } })
    expect(/<Code>(.*?)</.exec(answer.body)?.[1]).toBe(code)
    expect(answer.headers['x-amz-request-id']).toBeDefined()
  })

  test('of any shape is answered below 500', async () => {
    const header = fc.string({ maxLength: 60 }).map((text) => text.replace(/[^\x20-\x7e]/g, '.'))
    const path = fc.array(
      fc.constantFrom('/', '%', '%2F', '?', '&', '=', 'uploads', 'uploadId', 'a', '..', 'X-Amz-Signature', '%00', ';'),
      { maxLength: 12 },
    )
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH'),
        path,
        fc.dictionary(
          fc.constantFrom(
            'authorization',
            'x-amz-date',
            'x-amz-target',
            'content-type',
            'range',
            'x-amz-copy-source',
            'x-amz-trailer',
            'x-amz-content-sha256',
          ),
          header,
        ),
        fc.string({ maxLength: 200 }),
        async (method, parts, headers, body) => {
          const answer = await stage.raw({ method, path: `/${parts.join('')}`, headers, body })
          return answer.status < 500 || answer.status === 501
        },
      ),
      { numRuns: 300 },
    )
  }, 15_000)
})

describe('an unsigned form', () => {
  const send = (body: string, type = 'application/x-www-form-urlencoded') =>
    stage.raw({
      method: 'POST',
      path: '/',
      headers: { 'content-type': type, 'content-length': String(body.length) },
      body,
    })

  test('is told that it lacks a token', async () => {
    const answer = await send('Action=GetCallerIdentity&Version=2011-06-15')
    expect(answer.status).toBe(403)
    expect(answer.body).toContain('<Code>MissingAuthenticationToken</Code>')
  })

  test('that is too long is refused, not stored', async () => {
    expect((await send('a'.repeat(3_000_000))).status).toBe(413)
  })
})

describe('XML', () => {
  test('is read with its entities, references and white space', () => {
    const node = readXml('<?xml version="1.0"?><a xmlns="x"><Key>  a&amp;b &#x41;&#66;&lt; </Key></a>', 'a')
    expect(childText(node, 'Key')).toBe('  a&b AB< ')
  })

  test.each([
    ['an external entity', '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a><Key>&e;</Key></a>'],
    ['nesting without end', '<a>'.repeat(50_000)],
    ['another root', '<b></b>'],
    ['no XML', 'a,b,c'],
    ['an open element', '<a><b></a>'],
    ['more than two megabytes', `<a>${'x'.repeat(2_000_001)}</a>`],
  ])('with %s is malformed', (_what, text) => {
    expect(() => readXml(text, 'a')).toThrow('not well-formed')
  })

  test('names of the language itself are no children', () => {
    const node = readXml('<a><b>x</b></a>', 'a')
    expect(childText(node, 'toString')).toBeUndefined()
    expect(childText(node, '__proto__')).toBeUndefined()
  })
})
