/**
 * One lane of killing: a place, a database, and processes that are killed one after the other: one at a time on a data
 * directory of its own, three side by side on PostgreSQL and a spool that they share.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Chance } from '../simulation/chance.ts'
import { checkPlace, type Findings, nothingFound } from './check.ts'
import { mayResume, type Place } from './places.ts'
import { prepareKills } from './state.ts'
import type { LifeTask } from './worker.ts'

/** After so many kills everything is let settle, and looked at. */
const killsPerRound = 10
const patienceMs = 120_000
const usualStartMs = 900
/** Processes side by side on PostgreSQL. */
const crewSize = 3

/** What came of a lane. */
export interface LaneResult extends Findings {
  readonly place: Place['kind']
  readonly mode: 'single requests' | 'parts'
  readonly database: 'SQLite' | 'PostgreSQL'
  readonly seed: number
  readonly kills: number
  /** What the process said last before it was killed, and how often. */
  readonly phases: Readonly<Record<string, number>>
  /** What processes complained of that were not killed; must be empty. */
  readonly complaints: readonly string[]
  readonly seconds: number
}

/** Kills at least `kills` times at moments that the seed draws, checking after each round. */
export async function runLane(
  place: Place,
  seed: number,
  kills: number,
  database: string | null = null,
): Promise<LaneResult> {
  const directory = await mkdtemp(join(tmpdir(), 'drawbridge-kills-'))
  try {
    await prepareKills(directory, database, place)
    return await new Lane(place, seed, directory, database).run(kills)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

class Lane {
  readonly #place: Place
  readonly #seed: number
  readonly #directory: string
  readonly #database: string | null
  readonly #chance: Chance
  readonly #phases = new Map<string, number>()
  readonly #complaints: string[] = []
  readonly #checked = new Set<string>()
  readonly #found: Findings = { ...nothingFound }
  #acknowledged = new Set<string>()
  /** Offered by a process that was killed before it could acknowledge. */
  #doubtful: string[] = []
  #lives = 0
  /** How much slower this machine is now than an idle one: moments are drawn from lives that are as much longer. */
  #slowness = 1

  constructor(place: Place, seed: number, directory: string, database: string | null) {
    this.#place = place
    this.#seed = seed
    this.#directory = directory
    this.#database = database
    this.#chance = new Chance(seed, `kills/${place.kind}/${mayResume(place)}`)
  }

  async run(wanted: number): Promise<LaneResult> {
    const startedAt = performance.now()
    let kills = 0
    while (kills < wanted) {
      kills += await this.#round(Math.min(killsPerRound, wanted - kills))
      await this.#settle()
    }
    return {
      place: this.#place.kind,
      mode: mayResume(this.#place) ? 'parts' : 'single requests',
      database: this.#database === null ? 'SQLite' : 'PostgreSQL',
      seed: this.#seed,
      kills,
      ...this.#found,
      phases: Object.fromEntries(this.#phases),
      complaints: this.#complaints,
      seconds: Math.round((performance.now() - startedAt) / 1000),
    }
  }

  /** Kills one after the other, each replaced at once, and in the end whoever is left. Returns how many that were. */
  async #round(wanted: number): Promise<number> {
    const crew: Life[] = []
    let kills = 0
    const size = this.#database === null ? 1 : crewSize
    while (kills < wanted) {
      while (crew.length < size && crew.length + kills < wanted + size - 1) crew.push(this.#start(false))
      const [victim] = crew.splice(this.#chance.between(0, crew.length - 1), 1)
      if (victim === undefined) break
      await this.#kill(victim)
      kills++
    }
    await Promise.all(crew.map((life) => this.#kill(life)))
    return kills + crew.length
  }

  async #kill(life: Life): Promise<void> {
    const { child, ended, ready } = life
    // Some while it starts and picks up what its forerunner left, most while it takes in and delivers.
    const isEarly = this.#chance.happens(0.15)
    const afterMs = this.#chance.between(0, isEarly ? 800 : 1500)
    if (!isEarly) {
      const readyMs = await Promise.race([ready, ended.then(() => 0)])
      this.#slowness = Math.min(4, Math.max(1, readyMs / usualStartMs))
    }
    const timer = setTimeout(() => child.kill('SIGKILL'), afterMs * this.#slowness)
    const signal = await ended
    clearTimeout(timer)
    if (signal !== 'SIGKILL') throw new Error(`the process ended before it was killed: ${this.#complaints.join('; ')}`)
    this.#doubtful.push(...life.doubtful)
    this.#phases.set(life.last(), (this.#phases.get(life.last()) ?? 0) + 1)
  }

  /** Lets a last process deliver everything, and looks. */
  async #settle(): Promise<void> {
    const { child, ended } = this.#start(true)
    const timer = setTimeout(() => child.kill('SIGABRT'), patienceMs)
    const signal = await ended
    clearTimeout(timer)
    if (signal !== null || child.exitCode !== 0) {
      this.#complaints.push(`the last process ended with ${signal ?? child.exitCode}`)
    }
    const found = await checkPlace(this.#place, this.#directory, this.#acknowledged, this.#checked, this.#database)
    for (const name of Object.keys(found) as (keyof Findings)[]) this.#found[name] += found[name]
    this.#acknowledged = new Set()
  }

  #start(isLast: boolean): Life {
    const name = `s${this.#seed}-${++this.#lives}`
    const again = this.#doubtful
    this.#doubtful = []
    const task = { place: this.#place, directory: this.#directory, database: this.#database, name, again, isLast }
    return startLife(task, {
      accepted: (report) => this.#acknowledged.add(report),
      complain: (line) => this.#complaints.push(line),
    })
  }
}

/** A process of a lane. */
export interface Life {
  readonly child: ChildProcess
  /** Its deliveries begin, after so many milliseconds. */
  readonly ready: Promise<number>
  /** The signal that ended it; null when it ended by itself. */
  readonly ended: Promise<NodeJS.Signals | null>
  /** The reports that it was given or offered, and has not acknowledged. */
  readonly doubtful: ReadonlySet<string>
  /** The first word of what it said last. */
  last(): string
}

/** Starts a process and listens to it. */
export function startLife(
  task: LifeTask,
  hear: { accepted(report: string): void; complain(line: string): void },
): Life {
  const script = fileURLToPath(new URL('./worker.ts', import.meta.url))
  const child = spawn(process.execPath, [script, JSON.stringify(task)], { stdio: ['ignore', 'pipe', 'pipe'] })
  const doubtful = new Set(task.again)
  const startedAt = performance.now()
  const ready = Promise.withResolvers<number>()
  let last = 'starting'
  child.stderr.on('data', (bytes: Buffer) => hear.complain(bytes.toString().slice(0, 500)))
  createInterface(child.stdout).on('line', (line) => {
    const [word = '', report = ''] = line.split(' ')
    last = word
    if (word === 'ready') ready.resolve(performance.now() - startedAt)
    if (word === 'offering') doubtful.add(report)
    if (word === 'accepted') {
      doubtful.delete(report)
      hear.accepted(report)
    }
    if (word === 'crash') hear.complain(line)
  })
  const ended = once(child, 'close').then(() => child.signalCode)
  return { child, ready: ready.promise, ended, doubtful, last: () => last }
}
