/** What repair tickets need kept. Implemented by `state/`. */
import type { Ticket } from '../../contract/index.ts'

export interface TicketRepository {
  add(tenant: string, ticket: Ticket): Promise<void>
  /** The newest first. */
  list(tenant: string): Promise<Ticket[]>
  /** Closes the open tickets of a connection and returns them. */
  close(tenant: string, connection: string, at: Date): Promise<Ticket[]>
}
