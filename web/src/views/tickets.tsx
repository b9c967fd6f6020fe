/** The repair tickets: what was handed over, and what of it is repaired. */
import type { Ticket } from '../../../src/contract/index.ts'
import { useTickets } from '../api.ts'
import { Loaded } from '../ui/loaded.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { Prose } from '../ui/prose.tsx'
import { StatusBadge } from '../ui/status-badge.tsx'
import { when } from '../ui/words.ts'

export function TicketsView() {
  const query = useTickets()
  return (
    <>
      <PageTitle text="Repair tickets" />
      <Loaded query={query}>{(tickets) => <Tickets tickets={tickets} />}</Loaded>
    </>
  )
}

function Tickets({ tickets }: { readonly tickets: readonly Ticket[] }) {
  if (tickets.length === 0) {
    return (
      <p className="card">
        No ticket. When a connection is red, its page offers one: a single file for the person who can repair.
      </p>
    )
  }
  // What is outstanding comes first; within each half the newest.
  const sorted = [...tickets].sort((one, other) => Number(one.closedAt !== null) - Number(other.closedAt !== null))
  return (
    <ul className="plain-list" aria-label="tickets">
      {sorted.map((ticket) => (
        <li key={ticket.id} className="card" data-ticket={ticket.id}>
          <div className="row">
            <StatusBadge state={ticket.closedAt === null ? 'open' : 'closed'} />
            <strong>
              <a className="plain-link" href={`#/tickets/${ticket.id}`}>
                {ticket.connection}
              </a>
            </strong>
            <span className="push quiet">{when(ticket.createdAt)}</span>
          </div>
          <p className="after">
            <Prose text={ticket.summary} />
          </p>
        </li>
      ))}
    </ul>
  )
}
