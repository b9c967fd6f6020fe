/** The program as a process of its own: exit codes, streams, and a whole delivery from the terminal, proof included. */
import { createHash, randomBytes } from 'node:crypto'
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ended, type Ran, runCli, said, startCli } from '../src/cli/testing/run-cli.ts'
import { delivery, schedule, scheduleDetail } from '../src/contract/index.ts'

let directory: string
const run = (...words: string[]): Promise<Ran> => runCli(words, { directory })

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-cli-'))
})

afterAll(() => rm(directory, { recursive: true, force: true }))

describe('a wrong command line', () => {
  it.each([
    [['frobnicate'], 2, 'error: unknown command `frobnicate`'],
    [['connection', 'show'], 2, 'error: missing required argument `name`'],
    [['connection', 'list', '--jsn'], 2, 'hint: did you mean --json?'],
    [['connection', 'add', 'x', '--purpose', 'theft', '--folder', '.'], 2, '`theft` is invalid'],
    [['connection', 'verify', 'x', '--patience', 'soon'], 2, '`soon` is not a number of seconds'],
    [['sandbox', '--propagation-delay', '-1'], 2, 'is not a number of seconds'],
    [['deliver', 'nowhere.pdf', '--route', 'r'], 2, 'error: `nowhere.pdf` can not be read: there is no such file'],
    [['connection', 'show', 'nobody'], 4, 'error: there is no connection `nobody`'],
    [['status', '--config', 'missing.json'], 7, 'error: `missing.json` can not be read'],
  ])('%j ends with %i and says why', async (words, code, text) => {
    const ran = await run(...words)
    expect(ran.stderr).toContain(text)
    expect(ran.code).toBe(code)
    expect(ran.stdout).toBe('')
    expect(ran.stderr).not.toMatch(/\n\s+at /)
    expect(ran.stderr.split('\n').filter((line) => /^error: /.test(line))).toHaveLength(1)
  })
})

describe('a delivery from the terminal', () => {
  it('goes out without a server, comes with proof, and the proof finds a changed byte', async () => {
    const target = join(directory, 'shelf')
    await mkdir(target)
    const bytes = randomBytes(2_000_000)
    await writeFile(join(directory, 'audit.pdf'), bytes)
    const added = await run('connection', 'add', 'shelf', '--purpose', 'export', '--folder', target)
    expect(added.code).toBe(0)
    expect((await run('route', 'add', 'audit', 'shelf')).code).toBe(0)

    const sent = await run('deliver', 'audit.pdf', '--route', 'audit', '--period', '2026-10', '--json')
    expect(sent.stderr).toBe('')
    expect(sent.code).toBe(0)
    const record = delivery.parse(JSON.parse(sent.stdout))
    expect(record.state).toBe('delivered')
    const file = join(target, record.targets[0]?.keys[0] ?? '')
    expect(sha256(await readFile(file))).toBe(sha256(bytes))

    expect((await run('connection', 'kit', 'shelf', '--out', 'kit')).code).toBe(0)
    const key = join(directory, 'kit', 'evidence-key.pem')
    const verified = await run('receipt', 'verify', dirname(file), '--key', key)
    expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining('the package is what was delivered')])
    await appendFile(file, 'x')
    const changed = await run('receipt', 'verify', dirname(file), '--key', key, '--json')
    expect([changed.code, JSON.parse(changed.stdout)]).toEqual([1, expect.objectContaining({ ok: false })])

    const log = await run('evidence', 'export')
    expect(
      log.stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { action: string }).action),
    ).toContain('delivery.delivered')
  })

  it('goes out by the clock: a schedule is made, run by hand, shown and removed', async () => {
    const reports = join(directory, 'reports')
    await mkdir(reports)
    await writeFile(join(reports, 'ledger.csv'), 'a,b')
    const words = ['--route', 'audit', '--folder', 'reports', '--pattern', '*.csv', '--cron', '0 6 1 * *']
    const made = await run('schedule', 'create', 'monthly', ...words, '--time-zone', 'Europe/Berlin', '--json')
    expect([made.code, schedule.parse(JSON.parse(made.stdout))]).toEqual([
      0,
      expect.objectContaining({ name: 'monthly', folder: reports, state: 'active', catchUp: 'last', missed: 0 }),
    ])
    const ran = await run('schedule', 'run', 'monthly', '--json')
    const [slot] = scheduleDetail.parse(JSON.parse(ran.stdout)).slots
    expect([ran.code, slot]).toEqual([0, expect.objectContaining({ kind: 'manual', state: 'accepted', files: 1 })])
    expect((await run('delivery', 'show', slot?.delivery ?? '')).stdout).toContain('● shelf  delivered')
    expect((await run('route', 'remove', 'audit')).stderr).toContain('the schedule `monthly` delivers on the route')
    const bad = await run('schedule', 'create', 'bad', ...words.slice(0, 4), '--cron', 'every day')
    expect([bad.code, bad.stderr]).toEqual([2, expect.stringContaining('is no cron pattern of five fields')])
    expect((await run('schedule', 'pause', 'monthly')).stdout).toContain('paused')
    expect((await run('schedule', 'remove', 'monthly')).stdout).toBe('removed the schedule monthly\n')
  })

  it('goes through the server where one runs, which then holds the directory alone', async () => {
    const server = startCli(['serve', '--port', '0'], { directory })
    const end = ended(server)
    await said(server, /listens on http:\/\/127\.0\.0\.1:\d+/)
    await writeFile(join(directory, 'second.pdf'), 'second report')
    const sent = await run('deliver', 'second.pdf', '--route', 'audit', '--wait', '--json')
    expect([sent.code, delivery.parse(JSON.parse(sent.stdout)).state]).toEqual([0, 'delivered'])
    const second = await run('serve', '--port', '0')
    expect([second.code, second.stderr]).toEqual([7, expect.stringContaining('holds the data directory')])
    server.kill('SIGTERM')
    const { code, stderr } = await end
    expect(code).toBe(0)
    expect(stderr).toContain('POST /api/v1/deliveries 200')
    expect(await readdir(join(directory, 'data'))).not.toContain('server.json')
  })
})

describe('output', () => {
  it('is without colours under NO_COLOR and with them under FORCE_COLOR', async () => {
    const plain = await runCli(['connection', 'list'], { directory, environment: { NO_COLOR: '1', FORCE_COLOR: '1' } })
    const colored = await runCli(['connection', 'list'], { directory, environment: { FORCE_COLOR: '1' } })
    const escapeSign = String.fromCharCode(27)
    expect(plain.stdout).not.toContain(escapeSign)
    expect(colored.stdout).toContain(escapeSign)
  })

  it('ends quietly when its reader has gone', async () => {
    const child = startCli(['connection', 'list'], { directory })
    child.stdout?.destroy()
    const { code, stderr } = await ended(child)
    expect([code, stderr]).toEqual([0, ''])
  })
})

describe('a secret', () => {
  it('goes in by standard input and comes out nowhere', async () => {
    const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
    const words = ['connection', 'add', 'keyed', '--purpose', 'export', '--uri', 's3://acme-audit']
    const where = ['--region', 'eu-central-1', '--bucket-owner', '222222222222']
    const how = ['--access-key-id', 'AKIAIOSFODNN7EXAMPLE', '--secret-file', '-', '--json']
    const ran = await runCli([...words, ...where, ...how], { directory, stdin: `${secret}\n` })
    expect([ran.code, ran.stderr]).toEqual([0, ''])
    const shown = await run('connection', 'show', 'keyed', '--json')
    const log = await run('evidence', 'export')
    for (const text of [ran.stdout, shown.stdout, log.stdout]) expect(text).not.toContain(secret)
    for (const name of await readdir(join(directory, 'data'), { recursive: true, withFileTypes: true })) {
      if (name.isFile()) expect((await readFile(join(name.parentPath, name.name))).includes(secret)).toBe(false)
    }
  })
})

describe('without any data directory', () => {
  it('an error text from standard input is explained', async () => {
    const ran = await runCli(['diagnose', '-', '--json'], {
      directory,
      stdin:
        'An error occurred (AccessDenied) when calling the AssumeRole operation: User: arn:aws:sts::111111111111:assumed-role/a/b is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::222222222222:role/c',
      environment: { DRAWBRIDGE_DATA: join(directory, 'never') },
    })
    expect(ran.code).toBe(0)
    expect(JSON.parse(ran.stdout)).toMatchObject({ view: 'vendor', operation: 'sts:AssumeRole' })
    expect(await readdir(directory)).not.toContain('never')
  })

  it('cases are evaluated, and one that does not hold is the exit code', async () => {
    const request = {
      principal: 'arn:aws:iam::222222222222:user/u',
      action: 's3:GetObject',
      resource: 'arn:aws:s3:::b/k',
      resourceAccount: '222222222222',
      context: {},
    }
    const form = { name: 'nobody allows', request, policies: {} }
    await writeFile(join(directory, 'case.json'), JSON.stringify({ ...form, expected: { decision: 'implicitDeny' } }))
    await writeFile(join(directory, 'wrong.json'), JSON.stringify({ ...form, expected: { decision: 'allowed' } }))
    const held = await run('policy', 'evaluate', 'case.json')
    expect([held.code, held.stdout]).toEqual([0, expect.stringContaining('1 of 1 hold')])
    const failed = await run('policy', 'evaluate', 'case.json', 'wrong.json')
    expect([failed.code, failed.stdout]).toEqual([1, expect.stringContaining('expected allowed')])
  })
})

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
