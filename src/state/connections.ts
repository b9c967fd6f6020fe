/** The connections of every tenant, their secrets sealed, and the promises about External IDs and role ARNs. */

import { DrawbridgeError } from '../base/index.ts'
import type { ConnectionRepository, ConnectionSecret, KeptVerification } from '../connection/index.ts'
import type { Connection, Verification } from '../contract/index.ts'
import { coalescedByTenant } from './coalesced.ts'
import { Prepared } from './prepared.ts'
import type { ConnectionRow, Executor } from './schema.ts'
import type { Sealer } from './seal.ts'
import { isReferenceBroken, isTaken, type Store } from './store.ts'

/** Keeps connections in the database. */
export class SqlConnections implements ConnectionRepository {
  readonly #store: Store
  readonly #sealer: Sealer
  readonly #read = new WeakMap<ConnectionRow, Connection>()

  constructor(store: Store, sealer: Sealer) {
    this.#store = store
    this.#sealer = sealer
  }

  async reserveExternalId(tenant: string, reservation: string, externalId: string): Promise<void> {
    await this.#unique(tenant, `the External ID or the reservation is used already`, async (transaction) => {
      await transaction
        .insertInto('external_ids')
        .values({ external_id: externalId, tenant, connection_id: null })
        .execute()
      await transaction
        .insertInto('reservations')
        .values({ tenant, reservation, external_id: externalId, is_taken: 0 })
        .execute()
    })
  }

  async reserved(tenant: string, reservation: string): Promise<string | null> {
    const found = await this.#store.read(tenant, (executor) =>
      executor
        .selectFrom('reservations')
        .select('external_id')
        .where('tenant', '=', tenant)
        .where('reservation', '=', reservation)
        .where('is_taken', '=', 0)
        .executeTakeFirst(),
    )
    return found?.external_id ?? null
  }

  async takeReservation(tenant: string, reservation: string): Promise<string | null> {
    const taken = await this.#store.write(tenant, (executor) =>
      executor
        .updateTable('reservations')
        .set({ is_taken: 1 })
        .where('tenant', '=', tenant)
        .where('reservation', '=', reservation)
        .where('is_taken', '=', 0)
        .returning('external_id')
        .executeTakeFirst(),
    )
    return taken?.external_id ?? null
  }

  async add(connection: Connection, secret: ConnectionSecret): Promise<void> {
    await this.#unique(connection.tenant, `\`${connection.name}\` exists already`, async (transaction) => {
      await useExternalId(transaction, connection)
      await claimRole(transaction, connection)
      const { tenant, name, id, version, state } = connection
      const sealed = this.#sealer.seal(placeOf(connection), JSON.stringify(secret))
      await transaction
        .insertInto('connections')
        .values({
          tenant,
          name,
          id,
          version,
          state,
          document: documentOf(connection),
          secret: sealed,
          secret_version: version,
          verification: connection.lastVerification === undefined ? null : JSON.stringify(connection.lastVerification),
          red_since: null,
        })
        .execute()
    })
  }

  async byName(tenant: string, name: string): Promise<Connection | null> {
    const row = await this.#row(tenant, name)
    if (row === undefined) return null
    // Whoever asked in the same moment has the same row: it is read once for all of them.
    const connection = this.#read.get(row) ?? connectionOf(row)
    this.#read.set(row, connection)
    return { ...connection }
  }

  async list(tenant: string): Promise<Connection[]> {
    const rows = await this.#store.read(tenant, (executor) =>
      executor.selectFrom('connections').selectAll().where('tenant', '=', tenant).orderBy('name').execute(),
    )
    return rows.map(connectionOf)
  }

  async secretOf(tenant: string, name: string): Promise<ConnectionSecret> {
    const row = await this.#row(tenant, name)
    if (row === undefined) throw notFound(name)
    const place = { tenant, id: row.id, version: row.secret_version }
    const secret: ConnectionSecret = JSON.parse(this.#sealer.unseal(placeOf(place), row.secret))
    return secret
  }

  async update(connection: Connection, expectedVersion: number, secret?: ConnectionSecret): Promise<void> {
    const { tenant, name, version, state } = connection
    await this.#unique(tenant, `\`${name}\` exists already`, async (transaction) => {
      await claimRole(transaction, connection)
      const changed = await transaction
        .updateTable('connections')
        .set({ version, state, document: documentOf(connection) })
        .$if(secret !== undefined, (query) =>
          query.set({
            secret: this.#sealer.seal(placeOf(connection), JSON.stringify(secret)),
            secret_version: version,
          }),
        )
        .where('tenant', '=', tenant)
        .where('name', '=', name)
        .where('id', '=', connection.id)
        .where('version', '=', expectedVersion)
        .executeTakeFirst()
      if (changed.numUpdatedRows === 1n) return
      if ((await rowOf(transaction, tenant, name)) === undefined) throw notFound(name)
      throw new DrawbridgeError({
        code: 'write-conflict',
        message: `somebody else changed \`${name}\` in the meantime`,
        retry: 'later',
        help: 'look at it again, and change what still needs changing',
      })
    })
  }

  async remove(tenant: string, name: string): Promise<void> {
    try {
      const removed = await this.#store.write(tenant, (executor) =>
        executor.deleteFrom('connections').where('tenant', '=', tenant).where('name', '=', name).executeTakeFirst(),
      )
      if (removed.numDeletedRows === 0n) throw notFound(name)
    } catch (cause) {
      if (!isReferenceBroken(cause)) throw cause
      throw new DrawbridgeError({
        code: 'in-use',
        message: `a route still delivers to \`${name}\``,
        help: 'take it out of its routes first',
        cause,
      })
    }
  }

  async saveVerification(
    tenant: string,
    name: string,
    verification: Verification,
    state: Connection['state'],
  ): Promise<KeptVerification> {
    return await this.#store.write(tenant, async (transaction) => {
      // INVARIANT: what is read here is what is replaced.
      await this.#store.serialize(transaction, `verification of ${tenant}/${name}`)
      const row = await rowOf(transaction, tenant, name)
      if (row === undefined) throw notFound(name)
      const redSince = verification.status === 'fail' ? (row.red_since ?? verification.startedAt) : null
      const kept: Verification = redSince === null ? verification : { ...verification, redSince }
      await transaction
        .updateTable('connections')
        .set({ verification: JSON.stringify(kept), state, red_since: redSince })
        .where('tenant', '=', tenant)
        .where('name', '=', name)
        .execute()
      const before: Verification | null = row.verification === null ? null : JSON.parse(row.verification)
      return { before, redSince: redSince === null ? null : new Date(redSince) }
    })
  }

  /** Many deliveries ask for the same few at the same time. */
  readonly #row = coalescedByTenant((tenant, names: readonly string[]) =>
    this.#store.read(tenant, async (executor) => {
      const known = new Map<string, ConnectionRow | undefined>()
      for (const name of new Set(names)) known.set(name, await rowOf(executor, tenant, name))
      return names.map((name) => known.get(name))
    }),
  )

  async #unique(tenant: string, message: string, work: (transaction: Executor) => Promise<void>): Promise<void> {
    try {
      await this.#store.write(tenant, work)
    } catch (cause) {
      if (isTaken(cause)) throw alreadyExists(message, cause)
      throw cause
    }
  }
}

/**
 * Marks the External ID as this connection's for ever: a new one, or one that the tenant reserved. The subject of an ID token
 * that we sign for it takes its place.
 */
async function useExternalId(transaction: Executor, connection: Connection): Promise<void> {
  const { authentication, tenant, id } = connection
  if (authentication.kind !== 'role') return
  const { webIdentity } = authentication
  const externalId = authentication.externalId ?? (webIdentity?.tokens === 'issuer' ? webIdentity.subject : null)
  if (externalId === null) return
  const reserved = await transaction
    .updateTable('external_ids')
    .set({ connection_id: id })
    .where('external_id', '=', externalId)
    .where('tenant', '=', tenant)
    .where('connection_id', 'is', null)
    .executeTakeFirst()
  if (reserved.numUpdatedRows === 1n) return
  try {
    await transaction
      .insertInto('external_ids')
      .values({ external_id: externalId, tenant, connection_id: id })
      .execute()
  } catch (cause) {
    if (isTaken(cause)) throw alreadyExists('this External ID can not be used here', cause)
    throw cause
  }
}

/** One tenant per role ARN: whoever named it first. Whose it is is never said. */
async function claimRole(transaction: Executor, connection: Connection): Promise<void> {
  const { authentication, tenant } = connection
  if (authentication.kind !== 'role') return
  const { roleArn } = authentication
  await transaction
    .insertInto('role_claims')
    .values({ role_arn: roleArn, tenant })
    .onConflict((conflict) => conflict.column('role_arn').doNothing())
    .execute()
  const claim = await transaction
    .selectFrom('role_claims')
    .select('tenant')
    .where('role_arn', '=', roleArn)
    .executeTakeFirst()
  // PostgreSQL does not even show another tenant's claim.
  if (claim?.tenant !== tenant) throw alreadyExists('this role ARN can not be used here')
}

interface Named {
  readonly [column: string]: string
  readonly tenant: string
  readonly name: string
}

/** Asked for again and again while reports are delivered. */
const named = new Prepared<Named, ConnectionRow>((executor, value) =>
  executor.selectFrom('connections').selectAll().where('tenant', '=', value.tenant).where('name', '=', value.name),
)

async function rowOf(executor: Executor, tenant: string, name: string): Promise<ConnectionRow | undefined> {
  return (await named.run(executor, { tenant, name })).rows[0]
}

function documentOf(connection: Connection): string {
  const { lastVerification: _, ...document } = connection
  return JSON.stringify(document)
}

function connectionOf(row: ConnectionRow): Connection {
  const document: Connection = JSON.parse(row.document)
  const state = row.state as Connection['state']
  const connection = { ...document, version: row.version, state }
  return row.verification === null ? connection : { ...connection, lastVerification: JSON.parse(row.verification) }
}

function placeOf(connection: { tenant: string; id: string; version: number }): string[] {
  return [connection.tenant, connection.id, 'secret', String(connection.version)]
}

function alreadyExists(message: string, cause?: unknown): DrawbridgeError {
  return new DrawbridgeError({ code: 'already-exists', message, ...(cause === undefined ? {} : { cause }) })
}

function notFound(name: string): DrawbridgeError {
  return new DrawbridgeError({ code: 'not-found', message: `there is no connection \`${name}\`` })
}
