/** The operations on routes. */
import { DrawbridgeError, newId } from '../base/index.ts'
import type { OperationOutput, Route } from '../contract/index.ts'
import type { Caller } from './caller.ts'
import { canariesOf } from './canary-pace.ts'
import { findConnection } from './connection.ts'
import { entryOf } from './evidence.ts'
import type { House } from './house.ts'

/** Finds a route of the tenant. @throws not-found */
export async function findRoute(house: House, name: string): Promise<Route> {
  const route = await house.routes.byName(house.tenant, name)
  if (route !== null) return route
  throw new DrawbridgeError({
    code: 'not-found',
    message: `there is no route \`${name}\``,
    help: '`drawbridge route list` names them all',
  })
}

export async function addRoute(
  house: House,
  caller: Caller,
  input: { readonly name: string; readonly policy: Route['policy']; readonly targets: readonly string[] },
): Promise<Route> {
  const targets = [...input.targets]
  const twice = targets.find((target, position) => targets.indexOf(target) !== position)
  if (twice !== undefined) {
    throw new DrawbridgeError({ code: 'input-invalid', message: `\`${twice}\` is a target of the route twice` })
  }
  for (const target of targets) await refuseSource(house, target)
  const createdAt = house.clock.now().toISOString()
  const route: Route = { id: newId('rte', house.random), name: input.name, policy: input.policy, targets, createdAt }
  await house.routes.add(house.tenant, route)
  await house.record([entryOf(caller, 'route.added', route.id, factsOf(route))])
  return route
}

export async function listRoutes(house: House): Promise<OperationOutput<'route.list'>> {
  const routes = await house.routes.list(house.tenant)
  return { routes: await Promise.all(routes.map((route) => described(house, route))) }
}

/** Shows a route with how its targets fare. @throws not-found */
export async function showRoute(house: House, name: string): Promise<Route> {
  return await described(house, await findRoute(house, name))
}

/** Sends canaries of a route every so many hours from now on; absent: as the deployment says. @throws not-found */
export async function setCanaries(
  house: House,
  caller: Caller,
  { name, everyHours }: { readonly name: string; readonly everyHours?: number | undefined },
): Promise<Route> {
  const { canaryEveryHours: _before, ...route } = await findRoute(house, name)
  const changed: Route = { ...route, ...(everyHours === undefined ? {} : { canaryEveryHours: everyHours }) }
  await house.routes.update(house.tenant, changed)
  const facts = { route: name, everyHours: everyHours === undefined ? 'as configured' : String(everyHours) }
  await house.record([entryOf(caller, 'route.canaries', route.id, facts)])
  return await described(house, changed)
}

async function described(house: House, route: Route): Promise<Route> {
  const health = await house.deliveries.health(house.tenant, route.targets)
  const shown: Route = { ...route, health, canaries: canariesOf(house, route) }
  const [last] = await house.deliveries.canaries(house.tenant, route.name, 1)
  if (last === undefined) return shown
  const targets = last.targets.map(({ connection, state, reason }) => ({
    ...{ connection, state },
    ...(reason === undefined ? {} : { reason }),
  }))
  return { ...shown, canary: { delivery: last.id, at: last.acceptedAt, state: last.state, targets } }
}

/** Moves one target to the front; the order of the others stays. */
export async function switchRoute(house: House, caller: Caller, name: string, primary: string): Promise<Route> {
  const before = await findRoute(house, name)
  if (!before.targets.includes(primary)) {
    throw new DrawbridgeError({
      code: 'not-found',
      message: `\`${primary}\` is not a target of the route \`${name}\``,
      help: `its targets are ${before.targets.join(', ')}`,
    })
  }
  const targets = [primary, ...before.targets.filter((target) => target !== primary)]
  const route: Route = { ...before, targets }
  await house.routes.update(house.tenant, route)
  await house.record([entryOf(caller, 'route.switched', route.id, factsOf(route))])
  return route
}

/** Removes a route and tells what it was. @throws not-found | in-use */
export async function removeRoute(house: House, caller: Caller, name: string): Promise<Route> {
  const route = await findRoute(house, name)
  const schedule = (await house.schedules.list(house.tenant)).find((one) => one.route === name)
  if (schedule !== undefined) {
    throw new DrawbridgeError({
      code: 'in-use',
      message: `the schedule \`${schedule.name}\` delivers on the route \`${name}\``,
      help: `remove the schedule first: \`drawbridge schedule remove ${schedule.name}\``,
    })
  }
  await house.routes.remove(house.tenant, name)
  await house.record([entryOf(caller, 'route.removed', route.id, factsOf(route))])
  return route
}

/** A source is read only: a report can not go there. */
async function refuseSource(house: House, target: string): Promise<void> {
  const connection = await findConnection(house, target)
  if (connection.purpose !== 'source') return
  throw new DrawbridgeError({
    code: 'input-invalid',
    message: `\`${target}\` is a source, to which nothing is written`,
    help: 'a target has the purpose `export` or `enrichment`',
  })
}

function factsOf(route: Route): Record<string, string> {
  return { route: route.name, policy: route.policy, targets: route.targets.join(',') }
}
