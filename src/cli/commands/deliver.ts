/** `deliver`: hands files over, and follows the delivery to its end: with `--wait`, or where this process works it off. */
import type { Readable } from 'node:stream'
import { DrawbridgeError } from '../../base/index.ts'
import type { Delivery, DrawbridgeClient } from '../../contract/index.ts'
import { FileSource } from '../../delivery/index.ts'
import type { Door } from '../door.ts'
import { Progress } from '../progress.ts'
import { renderDelivery } from '../render/delivery.ts'
import type { Terminal } from '../terminal.ts'
import { text } from './connection-options.ts'
import { reasonOf } from './files.ts'
import type { CommandForm } from './form.ts'
import { type ReportFile, reportFiles, unreadable } from './report-files.ts'
import { show } from './run.ts'

/** What an ended delivery means for whoever reads exit codes. A backup that has it is a success; the rest is told. */
export const exitCodes: Readonly<Record<Delivery['state'], number>> = {
  accepted: 0,
  delivered: 0,
  owed: 0,
  parked: 3,
  conflict: 5,
  quarantined: 6,
  cancelled: 5,
}

export const deliverCommand: CommandForm = {
  declare: (command) => {
    command
      .argument('<files...>', 'the files of the report; a folder is every file in it, `-` is standard input')
      .requiredOption('--route <name>', 'the name of the route')
      .option('--report <name>', "the report's name; absent: the first file's")
      .option('--period <period>', 'the period it covers: `2026-10`; absent: this month')
      .option('--file-name <name>', 'the name of the file that comes by standard input')
      .option('--idempotency-key <key>', 'the same key twice is the same delivery')
      .option('--wait', 'wait for the end when a server works it off')
  },
  run: async (run, [paths], options) => {
    const { terminal } = run
    const files = await reportFiles(paths as readonly string[], terminal.stdin, text(options, 'fileName'))
    const door = await run.openDoor()
    const progress = new Progress(terminal, run.json)
    const uploads: string[] = []
    for (const file of files) uploads.push(await uploadFile(door.client, file, progress, terminal))
    const accepted = await door.client.delivery.create({
      route: String(options['route']),
      uploads,
      ...optional('report', text(options, 'report')),
      ...optional('period', text(options, 'period')),
      ...optional('idempotencyKey', text(options, 'idempotencyKey')),
    })
    const ended = await follow(door, accepted, options['wait'] === true, progress, terminal)
    progress.end()
    show(run, ended, () => renderDelivery(ended, terminal.columns, terminal.colors))
    return exitCodes[ended.state]
  },
}

/** Takes one file into the spool, and tells how far it is. */
export async function uploadFile(
  client: DrawbridgeClient,
  file: ReportFile,
  progress: Progress,
  terminal: Terminal,
): Promise<string> {
  const { name, shown, sizeBytes, from } = file
  const onProgress = (bytesRead: number): void => progress.at('reading', name, bytesRead, sizeBytes)
  const source = typeof from === 'string' ? new FileSource(from, { onProgress }) : new StreamSource(from, onProgress)
  try {
    return (await client.upload(name, source, { signal: terminal.signal })).upload
  } catch (error) {
    const { fault } = source
    if (fault instanceof DrawbridgeError) throw fault
    if (fault !== null) throw unreadable(shown, reasonOf(fault as NodeJS.ErrnoException), error)
    throw error
  }
}

/** A stream as the source of a report: read as it comes, however long it is. */
class StreamSource implements AsyncIterable<Uint8Array<ArrayBuffer>> {
  readonly #stream: Readable
  readonly #onProgress: (bytesRead: number) => void
  fault: unknown = null

  constructor(stream: Readable, onProgress: (bytesRead: number) => void) {
    this.#stream = stream
    this.#onProgress = onProgress
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
    let bytes = 0
    try {
      for await (const piece of this.#stream as AsyncIterable<Buffer<ArrayBuffer>>) {
        bytes += piece.length
        this.#onProgress(bytes)
        yield piece
      }
    } catch (error) {
      this.fault = error
      throw error
    }
  }
}

/** Without a server nobody but this process would move the delivery, so it stays until the end. */
export async function follow(
  door: Door,
  accepted: Delivery,
  wait: boolean,
  progress: Progress,
  terminal: Terminal,
): Promise<Delivery> {
  const { client, house } = door
  if (house === null) return wait ? followToEnd(client, accepted, progress, terminal) : accepted
  if (house.isShared) {
    // Some worker will take it; this process is one of them.
    house.worker.start()
    return followToEnd(client, accepted, progress, terminal)
  }
  const ended = new Promise<void>((resolve) => {
    house.onDelivery((event) => {
      if (event.type === 'progress' && event.delivery === accepted.id) {
        progress.at(`sending to ${event.connection}`, event.key, event.bytesSent, event.sizeBytes)
      }
      if (event.type !== 'delivery' || event.delivery !== accepted.id) return
      if (event.state !== 'accepted') resolve()
      else progress.note(`not through yet; the next attempt is at ${event.availableAt ?? 'a later time'}`)
    })
  })
  // The same idempotency key again may name a delivery that ended long ago, of which no event will come.
  if (accepted.state === 'accepted') {
    house.worker.start()
    await Promise.race([ended, aborted(terminal, accepted.id)])
  }
  return client.delivery.show({ id: accepted.id })
}

/** Follows what some process works off, and tells how far it is. */
async function followToEnd(
  client: DrawbridgeClient,
  accepted: Delivery,
  progress: Progress,
  terminal: Terminal,
): Promise<Delivery> {
  const { signal } = terminal
  let delivery = accepted
  try {
    for await (const event of client.delivery.follow({ id: accepted.id }, { signal })) {
      if (event.type === 'delivery') delivery = event.delivery
      else progress.at(`sending to ${event.connection}`, event.key, event.bytesSent, event.sizeBytes)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  if (signal.aborted) throw interrupted(accepted.id)
  return delivery
}

function aborted(terminal: Terminal, id: string): Promise<never> {
  return new Promise((_, reject) => {
    const onAbort = (): void => reject(interrupted(id))
    if (terminal.signal.aborted) onAbort()
    else terminal.signal.addEventListener('abort', onAbort, { once: true })
  })
}

function interrupted(id: string): DrawbridgeError {
  return new DrawbridgeError({
    code: 'cancelled',
    message: `stopped waiting; \`${id}\` is accepted and will not be lost`,
    help: '`drawbridge serve` works off what is waiting',
  })
}

function optional<Name extends string>(name: Name, value: string | undefined): { [Key in Name]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { [Key in Name]?: string })
}
