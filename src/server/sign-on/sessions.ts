/**
 * Sign-in sessions, in memory: a restart signs everybody out. The id is a random 256-bit value that only the browser
 * holds; here stands its SHA-256, so that a memory dump or a timing difference gives no usable id away.
 */
import { createHash } from 'node:crypto'
import type { Clock, Random } from '../../base/index.ts'
import type { Caller } from '../../operations/index.ts'

const idleMilliseconds = 30 * 60_000
const absoluteMilliseconds = 12 * 3_600_000
const maximumSessions = 10_000

interface Session {
  readonly caller: Caller
  readonly createdAt: number
  seenAt: number
}

/** The sessions of one server. */
export class Sessions {
  readonly #clock: Clock
  readonly #random: Random
  readonly #byHash = new Map<string, Session>()

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  /** Opens a session and returns its id: 43 characters of base64url. Always a new id, so that none can be planted. */
  open(caller: Caller): string {
    this.#sweep()
    const id = Buffer.from(this.#random.bytes(32)).toString('base64url')
    const now = this.#clock.now().getTime()
    this.#byHash.set(hashOf(id), { caller, createdAt: now, seenAt: now })
    return id
  }

  /** Finds the caller of a live session and notes that he was seen; null when it is unknown, idle or too old. */
  callerOf(id: string): Caller | null {
    const hash = hashOf(id)
    const session = this.#byHash.get(hash)
    if (session === undefined) return null
    if (this.#isOver(session)) {
      this.#byHash.delete(hash)
      return null
    }
    session.seenAt = this.#clock.now().getTime()
    return session.caller
  }

  /** Ends a session; also succeeds when there is none. */
  end(id: string): void {
    this.#byHash.delete(hashOf(id))
  }

  #isOver(session: Session): boolean {
    const now = this.#clock.now().getTime()
    return now - session.seenAt > idleMilliseconds || now - session.createdAt > absoluteMilliseconds
  }

  #sweep(): void {
    if (this.#byHash.size < maximumSessions) return
    for (const [hash, session] of this.#byHash) if (this.#isOver(session)) this.#byHash.delete(hash)
    // A map iterates in insertion order: the first is the oldest.
    for (const hash of this.#byHash.keys()) {
      if (this.#byHash.size < maximumSessions) break
      this.#byHash.delete(hash)
    }
  }
}

function hashOf(id: string): string {
  return createHash('sha256').update(id).digest('base64')
}
