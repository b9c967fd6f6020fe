/** The guard lets nothing through that leads home, however it is spelt, and nothing changes between check and use. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { failureOf } from '../testing/contract-suite.ts'
import { literalAddress, refusedAddress } from './address.ts'
import { openAgents } from './agents.ts'
import { checkEndpoint, isAllowedOrigin } from './check.ts'
import { guardedLookup } from './lookup.ts'

const publicly = async (): Promise<string[]> => ['52.219.170.1']

describe('checkEndpoint', () => {
  test.each([
    'https://127.0.0.1',
    'https://2130706433',
    'https://0x7f000001',
    'https://0177.0.0.1',
    'https://127.1',
    'https://0',
    'https://2852039166/latest/meta-data',
    'https://169.254.169.254',
    'https://10.0.0.1',
    'https://172.31.255.1',
    'https://192.168.1.1',
    'https://100.64.0.1',
    'https://100.100.100.200',
    'https://168.63.129.16',
    'https://192.0.0.192',
    'https://198.18.0.1',
    'https://224.0.0.1',
    'https://255.255.255.255',
    'https://[::1]',
    'https://[::]',
    'https://[::ffff:127.0.0.1]',
    'https://[::ffff:7f00:1]',
    'https://[::ffff:8.8.8.8]',
    'https://[64:ff9b::a9fe:a9fe]',
    'https://[64:ff9b:1::1]',
    'https://[2002:7f00:1::]',
    'https://[2001:0:7f00:1::]',
    'https://[fd00:ec2::254]',
    'https://[fe80::1]',
    'https://[fc00::1]',
    'https://localhost',
    'https://localhost.',
  ])('refuses %s', async (url) => {
    const failure = await failureOf(checkEndpoint(url, { allow: [] }))
    expect(failure.code).toBe('endpoint-refused')
    expect(failure.message).not.toMatch(/\n|\.$/)
  })

  test.each([
    ['http://s3.example.com', 'is not https'],
    ['ftp://s3.example.com', 'is not https'],
    ['file:///etc/passwd', 'is not https'],
    ['https://s3.example.com:22', 'port'],
    ['https://s3.example.com:6379', 'port'],
    ['https://user:secret@s3.example.com', 'carries a name'],
    ['not a url', 'is not a URL'],
  ])('refuses %s for its form', async (url, why) => {
    const failure = await failureOf(checkEndpoint(url, { allow: [], resolve: publicly }))
    expect(failure).toMatchObject({ code: 'endpoint-refused' })
    expect(failure.message).toContain(why)
    expect(failure.message).not.toContain('secret')
  })

  test('refuses a URL of any length', async () => {
    const failure = await failureOf(
      checkEndpoint(`https://${'a'.repeat(100_000)}.com`, { allow: [], resolve: publicly }),
    )
    expect(failure.message.length).toBeLessThan(200)
  })

  test('refuses a name as soon as one of its addresses is not public', async () => {
    const resolve = async (): Promise<string[]> => ['52.219.170.1', '10.1.2.3']
    expect((await failureOf(checkEndpoint('https://s3.example.com', { allow: [], resolve }))).code).toBe(
      'endpoint-refused',
    )
    const nothing = async (): Promise<string[]> => []
    expect((await failureOf(checkEndpoint('https://s3.example.com', { allow: [], resolve: nothing }))).code).toBe(
      'endpoint-refused',
    )
  })

  test('lets public names and addresses pass', async () => {
    await checkEndpoint('https://s3.example.com', { allow: [], resolve: publicly })
    await checkEndpoint('https://s3.example.com:9000/', { allow: [], resolve: publicly })
    await checkEndpoint('https://52.219.170.1', { allow: [] })
    await checkEndpoint('https://[2600:1f60::1]', { allow: [] })
  })

  test('lets an allowed origin pass, and only exactly that one', async () => {
    const allow = ['http://127.0.0.1:9000']
    await checkEndpoint('http://127.0.0.1:9000', { allow })
    await checkEndpoint('http://127.0.0.1:9000/', { allow })
    for (const url of [
      'http://127.0.0.1:9001',
      'https://127.0.0.1:9000',
      'http://127.0.0.1',
      'http://127.0.0.1:9000.evil.example',
    ]) {
      expect((await failureOf(checkEndpoint(url, { allow }))).code).toBe('endpoint-refused')
    }
    expect(isAllowedOrigin('data:text/plain,x', ['data:text/plain,x'])).toBe(false)
  })

  test('says nothing of the operator’s network when a name does not resolve', async () => {
    const resolve = (): Promise<string[]> => Promise.reject(new Error('connect 10.0.0.2:53'))
    const failure = await failureOf(checkEndpoint('https://nowhere.example', { allow: [], resolve }))
    expect(failure).toMatchObject({ code: 'unavailable', retry: 'later' })
    expect(JSON.stringify(failure.context)).not.toContain('10.0.0.2')
  })
})

describe('addresses', () => {
  test('every spelling of a loopback address is refused', () => {
    fc.assert(
      fc.property(fc.nat({ max: 0xffffff }), fc.constantFrom('dec', 'hex', 'oct', 'mapped'), (low, spelling) => {
        const value = 0x7f000000 + low
        const host = {
          dec: `${value}`,
          hex: `0x${value.toString(16)}`,
          oct: `0${value.toString(8)}`,
          mapped: `[::ffff:${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}]`,
        }[spelling]
        const literal = literalAddress(new URL(`https://${host}`).hostname)
        return literal !== null && refusedAddress(literal) !== null
      }),
    )
  })

  test('what is not an address is refused, not passed', () => {
    fc.assert(fc.property(fc.string(), (text) => literalAddress(text) !== null || refusedAddress(text) !== null))
    expect(refusedAddress('fe80::1%eth0')).not.toBeNull()
  })
})

describe('sockets of a guarded agent', () => {
  test('never reach a server that stands on loopback, by name or by address', async () => {
    let calls = 0
    const server = createServer((_, response) => {
      calls += 1
      response.end('secret')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const { request } = await import('node:http')
    const ask = (host: string, guarded: boolean): Promise<string> => {
      const agents = openAgents({ guarded })
      return new Promise<string>((resolve) => {
        const asked = request({ host, port, agent: agents.http }, (response) => {
          response.resume()
          resolve(`status ${response.statusCode}`)
        })
        asked.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'))
        asked.end()
      }).finally(() => agents.destroy())
    }
    expect(await ask('127.0.0.1', false)).toBe('status 200')
    expect(await ask('127.0.0.1', true)).toBe('ERR_ENDPOINT_REFUSED')
    expect(await ask('localhost', true)).toBe('ERR_ENDPOINT_REFUSED')
    expect(calls).toBe(1)
    await new Promise((resolve) => server.close(resolve))
  })

  test('the lookup hands out nothing for a name that leads home', async () => {
    const outcome = await new Promise((resolve) =>
      guardedLookup('localhost', { all: true }, (error, addresses) => resolve([error?.code, addresses])),
    )
    expect(outcome).toEqual(['ERR_ENDPOINT_REFUSED', []])
  })
})
