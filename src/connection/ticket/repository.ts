/** What repair tickets need kept. Implemented by `state/`. */
import type { Ticket } from '../../contract/index.ts'
import type { RepairTicketPage } from './ticket-page.ts'

/** A ticket with what its page is made of. */
export interface KeptTicket {
  readonly ticket: Ticket
  /** Null: it was made before pages were kept. */
  readonly page: RepairTicketPage | null
}

export interface TicketRepository {
  add(tenant: string, ticket: Ticket, page: RepairTicketPage): Promise<void>
  byId(tenant: string, id: string): Promise<KeptTicket | null>
  /** The newest first. */
  list(tenant: string): Promise<Ticket[]>
  /** Closes the open tickets of a connection and returns them. */
  close(tenant: string, connection: string, at: Date): Promise<Ticket[]>
}
