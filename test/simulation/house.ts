/**
 * The house under simulation: the real delivery code, database and evidence log, in processes that a schedule kills and
 * stops. Only the machine around it is played: time, disk, network and the customers' buckets.
 */
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import {
  Circuits,
  type Claim,
  type DeliveryRepository,
  DeliveryService,
  DeliveryWorker,
  type DeliveryWorkerParts,
  evidenceReceipts,
  hashingInline,
  type ItemRecord,
  type Reservation,
  Spool,
} from '../../src/delivery/index.ts'
import { localConnection } from '../../src/delivery/testing/house.ts'
import { EvidenceLog } from '../../src/evidence/index.ts'
import { openState, type State } from '../../src/state/index.ts'
import { Bucket, rightsOf } from './bucket.ts'
import { Chance } from './chance.ts'
import { Disk } from './disk.ts'
import { History } from './history.ts'
import type { PlantedBug, Surroundings } from './planted.ts'
import { Process, type SlotLife, slotLife, startOfTime } from './process.ts'
import {
  type BucketName,
  bucketNames,
  type Fault,
  type Schedule,
  type Slot,
  workerSlots,
  worksAtFront,
} from './schedule.ts'
import { openSealer, watchedLog } from './seals.ts'
import { targetAccess } from './targets.ts'
import { Timeline } from './timeline.ts'
import { Way } from './wire.ts'

export const tenants = ['globex', 'initech'] as const
export const logOrigin = 'simulation.example'

/** The lock and the keys are real files; where the system has a disk in memory, there. */
const memoryDirectory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** Low, so that small reports go both ways. */
const largestKeptInDatabase = 80

interface Running {
  readonly process: Process
  readonly worker: DeliveryWorker | null
  readonly service: DeliveryService | null
}

/** One house through one schedule. */
export class House {
  readonly timeline = new Timeline()
  readonly history = new History()
  readonly buckets = new Map<BucketName, Bucket>()
  readonly disk: Disk
  readonly schedule: Schedule
  readonly chance: Chance
  readonly #bug: PlantedBug | null
  readonly #directory: string
  /** SQLite's own memory: a database of that name stands as long as a connection to it is open. */
  readonly #databasePath: string
  readonly #holdsDatabase: DatabaseSync
  readonly #lives = new Map<Slot, SlotLife>()
  readonly #ways = new Map<BucketName, Way>()
  readonly #running = new Map<Slot, Running>()
  readonly #isWokenAtOnce: boolean
  /** Whether targets that are down have circuits. */
  readonly #hasCircuits: boolean
  #state: State | null = null
  #spool: Spool | null = null
  #boots = 0
  #isPowerGone = false
  #tellPowerGone: () => void = () => {}
  #plans = new Map<BucketName, number>()
  #isCalm = false
  readonly #memory = new Map<string, unknown>()

  static async open(schedule: Schedule, bug: PlantedBug | null = null): Promise<House> {
    const house = new House(schedule, bug, await mkdtemp(join(memoryDirectory, 'drawbridge-simulation-')))
    await house.#boot()
    await house.#setUp()
    return house
  }

  private constructor(schedule: Schedule, bug: PlantedBug | null, directory: string) {
    this.schedule = schedule
    this.#bug = bug
    this.#directory = directory
    this.#databasePath = `file:/${basename(directory)}?vfs=memdb`
    this.#holdsDatabase = new DatabaseSync(this.#databasePath)
    this.#holdsDatabase.exec('select 1')
    const { seed, faults, workers } = schedule
    this.chance = new Chance(seed, 'house')
    this.#isWokenAtOnce = this.chance.happens(0.5)
    this.#hasCircuits = new Chance(seed, 'circuits').happens(0.5)
    for (const name of bucketNames) {
      this.buckets.set(name, new Bucket(name, rightsOf(new Chance(seed, `rights of ${name}`))))
      this.#ways.set(name, new Way(this.timeline, name, faults))
      this.history.occupied.set(name, new Set())
    }
    for (const slot of ['front', ...workerSlots.slice(0, workers)] as const)
      this.#lives.set(slot, slotLife(slot, faults))
    for (const fault of faults) if (fault.kind === 'power-cut') this.timeline.in(fault.at, () => this.#cutPower())
    this.disk = new Disk(directory.slice(directory.lastIndexOf('/') + 1), this.#diskFaults(), new Chance(seed, 'disk'))
  }

  #diskFaults(): ConstructorParameters<typeof Disk>[1] {
    const { faults } = this.schedule
    const full = faults.filter((fault) => fault.kind === 'disk-full')
    return {
      isFull: () => full.some(({ at, until }) => at <= this.timeline.now && this.timeline.now < until),
      failingSyncs: new Set(faults.flatMap((fault) => (fault.kind === 'sync-fails' ? fault.write : []))),
      powerCuts: new Set(faults.flatMap((fault) => (fault.kind === 'power-cut-at-write' ? fault.write : []))),
      onPowerCut: () => this.#cutPower(),
      ...this.#bug?.disk,
    }
  }

  get state(): State {
    if (this.#state === null) throw new TypeError('the house has no power')
    return this.#state
  }

  get spool(): Spool {
    if (this.#spool === null) throw new TypeError('the house has no power')
    return this.#spool
  }

  /** The process that takes reports in now, and its service. */
  get front(): { readonly process: Process; readonly service: DeliveryService } {
    const running = this.#running.get('front')
    if (running?.service == null) throw new TypeError('the front always runs or is being started')
    return { process: running.process, service: running.service }
  }

  get databaseNow(): number {
    return startOfTime + this.timeline.now + this.#skewMs()
  }

  way(name: BucketName): Way {
    const way = this.#ways.get(name)
    if (way === undefined) throw new TypeError('every bucket has a way')
    return way
  }

  bucket(name: BucketName): Bucket {
    const bucket = this.buckets.get(name)
    if (bucket === undefined) throw new TypeError('a bucket of the schedule')
    return bucket
  }

  /** Lets the house live until `isOver`, through power cuts. False: nothing moves any more. */
  async live(isOver: () => boolean): Promise<boolean> {
    for (;;) {
      const isDone = await this.timeline.run(() => this.#isPowerGone || isOver())
      if (!this.#isPowerGone) return isDone
      await this.#state?.close()
      this.#state = null
      await this.#boot()
    }
  }

  /** From now on nothing goes wrong by itself. */
  calm(): void {
    this.#isCalm = true
    for (const way of this.#ways.values()) way.calm()
    for (const life of this.#lives.values()) {
      life.crashes.clear()
      life.pauses.clear()
    }
  }

  async close(): Promise<void> {
    for (const { process } of this.#running.values()) process.die()
    await this.#state?.close()
    this.#holdsDatabase.close()
    this.disk.unmount()
    await rm(this.#directory, { recursive: true, force: true })
  }

  #cutPower(): void {
    if (this.#isPowerGone || this.#isCalm) return
    this.#isPowerGone = true
    this.history.count('power-cut')
    for (const { process } of this.#running.values()) process.die()
    this.disk.powerCut()
    this.#tellPowerGone()
  }

  async #boot(): Promise<void> {
    this.#boots++
    this.#isPowerGone = false
    const clock = { now: () => new Date(this.databaseNow), sleep: (ms: number) => this.timeline.wait(ms) }
    const random = new Chance(this.schedule.seed, `state ${this.#boots}`)
    this.#state = await openState({
      directory: this.#directory,
      databasePath: this.#databasePath,
      clock,
      random,
      pause: clock.sleep,
    })
    const parts = { state: this.#state, clock, origin: logOrigin, history: this.history, beside: this.#holdsDatabase }
    this.#state.sealWith(openSealer(parts, this.#bug))
    const gone = new Promise<null>((resolve) => {
      this.#tellPowerGone = () => resolve(null)
    })
    const keep = new Set(await this.#state.deliveries.spooledUploads())
    const opening = Spool.open({
      directory: this.disk.path,
      keep,
      smallBytes: largestKeptInDatabase,
      hashing: hashingInline,
    })
    // The spool writes too, and the power may go while it is opened: then everything is started once more.
    this.#spool = await Promise.race([opening, gone])
    if (this.#spool === null) return
    for (const slot of this.#lives.keys()) this.#start(slot)
  }

  async #setUp(): Promise<void> {
    const { connections, routes } = this.state
    const createdAt = new Date(startOfTime).toISOString()
    for (const tenant of tenants) {
      for (const name of ['acme', 'backup']) {
        await connections.add(localConnection(name, { tenant, id: `con_${tenant}_${name}` }), { kind: 'none' })
      }
      const both = ['acme', 'backup']
      await routes.add(tenant, {
        id: `rte_f_${tenant}`,
        name: 'failover',
        policy: 'failover',
        targets: both,
        createdAt,
      })
      await routes.add(tenant, { id: `rte_m_${tenant}`, name: 'mirror', policy: 'mirror', targets: both, createdAt })
      await routes.add(tenant, {
        id: `rte_s_${tenant}`,
        name: 'solo',
        policy: 'failover',
        targets: ['acme'],
        createdAt,
      })
    }
  }

  #skewMs(): number {
    let skewMs = 0
    for (const fault of this.schedule.faults) {
      if (fault.kind === 'clock-jump' && fault.at <= this.timeline.now) skewMs += fault.byMs
    }
    return skewMs
  }

  #start(slot: Slot): void {
    const life = this.#lives.get(slot)
    if (life === undefined) throw new TypeError('a slot of the schedule')
    const process = new Process(this.timeline, life, () => this.#skewMs())
    const boot = this.#boots
    void process.died.then(() => {
      this.history.deaths++
      // After a power cut everything is started together.
      this.timeline.in(1_000 + (life.steps % 4_000), () => {
        if (boot === this.#boots && !this.#isPowerGone) this.#start(slot)
      })
    })
    this.#running.set(slot, this.#assemble(slot, process))
  }

  #assemble(slot: Slot, process: Process): Running {
    const chance = new Chance(this.schedule.seed, `${slot} from ${this.timeline.now}`)
    const near = (): number => chance.between(0, 3)
    const surroundings: Surroundings = {
      spool: () => this.spool,
      memory: this.#memory,
      databaseClock: { now: () => new Date(this.databaseNow), sleep: (ms) => this.timeline.wait(ms) },
      later: (milliseconds, work) => {
        this.timeline.in(milliseconds, () => {
          if (!process.isDead) work().catch(() => {})
        })
      },
    }
    const base = {
      clock: process.clock,
      random: chance,
      access: targetAccess({ house: this, process, chance, surroundings, bug: this.#bug }),
      spool: this.spool,
      repository: this.#repository(process, near, surroundings),
      ...(this.#hasCircuits ? { circuits: this.#circuits(process, near) } : {}),
    }
    const worker = slot !== 'front' || worksAtFront(this.schedule.seed) ? this.#worker(slot, process, near, base) : null
    worker?.start()
    if (slot !== 'front') return { process, worker, service: null }
    const wake = (): void => {
      if (!this.#isWokenAtOnce) return
      for (const { worker } of this.#running.values()) worker?.wake()
    }
    const routes = process.reaching(this.state.routes, near)
    const reserve = (): Reservation | null => worker?.reserve() ?? null
    return { process, worker, service: new DeliveryService({ ...base, routes, wake, reserve }) }
  }

  #worker(
    slot: Slot,
    process: Process,
    near: () => number,
    base: Omit<DeliveryWorkerParts, 'receipts'>,
  ): DeliveryWorker {
    const { privateKey } = this.state.evidenceKey
    const reached = process.reaching(watchedLog(this.state.log, this.history), near)
    const store = this.#bug?.log?.(reached) ?? reached
    const log = new EvidenceLog({ store, signer: privateKey, origin: logOrigin, clock: process.clock })
    return new DeliveryWorker({
      ...base,
      receipts: evidenceReceipts(log),
      name: slot,
      onEvent: (event) => {
        if (event.type === 'progress') return
        if (event.type === 'crash') this.history.crashes.push(event.error)
        this.history.told.push(event.type === 'crash' ? String(event.error) : JSON.stringify(event))
      },
    })
  }

  /** Each process sees the database's circuits for itself. */
  #circuits(process: Process, near: () => number): Circuits {
    return new Circuits(process.clock, process.reaching(this.state.circuits, near))
  }

  #repository(process: Process, near: () => number, surroundings: Surroundings): DeliveryRepository {
    const reached = process.reaching(this.#occupying(this.state.deliveries), near)
    return this.#bug?.repository?.(reached, surroundings) ?? reached
  }

  /** Somebody else comes to a key after it was planned and before anything was sent there. */
  #occupying(inner: DeliveryRepository): DeliveryRepository {
    const faults = this.schedule.faults.filter((fault) => fault.kind === 'occupied')
    return new Proxy(inner, {
      get: (target, property) => {
        const member: unknown = Reflect.get(target, property, target)
        if (typeof member !== 'function') return member
        if (property === 'claim')
          return (...parameters: Parameters<DeliveryRepository['claim']>) => this.#claim(target, parameters)
        const planned = (tenant: string, connection: string, [item]: readonly ItemRecord[]): void => {
          const name = bucketNames.find((candidate) => candidate === `${tenant}/${connection}`)
          if (name === undefined) return
          const plan = (this.#plans.get(name) ?? 0) + 1
          this.#plans.set(name, plan)
          if (item === undefined || !faults.some((fault) => fault.bucket === name && fault.plan === plan)) return
          this.bucket(name).occupy(item.key)
          this.history.occupied.get(name)?.add(item.key)
          this.history.count('occupied')
        }
        const saveItems: DeliveryRepository['saveItems'] = async (claim, connection, items, ...rest) => {
          await target.saveItems(claim, connection, items, ...rest)
          planned(claim.tenant, connection, items)
        }
        const accept: DeliveryRepository['accept'] = async (delivery, ...rest) => {
          const accepted = await target.accept(delivery, ...rest)
          const [begun] = delivery.targets
          if (!accepted.isNew || begun === undefined || begun.items.length === 0) return accepted
          this.history.begun++
          planned(delivery.tenant, begun.connection, begun.items)
          return accepted
        }
        if (property === 'accept') return accept
        return property === 'saveItems' ? saveItems : member.bind(target)
      },
    })
  }

  /** A living worker that nothing stopped keeps what it claimed. */
  async #claim(inner: DeliveryRepository, parameters: Parameters<DeliveryRepository['claim']>): Promise<Claim[]> {
    const claims = await inner.claim(...parameters)
    const isExcused =
      this.history.deaths > 0 || this.schedule.faults.some(({ kind }) => kind === 'pause' || kind === 'clock-jump')
    const reclaimed = claims.filter(({ crashes }) => crashes > 0)
    for (const { delivery } of reclaimed) this.history.reclaimed.add(delivery)
    if (!isExcused) this.history.takenOver += reclaimed.length
    return claims
  }

  /** Tells whether a delivery is one that kills whoever sends it. */
  isPoison(delivery: string): boolean {
    const report = this.history.acknowledged.get(delivery)
    if (report === undefined) return false
    return this.schedule.faults.some((fault: Fault) => fault.kind === 'poison' && fault.report === report.index)
  }
}
