/**
 * The rolling restart: four workers deliver while reports come in without a pause; each of them is replaced, first by
 * SIGTERM, then by SIGKILL. Afterwards every accepted report has to be in the bucket once, with one receipt and one entry.
 */
import { systemClock } from '../../../src/base/index.ts'
import { reportBytes } from '../../kill/report.ts'
import { checkState, type Findings } from '../../kills/check.ts'
import { reportNamed, sizeOf } from '../../kills/reports.ts'
import type { PostgresServer } from '../../servers/postgres.ts'
import { type Deployment, type Member, startDeployment } from './deployment.ts'

/** How much is rolled. */
export interface RollingPlan {
  readonly workers: number
  /** Replacements of all workers by each of the signals. */
  readonly rounds: number
  /** Reports that are on their way into the server at the same time. */
  readonly senders: number
  /** Called with what happens. */
  readonly say: (line: string) => void
}

/** What came of it. */
export interface RollingResult extends Findings {
  readonly drained: number
  /** Exit codes of drained workers that were not 0. */
  readonly badExits: number
  readonly killed: number
  readonly seconds: number
}

/** Rolls, waits until everything has settled, and counts. */
export async function roll(plan: RollingPlan): Promise<RollingResult> {
  const startedAt = performance.now()
  const deployment = await startDeployment()
  try {
    const workers = await Promise.all(Array.from({ length: plan.workers }, () => deployment.startWorker()))
    plan.say(`${plan.workers} workers work`)
    const load = startLoad(deployment, plan.senders)
    const counts = { drained: 0, badExits: 0, killed: 0 }
    for (let round = 0; round < plan.rounds; round++) {
      await replaceEach(deployment, workers, async (member) => {
        const code = await deployment.drain(member)
        counts.drained++
        if (code !== 0) {
          counts.badExits++
          plan.say(`ended with ${code}: ${member.output().slice(-500)}`)
        }
      })
      plan.say(`replaced each by SIGTERM; ${load.accepted.size} reports accepted`)
      await replaceEach(deployment, workers, async (member) => {
        await deployment.kill(member)
        counts.killed++
      })
      plan.say(`replaced each by SIGKILL; ${load.accepted.size} reports accepted`)
    }
    await load.stop()
    plan.say(`${load.accepted.size} reports accepted in all; waiting for the last`)
    const left = await settled(deployment.postgres, load.accepted.size)
    plan.say(
      `settled ${Math.round((performance.now() - startedAt) / 1000)} s after the start; ${JSON.stringify(left)} left`,
    )
    const found = await checkState(deployment.state, deployment.store, load.accepted, new Set())
    for (const worker of workers) {
      if ((await deployment.drain(worker)) !== 0) counts.badExits++
    }
    return { ...found, ...counts, seconds: Math.round((performance.now() - startedAt) / 1000) }
  } finally {
    await deployment.close()
  }
}

async function replaceEach(
  deployment: Deployment,
  workers: Member[],
  end: (member: Member) => Promise<void>,
): Promise<void> {
  for (const [index, old] of workers.entries()) {
    const [next] = await Promise.all([deployment.startWorker(), end(old)])
    workers[index] = next
  }
}

function startLoad(
  { client }: Deployment,
  senders: number,
): { readonly accepted: ReadonlySet<string>; stop(): Promise<void> } {
  const accepted = new Set<string>()
  let isOver = false
  let number = 0
  const send = async (): Promise<void> => {
    while (!isOver) {
      const report = reportNamed('rolling', number++)
      const { upload } = await client.upload(`${report}.bin`, streamOf(report))
      await client.delivery.create({
        route: 'audit',
        period: '2026-10',
        report,
        idempotencyKey: report,
        uploads: [upload],
      })
      accepted.add(report)
    }
  }
  const running = Array.from({ length: senders }, send)
  return {
    accepted,
    async stop() {
      isOver = true
      await Promise.all(running)
    },
  }
}

/** The bytes of a report, as they are uploaded. */
export function streamOf(report: string): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of reportBytes(report, sizeOf(report))) controller.enqueue(new Uint8Array(chunk))
      controller.close()
    },
  })
}

/** Killed workers' leases run out; then everything is delivered, or it never will be. */
export async function settled(database: Pick<PostgresServer, 'query'>, accepted: number): Promise<object[]> {
  const deadline = performance.now() + 120_000
  for (;;) {
    const [row] = await database.query<{ ended: number }>(
      `select count(*)::int as ended from drawbridge.deliveries where state = 'delivered' and available_at is null`,
    )
    if (row?.ended === accepted) return []
    if (performance.now() > deadline) {
      return await database.query(
        `select id, state, available_at, lease_until, crashes, is_small from drawbridge.deliveries
         where state <> 'delivered' or available_at is not null`,
      )
    }
    await systemClock.sleep(200)
  }
}
