/**
 * Sign-in sessions, kept where the state is: they outlive a restart, and every process of a deployment knows them. The id
 * is a random 256-bit value that only the browser holds; what is kept is its SHA-256, so that neither a copy of the
 * database nor a timing difference gives a usable id away.
 */
import { createHash } from 'node:crypto'
import type { Clock, Random } from '../../base/index.ts'
import type { Caller, SessionRecord, SessionRepository } from '../../operations/index.ts'

const idleMilliseconds = 30 * 60_000
const absoluteMilliseconds = 12 * 3_600_000
/** Being seen is written down once in so long: a page asks all the time, and every write waits for the disk. */
const seenMilliseconds = 60_000

/** What sessions work with. */
export interface SessionParts {
  readonly clock: Clock
  readonly random: Random
  readonly tenant: string
  readonly repository: SessionRepository
  /** Who somebody is here and now: what he may do follows from the rules of today. */
  readonly callerOf: (session: SessionRecord) => Caller
}

/** The sessions of one deployment. */
export class Sessions {
  readonly #parts: SessionParts

  constructor(parts: SessionParts) {
    this.#parts = parts
  }

  /** Opens a session and returns its id: 43 characters of base64url. Always a new id, so that none can be planted. */
  async open({ actor, claims }: Caller): Promise<string> {
    const { random, repository, tenant } = this.#parts
    const id = Buffer.from(random.bytes(32)).toString('base64url')
    const now = this.#ago(0)
    const session = { hash: hashOf(id), actor, claims, createdAt: now, seenAt: now }
    await repository.add(tenant, session, this.#ago(absoluteMilliseconds), this.#ago(idleMilliseconds))
    return id
  }

  /** Finds the caller of a live session and notes that he was seen; null when it is unknown, idle or too old. */
  async callerOf(id: string): Promise<Caller | null> {
    const { repository, tenant, callerOf } = this.#parts
    const session = await repository.byHash(tenant, hashOf(id))
    if (session === null) return null
    const isOver = session.seenAt < this.#ago(idleMilliseconds) || session.createdAt < this.#ago(absoluteMilliseconds)
    if (isOver) {
      await repository.end(tenant, session.hash)
      return null
    }
    if (session.seenAt < this.#ago(seenMilliseconds)) await repository.seen(tenant, session.hash, this.#ago(0))
    return callerOf(session)
  }

  /** Ends a session; also succeeds when there is none. */
  async end(id: string): Promise<void> {
    await this.#parts.repository.end(this.#parts.tenant, hashOf(id))
  }

  /** Ends every session of the person whose session this is, in whatever browser; nothing happens when it is none. */
  async endEverywhere(id: string): Promise<void> {
    const { repository, tenant } = this.#parts
    const session = await repository.byHash(tenant, hashOf(id))
    if (session !== null) await repository.endAllOf(tenant, session.actor.issuer, session.actor.subject)
  }

  #ago(milliseconds: number): string {
    return new Date(this.#parts.clock.now().getTime() - milliseconds).toISOString()
  }
}

function hashOf(id: string): string {
  return createHash('sha256').update(id).digest('base64')
}
