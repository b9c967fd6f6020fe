/** `connection whatif` as the customer's CI runs it: exit code, JSON, annotations, and one line for every bad input. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Ran, runCli } from '../src/cli/testing/run-cli.ts'
import { whatIf } from '../src/contract/index.ts'
import { type Sandbox, startSandbox } from '../src/sandbox/index.ts'

let directory: string
let sandbox: Sandbox

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'drawbridge-whatif-'))
  sandbox = await startSandbox()
  mkdirSync(path.join(directory, 'data'))
  const config = { region: 'eu-central-1', stsEndpoint: sandbox.endpoint, allowedEndpoints: [sandbox.endpoint] }
  writeFileSync(path.join(directory, 'data', 'config.json'), JSON.stringify(config))
  const where = ['--uri', 's3://acme-audit', '--root-path', 'reports/', '--region', 'eu-central-1']
  const added = await run(
    'connection',
    'add',
    'acme',
    '--purpose',
    'export',
    ...where,
    '--bucket-owner',
    '222222222222',
  )
  expect([added.code, added.stdout === '']).toEqual([0, false])
  expect((await run('connection', 'kit', 'acme', '--out', 'kit')).code).toBe(0)
  edit('trust-policy.json', 'trust.json', (policy) => {
    const condition = policy.Statement[0]?.['Condition'] as Record<string, unknown>
    condition['IpAddress'] = { 'aws:SourceIp': '203.0.113.0/24' }
  })
})

afterAll(async () => {
  await sandbox.close()
  rmSync(directory, { recursive: true, force: true })
})

interface Document {
  Statement: Record<string, unknown>[]
}

function edit(from: string, to: string, change: (policy: Document) => void): void {
  const policy = JSON.parse(readFileSync(path.join(directory, 'kit', from), 'utf8')) as Document
  change(policy)
  writeFileSync(path.join(directory, to), JSON.stringify(policy, null, 2))
}

function run(...words: string[]): Promise<Ran> {
  const credentials = `${sandbox.endpoint}/_sandbox/credentials/drawbridge-base`
  return runCli(words, { directory, environment: { AWS_CONTAINER_CREDENTIALS_FULL_URI: credentials, NO_COLOR: '1' } })
}

describe("the mission's own story, before it happens", () => {
  test('a source address in the trust policy would break the connection, and the exit code says so', async () => {
    const ran = await run('connection', 'whatif', 'acme', '--trust', 'trust.json')
    expect([ran.code, ran.stderr]).toEqual([1, ''])
    expect(ran.stdout).toContain('acme would break')
    expect(ran.stdout).toMatch(/✗\s+breaks\s+sts:AssumeRole/)
    expect(ran.stdout).toMatch(/-\s+"aws:SourceIp": "203\.0\.113\.0\/24"/)
  })

  test('the same for programs, in the documented form', async () => {
    const ran = await run('connection', 'whatif', 'acme', '--trust', 'trust.json', '--json')
    const found = whatIf.parse(JSON.parse(ran.stdout))
    expect([ran.code, found.status, found.causes.length]).toEqual([1, 'fail', 1])
    expect(found.causes[0]?.repairs[0]).toMatchObject({ side: 'theirs', proved: true })
  })

  test('and beside the line of the condition, for whoever reviews the change', async () => {
    const ran = await run('connection', 'whatif', 'acme', '--trust', 'trust.json', '--annotations')
    const lines = readFileSync(path.join(directory, 'trust.json'), 'utf8').split('\n')
    const line = lines.findIndex((text) => text.includes('aws:SourceIp')) + 1
    expect(ran.stdout).toMatch(new RegExp(`^::error file=trust\\.json,line=${line},col=\\d+,title=drawbridge acme::`))
    expect([ran.code, ran.stdout.trim().split('\n').length]).toEqual([1, 1])
  })

  test('the kit itself breaks nothing, and what is given as --before is what counts', async () => {
    const kit = ['--trust', 'kit/trust-policy.json', '--permissions', 'kit/permissions-policy.json']
    expect((await run('connection', 'whatif', 'acme', ...kit)).code).toBe(0)
    mkdirSync(path.join(directory, 'now'))
    writeFileSync(path.join(directory, 'now', 'trust-policy.json'), readFileSync(path.join(directory, 'trust.json')))
    const repaired = await run('connection', 'whatif', 'acme', ...kit, '--before', 'now')
    expect([repaired.code, repaired.stdout]).toEqual([0, expect.stringMatching(/works again\s+sts:AssumeRole/)])
  })
})

describe('a plan that can not be read', () => {
  test.each([
    [[], 2, 'there is no plan'],
    [['--trust', 'nowhere.json'], 2, '`nowhere.json` can not be read'],
    [['--trust', 'broken.json'], 2, 'the trust policy can not be read in line 2'],
    [['--permissions', 'list.json'], 2, 'the permissions policy can not be read'],
    [['--trust', 'trust.json', '--before', 'empty'], 2, 'there is no policy in `empty`'],
  ])('%j ends with %i and says why', async (options, code, text) => {
    writeFileSync(path.join(directory, 'broken.json'), '{\n  "Statement": oops\n}')
    writeFileSync(path.join(directory, 'list.json'), '[1, 2, 3]')
    mkdirSync(path.join(directory, 'empty'), { recursive: true })
    const ran = await run('connection', 'whatif', 'acme', ...options)
    expect([ran.code, ran.stdout]).toEqual([code, ''])
    expect(ran.stderr).toContain(`error: ${text}`)
    expect(ran.stderr).toMatch(/^hint: /m)
  })

  test('a connection that is not there', async () => {
    expect((await run('connection', 'whatif', 'nobody', '--trust', 'trust.json')).code).toBe(4)
  })
})
