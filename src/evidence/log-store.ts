/** What the evidence log needs kept. Implemented by `state/`. Hashes are addressed as in the transparency-log papers: by stored-hash index. */

/** Something that happened, written in the same transaction as the change it tells of, waiting for its place in the log. */
export interface PendingEntry {
  readonly outboxId: number
  /** ISO 8601, UTC, from the database's clock. */
  readonly time: string
  /** Who: `person:<issuer hash>:<subject>`, `operator:local`, `drawbridge`. */
  readonly actor: string
  /** `delivery.accepted`, `delivery.delivered`, `delivery.refused`, `connection.verified` … */
  readonly action: string
  /** What it is about: a delivery's id, a connection's id. */
  readonly subject: string
  /** Strings, integers, booleans, nested. Never a secret. */
  readonly fields: Readonly<Record<string, unknown>>
}

export interface IntegratedEntry {
  readonly outboxId: number
  /** Place in the log, from 0. */
  readonly seq: number
  /** The canonical JSON, the leaf's bytes. */
  readonly json: string
  /** The hashes that this entry adds to the tree, by stored-hash index. */
  readonly hashes: readonly { readonly index: number; readonly hash: Uint8Array }[]
}

export interface LogStore {
  /** Entries without a place, the oldest first. */
  pending(tenant: string, limit: number): Promise<PendingEntry[]>
  /** How many entries the log holds. */
  size(tenant: string): Promise<number>
  readHashes(tenant: string, indexes: readonly number[]): Promise<Uint8Array[]>
  /** One transaction: gives the entries their places. False, and nothing changed, when the size is not `expectedSize` any more. */
  integrate(tenant: string, expectedSize: number, entries: readonly IntegratedEntry[]): Promise<boolean>
  /** The place of an outbox entry, or null while it has none. */
  placeOf(tenant: string, outboxId: number): Promise<number | null>
  /** Canonical JSON of entries `start` to `end` (exclusive). */
  entries(tenant: string, start: number, end: number): Promise<string[]>
  /** The newest signed checkpoint, or null. */
  lastCheckpoint(tenant: string): Promise<string | null>
  saveCheckpoint(tenant: string, size: number, note: string): Promise<void>
  /**
   * The newest checkpoints that are kept outside of the store, one of each keeper: a store that another one took the place of
   * has forgotten what was signed. Absent: nobody keeps any.
   */
  witnessed?(tenant: string): Promise<readonly string[]>
  /** Has the keepers outside of the store keep a checkpoint that is durable in it. Absent: nobody keeps any. */
  keepWitnessed?(tenant: string, size: number, note: string): Promise<void>
}
