/**
 * A database restored from an older backup: it is refused before anything is added to it, and after a recovery the log
 * contradicts no checkpoint that was given out, and nothing that a bucket holds is delivered a second time.
 */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock, systemRandom } from '../../src/base/index.ts'
import { type Config, parseConfig } from '../../src/cli/config.ts'
import { type OpenedHouse, openHouse } from '../../src/cli/house.ts'
import { recover } from '../../src/cli/recovery/recover.ts'
import { invoke, operatorCaller, verifyReceipt } from '../../src/operations/index.ts'

let root = ''
let data = ''
let bucket = ''
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'drawbridge-restored-'))
  data = join(root, 'data')
  bucket = join(root, 'bucket')
  await mkdir(bucket)
})
afterEach(() => rm(root, { recursive: true, force: true }))

const operator = operatorCaller({})
const provider = () => Promise.reject(new Error('no credentials in this test'))

function open(config: Config): Promise<OpenedHouse> {
  return openHouse({ config, directory: data, clock: systemClock, random: systemRandom, provider, works: true })
}

function configOf(values: Readonly<Record<string, unknown>> = {}): Config {
  return parseConfig(JSON.stringify(values), 'test')
}

async function setUp({ house }: OpenedHouse): Promise<void> {
  const location = { service: 'local', directory: bucket, rootPath: 'audit/' }
  const shelf = { name: 'shelf', purpose: 'export', location, authentication: { kind: 'none' } }
  await invoke(house, operator, 'connection.add', shelf, {})
  await invoke(house, operator, 'route.add', { name: 'monthly', targets: ['shelf'] }, {})
}

/** Accepts a report; `null` of `worker` leaves it waiting. */
async function accept({ house }: OpenedHouse, report: string, files: readonly string[]): Promise<string> {
  const uploads: string[] = []
  for (const name of files) {
    async function* source(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(`${report} ${name}\n`)
    }
    uploads.push((await house.deliveries.upload(house.tenant, name, source())).upload)
  }
  const facts = { route: 'monthly', report, period: '2026-10', idempotencyKey: report, uploads }
  return (await house.deliveries.accept(house.tenant, { actor: operator.actor, claims: {} }, facts)).id
}

async function reports(): Promise<string[]> {
  const names = await readdir(bucket, { recursive: true })
  return names.filter((name) => /(?:\.csv|two\.txt)$/u.test(name)).sort()
}

async function backUp(): Promise<void> {
  await rm(join(root, 'backup'), { recursive: true, force: true })
  await cp(data, join(root, 'backup'), { recursive: true })
}

async function restore(what: 'database' | 'everything'): Promise<void> {
  if (what === 'everything') {
    await rm(data, { recursive: true })
    await cp(join(root, 'backup'), data, { recursive: true })
    return
  }
  for (const name of await readdir(data)) if (name.startsWith('drawbridge.sqlite')) await rm(join(data, name))
  for (const name of await readdir(join(root, 'backup'))) {
    if (name.startsWith('drawbridge.sqlite')) await cp(join(root, 'backup', name), join(data, name))
  }
}

/** A house with a backup that is older than what its bucket holds: one delivery open in it, one unknown to it. */
async function loseADay(config: Config): Promise<{ waiting: string; unknown: string }> {
  const first = await open(config)
  await setUp(first)
  await accept(first, 'september', ['september.csv'])
  await first.worker.runOnce()
  const waiting = await accept(first, 'october', ['october.csv'])
  await first.close()
  await backUp()
  const second = await open(config)
  await accept(second, 'package', ['one.csv', 'two.txt'])
  const unknown = await accept(second, 'november', ['november.csv'])
  await second.worker.runOnce()
  await second.close()
  return { waiting, unknown }
}

test('a restored database is refused in one clear line, and is not changed by that', async () => {
  await loseADay(configOf())
  await restore('database')
  for (let nth = 0; nth < 2; nth++) {
    await expect(open(configOf())).rejects.toMatchObject({
      code: 'evidence-forked',
      message: expect.stringMatching(
        /^the database is not the newest one: the evidence log is smaller than a checkpoint says/u,
      ),
      help: expect.stringContaining('drawbridge evidence recover'),
    })
  }
})

test('a data directory that was restored as a whole is refused by the witness elsewhere, and only by it', async () => {
  const witnessed = configOf({ evidence: { witness: join(root, 'witness') } })
  await loseADay(witnessed)
  await restore('everything')
  await expect(open(witnessed)).rejects.toMatchObject({ code: 'evidence-forked' })
  expect(await readdir(join(root, 'witness', 'default'))).toHaveLength(2)
})

test('a witness that can not be reached is said, rather than passed over', async () => {
  await writeFile(join(root, 'a-file'), '')
  const elsewhere = configOf({ evidence: { witness: join(root, 'a-file', 'witness') } })
  await expect(open(elsewhere)).rejects.toMatchObject({ code: 'unavailable', operation: 'evidence.witness' })
})

test('after a recovery nothing is delivered twice, old receipts hold, and the log contradicts nothing', async () => {
  const { waiting, unknown } = await loseADay(configOf())
  const before = await reports()
  expect(before).toHaveLength(5)
  await restore('database')
  const found = await recover({
    ...{ config: configOf(), directory: data, database: null, clock: systemClock, random: systemRandom },
    receipts: bucket,
  })
  expect(found).toMatchObject({ isBegunAnew: true, origin: 'drawbridge.local/default/2', refused: [] })
  expect(found.delivered).toEqual([waiting])
  expect(found.onlyReceipts).toHaveLength(2)
  expect(found.onlyReceipts).toContain(unknown)
  expect(found.entriesSigned).toBeGreaterThan(found.entriesKept)

  const house = await open(configOf())
  expect(await house.house.deliveries.show('default', waiting)).toMatchObject({
    state: 'delivered',
    targets: [{ hasReceipt: true, verificationLevel: expect.any(String) }],
  })
  await house.worker.runOnce()
  expect(await reports()).toEqual(before)

  // Handed over again with its idempotency key, it is the same delivery with the same key in the bucket.
  expect(await accept(house, 'november', ['november.csv'])).toBe(unknown)
  await house.worker.runOnce()
  expect(await house.house.deliveries.show('default', unknown)).toMatchObject({ state: 'conflict' })
  expect(await reports()).toEqual(before)

  await accept(house, 'december', ['december.csv'])
  await house.worker.runOnce()
  const { checkpoint, entries, publicKeyPem } = (await invoke(house.house, operator, 'evidence.export', {}, {})) as {
    checkpoint: string
    entries: string[]
    publicKeyPem: string
  }
  expect(checkpoint.split('\n')[0]).toBe('drawbridge.local/default/2')
  const actions = entries.map((entry) => (JSON.parse(entry) as { action: string }).action)
  expect(actions).toEqual(expect.arrayContaining(['evidence.began-anew', 'delivery.recovered']))
  expect(actions.filter((action) => action === 'delivery.known-by-receipt')).toHaveLength(2)
  await house.close()

  // A receipt of the former log and one of the present log, each with its report.
  await writeFile(join(root, 'key.pem'), publicKeyPem)
  for (const report of ['september', 'december']) {
    const folder = join(root, `check-${report}`)
    await mkdir(folder)
    for (const name of await readdir(join(bucket, 'audit', report, '2026-10'))) {
      await cp(join(bucket, 'audit', report, '2026-10', name), join(folder, name))
    }
    expect(await verifyReceipt({ folder, key: join(root, 'key.pem') })).toMatchObject({ ok: true })
  }

  // It is a log like any other now: another old database is refused again.
  await restore('database')
  await expect(open(configOf())).rejects.toMatchObject({ code: 'evidence-forked' })
})

test('a database that is the newest has nothing to recover', async () => {
  await loseADay(configOf())
  const notes = await readdir(join(data, 'checkpoints', 'default'))
  const found = await recover({
    ...{ config: configOf(), directory: data, database: null, clock: systemClock, random: systemRandom },
    receipts: bucket,
  })
  expect(found).toMatchObject({
    isBegunAnew: false,
    origin: 'drawbridge.local/default',
    delivered: [],
    onlyReceipts: [],
  })
  expect(await readdir(join(data, 'checkpoints', 'default'))).toEqual(notes)
  expect(await readFile(join(data, 'checkpoints', 'default', notes[0] ?? ''), 'utf8')).toContain(
    'drawbridge.local/default\n',
  )
})
