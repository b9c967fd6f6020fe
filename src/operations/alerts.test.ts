/** Alerts of a whole house: who is told by mail of which connection, and warnings of tokens and keys, each told once. */
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SMTPServer } from 'smtp-server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ManualClock, systemRandom } from '../base/index.ts'
import { parseConfig } from '../cli/config.ts'
import { type OpenedHouse, openHouse } from '../cli/house.ts'
import { mailOf } from '../cli/mail-config.ts'
import type { DrawbridgeClient } from '../contract/index.ts'
import { operatorCaller } from './caller.ts'
import { inProcessClient } from './invoke.ts'

const day = 86_400_000
const container = 'https://acme0audit.blob.core.windows.net/exports'

let folder: string
let server: SMTPServer
let mails: { readonly to: string; readonly subject: string }[]
let isOut: boolean
let clock: ManualClock
let opened: OpenedHouse
let client: DrawbridgeClient

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drawbridge-alerts-'))
  mails = []
  isOut = false
  server = new SMTPServer({
    authOptional: true,
    onData: (stream, session, done) => {
      let text = ''
      stream.on('data', (chunk: Buffer) => {
        text += chunk.toString('utf8')
      })
      stream.on('end', () => {
        if (isOut) return done(Object.assign(new Error('out of order'), { responseCode: 451 }))
        const to = session.envelope.rcptTo.map(({ address }) => address).join()
        mails.push({ to, subject: /^Subject: (.*(?:\r\n[ \t].*)*)/m.exec(text)?.[1]?.replace(/\r\n/g, '') ?? '' })
        done()
      })
    },
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  clock = new ManualClock(new Date('2026-11-02T10:00:00Z'))
})

afterEach(async () => {
  await opened.close()
  await new Promise<void>((resolve) => server.close(() => resolve()))
  await rm(folder, { recursive: true, force: true })
})

async function open(watch: object): Promise<void> {
  const { port } = server.server.address() as AddressInfo
  const to = [{ address: 'all@ops.example' }, { address: 'shelf@ops.example', connections: ['shelf'] }]
  const mail = { host: '127.0.0.1', port, tls: 'none', from: 'drawbridge@vendor.example', to }
  opened = await openHouse({
    config: parseConfig(
      JSON.stringify({ watch, alerts: { mail }, allowedEndpoints: [new URL(container).origin] }),
      'test',
    ),
    directory: join(folder, 'data'),
    clock,
    random: systemRandom,
    provider: null,
  })
  client = inProcessClient(opened.house, operatorCaller())
}

async function addShelf(name: string): Promise<void> {
  await mkdir(join(folder, name))
  const location = { service: 'local', directory: join(folder, name), rootPath: '' } as const
  await client.connection.add({ name, purpose: 'export', location, authentication: { kind: 'none' } })
}

/** Rounds of the watch and of the sending, as a server takes them. */
async function turn(): Promise<void> {
  await opened.watch.round()
  await opened.watch.send()
}

describe('a connection that turns', () => {
  it('is told to those who want to know of it, again when the mail server is back', async () => {
    await open({ everySeconds: 3600, jitter: 0 })
    await addShelf('shelf')
    await addShelf('attic')
    clock.advance(3_600_000)
    await turn()
    await rename(join(folder, 'shelf'), join(folder, 'gone'))
    clock.advance(3_600_000)
    isOut = true
    await turn()
    expect(mails).toEqual([])
    isOut = false
    clock.advance(60_000)
    await opened.watch.send()
    expect(mails.map(({ to }) => to).sort()).toEqual(['all@ops.example', 'shelf@ops.example'])
    expect(mails[0]?.subject).toContain('shelf turned red')
    await rename(join(folder, 'attic'), join(folder, 'gone-too'))
    clock.advance(3_600_000)
    await turn()
    expect(mails.slice(2).map(({ to }) => to)).toEqual(['all@ops.example'])
  })
})

describe('a SAS token', () => {
  const token = (end: string, signature: string) => `sv=2024-11-04&sr=c&spr=https&sp=cw&si=p&se=${end}&sig=${signature}`

  it('is warned of 30, 14, 7 and 1 days before its end and after it, each once, whatever restarts', async () => {
    await open({ everySeconds: 0 })
    await client.connection.add({
      name: 'azure',
      purpose: 'export',
      location: { service: 'azblob', containerUrl: container, rootPath: '' },
      authentication: { kind: 'sas', token: token('2026-12-12T10:00:00Z', 'YQ%3D%3D') },
    })
    const told: [number, string][] = []
    for (let days = 0; days < 45; days++) {
      const before = mails.length
      await turn()
      await turn()
      for (const { subject } of mails.slice(before))
        told.push([40 - days, subject.replace(/^.*SAS token /, '').slice(0, 21)])
      if (days % 10 === 5) {
        await opened.close()
        await open({ everySeconds: 0 })
      }
      clock.advance(day)
    }
    expect(told).toEqual([
      [30, 'ends within 30 days, '],
      [14, 'ends within 14 days, '],
      [7, 'ends within 7 days, a'],
      [1, 'ends within a day, at'],
      [0, 'ended at 2026-12-12T1'],
    ])
    const entries = (await client.evidence.export({})).entries.map((entry) => JSON.parse(entry) as { action: string })
    expect(entries.filter(({ action }) => action === 'connection.warned')).toHaveLength(5)
  })
})

describe('an access key', () => {
  it('is warned of when it has been in use for 90 and for 180 days, and its successor begins anew', async () => {
    await open({ everySeconds: 0 })
    await client.connection.add({
      name: 'bucket',
      purpose: 'export',
      location: {
        service: 's3',
        uri: 's3://acme-audit',
        rootPath: '',
        region: 'eu-central-1',
        bucketOwner: '222222222222',
      },
      authentication: { kind: 'access-key', accessKeyId: 'AKIAEXAMPLE000000000', secretAccessKey: 's'.repeat(40) },
    })
    const counts: number[] = []
    for (const days of [89, 1, 89, 1, 30]) {
      clock.advance(days * day)
      await turn()
      counts.push(mails.length)
    }
    expect(counts).toEqual([0, 1, 1, 2, 2])
    expect(mails.map(({ to }) => to)).toEqual(['all@ops.example', 'all@ops.example'])
  })
})

describe('the configuration of mail', () => {
  const parse = (mail: object) => parseConfig(JSON.stringify({ alerts: { mail } }), 'test')
  const right = { host: 'mail.example', from: 'a@vendor.example', to: [{ address: 'b@ops.example' }] }

  it('is refused with a password in the clear, half a sign-in, or an address that is none', async () => {
    await open({ everySeconds: 0 })
    expect(() => parse({ ...right, tls: 'none', user: 'u', passwordFile: 'p' })).toThrow('in the clear')
    expect(() => parse({ ...right, user: 'u' })).toThrow('passwordFile')
    for (const address of ['b', 'b@ops.example\r\nBcc: c@d.example', 'b@ops.example, c@d.example']) {
      expect(() => parse({ ...right, to: [{ address }] })).toThrow('invalid email address')
    }
    const missing = mailOf(parse({ ...right, user: 'u', passwordFile: 'nowhere' }), folder)
    await expect(missing).rejects.toMatchObject({ code: 'configuration-invalid' })
    expect(await mailOf(parse(right), folder)).toMatchObject({ server: { port: 587, tls: 'starttls' } })
  })
})
