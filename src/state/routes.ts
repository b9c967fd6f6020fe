/** The routes of every tenant. A connection that a route lists can not be removed: the database itself refuses. */
import { DrawbridgeError } from '../base/index.ts'
import type { Route } from '../contract/index.ts'
import type { RouteRepository } from '../delivery/index.ts'
import { coalescedByTenant } from './coalesced.ts'
import { Prepared } from './prepared.ts'
import type { Executor } from './schema.ts'
import { isReferenceBroken, isTaken, type Store } from './store.ts'

/** Keeps routes in the database. */
export class SqlRoutes implements RouteRepository {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  async add(tenant: string, route: Route): Promise<void> {
    await this.#write(tenant, route, async (transaction) => {
      const { name, id, policy, createdAt, canaryEveryHours = null } = route
      await transaction
        .insertInto('routes')
        .values({ tenant, name, id, policy, created_at: createdAt, probe_hours: canaryEveryHours })
        .execute()
      await insertTargets(transaction, tenant, route)
    })
  }

  async byName(tenant: string, name: string): Promise<Route | null> {
    return await this.#byName(tenant, name)
  }

  readonly #byName = coalescedByTenant(async (tenant, names: readonly string[]) => {
    const known = new Map<string, Route | null>()
    for (const name of new Set(names)) known.set(name, (await this.#read(tenant, name))[0] ?? null)
    return names.map((name) => known.get(name) ?? null)
  })

  async list(tenant: string): Promise<Route[]> {
    return await this.#read(tenant, null)
  }

  async update(tenant: string, route: Route): Promise<void> {
    await this.#write(tenant, route, async (transaction) => {
      const changed = await transaction
        .updateTable('routes')
        .set({ policy: route.policy, probe_hours: route.canaryEveryHours ?? null })
        .where('tenant', '=', tenant)
        .where('name', '=', route.name)
        .executeTakeFirst()
      if (changed.numUpdatedRows === 0n) throw notFound(route.name)
      await transaction
        .deleteFrom('route_targets')
        .where('tenant', '=', tenant)
        .where('route', '=', route.name)
        .execute()
      await insertTargets(transaction, tenant, route)
    })
  }

  async remove(tenant: string, name: string): Promise<void> {
    const removed = await this.#store.write(tenant, (executor) =>
      executor.deleteFrom('routes').where('tenant', '=', tenant).where('name', '=', name).executeTakeFirst(),
    )
    if (removed.numDeletedRows === 0n) throw notFound(name)
  }

  async #read(tenant: string, name: string | null): Promise<Route[]> {
    const { rows } = await this.#store.read(tenant, async (executor) =>
      name === null ? await all.run(executor, { tenant }) : await named.run(executor, { tenant, name }),
    )
    const routes = new Map<string, Route>()
    for (const row of rows) {
      const policy = row.policy as Route['policy']
      const route = routes.get(row.name) ?? {
        id: row.id,
        name: row.name,
        policy,
        targets: [],
        createdAt: row.created_at,
        ...(row.probe_hours === null ? {} : { canaryEveryHours: row.probe_hours }),
      }
      routes.set(row.name, { ...route, targets: [...route.targets, row.connection] })
    }
    return [...routes.values()]
  }

  async #write(tenant: string, route: Route, work: (transaction: Executor) => Promise<void>): Promise<void> {
    if (new Set(route.targets).size !== route.targets.length) {
      throw new DrawbridgeError({ code: 'input-invalid', message: `\`${route.name}\` lists a target twice` })
    }
    try {
      await this.#store.write(tenant, work)
    } catch (cause) {
      if (isTaken(cause)) {
        throw new DrawbridgeError({
          code: 'already-exists',
          message: `the route \`${route.name}\` exists already`,
          cause,
        })
      }
      if (isReferenceBroken(cause)) {
        const targets = route.targets.map((target) => `\`${target}\``).join(', ')
        throw new DrawbridgeError({ code: 'not-found', message: `one of ${targets} is no connection`, cause })
      }
      throw cause
    }
  }
}

/** The routes of a tenant, a row for each target, in order. */
function targetsOf(executor: Executor, tenant: string) {
  return executor
    .selectFrom('routes')
    .innerJoin('route_targets', (join) =>
      join.onRef('route_targets.tenant', '=', 'routes.tenant').onRef('route_targets.route', '=', 'routes.name'),
    )
    .selectAll('routes')
    .select('route_targets.connection')
    .where('routes.tenant', '=', tenant)
    .orderBy('routes.name')
    .orderBy('route_targets.position')
}

type TargetRow = Awaited<ReturnType<ReturnType<typeof targetsOf>['execute']>>[number]

const all = new Prepared<{ readonly tenant: string }, TargetRow>((executor, { tenant }) => targetsOf(executor, tenant))

/** Asked for with every report. */
const named = new Prepared<{ readonly tenant: string; readonly name: string }, TargetRow>((executor, value) =>
  targetsOf(executor, value.tenant).where('routes.name', '=', value.name),
)

async function insertTargets(transaction: Executor, tenant: string, route: Route): Promise<void> {
  const rows = route.targets.map((connection, position) => ({ tenant, route: route.name, position, connection }))
  await transaction.insertInto('route_targets').values(rows).execute()
}

function notFound(name: string): DrawbridgeError {
  return new DrawbridgeError({ code: 'not-found', message: `there is no route \`${name}\`` })
}
