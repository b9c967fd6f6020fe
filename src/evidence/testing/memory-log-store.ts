/** A `LogStore` in memory, for tests. It keeps the contract of the interface; `state/` has the one that lasts. */
import type { IntegratedEntry, LogStore, PendingEntry } from '../log-store.ts'

interface TenantLog {
  readonly outbox: PendingEntry[]
  readonly placed: IntegratedEntry[]
  readonly hashes: Uint8Array[]
  readonly checkpoints: { readonly size: number; readonly note: string }[]
}

/** Keeps logs in memory. Its parts are open, so that a test can spoil them. */
export class MemoryLogStore implements LogStore {
  readonly tenants = new Map<string, TenantLog>()
  #nextId = 1

  of(tenant: string): TenantLog {
    const log = this.tenants.get(tenant) ?? { outbox: [], placed: [], hashes: [], checkpoints: [] }
    this.tenants.set(tenant, log)
    return log
  }

  /** Puts an entry into the outbox and answers its id. */
  add(tenant: string, entry: Partial<Omit<PendingEntry, 'outboxId'>> = {}): number {
    const outboxId = this.#nextId++
    const time = new Date(Date.UTC(2026, 0, 1) + outboxId * 1000).toISOString()
    const told = { time, actor: 'operator:local', action: 'test.happened', subject: `subject-${outboxId}`, fields: {} }
    this.of(tenant).outbox.push({ ...told, ...entry, outboxId })
    return outboxId
  }

  async pending(tenant: string, limit: number): Promise<PendingEntry[]> {
    return this.of(tenant).outbox.slice(0, limit)
  }

  async size(tenant: string): Promise<number> {
    return this.of(tenant).placed.length
  }

  async readHashes(tenant: string, indexes: readonly number[]): Promise<Uint8Array[]> {
    return indexes.flatMap((index) => this.of(tenant).hashes[index] ?? [])
  }

  async integrate(tenant: string, expectedSize: number, entries: readonly IntegratedEntry[]): Promise<boolean> {
    const log = this.of(tenant)
    if (log.placed.length !== expectedSize) return false
    for (const entry of entries) {
      const waiting = log.outbox.findIndex(({ outboxId }) => outboxId === entry.outboxId)
      if (waiting < 0) throw new Error('an entry got a second place')
      log.outbox.splice(waiting, 1)
      log.placed.push(entry)
      for (const { index, hash } of entry.hashes) {
        if (index !== log.hashes.length) throw new Error('a hash was stored out of order')
        log.hashes.push(hash)
      }
    }
    return true
  }

  async placeOf(tenant: string, outboxId: number): Promise<number | null> {
    return this.of(tenant).placed.find((entry) => entry.outboxId === outboxId)?.seq ?? null
  }

  async entries(tenant: string, start: number, end: number): Promise<string[]> {
    return this.of(tenant)
      .placed.slice(start, end)
      .map(({ json }) => json)
  }

  async lastCheckpoint(tenant: string): Promise<string | null> {
    return (
      this.of(tenant).checkpoints.reduce<{ size: number; note: string } | null>(
        (newest, one) => (newest === null || one.size >= newest.size ? one : newest),
        null,
      )?.note ?? null
    )
  }

  async saveCheckpoint(tenant: string, size: number, note: string): Promise<void> {
    this.of(tenant).checkpoints.push({ size, note })
  }
}
