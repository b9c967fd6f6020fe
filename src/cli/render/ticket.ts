/** Repair tickets for the terminal. Pure. */
import type { Ticket } from '../../contract/index.ts'
import { type Colors, printable } from '../terminal.ts'
import { renderTable } from './table.ts'

/** Lists tickets, one a line. */
export function renderTickets(tickets: readonly Ticket[], colors: Colors): string {
  if (tickets.length === 0)
    return 'no tickets yet; `drawbridge ticket create --help` shows how to hand a diagnosis over'
  return renderTable([
    ['', 'TICKET', 'CONNECTION', 'CREATED', 'CLOSED', 'ABOUT'].map(colors.dim),
    ...tickets.map(({ id, connection, createdAt, closedAt, summary }) => [
      closedAt === null ? colors.red('✗') : colors.green('●'),
      id,
      colors.bold(connection),
      createdAt.slice(0, 16),
      closedAt?.slice(0, 16) ?? 'open',
      printable(summary),
    ]),
  ])
}
