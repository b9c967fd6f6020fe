/**
 * Checkpoints kept outside the database. A database that was restored from an older backup has forgotten which checkpoints
 * it signed; whoever opens it compares it with what lies here.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DrawbridgeError } from '../base/index.ts'
import type { LogStore } from '../evidence/index.ts'

/** So many are kept: should a power cut leave the newest empty, the one before it still tells most. */
const keptNotes = 2
const suffix = '.checkpoint'

/** A folder with the newest checkpoints of every tenant, each a file named by its size. */
export class CheckpointWitness {
  /** For messages. */
  readonly directory: string

  /** @param directory - made when the first checkpoint comes */
  constructor(directory: string) {
    this.directory = directory
  }

  /** Keeps a checkpoint and forgets older ones. @throws unavailable — the folder can not be written */
  async keep(tenant: string, size: number, note: string): Promise<void> {
    const folder = this.#folder(tenant)
    await this.#reach('kept', async () => {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const place = join(folder, `${size}${suffix}`)
      await writeFile(`${place}.${process.pid}.part`, note, { mode: 0o600 })
      await rename(`${place}.${process.pid}.part`, place)
      for (const old of (await this.#sizes(folder)).slice(keptNotes)) {
        await rm(join(folder, `${old}${suffix}`), { force: true })
      }
    })
  }

  /** Reads the newest checkpoint; null when there is none. @throws unavailable — the folder can not be read */
  async newest(tenant: string): Promise<string | null> {
    const folder = this.#folder(tenant)
    return await this.#reach('read', async () => {
      for (const size of await this.#sizes(folder)) {
        const note = await readFile(join(folder, `${size}${suffix}`), 'utf8')
        if (note.endsWith('\n')) return note
      }
      return null
    })
  }

  /** Forgets all checkpoints of a tenant: its log begins anew. @throws unavailable */
  async forget(tenant: string): Promise<void> {
    await this.#reach('emptied', () => rm(this.#folder(tenant), { recursive: true, force: true }))
  }

  #folder(tenant: string): string {
    return join(this.directory, encodeURIComponent(tenant))
  }

  /** The largest first. */
  async #sizes(folder: string): Promise<number[]> {
    const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      throw error
    })
    const sizes = names.flatMap((name) => /^(\d{1,16})\.checkpoint$/u.exec(name)?.[1] ?? []).map(Number)
    return sizes.sort((a, b) => b - a)
  }

  async #reach<T>(wanted: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (cause) {
      throw new DrawbridgeError({
        code: 'unavailable',
        retry: 'later',
        message: `the checkpoints at \`${this.directory}\` can not be ${wanted}`,
        operation: 'evidence.witness',
        help: 'is the folder there and writable? without it nobody would notice that an older database was restored',
        cause,
      })
    }
  }
}

/** Keeps every checkpoint of a log with the witnesses too, before anybody is given it. */
export function witnessed(store: LogStore, witnesses: readonly CheckpointWitness[]): LogStore {
  const keepWitnessed = async (tenant: string, size: number, note: string): Promise<void> => {
    for (const witness of witnesses) await witness.keep(tenant, size, note)
  }
  return {
    pending: (tenant, limit) => store.pending(tenant, limit),
    size: (tenant) => store.size(tenant),
    readHashes: (tenant, indexes) => store.readHashes(tenant, indexes),
    integrate: (tenant, expectedSize, entries) => store.integrate(tenant, expectedSize, entries),
    placeOf: (tenant, outboxId) => store.placeOf(tenant, outboxId),
    entries: (tenant, start, end) => store.entries(tenant, start, end),
    lastCheckpoint: (tenant) => store.lastCheckpoint(tenant),
    async saveCheckpoint(tenant, size, note) {
      // INVARIANT: the witnesses come second. What they hold is in the database too, so that a crash between the two is no fork.
      await store.saveCheckpoint(tenant, size, note)
      await keepWitnessed(tenant, size, note)
    },
    keepWitnessed,
    witnessed: async (tenant) => {
      const notes = await Promise.all(witnesses.map((witness) => witness.newest(tenant)))
      return [...new Set(notes.filter((note) => note !== null))]
    },
  }
}
