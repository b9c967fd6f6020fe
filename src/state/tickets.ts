/** The repair tickets of every tenant: opened by hand, closed by a green verification. */
import type { KeptTicket, RepairTicketPage, TicketRepository } from '../connection/index.ts'
import type { Ticket } from '../contract/index.ts'
import type { TicketRow } from './schema.ts'
import type { Store } from './store.ts'

/** Keeps repair tickets in the database. */
export class SqlTickets implements TicketRepository {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  async add(tenant: string, ticket: Ticket, page: RepairTicketPage): Promise<void> {
    const { closedAt, ...document } = ticket
    await this.#store.write(tenant, (executor) =>
      executor
        .insertInto('tickets')
        .values({
          id: ticket.id,
          tenant,
          connection: ticket.connection,
          created_at: ticket.createdAt,
          closed_at: closedAt,
          document: JSON.stringify(document),
          page: JSON.stringify(page),
        })
        .execute(),
    )
  }

  async byId(tenant: string, id: string): Promise<KeptTicket | null> {
    const row = await this.#store.read(tenant, (executor) =>
      executor.selectFrom('tickets').selectAll().where('tenant', '=', tenant).where('id', '=', id).executeTakeFirst(),
    )
    if (row === undefined) return null
    return { ticket: ticketOf(row), page: row.page === null ? null : JSON.parse(row.page) }
  }

  async list(tenant: string): Promise<Ticket[]> {
    const rows = await this.#store.read(tenant, (executor) =>
      executor
        .selectFrom('tickets')
        .selectAll()
        .where('tenant', '=', tenant)
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .execute(),
    )
    return rows.map(ticketOf)
  }

  async close(tenant: string, connection: string, at: Date): Promise<Ticket[]> {
    const rows = await this.#store.write(tenant, (executor) =>
      executor
        .updateTable('tickets')
        .set({ closed_at: at.toISOString() })
        .where('tenant', '=', tenant)
        .where('connection', '=', connection)
        .where('closed_at', 'is', null)
        .returningAll()
        .execute(),
    )
    return rows.map(ticketOf)
  }
}

function ticketOf(row: TicketRow): Ticket {
  return { ...JSON.parse(row.document), closedAt: row.closed_at }
}
