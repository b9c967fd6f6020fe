/**
 * Who is signed in: sessions of browsers, by the hash of their ids. What a session may do is not kept; it follows from the
 * claims and the rules of whoever reads it.
 */
import type { ActorSummary } from '../contract/index.ts'
import type { Store } from './store.ts'

/** A session as it is kept. Times are ISO 8601 in UTC. */
export interface SignInSession {
  /** SHA-256 of the id, in base64: the id itself is with the browser alone. */
  readonly hash: string
  readonly actor: ActorSummary
  readonly claims: Readonly<Record<string, string | string[]>>
  readonly createdAt: string
  readonly seenAt: string
}

/** Keeps sessions in the database. */
export class SqlSignInSessions {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** Keeps a session, and forgets those that were begun or last seen before the given times. */
  async add(tenant: string, session: SignInSession, begunBefore: string, seenBefore: string): Promise<void> {
    const { hash, actor, claims, createdAt, seenAt } = session
    await this.#store.write(tenant, async (transaction) => {
      await transaction
        .deleteFrom('sign_in_sessions')
        .where('tenant', '=', tenant)
        .where((eb) => eb.or([eb('created_at', '<', begunBefore), eb('seen_at', '<', seenBefore)]))
        .execute()
      await transaction
        .insertInto('sign_in_sessions')
        .values({
          tenant,
          hash,
          issuer: actor.issuer,
          subject: actor.subject,
          actor: JSON.stringify(actor),
          claims: JSON.stringify(claims),
          created_at: createdAt,
          seen_at: seenAt,
        })
        .execute()
    })
  }

  async byHash(tenant: string, hash: string): Promise<SignInSession | null> {
    const row = await this.#store.read(tenant, (executor) =>
      executor
        .selectFrom('sign_in_sessions')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('hash', '=', hash)
        .executeTakeFirst(),
    )
    if (row === undefined) return null
    return {
      hash,
      actor: JSON.parse(row.actor),
      claims: JSON.parse(row.claims),
      createdAt: row.created_at,
      seenAt: row.seen_at,
    }
  }

  async seen(tenant: string, hash: string, at: string): Promise<void> {
    await this.#store.write(tenant, (transaction) =>
      transaction
        .updateTable('sign_in_sessions')
        .set({ seen_at: at })
        .where('tenant', '=', tenant)
        .where('hash', '=', hash)
        .execute(),
    )
  }

  /** Ends a session; also succeeds when there is none. */
  async end(tenant: string, hash: string): Promise<void> {
    await this.#store.write(tenant, (transaction) =>
      transaction.deleteFrom('sign_in_sessions').where('tenant', '=', tenant).where('hash', '=', hash).execute(),
    )
  }

  /** Ends every session of one person. */
  async endAllOf(tenant: string, issuer: string, subject: string): Promise<void> {
    await this.#store.write(tenant, (transaction) =>
      transaction
        .deleteFrom('sign_in_sessions')
        .where('tenant', '=', tenant)
        .where('issuer', '=', issuer)
        .where('subject', '=', subject)
        .execute(),
    )
  }
}
