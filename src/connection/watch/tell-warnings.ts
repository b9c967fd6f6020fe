/**
 * Warnings that come with time, told once each: a SAS token 30, 14, 7 and 1 days before its end and after it, an access key when
 * it has been in use for 90 and for 180 days. A replaced token or key begins anew.
 */
import type { Clock } from '../../base/index.ts'
import type { AlertMessage, Connection } from '../../contract/index.ts'
import { accessKeyWarnings, type DatedWarning, sasWarnings } from '../model/warnings.ts'

/** What telling works with. */
export interface WarningParts {
  readonly clock: Clock
  list(): Promise<readonly Connection[]>
  /** Tells a warning unless it was told before. */
  tell(connection: Connection, warning: DatedWarning, key: string): Promise<void>
  /** Called when a warning could not be told; it is tried again. Must not throw. */
  onFault(connection: string, error: unknown): void
}

/** Dates are days apart, so a look an hour is enough. */
const everyMs = 3_600_000

/** Tells what has become due, and after how many milliseconds to look again. */
export async function tellWarnings(parts: WarningParts, signal: AbortSignal): Promise<number> {
  const now = parts.clock.now()
  for (const connection of await parts.list()) {
    if (signal.aborted) break
    for (const warning of [...sasWarnings(connection, now), ...accessKeyWarnings(connection, now)]) {
      try {
        await parts.tell(connection, warning, warningKey(connection, warning))
      } catch (error) {
        parts.onFault(connection.name, error)
      }
    }
  }
  return everyMs
}

/** The same for the same warning about the same token or key. */
function warningKey({ id, authentication }: Connection, { kind, thresholdDays }: DatedWarning): string {
  const what =
    authentication.kind === 'sas'
      ? authentication.fingerprint
      : authentication.kind === 'access-key'
        ? authentication.accessKeyId
        : ''
  return [id, kind, what, thresholdDays].join(' ')
}

/** What is sent about a warning. */
export function warningMessageOf(
  id: string,
  tenant: string,
  connection: string,
  at: Date,
  warning: DatedWarning,
): AlertMessage {
  const { kind, thresholdDays, message } = warning
  return {
    id,
    event: 'connection.warned',
    tenant,
    connection,
    at: at.toISOString(),
    summary: `\`${connection}\`: ${message}`,
    warning: { kind, thresholdDays, message },
  }
}
