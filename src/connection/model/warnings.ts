/**
 * Warnings that come with time: a SAS token that ends, an access key that grows old. Computed when a connection is read and
 * never stored, so that they are true of the moment. What was found at intake stands in the connection itself.
 */
import type { Connection } from '../../contract/index.ts'

const dayMs = 86_400_000
/** Days before its end at which a SAS token is warned of, the last one first. */
const expiryThresholds = [1, 7, 14, 30] as const
/** Days at which an access key is old, and very old. */
const ageThresholds = [180, 90] as const

/** One warning with the threshold that it passed. */
export interface DatedWarning {
  readonly kind: 'sas-expiry' | 'access-key-age'
  /** 30, 14, 7, 1, or 0 when it has ended; 90 or 180 for the age of a key. */
  readonly thresholdDays: number
  /** One line, lower case. */
  readonly message: string
}

type Authenticated = Pick<Connection, 'authentication'>

/** Warns of the end of a SAS token: 30, 14, 7 and 1 days before, and after it. One warning at most. */
export function sasWarnings({ authentication }: Authenticated, now: Date): readonly DatedWarning[] {
  if (authentication.kind !== 'sas' || authentication.expiresAt === null) return []
  const { expiresAt } = authentication
  const leftMs = new Date(expiresAt).getTime() - now.getTime()
  if (leftMs <= 0) {
    const message = `the SAS token ended at ${expiresAt}: replace it, with one that the set-up kit makes`
    return [{ kind: 'sas-expiry', thresholdDays: 0, message }]
  }
  const thresholdDays = expiryThresholds.find((days) => leftMs <= days * dayMs)
  if (thresholdDays === undefined) return []
  const within = thresholdDays === 1 ? 'within a day' : `within ${thresholdDays} days`
  const message = `the SAS token ends ${within}, at ${expiresAt}: ask for its successor now, which is tried before it takes over`
  return [{ kind: 'sas-expiry', thresholdDays, message }]
}

/** Warns of an access key that we have held for 90 and for 180 days. One warning at most. */
export function accessKeyWarnings({ authentication }: Authenticated, now: Date): readonly DatedWarning[] {
  if (authentication.kind !== 'access-key') return []
  const ageDays = Math.floor((now.getTime() - new Date(authentication.createdAt).getTime()) / dayMs)
  const thresholdDays = ageThresholds.find((days) => ageDays >= days)
  if (thresholdDays === undefined) return []
  const message = `the access key \`${authentication.accessKeyId}\` has been in use for ${ageDays} days: rotate it, or move to a role`
  return [{ kind: 'access-key-age', thresholdDays, message }]
}

/** The connection as it is to be shown: with the warnings of this moment before those of its intake. */
export function withCurrentWarnings(connection: Connection, now: Date): Connection {
  const dated = [...sasWarnings(connection, now), ...accessKeyWarnings(connection, now)]
  if (dated.length === 0) return connection
  return { ...connection, warnings: [...dated.map((warning) => warning.message), ...connection.warnings] }
}
