/** One run: the storm of a schedule, the calm after it, people who repair, and the checks. */
import { createHash } from 'node:crypto'
import { DrawbridgeError } from '../../src/base/index.ts'
import { ask, handOver, personOf, reportsOf } from './clients.ts'
import type { History } from './history.ts'
import { House, tenants } from './house.ts'
import { bucketName, isBehindHeld, isHeld, type Violation, violationsOf } from './invariants.ts'
import type { PlantedBug } from './planted.ts'
import { type Schedule, stormMs } from './schedule.ts'

/** What a run came to. */
export interface RunResult {
  readonly schedule: Schedule
  readonly violations: readonly Violation[]
  readonly deliveries: number
  readonly objects: number
  readonly history: History
  /** Of everything that was told and stored: the same schedule gives the same digest. */
  readonly digest: string
  readonly virtualMs: number
}

const calmMs = 150_000
/** A request of a stopped process may be on its way for so long. */
const aftermathMs = 130_000
/** No schedule has so many reasons to die. */
const maximumDeaths = 120
/** The longest that a target waits for its next attempt by itself, and a little. */
const deadlineMs = 7 * 60 * 60_000

/** Runs a schedule, with a planted bug or without. */
export async function run(schedule: Schedule, bug: PlantedBug | null = null): Promise<RunResult> {
  const house = await House.open(schedule, bug)
  try {
    const problems = await live(house)
    const violations = [...problems, ...(await violationsOf(house))]
    return { ...summary(house), violations }
  } finally {
    await house.close()
  }
}

async function live(house: House): Promise<Violation[]> {
  const { timeline, schedule } = house
  let handed = 0
  let bug: unknown = null
  for (const { at, report } of reportsOf(schedule.seed, schedule.reports)) {
    timeline.in(at, () => {
      handOver(house, report)
        .catch((error: unknown) => {
          bug ??= error
        })
        .finally(() => {
          handed++
        })
    })
  }
  await house.live(() => timeline.now >= stormMs && handed === schedule.reports)
  await house.live(() => timeline.now >= calmMs)
  house.calm()
  if (bug !== null) return [{ invariant: 'I8', what: `the front met a fault of its own: ${String(bug)}` }]
  if (house.history.unheard > 0) return [{ invariant: 'I8', what: 'a client was never heard' }]
  const first = await settle(house)
  if (first !== null) return [first]
  const isAsked = await repair(house)
  const second = isAsked ? await settle(house) : null
  if (second !== null) return [second]
  const end = timeline.now + aftermathMs
  await house.live(() => timeline.now >= end)
  await endAttempts(house)
  return []
}

/** What waits for a store that never answers is tried again for ever: the run does not end in the middle of an attempt. */
async function endAttempts(house: House): Promise<void> {
  const { timeline } = house
  const deadline = timeline.now + aftermathMs
  while (timeline.now < deadline && (await isAttempting(house))) {
    const pauseEnd = timeline.now + 100
    await house.live(() => timeline.now >= pauseEnd)
  }
}

/** Whether anybody works on a delivery, or is about to: between a look at what is due and the claim there is nothing to see. */
async function isAttempting(house: House): Promise<boolean> {
  const { deliveries } = house.state
  const due = await deliveries.nextDueAt()
  if (due !== null && due.getTime() < house.databaseNow + 1_000) return true
  for (const tenant of tenants) {
    const records = await deliveries.list(tenant, { limit: 100_000 })
    // Counted with each claim, and taken back when it is given back.
    if (records.some(({ state, crashes }) => crashes > 0 && state !== 'quarantined')) return true
  }
  return false
}

/** Lets the house work until nothing is due any more, and passes over the time in which it only waits. */
async function settle(house: House): Promise<Violation | null> {
  const { timeline } = house
  const deadline = timeline.now + deadlineMs
  while (timeline.now < deadline) {
    const pauseEnd = timeline.now + 5_000
    await house.live(() => timeline.now >= pauseEnd)
    const due = await house.state.deliveries.nextDueAt()
    if (due === null) return null
    if (house.history.deaths > maximumDeaths) return { invariant: 'I8', what: 'workers die again and again' }
    const aheadMs = due.getTime() - house.databaseNow
    if (aheadMs < 20_000) continue
    if (await isOnlyHeld(house)) return null
    timeline.leap(aheadMs)
  }
  return { invariant: 'I8', what: 'deliveries are still due long after the last fault' }
}

/** Whether everything that is still due waits for an answer that its store will never give. */
async function isOnlyHeld(house: House): Promise<boolean> {
  if (![...house.buckets.values()].some(({ rights }) => rights.refusesSecondWrite)) return false
  for (const tenant of tenants) {
    for (const record of await house.state.deliveries.list(tenant, { limit: 100_000 })) {
      if (['delivered', 'quarantined'].includes(record.state)) continue
      const open = record.targets.filter(({ state, availableAt }) => state !== 'delivered' && availableAt !== null)
      const isProved = record.targets.every(({ receipt, sidecar }) => receipt !== 'due' && sidecar !== 'due')
      const isHeldOnly = open.every(
        (target) =>
          isHeld(house.bucket(bucketName(tenant, target.connection)), target) || isBehindHeld(house, record, target),
      )
      const isWaiting = open.length > 0 || record.state === 'conflict'
      if (!isWaiting || !isProved || !isHeldOnly) return false
    }
  }
  return true
}

/** The customers remove some of what stands in the way, and ask again. True: something was asked for. */
async function repair(house: House): Promise<boolean> {
  let isAsked = false
  for (const tenant of tenants) {
    for (const record of await house.state.deliveries.list(tenant, { limit: 100_000 })) {
      const isStuck = record.state === 'conflict' || (record.state === 'quarantined' && !house.isPoison(record.id))
      if (!isStuck || house.chance.happens(0.5)) continue
      // What is reported as delivered stands in nobody's way, whatever it is.
      for (const { connection, items } of record.targets.filter(({ state }) => state !== 'delivered')) {
        const bucket = house.bucket(bucketName(tenant, connection))
        for (const { key } of items) {
          if (house.history.occupied.get(bucket.name)?.delete(key)) bucket.objects.delete(key)
        }
      }
      await askPatiently(house, tenant, record.id)
      isAsked = true
    }
  }
  return isAsked
}

async function askPatiently(house: House, tenant: string, id: string): Promise<void> {
  let isDone = false
  const asking = ask(house, (service) => service.retry(tenant, id, personOf(tenant))).then(() => {
    isDone = true
  })
  asking.catch((error: unknown) => {
    if (!(error instanceof DrawbridgeError)) throw error
    isDone = true
  })
  await house.live(() => isDone)
  await asking
}

function summary(house: House): Omit<RunResult, 'violations'> {
  const { schedule, history, timeline } = house
  const hash = createHash('sha256').update(history.told.join('\n'))
  let objects = 0
  for (const bucket of house.buckets.values()) {
    for (const [key, versions] of bucket.objects) {
      objects += versions.length
      hash.update(key)
      for (const { bytes } of versions) hash.update(bytes)
    }
  }
  const deliveries = history.acknowledged.size
  return { schedule, deliveries, objects, history, digest: hash.digest('hex'), virtualMs: timeline.now }
}
