/** The writes that every report goes through, prepared: the delivery's rows, and the fence in front of a claim's writes. */
import { sql } from 'kysely'
import type { Claim, ItemRecord, NewDelivery, ReleaseEnd, TargetRecord } from '../delivery/index.ts'
import { LeaseLost, smallDeliveryBytes } from '../delivery/index.ts'
import { itemRow, targetColumns } from './delivery-rows.ts'
import { Prepared } from './prepared.ts'
import type { Executor, ItemRow, TargetRow } from './schema.ts'
import type { Instant } from './store.ts'

interface NewRow {
  readonly [column: string]: string | number | null | Instant
  readonly id: string
  readonly tenant: string
  readonly route: string
  readonly policy: string
  readonly report: string
  readonly period: string
  readonly key: string | null
  readonly actor: string
  readonly claims: string
  readonly isSmall: number
  readonly isProbe: number
  readonly now: Instant
  /** Null, both: nobody holds it yet. */
  readonly worker: string | null
  readonly heldUntil: Instant | null
}

const insertRow = (isHeld: boolean) =>
  new Prepared<NewRow, { accepted_at: string }>((executor, value) =>
    executor
      .insertInto('deliveries')
      .values({
        id: value.id,
        tenant: value.tenant,
        route: value.route,
        policy: value.policy,
        report: value.report,
        period: value.period,
        idempotency_key: value.key,
        actor: value.actor,
        claims: value.claims,
        state: 'accepted',
        accepted_at: value.now,
        crashes: isHeld ? 1 : 0,
        is_spooled: 1,
        available_at: value.now,
        nudges: 0,
        worker: value.worker,
        lease_until: value.heldUntil,
        fence: isHeld ? 1 : 0,
        is_small: value.isSmall,
        cancelled_at: null,
        is_probe: value.isProbe,
      })
      .onConflict((conflict) => conflict.columns(['tenant', 'idempotency_key']).doNothing())
      .returning('accepted_at'),
  )

/** A null and an instant that is SQL are not the same text. */
const [insertFree, insertHeld] = [insertRow(false), insertRow(true)]

/**
 * Writes the row of a delivery, claimed where somebody holds it from the first, and tells when it was accepted; null when its
 * idempotency key was used before.
 */
export async function insertDelivery(
  transaction: Executor,
  delivery: NewDelivery,
  now: Instant,
  held: { readonly worker: string; readonly until: Instant } | null,
): Promise<string | null> {
  const { id, tenant, route, policy, report, period, idempotencyKey, actor, claims, files, isCanary = false } = delivery
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0)
  const { rows } = await (held === null ? insertFree : insertHeld).run(transaction, {
    id,
    tenant,
    route,
    policy,
    report,
    period,
    key: idempotencyKey,
    actor: JSON.stringify(actor),
    claims: JSON.stringify(claims),
    isSmall: sizeBytes <= smallDeliveryBytes ? 1 : 0,
    isProbe: isCanary ? 1 : 0,
    now,
    worker: held?.worker ?? null,
    heldUntil: held?.until ?? null,
  })
  return rows[0]?.accepted_at ?? null
}

type TargetValues = TargetRow & { readonly [column: string]: string | number | null }

const insertTargetRow = new Prepared<TargetValues, never>((executor, value) =>
  executor.insertInto('delivery_targets').values(value),
)

const updateTargetRow = new Prepared<TargetValues, never>((executor, value) => {
  const { delivery_id, connection, position: _, ...columns } = value
  return executor
    .updateTable('delivery_targets')
    .set(columns)
    .where('delivery_id', '=', delivery_id)
    .where('connection', '=', connection)
})

function targetValues(delivery: string, target: TargetRecord): TargetValues {
  const { connection, position } = target
  return { delivery_id: delivery, connection, position, ...targetColumns(target) }
}

export async function insertTarget(transaction: Executor, delivery: string, target: TargetRecord): Promise<void> {
  await insertTargetRow.run(transaction, targetValues(delivery, target))
}

export async function updateTarget(transaction: Executor, claim: Claim, target: TargetRecord): Promise<void> {
  await updateTargetRow.run(transaction, targetValues(claim.delivery, target))
}

type ItemValues = ItemRow & { readonly [column: string]: string | number | null }

const insertItemRow = new Prepared<ItemValues, never>((executor, value) =>
  executor.insertInto('delivery_items').values(value),
)

const updateItemRow = new Prepared<ItemValues, never>((executor, value) => {
  const { delivery_id, connection, item, ...columns } = value
  return executor
    .updateTable('delivery_items')
    .set(columns)
    .where('delivery_id', '=', delivery_id)
    .where('connection', '=', connection)
    .where('item', '=', item)
})

export async function insertItem(
  transaction: Executor,
  claim: Pick<Claim, 'delivery'>,
  connection: string,
  item: ItemRecord,
): Promise<void> {
  await insertItemRow.run(transaction, { ...itemRow(claim.delivery, connection, item) })
}

export async function updateItem(
  transaction: Executor,
  claim: Claim,
  connection: string,
  item: ItemRecord,
): Promise<void> {
  await updateItemRow.run(transaction, { ...itemRow(claim.delivery, connection, item) })
}

interface Place {
  readonly [column: string]: string
  readonly delivery: string
  readonly connection: string
}

const dropPlanned = (['delivery_parts', 'delivery_items'] as const).map(
  (table) =>
    new Prepared<Place, never>((executor, value) =>
      executor.deleteFrom(table).where('delivery_id', '=', value.delivery).where('connection', '=', value.connection),
    ),
)

/** Forgets the plan of a target, and what was sent of it. */
export async function deleteItems(transaction: Executor, claim: Claim, connection: string): Promise<void> {
  for (const drop of dropPlanned) await drop.run(transaction, { delivery: claim.delivery, connection })
}

interface Held {
  readonly [column: string]: string | number
  readonly delivery: string
  readonly tenant: string
  readonly fence: number
}

const touch = new Prepared<Held, never>((executor, value) =>
  executor
    .updateTable('deliveries')
    .set({ fence: value.fence })
    .where('id', '=', value.delivery)
    .where('tenant', '=', value.tenant)
    .where('fence', '=', value.fence),
)

const look = new Prepared<Held, { fence: number }>((executor, value) =>
  executor
    .selectFrom('deliveries')
    .select('fence')
    .where('id', '=', value.delivery)
    .where('tenant', '=', value.tenant)
    .where('fence', '=', value.fence),
)

/**
 * Locks a claimed delivery until the transaction ends. Where a transaction is alone (`isShared` is false) a look is enough,
 * and leaves the row's page as it is.
 * @throws LeaseLost
 */
export async function passFence(transaction: Executor, claim: Claim, isShared: boolean): Promise<void> {
  const { delivery, tenant, fence } = claim
  const held = { delivery, tenant, fence }
  const rows = isShared ? await touch.change(transaction, held) : (await look.run(transaction, held)).rows.length
  if (rows !== 1) throw new LeaseLost(claim)
}

interface Given {
  readonly [column: string]: string | number | null | Instant
  readonly delivery: string
  readonly tenant: string
  readonly fence: number
  readonly nudges: number
  readonly state: string
  readonly availableAt: string | null
  readonly now: Instant
}

/** One for each combination of what an end may leave as it is. */
const giveBack = new Map<string, Prepared<Given, never>>()

function giveBackFor(isUnspooled: boolean, isCrash: boolean): Prepared<Given, never> {
  const name = `${isUnspooled} ${isCrash}`
  const known = giveBack.get(name)
  if (known !== undefined) return known
  const made = new Prepared<Given, never>((executor, value) =>
    executor
      .updateTable('deliveries')
      .set({
        state: value.state,
        // Somebody asked for another attempt in the meantime: at once.
        available_at: sql<
          string | null
        >`case when nudges = ${value.nudges} then ${value.availableAt} else ${value.now} end`,
        lease_until: null,
        worker: null,
      })
      .$if(isUnspooled, (query) => query.set({ is_spooled: 0 }))
      .$if(!isCrash, (query) => query.set({ crashes: 0 }))
      .where('id', '=', value.delivery)
      .where('tenant', '=', value.tenant)
      .where('fence', '=', value.fence),
  )
  giveBack.set(name, made)
  return made
}

/** Gives a claimed delivery back. @throws LeaseLost */
export async function giveDeliveryBack(
  transaction: Executor,
  claim: Claim,
  end: ReleaseEnd,
  now: Instant,
): Promise<void> {
  const { delivery, tenant, fence, nudges } = claim
  const { state, availableAt } = end
  const statement = giveBackFor(end.isUnspooled === true, end.isCrash === true)
  const values = { delivery, tenant, fence, nudges, state, availableAt, now }
  if ((await statement.change(transaction, values)) !== 1) throw new LeaseLost(claim)
}
