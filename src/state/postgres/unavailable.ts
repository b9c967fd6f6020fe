/** What PostgreSQL, the driver and the network say when the database is gone, in Drawbridge's words. */
import { DrawbridgeError } from '../../base/index.ts'

/** Runs a query; what says that the database is gone, or going, is said in Drawbridge's words. */
export async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (!isUnavailable(cause)) throw cause
    throw new DrawbridgeError({
      code: 'database-unavailable',
      message: 'the database does not answer',
      retry: 'later',
      operation: 'state.database',
      cause,
    })
  }
}

/**
 * SQLSTATE classes 08 (connection), 53 (resources), 57P (shutdown), 25006 and 25P03 (a standby; our own idle timeout),
 * and what the operating system or the driver says. @see https://www.postgresql.org/docs/15/errcodes-appendix.html
 */
function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? String(error.code) : ''
  if (/^(08|53|57P|58)|^(25006|25P03|57014)$/.test(code)) return true
  if (/^E[A-Z]+$/.test(code)) return true
  // A step changed a table under a prepared statement: another connection prepares it anew.
  if (code === '0A000' && error.message.startsWith('cached plan')) return true
  return /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Client was closed)/.test(
    error.message,
  )
}
