/** The repair ticket: a diagnosis as one file for the person who can repair. */
export { fillTemplate } from './fill-template.ts'
export type { KeptTicket, TicketRepository } from './repository.ts'
export type { RepairTicketPage } from './ticket-page.ts'
export { ticketPageOf } from './ticket-page.ts'
