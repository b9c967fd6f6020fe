/** The table of handlers: a row for every operation of the contract, held complete by the compiler. */

import type { z } from 'zod'
import type { OperationName, OperationOutput, operations } from '../contract/index.ts'
import { listAlerts } from './alert.ts'
import type { Caller } from './caller.ts'
import { sendCanary } from './canary.ts'
import * as connections from './connection.ts'
import * as deliveries from './delivery.ts'
import { explain } from './diagnosis.ts'
import { exportEvidence, listKeys, rotateKey } from './evidence.ts'
import { followDelivery } from './follow-delivery.ts'
import type { CallOptions, House } from './house.ts'
import { evaluateCases } from './local.ts'
import { checkPolicies, compareCalls, explainCalls, repairCalls, writePolicies } from './policy-files.ts'
import { verifyReceipt } from './receipt.ts'
import * as routes from './route.ts'
import * as schedules from './schedule.ts'
import { status } from './service.ts'
import { listTargets, showSpool, showTarget } from './target.ts'
import { createTicket, listTickets, showTicket } from './ticket.ts'
import { showHistory, verify } from './verification.ts'
import { tryPlan } from './what-if.ts'

type Row<Name extends OperationName> = (typeof operations)[Name]

/** One handler: takes parsed input, whose form and right were checked before. */
type Handler<Name extends OperationName> = (
  house: House,
  caller: Caller,
  input: z.output<Row<Name>['input']>,
  options: CallOptions,
) => Row<Name> extends { readonly stream: true }
  ? AsyncGenerator<OperationOutput<Name>, void, void>
  : Promise<OperationOutput<Name>>

/** A handler for every operation. */
export type Handlers = { readonly [Name in OperationName]: Handler<Name> }

export const handlers: Handlers = {
  'service.status': (house, caller) => status(house, caller),
  'connection.prepare': (house) => connections.prepareConnection(house),
  'connection.draft': (house, _caller, input) => connections.draftKit(house, input),
  'connection.add': (house, caller, input) => connections.addConnection(house, caller, input),
  'connection.list': (house) => connections.listConnections(house),
  'connection.show': (house, _caller, { name }) => connections.showConnection(house, name),
  'connection.change': (house, caller, input) => connections.change(house, caller, input),
  'connection.kit': (house, _caller, { name }) => connections.showKit(house, name),
  'connection.verify': (house, caller, { name, ...wanted }, options) =>
    verify(house, caller, name, { ...options, ...wanted }),
  'connection.prove': (house, caller, { name, upload }) => deliveries.proveConnection(house, caller, name, upload),
  'connection.history': (house, _caller, input) => showHistory(house, input),
  'connection.whatif': (house, caller, input) => tryPlan(house, caller, input),
  'connection.remove': (house, caller, { name }) => connections.removeConnection(house, caller, name),
  'route.add': (house, caller, input) => routes.addRoute(house, caller, input),
  'route.list': (house) => routes.listRoutes(house),
  'route.show': (house, _caller, { name }) => routes.showRoute(house, name),
  'route.canary': (house, caller, { name }) => sendCanary(house, caller, name),
  'route.canaries': (house, caller, input) => routes.setCanaries(house, caller, input),
  'route.remove': (house, caller, { name }) => routes.removeRoute(house, caller, name),
  'route.switch': (house, caller, { name, primary }) => routes.switchRoute(house, caller, name, primary),
  'target.list': (house) => listTargets(house),
  'target.show': (house, _caller, { connection }) => showTarget(house, connection),
  'spool.show': (house) => showSpool(house),
  'schedule.create': (house, caller, input) => schedules.createSchedule(house, caller, input),
  'schedule.preview': async (house, _caller, input) => schedules.previewSchedule(house, input),
  'schedule.list': (house) => schedules.listSchedules(house),
  'schedule.show': (house, _caller, { name }) => schedules.showSchedule(house, name),
  'schedule.pause': (house, caller, { name }) => schedules.setPaused(house, caller, name, true),
  'schedule.resume': (house, caller, { name }) => schedules.setPaused(house, caller, name, false),
  'schedule.run': (house, caller, { name }) => schedules.runSchedule(house, caller, name),
  'schedule.catchup': (house, caller, { name, slots }) => schedules.catchUp(house, caller, name, slots),
  'schedule.remove': (house, caller, { name }) => schedules.removeSchedule(house, caller, name),
  'delivery.create': (house, caller, input) => deliveries.createDelivery(house, caller, input),
  'delivery.list': (house, _caller, filter) => deliveries.listDeliveries(house, filter),
  'delivery.show': (house, _caller, { id }) => deliveries.showDelivery(house, id),
  'delivery.retry': (house, caller, { id }) => deliveries.retryDelivery(house, caller, id),
  'delivery.cancel': (house, caller, { id }) => deliveries.cancelDelivery(house, caller, id),
  'delivery.follow': (house, _caller, { id }, options) => followDelivery(house, id, options),
  'receipt.show': (house, _caller, { id, connection }) => deliveries.showReceipt(house, id, connection),
  'receipt.verify': (_house, _caller, input) => verifyReceipt(input),
  'evidence.export': (house) => exportEvidence(house),
  'evidence.keys': async (house) => listKeys(house),
  'evidence.rotate': (house, caller) => rotateKey(house, caller),
  'alert.list': (house, _caller, { limit }) => listAlerts(house, limit),
  'ticket.create': (house, caller, input) => createTicket(house, caller, input),
  'ticket.list': (house) => listTickets(house),
  'ticket.show': (house, _caller, { id }) => showTicket(house, id),
  'diagnosis.explain': (house, caller, input) => explain(house, caller, input),
  'policy.evaluate': (_house, _caller, input) => evaluateCases(input),
  'policy.check': (_house, _caller, input) => checkPolicies(input),
  'policy.explain': (_house, _caller, input) => explainCalls(input),
  'policy.repair': (_house, _caller, input) => repairCalls(input),
  'policy.compare': (_house, _caller, input) => compareCalls(input),
  'policy.write': (_house, _caller, input) => writePolicies(input),
}
