/** What runs on the database's own thread: the repositories of deliveries and of the log over a connection of their own. */
import { parentPort, workerData } from 'node:worker_threads'
import type { Clock } from '../../base/index.ts'
import type { Claim, Claimed, NewEntry, TargetRecord } from '../../delivery/index.ts'
import type { LogKeys, ReceiptFacts } from '../../evidence/index.ts'
import { SqlDeliveries } from '../deliveries.ts'
import { GroupCommit } from '../group-commit.ts'
import { SqlLog } from '../log.ts'
import { filesJson } from '../receipts.ts'
import { SqliteStore } from '../sqlite-store.ts'
import {
  type Answer,
  type Asked,
  type Call,
  methods,
  type ReceiptSetting,
  type ThreadData,
  type Told,
  tellError,
} from './calls.ts'
import { packClaims } from './claimed.ts'
import { packCommit } from './commits.ts'
import { givenWith, packAnswers, unpackCalls } from './packing.ts'
import { ProofsOnThread } from './proofs.ts'
import { Turns } from './turns.ts'

/** The clock of whoever asks, as of the last message. */
class ToldClock implements Pick<Clock, 'now'> {
  at = 0

  now(): Date {
    return new Date(this.at)
  }
}

/** Sends answers together: all that one turn of the event loop brought. */
class Answers {
  #text: Answer[] = []
  #cloned: Answer[] = []

  give(answer: Answer, travel: 'text' | 'clone'): void {
    if (this.#text.length + this.#cloned.length === 0) setImmediate(() => this.#send())
    if (travel === 'text') this.#text.push(answer)
    else this.#cloned.push(answer)
  }

  #send(): void {
    const all = packAnswers(this.#text, this.#cloned)
    this.#text = []
    this.#cloned = []
    for (const answers of all) tell({ answers }, givenWith(answers))
  }
}

function tell(told: Told, given: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(told, given)
}

const clock = new ToldClock()
const answers = new Answers()
const { path, receipts: setting }: ThreadData = workerData
const turns = new Turns()
const wantKeys: ((keys: LogKeys) => void)[] = []

function askForKeys(): Promise<LogKeys> {
  return new Promise((resolve) => {
    wantKeys.push(resolve)
    tell('keys')
  })
}

const opening = SqliteStore.open(path, clock, { turns, isChecked: true }).then((store) => {
  const commits = new GroupCommit(store)
  const deliveries = new SqlDeliveries(store, commits)
  const written = {
    commitTarget: async (claim: Claim, target: TargetRecord, entry: NewEntry) =>
      (await deliveries.commitTarget(claim, target, entry)).entry,
    commitWithReceipt: async (claim: Claim, target: TargetRecord, facts: ReceiptFacts) =>
      packCommit(await deliveries.commitWritten(claim, target, facts)),
    saveReceipt: async (claim: Claim, target: TargetRecord, written: Uint8Array) => {
      const standing = await deliveries.saveWrittenReceipt(claim, target, written)
      return standing && filesJson(standing)
    },
  }
  return { deliveries, written, log: new SqlLog(store, commits), turns }
})
// Whoever calls is told.
opening.catch(() => {})
let receipts: Promise<ProofsOnThread> | null = null

function openReceipts(opened: ReceiptSetting): void {
  receipts = opening.then((rooms) => {
    const proofs = new ProofsOnThread(opened, rooms.log, askForKeys)
    rooms.deliveries.sealWith(proofs.log)
    return proofs
  })
  receipts.catch(() => {})
}

async function roomOf(room: Call['room']): Promise<object> {
  if (room !== 'receipts') return (await opening)[room]
  if (receipts === null) throw new TypeError('the thread was not told how receipts are made')
  return await receipts
}

async function carryOut({ number, room, method, values }: Call): Promise<void> {
  const known: Readonly<Record<string, 'text' | 'clone'>> = methods[room]
  const travel = Object.hasOwn(known, method) ? known[method] : undefined
  try {
    if (travel === undefined) throw new TypeError(`\`${method}\` is no method of \`${room}\``)
    const target = await roomOf(room)
    const work: unknown = Reflect.get(target, method)
    if (typeof work !== 'function') throw new TypeError(`\`${method}\` can not be called`)
    const value: unknown = await Reflect.apply(work, target, values)
    answers.give({ number, value: method === 'claim' ? packClaims(value as Claimed[]) : value }, travel)
  } catch (error) {
    answers.give({ number, error: tellError(error) }, 'clone')
  }
}

parentPort?.on('message', (asked: Asked | { readonly receipts: ReceiptSetting } | { readonly keys: LogKeys }) => {
  if ('receipts' in asked) openReceipts(asked.receipts)
  else if ('keys' in asked) for (const resolve of wantKeys.splice(0)) resolve(asked.keys)
  else {
    clock.at = asked.now
    for (const call of unpackCalls(asked.calls)) void carryOut(call)
  }
})
if (setting !== null) openReceipts(setting)
