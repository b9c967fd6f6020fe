/** Following a delivery that another process works off: its bytes and its end arrive, and what is called holds ids alone. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../../src/base/index.ts'
import { runCli } from '../../src/cli/testing/run-cli.ts'
import type { DeliveryFollowEvent } from '../../src/contract/index.ts'
import { lacksPostgres } from '../servers/postgres.ts'
import { startDeployment } from './rolling/deployment.ts'
import { streamOf } from './rolling/rolling.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const closer of closers.splice(0).reverse()) await closer()
})

const sizeBytes = 26 << 20
const report = `followed-${sizeBytes}`

test.skipIf(lacksPostgres())('progress and ends travel from the worker to whoever follows elsewhere', async () => {
  const deployment = await startDeployment()
  closers.push(() => deployment.close())
  const { postgres, client, sandbox, directory, environment } = deployment
  // Each part takes more time than the one before, so that there is something to follow.
  const slowly = (): void =>
    sandbox.setFaults(
      [1, 2, 3, 4].map((nth) => ({
        match: { operation: 'UploadPart', nth },
        do: { kind: 'latency', milliseconds: nth * 900 },
      })),
    )
  slowly()
  const ear = new pg.Client(postgres.appUrl)
  await ear.connect()
  closers.push(() => ear.end())
  const heard: string[] = []
  ear.on('notification', ({ channel, payload }) => heard.push(`${channel} ${payload}`))
  await ear.query('listen drawbridge_follow')
  await ear.query('listen drawbridge_news')

  const { upload } = await client.upload('report.bin', streamOf(report))
  const { id } = await client.delivery.create({ route: 'audit', period: '2026-10', report, uploads: [upload] })
  const events: DeliveryFollowEvent[] = []
  const following = (async () => {
    for await (const event of await client.delivery.follow({ id })) events.push(event)
  })()
  await deployment.startWorker()
  await following

  const progress = events.filter((event) => event.type === 'progress')
  expect(progress.length).toBeGreaterThan(1)
  expect(new Set(progress.map((event) => [event.connection, event.sizeBytes].join()))).toEqual(
    new Set([`acme,${sizeBytes}`]),
  )
  expect(progress.some(({ bytesSent }) => bytesSent > 0 && bytesSent < sizeBytes)).toBe(true)
  expect(events.at(-1)).toMatchObject({ type: 'delivery', delivery: { id, state: 'delivered' } })
  expect(new Set(heard)).toEqual(new Set(['drawbridge_news ', `drawbridge_follow ${id}`, `drawbridge_news ${id}`]))

  // The terminal shows the same.
  slowly()
  await writeFile(join(directory, 'more.bin'), Buffer.alloc(sizeBytes, 7))
  const words = ['deliver', 'more.bin', '--route', 'audit', '--wait']
  const delivered = await runCli(words, { directory, environment })
  expect([delivered.code, delivered.stderr]).toEqual([0, expect.stringMatching(/sending to acme \S+: \d+% of /)])
  // What has arrived is on its way no more.
  const left = (): Promise<object[]> => postgres.query('select * from drawbridge.delivery_progress')
  while ((await left()).length > 0) await systemClock.sleep(50)
})
