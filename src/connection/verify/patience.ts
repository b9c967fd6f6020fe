/**
 * Waiting for what was set up to arrive: a new role, trust or policy decides everywhere only after seconds, and until then AWS
 * refuses what is right. Only for connections that never worked as they are; every wait is told before it begins.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 * @see https://learn.microsoft.com/en-us/rest/api/storageservices/define-stored-access-policy
 */
import { DrawbridgeError } from '../../base/index.ts'
import type { Connection, VerificationWait } from '../../contract/index.ts'
import type { ConnectionContext } from '../context.ts'
import type { CheckId } from './checks.ts'

/** The pauses between attempts; the last one repeats. */
const pausesMs = [1_000, 2_000, 3_000, 5_000]

/** What a refusal says while a change is on its way: not allowed, or a key that nobody knows yet. */
const underway: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'AuthenticationFailed',
  'AuthorizationFailure',
  'AuthorizationPermissionMismatch',
])

interface PatienceOptions {
  readonly context: ConnectionContext
  readonly connection: Connection
  /** Whether the connection was ever seen to work as it is; undefined: as its state tells. */
  readonly hasWorked: boolean | undefined
  /** How long the whole verification waits at most; 0: not at all. */
  readonly patienceMs: number
  readonly signal: AbortSignal
  readonly tell: (wait: VerificationWait) => void
}

/** Repeats refused attempts until they are accepted or the time for it is over. One for each verification. */
export class Patience {
  readonly #options: PatienceOptions
  readonly #until: number

  constructor(options: PatienceOptions) {
    this.#options = options
    const { context, connection, patienceMs, hasWorked = wasGreen(connection) } = options
    this.#until = context.clock.now().getTime() + (hasWorked ? 0 : patienceMs)
  }

  /**
   * Runs an attempt, and again while it is refused as something new is. What is thrown in the end says how long it was waited;
   * `waitedMs` is 0 when the first attempt decided.
   */
  async attempt<T>(check: CheckId, work: () => Promise<T>): Promise<{ readonly value: T; readonly waitedMs: number }> {
    const { clock } = this.#options.context
    const begin = clock.now().getTime()
    for (let tries = 0; ; tries += 1) {
      try {
        return { value: await work(), waitedMs: tries === 0 ? 0 : clock.now().getTime() - begin }
      } catch (error) {
        const pauseMs = pausesMs[Math.min(tries, pausesMs.length - 1)] ?? 0
        const left = this.#until - clock.now().getTime()
        if (!isUnderway(error) || left < pauseMs || this.#options.signal.aborted) {
          throw tries === 0 ? error : afterWaiting(error, clock.now().getTime() - begin)
        }
        await this.#pause(check, error, pauseMs, left)
      }
    }
  }

  async #pause(check: CheckId, error: DrawbridgeError, pauseMs: number, leftMs: number): Promise<void> {
    const { context, tell, signal } = this.#options
    const { clock } = context
    const now = clock.now().getTime()
    tell({
      check,
      detail: `${error.message}; what is new takes seconds to arrive everywhere, so it is tried again`,
      retryAt: new Date(now + pauseMs).toISOString(),
      until: new Date(this.#until).toISOString(),
      secondsLeft: Math.round(leftMs / 1000),
    })
    // Cancelled: the next attempt finds that out and says so.
    await clock.sleep(pauseMs, signal).catch(() => undefined)
  }
}

/** False for a connection that nobody verified as it is now: nobody knows when its other side was set up. */
function wasGreen(connection: Connection): boolean {
  return connection.state !== 'unverified' || connection.lastVerification?.status === 'pass'
}

function isUnderway(error: unknown): error is DrawbridgeError {
  return (
    error instanceof DrawbridgeError &&
    error.code === 'access-denied' &&
    underway.has(String(error.context['providerCode']))
  )
}

function afterWaiting(error: unknown, waitedMs: number): unknown {
  if (!(error instanceof DrawbridgeError)) return error
  const message = `${error.message}, also ${Math.round(waitedMs / 1000)} seconds later`
  return error.with({ message, context: { waitedMs } })
}
