/**
 * A virtual disk under the real spool: `node:fs/promises` answers from memory for paths below one root, and as always
 * for the rest. What was not synced may be gone after a power cut, whole or in part; a disk can be full or fail to sync.
 */
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import type { Chance } from './chance.ts'
import { unanswered } from './process.ts'

/** Where virtual disks are mounted. Nothing real may live there. */
const root = '/virtual-disk/'

/** What can go wrong with a disk, and which of its promises it breaks. */
export interface DiskFaults {
  readonly isFull: () => boolean
  /** Syncs, counted from 1 together with writes, that fail. */
  readonly failingSyncs: ReadonlySet<number>
  /** Writes at which the power goes. */
  readonly powerCuts: ReadonlySet<number>
  readonly onPowerCut: () => void
  /** Planted: a sync of a file, or of a folder, does nothing. */
  readonly forgetsFileSync?: boolean
  readonly forgetsFolderSync?: boolean
}

interface Held {
  bytes: Buffer
  /** What lies at `bytes` and has room for more behind it. */
  room: Buffer
  /** What a power cut leaves for certain. */
  durable: Buffer | null
}

const disks = new Map<string, Disk>()

/** One disk, mounted until `unmount`. */
export class Disk {
  readonly path: string
  readonly #faults: DiskFaults
  readonly #chance: Chance
  #names = new Map<string, Held>()
  #durableNames = new Map<string, Held>()
  #operations = 0
  #boot = 0

  constructor(name: string, faults: DiskFaults, chance: Chance) {
    this.path = `${root}${name}`
    this.#faults = faults
    this.#chance = chance
    install()
    disks.set(name, this)
  }

  unmount(): void {
    disks.delete(this.path.slice(root.length))
  }

  /** The power goes: what was synced stands, of the rest a part, or nothing. Whoever was writing is never answered. */
  powerCut(): void {
    this.#boot++
    const survivors = new Map<string, Held>()
    const names = new Set([...this.#names.keys(), ...this.#durableNames.keys()])
    for (const name of names) {
      const [now, before] = [this.#names.get(name), this.#durableNames.get(name)]
      const held = now === before || this.#chance.happens(0.3) ? now : before
      if (held !== undefined) survivors.set(name, heldOf(this.#left(held)))
    }
    for (const held of survivors.values()) held.durable = held.bytes
    this.#names = survivors
    this.#durableNames = new Map(survivors)
  }

  #left({ bytes, durable }: Held): Buffer {
    if (durable?.equals(bytes)) return bytes
    const kept = this.#chance.between(0, 2)
    if (kept === 0) return durable ?? Buffer.alloc(0)
    return kept === 1 ? bytes.subarray(0, this.#chance.between(0, bytes.length)) : bytes
  }

  /** The bytes of all files, for whoever counts. */
  get usedBytes(): number {
    return [...this.#names.values()].reduce((sum, held) => sum + held.bytes.length, 0)
  }

  list(): string[] {
    return [...this.#names.keys()].sort()
  }

  async open(path: string, flags: string): Promise<VirtualHandle> {
    await this.#turn(false)
    const name = this.#nameOf(path)
    if (name === '') return new VirtualHandle(this, null, this.#boot)
    const known = this.#names.get(name)
    if (flags.startsWith('r') && known === undefined) throw failure('ENOENT', path)
    if (flags.includes('x') && known !== undefined) throw failure('EEXIST', path)
    const isNew = known === undefined || flags.startsWith('w')
    const held = isNew ? heldOf(Buffer.alloc(0)) : known
    if (isNew) this.#names.set(name, held)
    return new VirtualHandle(this, held, this.#boot)
  }

  async write(held: Held, bytes: Uint8Array, at: number, boot: number): Promise<void> {
    await this.#turn(true, boot)
    if (this.#faults.isFull()) throw failure('ENOSPC', this.path)
    held.bytes = written(held, bytes, at)
  }

  async sync(held: Held | null, boot: number): Promise<void> {
    await this.#turn(true, boot)
    if (this.#faults.failingSyncs.has(this.#operations)) throw failure('EIO', this.path)
    if (held === null) {
      if (this.#faults.forgetsFolderSync !== true) this.#durableNames = new Map(this.#names)
    } else if (this.#faults.forgetsFileSync !== true) held.durable = held.bytes
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#turn(true)
    const held = this.#names.get(this.#nameOf(from))
    if (held === undefined) throw failure('ENOENT', from)
    this.#names.delete(this.#nameOf(from))
    this.#names.set(this.#nameOf(to), held)
  }

  async remove(path: string): Promise<void> {
    await this.#turn(true)
    this.#names.delete(this.#nameOf(path))
  }

  async sizeOf(path: string): Promise<number> {
    const name = this.#nameOf(path)
    const held = this.#names.get(name)
    if (held === undefined && name !== '') throw failure('ENOENT', path)
    return held?.bytes.length ?? 0
  }

  async #turn(changes: boolean, boot = this.#boot): Promise<void> {
    if (boot !== this.#boot) await unanswered()
    if (!changes) return
    if (!this.#faults.powerCuts.has(++this.#operations)) return
    this.#faults.onPowerCut()
    await unanswered()
  }

  #nameOf(path: string): string {
    return path.slice(this.path.length + 1)
  }
}

function heldOf(bytes: Buffer): Held {
  return { bytes, room: bytes, durable: null }
}

/** The file's bytes with others at a place. What was its content before, and is durable perhaps, stays as it was. */
function written(held: Held, bytes: Uint8Array, at: number): Buffer {
  const end = at + bytes.length
  // INVARIANT: nobody else's content reaches into the room behind this one: there is one that continues it.
  if (at === held.bytes.length && end <= held.room.length) {
    held.room.set(bytes, at)
    return held.room.subarray(0, end)
  }
  const size = Math.max(held.bytes.length, end)
  const room = Buffer.alloc(size * 2)
  held.bytes.copy(room)
  room.set(bytes, at)
  held.room = room
  return room.subarray(0, size)
}

/** As much of a `FileHandle` as programs use that keep files. */
class VirtualHandle {
  readonly #disk: Disk
  readonly #held: Held | null
  readonly #boot: number
  #position = 0

  constructor(disk: Disk, held: Held | null, boot: number) {
    this.#disk = disk
    this.#held = held
    this.#boot = boot
  }

  get #file(): Held {
    if (this.#held === null) throw failure('EISDIR', this.#disk.path)
    return this.#held
  }

  async write(
    bytes: Uint8Array,
    offset = 0,
    length = bytes.length - offset,
    position: number | null = null,
  ): Promise<{ bytesWritten: number; buffer: Uint8Array }> {
    const at = position ?? this.#position
    await this.#disk.write(this.#file, bytes.subarray(offset, offset + length), at, this.#boot)
    if (position === null) this.#position += length
    return { bytesWritten: length, buffer: bytes }
  }

  async writeFile(bytes: Uint8Array | string): Promise<void> {
    await this.write(Buffer.from(bytes))
  }

  async read(
    buffer: Uint8Array,
    offset = 0,
    length = buffer.length - offset,
    position: number | null = null,
  ): Promise<{ bytesRead: number; buffer: Uint8Array }> {
    const at = position ?? this.#position
    const piece = this.#file.bytes.subarray(at, at + length)
    buffer.set(piece, offset)
    if (position === null) this.#position += piece.length
    return { bytesRead: piece.length, buffer }
  }

  async readFile(): Promise<Buffer> {
    return Buffer.from(this.#file.bytes)
  }

  async stat(): Promise<{ size: number; isFile: () => boolean }> {
    return { size: this.#held?.bytes.length ?? 0, isFile: () => this.#held !== null }
  }

  async sync(): Promise<void> {
    await this.#disk.sync(this.#held, this.#boot)
  }

  async datasync(): Promise<void> {
    await this.sync()
  }

  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}

function diskOf(path: unknown): Disk | null {
  if (typeof path !== 'string' || !path.startsWith(root)) return null
  const disk = disks.get(path.slice(root.length).split('/')[0] ?? '')
  if (disk === undefined) throw failure('ENXIO', path)
  return disk
}

let isInstalled = false

/** Puts the virtual disks in front of the file system, once per process. */
function install(): void {
  if (isInstalled) return
  isInstalled = true
  const real = { ...fs }
  const pass =
    (name: keyof typeof real, answer: (disk: Disk, path: string, parameters: readonly unknown[]) => unknown) =>
    async (...parameters: unknown[]): Promise<unknown> => {
      const [path] = parameters
      const disk = diskOf(path)
      const member: unknown = real[name]
      if (disk !== null && typeof path === 'string') return await answer(disk, path, parameters.slice(1))
      return typeof member === 'function' ? await Reflect.apply(member, fs, parameters) : undefined
    }
  Object.assign(fs, {
    open: pass('open', (disk, path, [flags]) => disk.open(path, typeof flags === 'string' ? flags : 'r')),
    mkdir: pass('mkdir', () => undefined),
    readdir: pass('readdir', (disk) => disk.list()),
    rename: pass('rename', (disk, from, [to]) => disk.rename(from, String(to))),
    rm: pass('rm', (disk, path) => disk.remove(path)),
    unlink: pass('unlink', (disk, path) => disk.remove(path)),
    readFile: pass('readFile', async (disk, path) => (await disk.open(path, 'r')).readFile()),
    stat: pass('stat', async (disk, path) => ({ size: await disk.sizeOf(path), isFile: () => true })),
  })
  syncBuiltinESMExports()
}

function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code })
}
