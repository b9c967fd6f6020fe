/** The operations on repair tickets: handing a diagnosis over, and closing it when the repair is in place. */
import { DrawbridgeError, newId } from '../base/index.ts'
import { fillTemplate, requireIdentity, ticketPageOf } from '../connection/index.ts'
import type { Connection, Diagnosis, OperationInput, OperationOutput, Ticket } from '../contract/index.ts'
import type { Caller } from './caller.ts'
import { findConnection } from './connection.ts'
import { explain } from './diagnosis.ts'
import { entryOf } from './evidence.ts'
import type { House } from './house.ts'
import { personInQuestion } from './person.ts'

type CreateInput = OperationInput<'ticket.create'>

/**
 * Makes a ticket of the best evidence there is: the policies at hand, the refusal of a delivery, the last verification when
 * it was red, else the connection tried now.
 * @throws not-found | claim-missing | input-invalid — nothing is broken; configuration-invalid — the page is not built
 */
export async function createTicket(
  house: House,
  caller: Caller,
  input: CreateInput,
): Promise<OperationOutput<'ticket.create'>> {
  const connection = await findConnection(house, input.connection)
  const template = await house.ticketTemplate()
  if (template === null) throw notBuilt('ticket.create')
  const diagnosis = await diagnosisFor(house, caller, connection, input)
  const identity = requireIdentity(connection.identityMapping, await personInQuestion(house, caller, connection))
  const [cause] = diagnosis.causes
  const ticket: Ticket = {
    id: newId('tck', house.random),
    connection: connection.name,
    createdAt: house.clock.now().toISOString(),
    closedAt: null,
    summary: diagnosis.summary,
    link: cause?.link ?? null,
    cause: cause?.id ?? null,
  }
  const page = await ticketPageOf(ticket, connection, identity, diagnosis, house.context)
  const html = fillTemplate(template, page)
  await house.tickets.add(house.tenant, ticket, page)
  const fields = { connection: connection.name, cause: ticket.cause ?? '' }
  await house.record([entryOf(caller, 'ticket.created', ticket.id, fields)])
  return { ticket, html }
}

export async function listTickets(house: House): Promise<OperationOutput<'ticket.list'>> {
  return { tickets: await house.tickets.list(house.tenant) }
}

/** Shows a ticket and makes its file anew of what was kept. @throws not-found | configuration-invalid */
export async function showTicket(house: House, id: string): Promise<OperationOutput<'ticket.show'>> {
  const kept = await house.tickets.byId(house.tenant, id)
  if (kept === null || kept.page === null) {
    throw new DrawbridgeError({
      code: 'not-found',
      message: kept === null ? `there is no ticket \`${id}\`` : `the page of the ticket \`${id}\` was not kept`,
      operation: 'ticket.show',
      help: '`drawbridge ticket list` names them all',
    })
  }
  const template = await house.ticketTemplate()
  if (template === null) throw notBuilt('ticket.show')
  return { ticket: kept.ticket, diagnosis: kept.page.diagnosis, html: fillTemplate(template, kept.page) }
}

/** Closes the open tickets of a connection whose verification is green. */
export async function closeTickets(house: House, caller: Caller, connection: string): Promise<void> {
  const closed = await house.tickets.close(house.tenant, connection, house.clock.now())
  if (closed.length === 0) return
  await house.record(closed.map(({ id }) => entryOf(caller, 'ticket.closed', id, { connection })))
}

async function diagnosisFor(
  house: House,
  caller: Caller,
  connection: Connection,
  { delivery, policies }: CreateInput,
): Promise<Diagnosis> {
  const { name, lastVerification } = connection
  if (policies !== undefined) return broken(await explain(house, caller, { connection: name, policies }), name)
  if (delivery !== undefined) return deliveryDiagnosis(house, name, delivery)
  const last = lastVerification?.status === 'fail' ? lastVerification.diagnosis : undefined
  return last ?? broken(await explain(house, caller, { connection: name }), name)
}

function broken(diagnosis: Diagnosis, name: string): Diagnosis {
  if (diagnosis.causes.length > 0) return diagnosis
  throw new DrawbridgeError({
    code: 'input-invalid',
    message: `nothing of \`${name}\` needs a repair: ${diagnosis.summary}`,
    operation: 'ticket.create',
    help: `\`drawbridge connection verify ${name}\` tries every link`,
  })
}

async function deliveryDiagnosis(house: House, name: string, id: string): Promise<Diagnosis> {
  const { targets } = await house.deliveries.show(house.tenant, id)
  const diagnosis = targets.find((target) => target.connection === name)?.diagnosis
  if (diagnosis !== undefined) return diagnosis
  throw new DrawbridgeError({
    code: 'not-found',
    message: `\`${name}\` did not refuse the delivery \`${id}\``,
    operation: 'ticket.create',
    help: 'leave --delivery out: the connection is tried then',
  })
}

function notBuilt(operation: string): DrawbridgeError {
  return new DrawbridgeError({
    code: 'configuration-invalid',
    message: 'the page of the repair ticket is not built',
    operation,
    help: 'run `npm run build:web` in the checkout; an installed package carries it',
  })
}
