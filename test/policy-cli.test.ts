/** The commands of the policy language as processes: on files alone, with data for machines a line each. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Ran, runCli } from '../src/cli/testing/run-cli.ts'

const root = path.dirname(import.meta.dirname)
const calls = path.join(root, 'test/cases/iam-calls')
let directory: string
const run = (...words: string[]): Promise<Ran> => runCli(['policy', ...words], { directory })
const linesOf = (ran: Ran): Record<string, unknown>[] =>
  ran.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'drawbridge-policy-'))
})

afterAll(() => rmSync(directory, { recursive: true, force: true }))

test('evaluate prints a line a case, and ends with 1 when one does not hold', async () => {
  const topics = path.join(root, 'test/cases/iam')
  const files = readdirSync(topics).map((file) => path.join(topics, file))
  const ran = await run('evaluate', ...files, '--json')
  expect(ran.code).toBe(0)
  expect(linesOf(ran).length).toBeGreaterThanOrEqual(420)
  expect(linesOf(ran).every(({ ok }) => ok === true)).toBe(true)

  const request = {
    principal: 'arn:aws:iam::111111111111:user/a',
    action: 's3:GetObject',
    resource: 'arn:aws:s3:::b/k',
  }
  const wrong = { name: 'wrong', request: { ...request, resourceAccount: '111111111111', context: {} }, policies: {} }
  writeFileSync(path.join(directory, 'wrong.json'), JSON.stringify({ ...wrong, expected: { decision: 'allowed' } }))
  const failed = await run('evaluate', 'wrong.json', '--json')
  expect(failed.code).toBe(1)
  expect(linesOf(failed)).toMatchObject([{ name: 'wrong', decision: 'implicitDeny', expected: 'allowed', ok: false }])
})

describe('the nine ways to break a connection', () => {
  const files = readdirSync(calls).filter((file) => file.endsWith('.json'))

  test('are nine', () => expect(files).toHaveLength(9))

  test.each(files)('%s: explained as refused, and repaired', async (file) => {
    const explained = await run('explain', path.join(calls, file), '--json')
    expect(explained.code).toBe(1)
    expect(linesOf(explained)[0]).toMatchObject({ ok: false, decision: expect.stringMatching(/Deny$/) })
    const repaired = await run('repair', path.join(calls, file), '--json')
    expect(repaired.code).toBe(0)
    expect(linesOf(repaired)[0]).toMatchObject({
      ok: true,
      repairs: expect.arrayContaining([{ proved: true }].map((one) => expect.objectContaining(one))),
    })
  })
})

test('write gives policies in which check finds nothing, and check underlines what it finds', async () => {
  const words = [
    '--purpose',
    'export',
    '--bucket',
    'acme-audit',
    '--bucket-owner',
    '222222222222',
    '--tag',
    'department',
  ]
  const ours = ['--our-principal', 'arn:aws:iam::111111111111:role/base', '--external-id', 'dbx_0123456789abcdef']
  const written = await run('write', ...words, ...ours, '--json')
  expect(written.code).toBe(0)
  const { policies } = JSON.parse(written.stdout) as { policies: { trust: { Statement: { Condition?: unknown }[] } } }
  writeFileSync(path.join(directory, 'trust.json'), JSON.stringify(policies.trust, null, 2))
  const clean = await run('check', 'trust.json', '--kind', 'trust', ...ours)
  expect([clean.code, clean.stdout]).toEqual([0, expect.stringContaining('no findings')])

  delete policies.trust.Statement[0]?.Condition
  writeFileSync(path.join(directory, 'open.json'), JSON.stringify(policies.trust, null, 2))
  const open = await run('check', 'open.json', '--kind', 'trust', ...ours)
  expect(open.code).toBe(1)
  expect(open.stdout).toMatch(/External ID/)
  expect(open.stdout).toMatch(/^ +\| +\^/m)
})

test('compare names the statement through which a verdict changed', async () => {
  const before = await import(path.join(calls, 'source-ip.json'), { with: { type: 'json' } })
  const { default: file } = before as {
    default: { policies: { trust: { Statement: { Condition: Record<string, unknown> }[] } } }
  }
  const earlier = structuredClone(file.policies.trust)
  delete earlier.Statement[0]?.Condition['IpAddress']
  writeFileSync(path.join(directory, 'compare.json'), JSON.stringify({ ...file, before: { trust: earlier } }))
  const ran = await run('compare', 'compare.json')
  expect(ran.code).toBe(1)
  expect(ran.stdout).toMatch(/verdicts that change: 1/)
  expect(ran.stdout).toMatch(/aws:SourceIp/)
  writeFileSync(path.join(directory, 'one.json'), JSON.stringify({ ...file, before: undefined }))
  const one = await run('compare', 'one.json')
  expect([one.code, one.stderr]).toEqual([2, expect.stringContaining('hint: ')])
})
