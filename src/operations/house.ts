/**
 * What the operations work on, wired once at start by whoever opens the house. Everything here is an interface or a
 * room's own object; which database, clock or directory stands behind it is not known.
 */
import type { Clock, Random, Tracing } from '../base/index.ts'
import type { ConnectionContext, ConnectionRepository, TicketRepository, WatchRepository } from '../connection/index.ts'
import type { DeliveryService, NewEntry, RouteRepository, ScheduleRepository, Scheduler } from '../delivery/index.ts'
import type { EvidenceKey, EvidenceLog, LogStore } from '../evidence/index.ts'
import type { Caller } from './caller.ts'
import type { DeliveryNews, NewsOfOthers } from './delivery-news.ts'

/** A browser's session as it is kept. Times are ISO 8601 in UTC. */
export interface SessionRecord {
  /** SHA-256 of the id, in base64. */
  readonly hash: string
  readonly actor: Caller['actor']
  readonly claims: Caller['claims']
  readonly createdAt: string
  readonly seenAt: string
}

/** What signing in needs kept. */
export interface SessionRepository {
  /** Keeps a session, and forgets those that were begun or last seen before the given times. */
  add(tenant: string, session: SessionRecord, begunBefore: string, seenBefore: string): Promise<void>
  byHash(tenant: string, hash: string): Promise<SessionRecord | null>
  seen(tenant: string, hash: string, at: string): Promise<void>
  /** Ends a session; also succeeds when there is none. */
  end(tenant: string, hash: string): Promise<void>
  /** Ends every session of one person. */
  endAllOf(tenant: string, issuer: string, subject: string): Promise<void>
}

/** The keys of the evidence as they are. */
export interface KeysInUse {
  readonly current: EvidenceKey
  /** The key before, until a checkpoint that both signed is kept. */
  readonly retiring: EvidenceKey | null
  /** The oldest first; `until` is ISO 8601, UTC. */
  readonly former: readonly { readonly publicKey: EvidenceKey['publicKey']; readonly until: string }[]
}

/** Whoever keeps the keys of the evidence. */
export interface KeyKeeper {
  readonly keys: KeysInUse
  /** One transaction: a new key takes the place of the current one, and the entry tells of it. @throws write-conflict */
  rotate(tenant: string, entryOf: (former: EvidenceKey, next: EvidenceKey) => NewEntry): Promise<KeysInUse>
  /** Forgets the private half of the key before. */
  retire(): Promise<KeysInUse>
}

/** An opened house. */
export interface House {
  readonly version: string
  /** The tenant that this deployment works for. */
  readonly tenant: string
  readonly clock: Clock
  readonly random: Random
  readonly connections: ConnectionRepository
  readonly routes: RouteRepository
  readonly tickets: TicketRepository
  readonly sessions: SessionRepository
  readonly schedules: ScheduleRepository
  readonly scheduler: Scheduler
  /** Folders from which schedules of people who sign in may deliver. */
  readonly scheduleFolders: readonly string[]
  /** How often canaries go where a route says nothing of its own; 0: never. */
  readonly canaryEveryHours: number
  readonly watch: WatchRepository
  /** Names of the webhooks and mail recipients that are told when a connection turns, or when a key or token of it ages. */
  alertedFor(connection: string): readonly string[]
  /** The built page of the repair ticket; null when the pages are not built. */
  ticketTemplate(): Promise<string | null>
  readonly deliveries: DeliveryService
  /** What the worker of this process says as it goes. */
  readonly deliveryNews: DeliveryNews
  /** What workers of other processes say; null: there are no others. */
  readonly newsOfOthers: NewsOfOthers | null
  readonly evidence: EvidenceLog
  readonly evidenceKeys: KeyKeeper
  readonly logStore: LogStore
  readonly context: ConnectionContext
  readonly tracing: Tracing
  /** Writes entries that belong to no change of the delivery room into the evidence log's outbox. */
  record(entries: readonly NewEntry[]): Promise<void>
}

/** What a call may be given beside its input. */
export interface CallOptions {
  readonly signal?: AbortSignal
}
