/** One lane of killing: a place, a data directory, and processes that are killed one after the other. */
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
import type { LifeTask } from './worker.ts'

/** After so many kills everything is let settle, and looked at. */
const killsPerRound = 20
const patienceMs = 120_000

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

/** Kills `kills` times at moments that the seed draws, checking after each round. */
export async function runLane(place: Place, seed: number, kills: number): Promise<LaneResult> {
  const directory = await mkdtemp(join(tmpdir(), 'drawbridge-kills-'))
  try {
    return await new Lane(place, seed, directory).run(kills)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

class Lane {
  readonly #place: Place
  readonly #seed: number
  readonly #directory: string
  readonly #chance: Chance
  readonly #phases = new Map<string, number>()
  readonly #complaints: string[] = []
  readonly #checked = new Set<string>()
  readonly #found: Findings = { ...nothingFound }
  #acknowledged = new Set<string>()
  /** Offered and not acknowledged when the process was killed. */
  #doubtful: string[] = []
  #lives = 0

  constructor(place: Place, seed: number, directory: string) {
    this.#place = place
    this.#seed = seed
    this.#directory = directory
    this.#chance = new Chance(seed, `kills/${place.kind}/${mayResume(place)}`)
  }

  async run(wanted: number): Promise<LaneResult> {
    const startedAt = performance.now()
    let kills = 0
    while (kills < wanted) {
      const inRound = Math.min(killsPerRound, wanted - kills)
      for (let nth = 0; nth < inRound; nth++) await this.#killOne()
      kills += inRound
      await this.#settle()
    }
    return {
      place: this.#place.kind,
      mode: mayResume(this.#place) ? 'parts' : 'single requests',
      database: 'SQLite',
      seed: this.#seed,
      kills,
      ...this.#found,
      phases: Object.fromEntries(this.#phases),
      complaints: this.#complaints,
      seconds: Math.round((performance.now() - startedAt) / 1000),
    }
  }

  async #killOne(): Promise<void> {
    const { child, ended, last } = this.#start(false)
    // Some while it starts and picks up what its forerunner left, most while it takes in and delivers.
    const isEarly = this.#chance.happens(0.15)
    const afterMs = this.#chance.between(0, isEarly ? 800 : 1500)
    if (!isEarly) await Promise.race([once(child, 'ready'), ended])
    const timer = setTimeout(() => child.kill('SIGKILL'), afterMs)
    const signal = await ended
    clearTimeout(timer)
    if (signal !== 'SIGKILL') throw new Error(`the process ended before it was killed: ${this.#complaints.join('; ')}`)
    const phase = last()
    this.#phases.set(phase, (this.#phases.get(phase) ?? 0) + 1)
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
    const found = await checkPlace(this.#place, this.#directory, this.#acknowledged, this.#checked)
    for (const name of Object.keys(found) as (keyof Findings)[]) this.#found[name] += found[name]
    this.#acknowledged = new Set()
  }

  #start(isLast: boolean): Life {
    const name = `s${this.#seed}-${++this.#lives}`
    const task = { place: this.#place, directory: this.#directory, name, again: this.#doubtful, isLast }
    return startLife(task, {
      offering: (report) => {
        if (!this.#doubtful.includes(report)) this.#doubtful = [...this.#doubtful, report]
      },
      accepted: (report) => {
        this.#acknowledged.add(report)
        this.#doubtful = this.#doubtful.filter((each) => each !== report)
      },
      complain: (line) => this.#complaints.push(line),
    })
  }
}

/** A process of a lane. */
export interface Life {
  readonly child: ChildProcess
  /** The signal that ended it; null when it ended by itself. */
  readonly ended: Promise<NodeJS.Signals | null>
  /** The first word of what it said last. */
  last(): string
}

/** Starts a process and listens to it. Emits `ready` on the child when its deliveries begin. */
export function startLife(
  task: LifeTask,
  hear: {
    offering(report: string): void
    accepted(report: string): void
    complain(line: string): void
  },
): Life {
  const script = fileURLToPath(new URL('./worker.ts', import.meta.url))
  const child = spawn(process.execPath, [script, JSON.stringify(task)], { stdio: ['ignore', 'pipe', 'pipe'] })
  let last = 'starting'
  child.stderr.on('data', (bytes: Buffer) => hear.complain(bytes.toString().slice(0, 500)))
  createInterface(child.stdout).on('line', (line) => {
    const [word = '', report = ''] = line.split(' ')
    last = word
    if (word === 'ready') child.emit('ready')
    if (word === 'offering') hear.offering(report)
    if (word === 'accepted') hear.accepted(report)
    if (word === 'crash') hear.complain(line)
  })
  const ended = once(child, 'close').then(() => child.signalCode)
  return { child, ended, last: () => last }
}
