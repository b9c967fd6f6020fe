/** Handing a diagnosis over to whoever can repair: makes the ticket, saves its file, and leads to it. */
import { Button } from '@mantine/core'
import { useTicketCreation } from '../api.ts'
import { saveText } from './save-files.ts'
import { Trouble } from './trouble.tsx'

/** Offers a repair ticket about a connection, or about the refusal of one delivery to it. */
export function HandOver({ connection, delivery }: { readonly connection: string; readonly delivery?: string }) {
  const creation = useTicketCreation()
  const make = async (): Promise<void> => {
    const { ticket, html } = await creation.mutateAsync({
      connection,
      ...(delivery === undefined ? {} : { delivery }),
    })
    saveText(`${ticket.id}.html`, html)
  }
  return (
    <section className="card" aria-label="hand over">
      <div className="row">
        <div className="grow">
          <h2 className="flush">The one who can repair works elsewhere?</h2>
          <p className="quiet after">
            A repair ticket is one HTML file that opens offline: the chain, the refusal, the repair, and a box that
            evaluates the policies on the spot. No secret is in it.
          </p>
        </div>
        <Button
          variant="default"
          loading={creation.isPending}
          // The error is shown below.
          onClick={() => void make().catch(() => {})}
        >
          Make a repair ticket
        </Button>
      </div>
      {creation.data ? (
        <p role="status">
          Saved as <span className="mono">{creation.data.ticket.id}.html</span>; it closes by itself when a verification
          is green. <a href={`#/tickets/${creation.data.ticket.id}`}>Look at the ticket</a>
        </p>
      ) : null}
      {creation.error ? <Trouble error={creation.error} /> : null}
    </section>
  )
}
