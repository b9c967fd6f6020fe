/**
 * The circuit of a target: after several passing faults in a row nobody tries it any more but one probe at a time, so that a
 * store that is down costs nothing and is not hammered when it comes back. Its state is kept, the same for every worker.
 */
import type { Clock } from '../base/index.ts'
import type { TargetHealth } from '../contract/index.ts'
import type { NewEntry } from './repository.ts'

/** When a circuit opens, and when it is tried again. */
export interface CircuitSettings {
  /** Passing faults, one after the other, of any deliveries. */
  readonly failures: number
  /** The wait before the first probe; it doubles with each that fails. */
  readonly probeMs: number
  readonly probeCapMs: number
}

/** What is kept of a target that failed. */
export interface CircuitRecord {
  readonly connection: string
  /** Passing faults since the last answer. */
  readonly failures: number
  /** Null: it is closed. */
  readonly openedAt: string | null
  /** When the next probe may go; the end of its time while one is under way. */
  readonly probeAt: string | null
  /** Probes that failed since it opened. */
  readonly probes: number
  /** The last fault: one line. */
  readonly reason: string
}

/** Keeps circuits. Implemented by `state/`. */
export interface CircuitRepository {
  list(tenant: string): Promise<CircuitRecord[]>
  /** Counts a fault; opens the circuit, or waits longer after a probe, as the settings say. With `down` when it opens. */
  failed(tenant: string, connection: string, fault: CircuitFault, down: NewEntry): Promise<CircuitRecord>
  /** Takes the probe that is due. False: somebody else has it, or none is due. */
  takeProbe(tenant: string, connection: string, leaseMs: number): Promise<boolean>
  /** Forgets the faults of a target, with `up` when its circuit was open: then true. */
  close(tenant: string, connection: string, up: NewEntry): Promise<boolean>
}

/** A passing fault at a target. */
export interface CircuitFault {
  readonly reason: string
  readonly isProbe: boolean
  readonly settings: CircuitSettings
}

/** What an attempt finds at the circuit. */
export type Gate =
  | { readonly kind: 'closed' }
  /** This attempt is the probe. */
  | { readonly kind: 'probe' }
  | { readonly kind: 'open'; readonly until: Date; readonly since: string; readonly reason: string }

export const standardCircuit: CircuitSettings = { failures: 5, probeMs: 30_000, probeCapMs: 10 * 60_000 }

const freshMs = 5_000
/** An attempt that takes longer lets another probe go. */
const probeLeaseMs = 5 * 60_000

interface Known {
  readonly at: number
  readonly records: ReadonlyMap<string, CircuitRecord>
}

/** The circuits as one process sees them: read anew every few seconds, so that an attempt costs no query. */
export class Circuits {
  readonly #clock: Clock
  readonly #repository: CircuitRepository
  readonly #settings: CircuitSettings
  readonly #known = new Map<string, Promise<Known>>()
  readonly #probing = new Set<string>()

  constructor(clock: Clock, repository: CircuitRepository, settings: CircuitSettings = standardCircuit) {
    this.#clock = clock
    this.#repository = repository
    this.#settings = settings
  }

  /** Asks whether a target may be tried. Whoever gets `probe` has to tell how it ended. */
  async gate(tenant: string, connection: string): Promise<Gate> {
    const record = (await this.#records(tenant)).get(connection)
    if (record?.openedAt == null || record.probeAt === null) return { kind: 'closed' }
    const until = new Date(record.probeAt)
    const isDue = until <= this.#clock.now()
    if (isDue && (await this.#repository.takeProbe(tenant, connection, probeLeaseMs))) {
      this.#known.delete(tenant)
      this.#probing.add(place(tenant, connection))
      return { kind: 'probe' }
    }
    const soonest = new Date(this.#clock.now().getTime() + this.#settings.probeMs)
    return { kind: 'open', until: isDue ? soonest : until, since: record.openedAt, reason: record.reason }
  }

  /** What is known of a target that failed; null: nothing is wrong. */
  async find(tenant: string, connection: string): Promise<CircuitRecord | null> {
    return (await this.#records(tenant)).get(connection) ?? null
  }

  /** Looks at a circuit without touching it; null: closed. */
  async open(tenant: string, connection: string): Promise<CircuitRecord | null> {
    const record = (await this.#records(tenant)).get(connection)
    return record?.openedAt == null ? null : record
  }

  /** Tells that a target gave an answer, of whatever kind. True: its circuit was open, and what is owed to it may go. */
  async answered(tenant: string, connection: string): Promise<boolean> {
    this.#probing.delete(place(tenant, connection))
    if (!(await this.#records(tenant)).has(connection)) return false
    this.#known.delete(tenant)
    return await this.#repository.close(tenant, connection, circuitEntry(connection, 'target.up', ''))
  }

  /** Tells of a passing fault at a target. */
  async failed(tenant: string, connection: string, reason: string): Promise<void> {
    const isProbe = this.#probing.delete(place(tenant, connection))
    this.#known.delete(tenant)
    const fault = { reason, isProbe, settings: this.#settings }
    await this.#repository.failed(tenant, connection, fault, circuitEntry(connection, 'target.down', reason))
  }

  async #records(tenant: string): Promise<ReadonlyMap<string, CircuitRecord>> {
    const now = this.#clock.now().getTime()
    const known = await this.#known.get(tenant)
    if (known !== undefined && Math.abs(now - known.at) < freshMs) return known.records
    const read = this.#repository.list(tenant).then((records) => ({
      at: now,
      records: new Map(records.map((record) => [record.connection, record])),
    }))
    this.#known.set(tenant, read)
    // What could not be read is asked for again by whoever comes next.
    read.catch(() => this.#known.delete(tenant))
    return (await read).records
  }
}

function place(tenant: string, connection: string): string {
  return `${tenant}\n${connection}`
}

/** When the next probe of an open circuit may go, after so many that failed. */
export function probeDelayMs({ probeMs, probeCapMs }: CircuitSettings, probes: number): number {
  return Math.min(probeCapMs, probeMs * 2 ** Math.min(probes, 20))
}

/** Shows a circuit as the contract has it. */
export function targetHealthOf(
  connection: string,
  record: CircuitRecord | null,
  now: Date,
  owed: number,
): TargetHealth {
  if (record === null) return { connection, circuit: 'closed', failures: 0, owed }
  const { failures, openedAt, probeAt, reason } = record
  if (openedAt === null || probeAt === null) return { connection, circuit: 'closed', failures, reason, owed }
  const circuit = new Date(probeAt) <= now ? 'half-open' : 'open'
  return { connection, circuit, failures, since: openedAt, probeAt, reason, owed }
}

function circuitEntry(connection: string, action: 'target.down' | 'target.up', reason: string): NewEntry {
  const fields = { connection, ...(reason === '' ? {} : { reason }) }
  return { actor: 'drawbridge', action, subject: connection, fields }
}
