/** One repair ticket: what it says, whether the repair is in place, and its file once more. */

import { Button } from '@mantine/core'
import { useTicket } from '../api.ts'
import { connectionAddress } from '../router.ts'
import { good } from '../ui/colours.ts'
import { DiagnosisView } from '../ui/diagnosis.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { saveText } from '../ui/save-files.ts'
import { StatusBadge } from '../ui/status-badge.tsx'
import { when } from '../ui/words.ts'

export function TicketView({ id }: { readonly id: string }) {
  const query = useTicket(id)
  return (
    <Loaded query={query}>
      {({ ticket, diagnosis, html }) => (
        <>
          <PageTitle text={`Ticket about ${ticket.connection}`}>
            <StatusBadge state={ticket.closedAt === null ? 'open' : 'closed'} />
          </PageTitle>
          <section className="card">
            <div className="row">
              <span className="mono">{ticket.id}</span>
              <Button className="push" color={good} onClick={() => saveText(`${ticket.id}.html`, html)}>
                Save the file
              </Button>
            </div>
            <dl className="facts">
              <dt>connection</dt>
              <dd>
                <a href={connectionAddress(ticket.connection)}>{ticket.connection}</a>
              </dd>
              <dt>made</dt>
              <dd>{when(ticket.createdAt)}</dd>
              <dt>closed</dt>
              <dd>
                {ticket.closedAt === null
                  ? 'not yet; the first green verification closes it, and the watch verifies by itself'
                  : when(ticket.closedAt)}
              </dd>
            </dl>
          </section>
          <DiagnosisView diagnosis={diagnosis} withChain />
        </>
      )}
    </Loaded>
  )
}
