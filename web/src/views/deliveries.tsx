/** The deliveries, the newest first. */
import { Loader } from '@mantine/core'
import type { Delivery } from '../../../src/contract/index.ts'
import { useDeliveries } from '../api.ts'
import { StatusBadge } from '../ui/status-badge.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { size, when } from '../ui/words.ts'

export function DeliveriesView() {
  const deliveries = useDeliveries()
  if (deliveries.isPending) return <Loader aria-label="loading" />
  if (deliveries.error) return <Trouble error={deliveries.error} />
  return (
    <>
      <h1>Deliveries</h1>
      {deliveries.data.length === 0 ? <p className="card">Nothing has been delivered yet.</p> : null}
      {deliveries.data.map((delivery) => (
        <DeliveryCard key={delivery.id} delivery={delivery} />
      ))}
    </>
  )
}

function DeliveryCard({ delivery }: { readonly delivery: Delivery }) {
  const total = delivery.files.reduce((sum, file) => sum + file.sizeBytes, 0)
  return (
    <article className="card" data-delivery={delivery.id}>
      <div className="row">
        <strong>
          <a className="plain-link" href={`#/deliveries/${delivery.id}`}>
            {delivery.report}
          </a>
        </strong>
        <StatusBadge state={delivery.state} />
        <span className="quiet">
          {delivery.period} · {size(total)} · {when(delivery.acceptedAt)}
        </span>
        <span className="push quiet">{delivery.actor.displayName ?? delivery.actor.subject}</span>
      </div>
      <div className="row targets">
        {delivery.targets.map((target) => (
          <span key={target.connection} className="row" data-target={target.connection}>
            <span className="mono">{target.connection}</span> <StatusBadge state={target.state} />
          </span>
        ))}
      </div>
    </article>
  )
}
