/**
 * Sessions that are still good, in memory only. One AssumeRole at a time per key; a failure is never kept. The key holds
 * everything that shaped the session, so that an edit of the connection can not be answered by an older session.
 */
import { createHash } from 'node:crypto'
import type { Clock } from '../base/index.ts'
import { DrawbridgeError } from '../base/index.ts'
import type { AssumeRoleRequest, RoleSession } from './types.ts'

/** What a session is for, and how it is asked for. */
export interface SessionNeed {
  readonly tenant: string
  readonly connectionId: string
  readonly connectionVersion: number
  /** ARN of our own identity; with an ID token, its subject. */
  readonly baseArn: string
  readonly request: AssumeRoleRequest
}

export interface SessionCacheOptions {
  readonly clock: Clock
  /** Makes a session: `assumeRole` with the base identity's credentials, or `assumeRoleWithWebIdentity`. */
  readonly assume: (request: AssumeRoleRequest, signal?: AbortSignal) => Promise<RoleSession>
}

interface Flight {
  readonly session: Promise<RoleSession>
}

const fiveMinutesMs = 5 * 60_000
const maximumEntries = 10_000

/** Names a need: the SHA-256 of its canonical form. The session's name is part of it, since CloudTrail shows it. */
export function sessionKey(need: SessionNeed): string {
  const { request } = need
  const { webIdentity } = request
  const tags = Object.entries(request.tags).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  const canonical = JSON.stringify([
    need.tenant,
    need.connectionId,
    need.connectionVersion,
    need.baseArn,
    request.roleArn,
    request.sessionName,
    request.externalId,
    tags,
    request.sourceIdentity,
    request.durationSeconds,
    request.region,
    request.endpoint,
    request.sessionPolicy,
    webIdentity === undefined ? null : [webIdentity.issuer, webIdentity.audience, webIdentity.subject],
  ])
  return createHash('sha256').update(canonical).digest('hex')
}

/** Past two thirds of its life a session is renewed; with less than five minutes (a third of a short life) it is not handed out. */
function ageOf(session: RoleSession, now: number): 'fresh' | 'aging' | 'spent' {
  const issued = session.issuedAt.getTime()
  const end = session.expiresAt.getTime()
  const life = end - issued
  if (end - now < Math.min(fiveMinutesMs, life / 3)) return 'spent'
  return now - issued < (life * 2) / 3 ? 'fresh' : 'aging'
}

async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  const cancelled = (): DrawbridgeError =>
    new DrawbridgeError({ code: 'cancelled', message: 'the work was cancelled', operation: 'sts:AssumeRole' })
  if (signal.aborted) throw cancelled()
  let onAbort: () => void = () => undefined
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(cancelled())
    signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** Hands out role sessions, making each only once. */
export class SessionCache {
  readonly #options: SessionCacheOptions
  readonly #sessions = new Map<string, RoleSession>()
  readonly #flights = new Map<string, Flight>()

  constructor(options: SessionCacheOptions) {
    this.#options = options
  }

  /**
   * Returns a session with enough life left for new work: from the cache, from the AssumeRole already under way, or from a
   * new one. While STS is throttled or down, an aging session is handed out as long as it is not spent. One caller's abort
   * does not disturb the others.
   *
   * @throws DrawbridgeError whatever `assume` throws; `cancelled`
   */
  async session(need: SessionNeed, signal?: AbortSignal): Promise<RoleSession> {
    const key = sessionKey(need)
    const held = this.#sessions.get(key)
    const age = held === undefined ? 'spent' : ageOf(held, this.#options.clock.now().getTime())
    if (held !== undefined && age === 'fresh') return held
    try {
      return await orAborted(this.#flight(key, need.request).session, signal)
    } catch (error) {
      const passing = error instanceof DrawbridgeError && error.retry === 'later'
      if (held !== undefined && age === 'aging' && passing) return held
      throw error
    }
  }

  /** Forgets a session, and whatever is under way for it: the next caller gets a new one. */
  forget(need: SessionNeed): void {
    const key = sessionKey(need)
    this.#sessions.delete(key)
    this.#flights.delete(key)
  }

  /** Returns the session held for a need while it has not expired, without making one; null when there is none. */
  peek(need: SessionNeed): RoleSession | null {
    const held = this.#sessions.get(sessionKey(need))
    return held !== undefined && held.expiresAt > this.#options.clock.now() ? held : null
  }

  #flight(key: string, request: AssumeRoleRequest): Flight {
    const running = this.#flights.get(key)
    if (running !== undefined) return running
    const flight: Flight = { session: this.#options.assume(request) }
    this.#flights.set(key, flight)
    flight.session.then(
      (session) => {
        // Forgotten meanwhile: the session serves those who waited for it, and nobody else.
        if (this.#flights.get(key) !== flight) return
        this.#flights.delete(key)
        this.#keep(key, session)
      },
      () => {
        if (this.#flights.get(key) === flight) this.#flights.delete(key)
      },
    )
    return flight
  }

  #keep(key: string, session: RoleSession): void {
    const now = this.#options.clock.now()
    if (this.#sessions.size >= maximumEntries) {
      for (const [other, held] of this.#sessions) if (held.expiresAt <= now) this.#sessions.delete(other)
      const oldest = this.#sessions.keys().next()
      if (this.#sessions.size >= maximumEntries && !oldest.done) this.#sessions.delete(oldest.value)
    }
    this.#sessions.set(key, session)
  }
}
