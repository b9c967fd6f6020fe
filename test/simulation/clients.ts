/** The people and programs that hand reports over, from outside of the house: patient, forgetful of nothing, never dying. */
import { DrawbridgeError } from '../../src/base/index.ts'
import type { DeliveryService, HandedFile, Person } from '../../src/delivery/index.ts'
import { Chance } from './chance.ts'
import type { Report } from './history.ts'
import { type House, tenants } from './house.ts'
import { stormMs } from './schedule.ts'

const patienceMs = 60_000
const maximumTries = 80
const mebibyte = 1 << 20

/** Nobody answers any more. */
class Gone extends Error {}

export function personOf(tenant: string): Person {
  const subject = `maria@${tenant}`
  return { actor: { kind: 'person', issuer: 'https://login.example', subject }, claims: { department: 'audit' } }
}

/** Draws the reports of a run, each with the moment at which it is handed over. */
export function reportsOf(seed: number, count: number): { at: number; report: Report }[] {
  const chance = new Chance(seed, 'reports')
  return Array.from({ length: count }, (_, index) => {
    const tenant = chance.oneOf(tenants)
    const files = new Map<string, Buffer>()
    const names: readonly string[] = chance.happens(0.07) ? ['ledger.csv', 'notes.txt'] : ['audit.pdf']
    for (const name of names) files.set(name, bytesOf(`${tenant}/${seed}/${index}/${name}`, sizeOf(chance)))
    const idempotencyKey = chance.happens(0.7) ? `key-${index}` : null
    const route = chance.oneOf(['failover', 'failover', 'mirror', 'solo'])
    const report = { index, tenant, route, name: `Report ${index}`, idempotencyKey, files }
    return { at: chance.between(0, stormMs), report }
  })
}

/** Large enough for two parts is rare: hashing it takes as long as fifty small reports. */
function sizeOf(chance: Chance): number {
  if (chance.happens(0.0015)) return 9 * mebibyte
  return chance.happens(0.7) ? chance.between(0, 60) : chance.between(101, 3_000)
}

function bytesOf(label: string, length: number): Buffer {
  return Buffer.concat([Buffer.from(`${label}\n`), Buffer.alloc(length, label)])
}

/** Hands a report over until it is acknowledged. */
export async function handOver(house: House, report: Report): Promise<void> {
  const { history, timeline } = house
  history.reports.set(`${report.tenant}/${report.name}`, report)
  for (let attempt = 1; attempt <= maximumTries; attempt++) {
    try {
      const id = await ask(house, (service) => hand(house, service, report))
      history.acknowledged.set(id, report)
      return
    } catch (error) {
      if (!(error instanceof Gone) && !(error instanceof DrawbridgeError)) throw error
      history.told.push(`${error.message} ${error instanceof DrawbridgeError ? error.help : ''}`)
    }
    await timeline.wait(house.chance.between(500, 4_000))
  }
  history.unheard++
}

/** Asks the front for something, and gives up when it dies or stays silent. */
export async function ask<T>(house: House, question: (service: DeliveryService) => Promise<T>): Promise<T> {
  const { process, service } = house.front
  if (process.isDead) throw new Gone()
  const gone = async (moment: Promise<void>): Promise<never> => {
    await moment
    throw new Gone()
  }
  return await Promise.race([question(service), gone(process.died), gone(house.timeline.wait(patienceMs))])
}

async function hand(house: House, service: DeliveryService, report: Report): Promise<string> {
  const uploads: string[] = []
  const files: HandedFile[] = []
  // Of four reports three come with their acceptance, of several files the last one.
  for (const [name, bytes] of report.files) {
    const source = pieces(house, bytes)
    const isLast = uploads.length === report.files.size - 1
    if (isLast && report.index % 4 !== 3) files.push({ name, source })
    else uploads.push((await service.upload(report.tenant, name, source)).upload)
  }
  const { tenant, route, name, idempotencyKey } = report
  const keyed = idempotencyKey === null ? {} : { idempotencyKey }
  const { id } = await service.accept(tenant, personOf(tenant), {
    ...{ route, report: name, period: '2026-10', uploads, files },
    ...keyed,
  })
  return id
}

/** The socket from which the front reads: it belongs to the process that reads. */
async function* pieces(house: House, bytes: Buffer): AsyncGenerator<Uint8Array> {
  const { process } = house.front
  for (let offset = 0; offset < bytes.length; offset += 4 * mebibyte) {
    await house.timeline.wait(1)
    await process.running()
    yield bytes.subarray(offset, offset + 4 * mebibyte)
  }
}
