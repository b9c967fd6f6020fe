/** `connection verify --report`: one small report goes all the way, under the keys of the job and by the same writer, with its receipt. */
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Ran, runCli } from '../src/cli/testing/run-cli.ts'
import { delivery } from '../src/contract/index.ts'

let directory: string
let shelf: string
const run = (...words: string[]): Promise<Ran> => runCli(words, { directory })

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-proof-'))
  shelf = join(directory, 'shelf')
  await mkdir(shelf)
  await writeFile(join(directory, 'sample.pdf'), 'a sample\n')
  expect((await run('connection', 'add', 'shelf', '--purpose', 'export', '--folder', shelf)).code).toBe(0)
})
afterAll(() => rm(directory, { recursive: true, force: true }))

const delivered = async (): Promise<string[]> =>
  (await readdir(shelf, { recursive: true })).filter((path) => path.includes('sample') || path.includes('receipt'))

it('is refused before the connection was seen to work', async () => {
  const ran = await run('connection', 'prove', 'shelf', 'sample.pdf')
  expect(ran.code).toBe(2)
  expect(ran.stderr).toContain('`shelf` was not seen to work')
  expect(await delivered()).toEqual([])
})

it('follows a green verification, and lies where the job would put it, with its receipt', async () => {
  const ran = await run('connection', 'verify', 'shelf', '--report', 'sample.pdf', '--json')
  expect([ran.code, ran.stderr]).toEqual([0, ''])
  const last = JSON.parse(ran.stdout.trim().split('\n').at(-1) ?? '') as { type: string; delivery: unknown }
  expect(last.type).toBe('report')
  const record = delivery.parse(last.delivery)
  expect(record).toMatchObject({
    state: 'delivered',
    route: 'shelf',
    targets: [{ connection: 'shelf', hasReceipt: true }],
  })
  const key = record.targets[0]?.keys[0] ?? ''
  expect(key).toMatch(/^sample\/\d{4}-\d\d\/dlv_[a-z0-9]+-[0-9a-f]{16}\.pdf$/)
  expect(await readFile(join(shelf, key), 'utf8')).toBe('a sample\n')
  expect((await run('connection', 'kit', 'shelf', '--out', 'kit')).code).toBe(0)
  const verified = await run(
    'receipt',
    'verify',
    dirname(join(shelf, key)),
    '--key',
    join(directory, 'kit', 'evidence-key.pem'),
  )
  expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining('the package is what was delivered')])
})

it('is small', async () => {
  await writeFile(join(directory, 'large.bin'), randomBytes(1024 * 1024 + 1))
  const ran = await run('connection', 'prove', 'shelf', 'large.bin')
  expect(ran.code).toBe(2)
  expect(ran.stderr).toContain('at most 1048576 bytes')
})

it('is not sent where a check is red', async () => {
  const before = await delivered()
  await rm(shelf, { recursive: true })
  await writeFile(shelf, 'no folder')
  const ran = await run('connection', 'verify', 'shelf', '--report', 'sample.pdf')
  expect(ran.code).toBe(1)
  expect(ran.stdout).not.toContain('dlv_')
  expect(before.length).toBeGreaterThan(0)
})
