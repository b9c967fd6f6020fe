/** When a connection is verified again. Pure: the same connection and the same last time always give the same moment. */
import { createHash } from 'node:crypto'
import type { Connection } from '../../contract/index.ts'

/** How often every connection is verified. */
export interface WatchPace {
  readonly everyMs: number
  /** By how much of the period a verification may come earlier or later, from 0 to 1, so that not all come at once. */
  readonly jitter: number
}

/**
 * Tells when a connection is due: a period after its last verification, or after it was added, when somebody is still
 * setting it up. The jitter follows from the connection, so that a restart changes nothing.
 */
export function dueAt(
  connection: Pick<Connection, 'id' | 'createdAt' | 'lastVerification'>,
  { everyMs, jitter }: WatchPace,
): Date {
  const last = connection.lastVerification?.startedAt ?? connection.createdAt
  const digest = createHash('sha256').update(`${connection.id} ${last}`).digest()
  const fraction = digest.readUInt32BE(0) / 0x1_0000_0000
  return new Date(new Date(last).getTime() + everyMs * (1 + jitter * (2 * fraction - 1)))
}
