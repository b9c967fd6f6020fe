/**
 * A standby takes over while servers accept and workers deliver: what was acknowledged with a synchronous one is kept and
 * delivered once, by the same processes; one that lacks what was signed is refused by all of them.
 */
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { DrawbridgeError, systemClock } from '../../src/base/index.ts'
import { runCli } from '../../src/cli/testing/run-cli.ts'
import { tenant } from '../../src/delivery/testing/house.ts'
import { openSharedState } from '../../src/state/index.ts'
import { accept } from '../../src/state/testing/deliveries.ts'
import { checkState } from '../kills/check.ts'
import { reportNamed } from '../kills/reports.ts'
import { lacksPostgres, startPostgres } from '../servers/postgres.ts'
import { killPrimary, makeSynchronous, startStandby } from '../servers/standby.ts'
import { openGate } from '../servers/tcp-gate.ts'
import { type Deployment, startDeployment } from './rolling/deployment.ts'
import { settled, streamOf } from './rolling/rolling.ts'

// Processes start, and a machine with much to do takes its time for that.
const timeout = 600_000
const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const closer of closers.splice(0).reverse()) await closer()
})

/** A primary and its standby, and a deployment that knows both. */
async function startPair(options: { readonly workers: number; readonly gated?: boolean }) {
  const primary = await startPostgres()
  closers.push(() => primary.close())
  const gate = options.gated === true ? await openGate(primary.port) : null
  if (gate !== null) closers.push(() => gate.close())
  const standby = await startStandby(primary, gate?.port)
  closers.push(() => standby.close())
  const url = `${primary.appUrlOf(primary.port, standby.port)}?target_session_attrs=read-write`
  const deployment = await startDeployment({ database: { server: primary, url } })
  closers.push(() => deployment.close())
  const workers = await Promise.all(Array.from({ length: options.workers }, () => deployment.startWorker()))
  return { primary, standby, gate, deployment, workers }
}

/** Uploads and hands over one report; the same name is the same report. */
async function send({ client }: Deployment, report: string): Promise<void> {
  const { upload } = await client.upload(`${report}.bin`, streamOf(report))
  const about = { route: 'audit', period: '2026-10', report, idempotencyKey: report }
  await client.delivery.create({ ...about, uploads: [upload] })
}

/** Sends reports one after the other until it is told to end; who is refused for now sends the same one again. */
function startSender(deployment: Deployment, name: string, accepted: Set<string>, refusals: string[]) {
  let isOver = false
  const running = (async () => {
    for (let number = 0; !isOver; number++) {
      const report = reportNamed(name, number)
      while (!accepted.has(report)) {
        try {
          await send(deployment, report)
          accepted.add(report)
        } catch (error) {
          if (!(error instanceof DrawbridgeError) || error.code !== 'database-unavailable') throw error
          refusals.push(error.code)
          await systemClock.sleep(50)
        }
      }
    }
  })()
  return {
    async stop() {
      isOver = true
      await running
    },
  }
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await systemClock.sleep(20)
}

describe.skipIf(lacksPostgres())('a standby takes over', { timeout }, () => {
  test('under load, a synchronous one: nothing acknowledged is lost, nothing is doubled', async () => {
    const { primary, standby, deployment, workers } = await startPair({ workers: 2 })
    await makeSynchronous(primary)
    const accepted = new Set<string>()
    const refusals: string[] = []
    const senders = [1, 2, 3, 4].map((number) => startSender(deployment, `failover${number}`, accepted, refusals))
    await until(() => accepted.size >= 40)

    const before = accepted.size
    const killedAt = performance.now()
    await killPrimary(primary)
    await until(() => refusals.length > 0)
    await standby.promote()
    await until(() => accepted.size > before + 4)
    console.log(`${before} accepted before; the next after ${Math.round(performance.now() - killedAt)} ms`)
    await until(() => accepted.size >= before + 40)
    for (const sender of senders) await sender.stop()

    expect(await settled(standby, accepted.size)).toEqual([])
    const found = await checkState(deployment.state, deployment.store, accepted, new Set())
    expect(found).toMatchObject({ lost: 0, duplicated: 0, orphans: 0, withoutReceipt: 0, logFaults: 0 })
    expect(found.reports).toBe(accepted.size)
    for (const worker of workers) expect(await deployment.drain(worker)).toBe(0)
    console.log(JSON.stringify({ ...found, refusals: refusals.length }))
  })

  test('an asynchronous one that lacks what was signed: every process refuses to sign another history', async () => {
    const { primary, standby, gate, deployment, workers } = await startPair({ workers: 2, gated: true })
    await send(deployment, reportNamed('kept', 1))
    expect(await settled(primary, 1)).toEqual([])
    const { lsn } = (await primary.query<{ lsn: string }>('select pg_current_wal_lsn()::text as lsn'))[0] ?? { lsn: '' }
    const hasAll = 'select pg_last_wal_replay_lsn() >= $1::pg_lsn as yes'
    await until(async () => (await standby.query<{ yes: boolean }>(hasAll, [lsn]))[0]?.yes === true)

    // From here the standby hears nothing more; what follows is acknowledged, delivered and signed without it.
    gate?.block()
    for (let number = 2; number < 12; number++) await send(deployment, reportNamed('lost', number))
    expect(await settled(primary, 11)).toEqual([])
    const signed = await witnessedBy(deployment)
    await killPrimary(primary)
    await standby.promote()
    const newest = 'select note from drawbridge.checkpoints order by size desc limit 1'
    const forgotten = await standby.query(newest)

    // The processes go on with the standby: they take the report, but nobody signs for it.
    const afterwards = reportNamed('after', 12)
    await until(async () => (await send(deployment, afterwards).catch(() => false)) !== false)
    await until(() => workers.some(({ output }) => /smaller than a checkpoint says|does not begin as/.test(output())))
    expect(await standby.query(newest)).toEqual(forgotten)
    expect(await witnessedBy(deployment)).toEqual(signed)
    const { directory, environment } = deployment
    for (const words of [['worker'], ['serve', '--port', '0']]) {
      const started = await runCli(words, { directory, environment })
      expect(started.code).toBe(7)
      expect(started.stderr).toMatch(/^error: the database is not the newest one: /)
    }
  })

  test('a commit whose wait for the standby is broken off does not count', async () => {
    const primary = await startPostgres()
    closers.push(() => primary.close())
    const directory = await mkdtemp(join(tmpdir(), 'drawbridge-unconfirmed-'))
    closers.push(() => rm(directory, { recursive: true, force: true }))
    const state = await openSharedState({ directory, clock: systemClock, postgres: primary.app })
    closers.push(() => state.close())
    await accept(state, [1])
    await primary.query(`update drawbridge.deliveries set idempotency_key = 'handed-in'`)
    await primary.query("alter system set synchronous_standby_names = 'nobody'")
    await primary.query('select pg_reload_conf()')

    const waiting = "select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'"
    const isWaiting = async (): Promise<boolean> => (await primary.query(waiting)).length > 0
    const brokenOff = async (work: Promise<unknown>): Promise<unknown> => {
      let answer: unknown = null
      const told = work.then(
        () => {
          answer = 'acknowledged'
        },
        (error: unknown) => {
          answer = error
        },
      )
      await until(async () => {
        await isWaiting()
        return answer !== null
      })
      await told
      return answer
    }
    // The setting is in force when a commit waits.
    await until(async () => {
      void primary.query("select pg_logical_emit_message(true, 'test', '')").catch(() => {})
      return isWaiting()
    })

    const entry = { actor: 'operator:local', action: 'test.happened', subject: 'unconfirmed', fields: {} }
    // The server ends the wait and tells of success; the data is on one disk alone.
    const message = expect.stringMatching(/^the wait for the synchronous standby was broken off/)
    const unconfirmed = { code: 'database-unavailable', message }
    expect(await brokenOff(state.record(tenant, [entry]))).toMatchObject(unconfirmed)
    // What is there already is no answer either before the standby has it: the one before may have been broken off.
    expect(await brokenOff(state.deliveries.byIdempotencyKey(tenant, 'handed-in'))).toMatchObject(unconfirmed)

    // Else the state's own last writes would wait for nobody, too.
    await primary.query('alter system reset synchronous_standby_names')
    await primary.query('select pg_reload_conf()')
  })
})

/** The checkpoints beside the data directory, as they are. */
async function witnessedBy({ directory }: Deployment): Promise<readonly string[]> {
  const folder = join(directory, 'data', 'checkpoints', 'default')
  const names = (await readdir(folder)).sort()
  return Promise.all(
    names.map(
      async (name) =>
        `${name} ${createHash('sha256')
          .update(await readFile(join(folder, name)))
          .digest('hex')}`,
    ),
  )
}
