/** The deliveries, the newest first. */
import type { Delivery } from '../../../src/contract/index.ts'
import { useDeliveries } from '../api.ts'
import { Loaded } from '../ui/loaded.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { StatusBadge } from '../ui/status-badge.tsx'
import { size, when } from '../ui/words.ts'

export function DeliveriesView() {
  const query = useDeliveries()
  return (
    <>
      <PageTitle text="Deliveries" />
      <Loaded query={query}>
        {(deliveries) =>
          deliveries.length === 0 ? (
            <p className="card">
              Nothing has been delivered yet. <code className="mono">drawbridge deliver FILE --route NAME</code> hands a
              report over.
            </p>
          ) : (
            deliveries.map((delivery) => <DeliveryCard key={delivery.id} delivery={delivery} />)
          )
        }
      </Loaded>
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
          <span key={target.connection} className="row tight" data-target={target.connection}>
            <span className="mono">{target.connection}</span> <StatusBadge state={target.state} />
          </span>
        ))}
      </div>
    </article>
  )
}
