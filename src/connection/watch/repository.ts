/** What the watch needs kept: the results of verifications, and alerts until they were taken. Implemented by `state/`. */
import type { HistoryEntry } from '../../contract/index.ts'
import type { TurnRepository } from './turns.ts'

/** An alert to be sent. */
export interface NewAlert {
  readonly id: string
  /** The name of the webhook or of the mail's recipient: addresses are not kept, because they may be secrets in themselves. */
  readonly webhook: string
  /** JSON; sent byte for byte at every attempt. */
  readonly body: string
}

/** An alert that is due. */
export interface DueAlert extends NewAlert {
  readonly createdAt: Date
  readonly dueAt: Date
  /** Attempts that failed. */
  readonly attempts: number
}

/** An alert and what became of it. Times are ISO 8601 in UTC. */
export interface KeptAlert extends NewAlert {
  readonly createdAt: string
  /** Attempts that failed. */
  readonly attempts: number
  /** Null: taken, or given up. */
  readonly nextAt: string | null
  readonly takenAt: string | null
  readonly reason: string | null
}

export interface WatchRepository extends TurnRepository {
  /** One transaction: the entry, and the alerts about it. Of every connection the newest 200 entries stay. */
  keep(tenant: string, connection: string, entry: HistoryEntry, alerts: readonly NewAlert[], now: Date): Promise<void>
  /** One transaction: remembers that something was told, and the alerts about it. False: it was told before, and nothing is kept. */
  tellOnce(tenant: string, key: string, alerts: readonly NewAlert[], now: Date): Promise<boolean>
  /** The newest first. */
  history(tenant: string, connection: string, limit: number): Promise<HistoryEntry[]>
  /** Alerts that are kept, the newest first. */
  alerts(tenant: string, limit: number): Promise<KeptAlert[]>
  /** Alerts whose time has come, the oldest first. */
  dueAlerts(now: Date, limit: number): Promise<DueAlert[]>
  /** When the next alert is due; null: none is waiting. */
  nextAlertAt(): Promise<Date | null>
  /** Makes an alert due at another time; false, and nothing is changed: somebody else did that, and sends it. */
  moveAlert(id: string, from: Date, to: Date): Promise<boolean>
  alertTaken(id: string, at: Date): Promise<void>
  /** Counts a failed attempt; `againAt` null gives the alert up. */
  alertFailed(id: string, reason: string, againAt: Date | null): Promise<void>
}
