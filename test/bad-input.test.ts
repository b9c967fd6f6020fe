/** Bad input of every kind, at the terminal: one line, a hint, the documented exit code, no stack trace, nothing lost. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Ran, runCli, said, startCli } from '../src/cli/testing/run-cli.ts'
import { delivery } from '../src/contract/index.ts'
import { type Sandbox, startSandbox } from '../src/sandbox/index.ts'
import { type Azurite, startAzurite } from './servers/azurite.ts'

let directory: string
let sandbox: Sandbox
let azurite: Azurite

const role = [
  '--purpose',
  'export',
  '--root-path',
  'audit/',
  '--region',
  'eu-central-1',
  '--bucket-owner',
  '222222222222',
]

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'drawbridge-bad-input-'))
  ;[sandbox, azurite] = await Promise.all([startSandbox(), startAzurite()])
  mkdirSync(path.join(directory, 'data'))
  const allowedEndpoints = [sandbox.endpoint, new URL(azurite.url).origin]
  const config = { region: 'eu-central-1', stsEndpoint: sandbox.endpoint, allowedEndpoints }
  writeFileSync(path.join(directory, 'data', 'config.json'), JSON.stringify(config))
  await azurite.createContainer('audit')
})

afterAll(async () => {
  await sandbox.close()
  await azurite.close()
  rmSync(directory, { recursive: true, force: true })
})

function run(words: readonly string[], stdin = ''): Promise<Ran> {
  return runCli(words, { directory, stdin, environment: environment() })
}

function environment(): Record<string, string> {
  return { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${sandbox.endpoint}/_sandbox/credentials/drawbridge-base` }
}

function expectRefusal(ran: Ran, code: number, text: string | RegExp): void {
  expect(ran.stderr).toMatch(text)
  expect(ran.stderr).not.toMatch(/\n\s+at |node:internal|undefined/)
  expect(ran.stderr.split('\n').filter((line) => line.startsWith('error: '))).toHaveLength(1)
  expect(ran.stderr).toMatch(/^hint: /m)
  expect(ran.code).toBe(code)
}

describe('a connection that can not be', () => {
  test.each([
    ['a folder in the URI', ['--uri', 's3://acme-audit/exports'], /root path/],
    ['a URI of another kind', ['--uri', 'https://acme-audit.s3.amazonaws.com'], /s3:\/\//],
    [
      'an account of nine digits',
      ['--uri', 's3://b-1', '--role-arn', 'arn:aws:iam::123456789:role/Export'],
      /12 digits|twelve digits/,
    ],
    ['a role name for an ARN', ['--uri', 's3://b-1', '--role-arn', 'QualioExportRole'], /arn:aws:iam::/],
    [
      'a session ARN for a role',
      ['--uri', 's3://b-1', '--role-arn', 'arn:aws:sts::222222222222:assumed-role/a/b'],
      /role/,
    ],
    [
      'an endpoint inside the network',
      ['--uri', 's3://b-1', '--endpoint', 'https://169.254.169.254'],
      /169\.254\.169\.254/,
    ],
    ['an endpoint in plain http', ['--uri', 's3://b-1', '--endpoint', 'http://storage.example.com'], /https/],
  ])('%s', async (_what, words, text) => {
    expectRefusal(await run(['connection', 'add', 'acme', ...role, ...words]), 2, text)
  })

  test.each([
    [
      'an expired token',
      () => azurite.sas('audit', { permissions: 'cw', expiresAt: new Date(Date.now() - 60_000) }),
      /ended at/,
    ],
    ['a token that can only read', () => azurite.sas('audit', { permissions: 'r' }), /write|`w`|create|`c`/],
    ['an account SAS', () => 'sv=2024-11-04&ss=b&srt=sco&sp=rwdlac&se=2030-01-01T00:00:00Z&sig=c2ln', /account/],
    ['something that is no token', () => 'please let me in', /SAS/],
  ])('%s', async (_what, token, text) => {
    const words = [
      'connection',
      'add',
      'azure',
      '--purpose',
      'export',
      '--container-url',
      azurite.containerUrl('audit'),
    ]
    const ran = await run([...words, '--sas-file', '-'], token())
    expectRefusal(ran, 2, text)
    expect(ran.stderr).not.toContain('sig=')
  })

  test('none of them left anything behind', async () => {
    const ran = await run(['connection', 'list', '--json'])
    expect(JSON.parse(ran.stdout)).toEqual({ connections: [] })
  })
})

describe('a connection that leads nowhere', () => {
  beforeAll(async () => {
    const words = [
      'connection',
      'add',
      'nowhere',
      ...role,
      '--uri',
      's3://no-such-bucket',
      '--endpoint',
      sandbox.endpoint,
    ]
    expect((await run([...words, '--tag', 'department=department?'])).code).toBe(0)
    expect((await run(['route', 'add', 'lost', 'nowhere'])).code).toBe(0)
    writeFileSync(path.join(directory, 'report.txt'), 'twelve months')
  })

  test('the verification says at which link, and ends with 1', async () => {
    const ran = await run(['connection', 'verify', 'nowhere', '--json'])
    expect(ran.code).toBe(1)
    expect(ran.stdout).toContain('"status":"fail"')
  })

  test('a report sent there is parked with its reason, not lost', async () => {
    const ran = await run(['deliver', 'report.txt', '--route', 'lost', '--json'])
    expect(ran.code).toBe(3)
    const parked = delivery.parse(JSON.parse(ran.stdout))
    expect(parked.state).toBe('parked')
    expect(parked.targets[0]?.reason).toBeTruthy()
    const listed = await run(['delivery', 'list', '--json'])
    expect(listed.stdout).toContain(parked.id)
  })

  test('a required claim that nobody sends refuses the report before it is accepted', async () => {
    const changed = await run(['connection', 'change', 'nowhere', '--tag', 'department=department'])
    expect(changed.code).toBe(0)
    expectRefusal(await run(['deliver', 'report.txt', '--route', 'lost']), 2, /department/)
  })
})

describe('files that can not be read', () => {
  test.each([
    ['a missing report', ['deliver', 'missing.pdf', '--route', 'lost'], 2, /missing\.pdf/],
    ['a missing route', ['deliver', 'report.txt', '--route', 'no-route'], 4, /no-route/],
    ['a case that is not JSON', ['policy', 'evaluate', 'report.txt'], 2, /report\.txt/],
    ['a package that is not there', ['receipt', 'verify', 'no-folder', '--key', 'no-key.pem'], 2, /no-folder|no-key/],
  ] as const)('%s', async (_what, words, code, text) => {
    expectRefusal(await run(words), code, text)
  })

  test('a policy that is not JSON is named with its place', async () => {
    const policies = path.join(directory, 'policies')
    mkdirSync(policies)
    writeFileSync(path.join(policies, 'trust-policy.json'), '{ "Version": "2012-10-17", // comment\n }')
    expect((await run(['connection', 'change', 'nowhere', '--tag', 'department=department?'])).code).toBe(0)
    expectRefusal(await run(['diagnose', '--connection', 'nowhere', '--policies', policies]), 2, /trust.*(line 1|1:)/)
  })
})

describe('a machine that is short of something', () => {
  test('a second process on the same data directory is told who holds it', async () => {
    const server = startCli(['serve', '--port', '0'], { directory, environment: environment() })
    try {
      await said(server, /127\.0\.0\.1:\d+/)
      const second = await run(['serve', '--port', '0'])
      expectRefusal(second, 7, new RegExp(`${server.pid}`))
    } finally {
      const gone = new Promise((resolve) => server.once('exit', resolve))
      server.kill('SIGTERM')
      await gone
    }
  })

  test('a full disk refuses the new report, keeps the old ones, and takes the next when there is room', async (context) => {
    const small = path.join(directory, 'small')
    mkdirSync(small)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', small], { stdio: 'pipe' })
    } catch {
      if (process.env['CI'] !== undefined) throw new Error('CI can not mount a small disk')
      console.warn('SKIPPED: mounting a small disk needs root')
      return context.skip()
    }
    try {
      const shelf = path.join(directory, 'shelf')
      mkdirSync(shelf)
      const there = (words: readonly string[]): Promise<Ran> => run([...words, '--data', path.join(small, 'data')])
      expect((await there(['connection', 'add', 'shelf', '--purpose', 'export', '--folder', shelf])).code).toBe(0)
      expect((await there(['route', 'add', 'audit', 'shelf'])).code).toBe(0)
      writeFileSync(path.join(directory, 'large.bin'), Buffer.alloc(8_000_000, 7))
      expectRefusal(await there(['deliver', 'large.bin', '--route', 'audit']), 7, /no room|full/)
      const after = await there(['deliver', 'report.txt', '--route', 'audit', '--json'])
      expect(after.stderr).toBe('')
      expect(delivery.parse(JSON.parse(after.stdout)).state).toBe('delivered')
    } finally {
      execFileSync('umount', [small])
    }
    return undefined
  })
})
