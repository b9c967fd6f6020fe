/** The operations on routes and their canaries, as rows of the one table. */
import { z } from 'zod'
import { name } from './connection.ts'
import { delivery, route, routePolicy } from './delivery.ts'
import { defineOperation } from './operation.ts'

const byName = z.object({ name })

export const routeOperations = {
  'route.add': defineOperation({
    name: 'route.add',
    summary: 'Adds a route: an ordered list of target connections.',
    right: 'connect',
    http: { method: 'POST', path: '/routes' },
    cli: { words: ['route', 'add'], example: 'drawbridge route add audit --policy failover acme acme-azure' },
    input: z.object({ name, policy: routePolicy.default('failover'), targets: z.array(name).min(1) }),
    output: route,
    errors: ['already-exists', 'not-found'],
  }),
  'route.list': defineOperation({
    name: 'route.list',
    summary: 'Lists the routes.',
    right: 'view',
    http: { method: 'GET', path: '/routes' },
    cli: { words: ['route', 'list'], example: 'drawbridge route list' },
    input: z.object({}),
    output: z.object({ routes: z.array(route) }),
    errors: [],
  }),
  'route.show': defineOperation({
    name: 'route.show',
    summary: 'Shows one route.',
    right: 'view',
    http: { method: 'GET', path: '/routes/{name}' },
    cli: { words: ['route', 'show'], example: 'drawbridge route show audit' },
    input: byName,
    output: route,
    errors: ['not-found'],
  }),
  'route.switch': defineOperation({
    name: 'route.switch',
    summary: 'Makes another target of the route its primary; deliveries accepted from now on follow.',
    right: 'connect',
    http: { method: 'POST', path: '/routes/{name}/switch' },
    cli: { words: ['route', 'switch'], example: 'drawbridge route switch audit acme-azure' },
    input: byName.extend({ primary: name }),
    output: route,
    errors: ['not-found'],
  }),
  'route.canary': defineOperation({
    name: 'route.canary',
    summary: 'Sends a small probe through the whole delivery to every target of a route, backups included.',
    right: 'operate',
    http: { method: 'POST', path: '/routes/{name}/canary' },
    cli: { words: ['route', 'canary'], example: 'drawbridge route canary audit' },
    input: byName,
    output: delivery,
    errors: ['not-found', 'claim-missing', 'spool-full'],
  }),
  'route.canaries': defineOperation({
    name: 'route.canaries',
    summary: 'Sends canaries to every target of a route by the clock, or stops that. Each leaves an object there.',
    right: 'connect',
    http: { method: 'POST', path: '/routes/{name}/canaries' },
    cli: { words: ['route', 'canaries'], example: 'drawbridge route canaries audit --every-hours 24' },
    input: byName.extend({
      /** 0: none by itself. Absent: as the configuration of the deployment says. */
      everyHours: z.coerce.number().int().min(0).max(744).optional(),
    }),
    output: route,
    errors: ['not-found'],
  }),
  'route.remove': defineOperation({
    name: 'route.remove',
    summary: 'Removes a route. Deliveries that were accepted on it go on.',
    right: 'connect',
    http: { method: 'DELETE', path: '/routes/{name}' },
    cli: { words: ['route', 'remove'], example: 'drawbridge route remove audit' },
    input: byName,
    output: route,
    errors: ['not-found', 'in-use'],
  }),
} as const
