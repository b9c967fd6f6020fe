/**
 * What the operations work on, wired once at start by whoever opens the house. Everything here is an interface or a
 * room's own object; which database, clock or directory stands behind it is not known.
 */
import type { Clock, Random } from '../base/index.ts'
import type { ConnectionContext, ConnectionRepository, TicketRepository, WatchRepository } from '../connection/index.ts'
import type { DeliveryService, NewEntry, RouteRepository, ScheduleRepository, Scheduler } from '../delivery/index.ts'
import type { EvidenceLog, LogStore } from '../evidence/index.ts'
import type { DeliveryNews } from './delivery-news.ts'

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
  readonly schedules: ScheduleRepository
  readonly scheduler: Scheduler
  /** Folders from which schedules of people who sign in may deliver. */
  readonly scheduleFolders: readonly string[]
  readonly watch: WatchRepository
  /** Names of the webhooks that are told when a connection turns. */
  readonly webhooks: readonly string[]
  /** The built page of the repair ticket; null when the pages are not built. */
  ticketTemplate(): Promise<string | null>
  readonly deliveries: DeliveryService
  /** What the worker of this process says as it goes. */
  readonly deliveryNews: DeliveryNews
  readonly evidence: EvidenceLog
  readonly logStore: LogStore
  readonly context: ConnectionContext
  /** Writes entries that belong to no change of the delivery room into the evidence log's outbox. */
  record(entries: readonly NewEntry[]): Promise<void>
}

/** What a call may be given beside its input. */
export interface CallOptions {
  readonly signal?: AbortSignal
}
