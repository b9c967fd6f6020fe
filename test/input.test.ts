/** Reports as they come in: folders, standard input of unknown length in little memory, and a spool that is full. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ended, type Ran, runCli, said, startCli } from '../src/cli/testing/run-cli.ts'
import { delivery } from '../src/contract/index.ts'

let directory: string
let shelf: string
const run = (...words: string[]): Promise<Ran> => runCli(words, { directory })
const mebibyte = 1024 * 1024

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-input-'))
  shelf = join(directory, 'shelf')
  await mkdir(shelf)
  expect((await run('connection', 'add', 'shelf', '--purpose', 'export', '--folder', shelf)).code).toBe(0)
  expect((await run('route', 'add', 'audit', 'shelf')).code).toBe(0)
})

afterAll(() => rm(directory, { recursive: true, force: true }))

it('a folder becomes a package with the folders that it has', async () => {
  const folder = join(directory, 'evidence')
  await mkdir(join(folder, 'people'), { recursive: true })
  await writeFile(join(folder, 'people', 'reviews.csv'), 'a,b')
  await writeFile(join(folder, 'summary.txt'), 'all well')
  const sent = await run('deliver', 'evidence', '--route', 'audit', '--report', 'Evidence', '--json')
  expect([sent.code, sent.stderr]).toEqual([0, ''])
  const { files, targets } = delivery.parse(JSON.parse(sent.stdout))
  expect(files.map(({ name }) => name)).toEqual(['people/reviews.csv', 'summary.txt'])
  const key = targets[0]?.keys.find((one) => one.endsWith('data/people/reviews.csv')) ?? ''
  expect(await readFile(join(shelf, key), 'utf8')).toBe('a,b')
})

it.each([
  [['-'], 2, 'error: standard input has no file name'],
  [['-', '-', '--file-name', 'a'], 2, 'error: standard input can be read once only'],
  [['-', '--file-name', '../a'], 2, 'no plain path inside of the report'],
  [['empty'], 2, 'error: `empty` can not be read: the folder has no files'],
])('%j is refused with exit code %i', async (words, code, text) => {
  await mkdir(join(directory, 'empty'), { recursive: true })
  const ran = await run('deliver', ...words, '--route', 'audit')
  expect([ran.code, ran.stderr]).toEqual([code, expect.stringContaining(text)])
})

it('standard input is delivered whole however long it is, and is never held', async () => {
  const total = 448 * mebibyte
  const child = startCli(['deliver', '-', '--file-name', 'dump.bin', '--route', 'audit', '--json'], { directory })
  const end = ended(child)
  const hash = createHash('sha256')
  const piece = Buffer.alloc(4 * mebibyte, 5)
  let peakKilobytes = 0
  for (let sent = 0; sent < total; sent += piece.length) {
    piece.writeUInt32BE(sent / piece.length, 0)
    hash.update(piece)
    // The pipe may still hold the piece when the next one is made.
    if (child.stdin?.write(Buffer.from(piece)) === false) await once(child.stdin, 'drain')
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8')
    peakKilobytes = Math.max(peakKilobytes, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]))
  }
  child.stdin?.end()
  const { code, stdout, stderr } = await end
  expect([code, stderr]).toEqual([0, ''])
  const { state, files, targets } = delivery.parse(JSON.parse(stdout))
  expect(state).toBe('delivered')
  expect(files).toEqual([{ name: 'dump.bin', sizeBytes: total, sha256: hash.digest('hex') }])
  expect(targets[0]?.verificationLevel).toBe('server-checksum')
  expect(peakKilobytes).toBeLessThan(256 * 1024)
}, 240_000)

it('a spool at its quota pushes back on the terminal and over HTTP, and takes again when there is room', async () => {
  await writeFile(join(directory, 'small.json'), JSON.stringify({ spool: { quotaBytes: 2 * mebibyte } }))
  const config = ['--config', 'small.json']
  await writeFile(join(directory, 'big.bin'), Buffer.alloc(3 * mebibyte))
  const refused = await run('deliver', 'big.bin', '--route', 'audit', ...config)
  expect(refused.code).toBe(6)
  expect(refused.stderr).toMatch(/^error: the spool has no room for `big\.bin`.*\nhint: nothing was accepted; /)
  const server = startCli(['serve', '--port', '0', '--json', ...config], { directory })
  const end = ended(server)
  await said(server, /"listening"/)
  const { url, token } = JSON.parse(await readFile(join(directory, 'data', 'server.json'), 'utf8'))
  const upload = (name: string, body: Uint8Array<ArrayBuffer>): Promise<Response> =>
    fetch(`${url}/api/v1/uploads?name=${name}`, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body })
  const answer = await upload('big.bin', new Uint8Array(3 * mebibyte))
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '60'])
  expect(await answer.json()).toMatchObject({
    code: 'spool-full',
    help: expect.stringContaining('nothing was accepted'),
  })
  expect((await upload('fits.bin', new Uint8Array(mebibyte))).status).toBe(200)
  server.kill('SIGTERM')
  await end
})
