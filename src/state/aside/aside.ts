/**
 * The repositories of deliveries and of the log on a thread of their own: while it waits for the disk, the main thread
 * serves sockets. What they do is the same code; here it is only handed over, many calls in one message.
 */
import { Worker } from 'node:worker_threads'
import type { Clock } from '../../base/index.ts'
import {
  type DeliveryRepository,
  evidenceReceipts,
  type ReceiptMaker,
  type TargetRecord,
} from '../../delivery/index.ts'
import type { LogKeys, LogStore } from '../../evidence/index.ts'
import { committedOf } from '../delivery-commits.ts'
import { filesOfJson, writeReceipt } from '../receipts.ts'
import {
  type Answer,
  type Asked,
  type Call,
  errorOf,
  methods,
  type Packed,
  type ReceiptSetting,
  type Room,
  type ThreadData,
  type Told,
  type Travel,
  threadLost,
} from './calls.ts'
import { unpackClaims } from './claimed.ts'
import { unpackCommit } from './commits.ts'
import { givenWith, packCalls, unpackAnswers } from './packing.ts'
import { unpackProofs } from './proofs.ts'
import type { WriteTurns } from './turns.ts'

interface Waiting {
  readonly answer: (value: unknown) => void
  readonly fail: (error: unknown) => void
}

/** How receipts are made. */
export interface ReceiptOptions extends Omit<ReceiptSetting, 'keys'> {
  /** The keys as they are now. */
  readonly keys: () => LogKeys
  /** Reads them again: another process may have rotated them. */
  readonly reloadKeys: () => Promise<LogKeys>
}

/** The database's thread, as the main thread sees it. */
export class Aside {
  readonly deliveries: DeliveryRepository = {
    ...this.#room<DeliveryRepository>('deliveries'),
    claim: async (...limits) => unpackClaims(await this.#call('deliveries', 'claim', limits)),
    saveTarget: async (claim, target, entries) => {
      await this.#call('deliveries', 'saveTarget', [claim, withoutItems(target), entries])
    },
    commitTarget: async (claim, target, entry) => {
      const id = Number(await this.#call('written', 'commitTarget', [claim, target, entry]))
      return { ...target, entry: id }
    },
    commitWithReceipt: async (claim, target, facts) => {
      const told = await this.#call('written', 'commitWithReceipt', [claim, target, facts])
      return committedOf(target, unpackCommit(told))
    },
    saveReceipt: async (claim, target, files) => {
      // Written here, where there is time.
      const written = [claim, withoutItems(target), writeReceipt(files)]
      const standing = await this.#call('written', 'saveReceipt', written)
      return typeof standing === 'string' ? filesOfJson(standing) : files
    },
  }
  readonly log = this.#room<LogStore>('log')
  /** The main thread's own connection writes only in its turn. */
  readonly turns: WriteTurns = {
    during: async (work) => {
      await this.#call('turns', 'take', [])
      const giver = this.#worker
      try {
        return await work()
      } finally {
        // The turns of a thread that ended are over with it: its successor would end the turn of somebody else.
        if (this.#worker === giver) this.#call('turns', 'give', []).catch(() => {})
      }
    },
  }
  readonly #path: string
  readonly #clock: Pick<Clock, 'now'>
  readonly #waiting = new Map<number, Waiting>()
  #receipts: ReceiptOptions | null = null
  #worker: Worker | null = null
  #text: Call[] = []
  #cloned: Call[] = []
  #numbers = 0
  #isClosed = false

  /** Starts the thread over a database that has its present form. */
  constructor(path: string, clock: Pick<Clock, 'now'>) {
    this.#path = path
    this.#clock = clock
    this.#worker = this.#start()
  }

  /** Makes receipts of what the log on the thread proves. */
  makeReceipts(options: ReceiptOptions): ReceiptMaker {
    this.#receipts = options
    this.#worker?.postMessage({ receipts: settingOf(options) })
    return evidenceReceipts({
      proofsOf: async (tenant, entries) => unpackProofs(await this.#call('receipts', 'proofsOf', [tenant, entries])),
      get signer() {
        return options.keys().signer
      },
    })
  }

  /** Ends the thread once everything that was asked of it is answered. */
  async close(): Promise<void> {
    while (this.#waiting.size > 0) await new Promise<void>((resolve) => setImmediate(resolve))
    this.#isClosed = true
    const worker = this.#worker
    this.#worker = null
    await worker?.terminate()
  }

  #room<T>(room: Room): T {
    const called = Object.keys(methods[room]).map((method) => [
      method,
      (...values: unknown[]): Promise<unknown> => this.#call(room, method, values),
    ])
    return Object.fromEntries(called) as T
  }

  #call(room: Room, method: string, values: readonly unknown[]): Promise<unknown> {
    if (this.#isClosed) return Promise.reject(threadLost(undefined))
    return new Promise((answer, fail) => {
      const number = this.#numbers++
      this.#waiting.set(number, { answer, fail })
      if (this.#text.length + this.#cloned.length === 0) setImmediate(() => this.#send())
      const travels: Readonly<Record<string, Travel>> = methods[room]
      const calls = travels[method] === 'text' ? this.#text : this.#cloned
      calls.push({ number, room, method, values: withoutEmptyEnd(values) })
    })
  }

  /** All that one turn of the event loop asked for goes in one message. */
  #send(): void {
    const all = packCalls(this.#text, this.#cloned)
    this.#text = []
    this.#cloned = []
    this.#worker ??= this.#start()
    // The process stays for an answer, and for nothing else that the thread does.
    this.#worker.ref()
    const now = this.#clock.now().getTime()
    for (const calls of all) {
      const asked: Asked = { now, calls }
      this.#worker.postMessage(asked, givenWith(calls))
    }
  }

  #start(): Worker {
    const receipts = this.#receipts === null ? null : settingOf(this.#receipts)
    const data: ThreadData = { path: this.#path, receipts }
    // In the sources this is TypeScript, in the package JavaScript.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const worker = new Worker(new URL(`./thread.${extension}`, import.meta.url), {
      workerData: data,
      // Nothing of what this process was started with is meant for it.
      execArgv: [],
      env: {},
      // A heap that may not become large is collected sooner: it would lie full of what was answered long ago.
      resourceLimits: { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 512 },
    })
    worker.on('message', (told: Told) => {
      if (told === 'keys') void this.#tellKeys(worker)
      else this.#take(worker, told.answers)
    })
    worker.on('error', (error) => this.#lose(worker, error))
    worker.on('exit', () => this.#lose(worker, undefined))
    worker.unref()
    return worker
  }

  async #tellKeys(worker: Worker): Promise<void> {
    const options = this.#receipts
    if (options === null) return
    // What can not be read is as it was: the next checkpoint asks again.
    const keys = await options.reloadKeys().catch(() => options.keys())
    worker.postMessage({ keys })
  }

  #take(worker: Worker, answers: Packed<Answer>): void {
    for (const told of unpackAnswers(answers)) {
      const waiting = this.#waiting.get(told.number)
      this.#waiting.delete(told.number)
      if (told.error !== undefined) waiting?.fail(errorOf(told.error))
      else waiting?.answer(told.value)
    }
    if (this.#waiting.size === 0) worker.unref()
  }

  /** What it was asked may have happened or not; the next call starts another thread. */
  #lose(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return
    this.#worker = null
    const lost = [...this.#waiting.values()]
    this.#waiting.clear()
    this.#text = []
    this.#cloned = []
    for (const { fail } of lost) fail(threadLost(cause))
  }
}

function settingOf({ origin, witnesses, keys }: ReceiptOptions): ReceiptSetting {
  return { origin, witnesses, keys: keys() }
}

/** A target is saved without its items where nothing happened to them: they need not go over. */
function withoutItems(target: TargetRecord): TargetRecord {
  return { ...target, items: [] }
}

/** JSON has no word for an argument that was left out. */
function withoutEmptyEnd(values: readonly unknown[]): readonly unknown[] {
  return values.at(-1) === undefined
    ? values.slice(0, values.findLastIndex((value) => value !== undefined) + 1)
    : values
}
