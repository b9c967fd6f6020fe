/** One target: its circuit, its last canary, and what waits for it in the order in which it follows. */
import type { TargetDetail, WaitingDelivery } from '../../../src/contract/index.ts'
import { connectionAddress } from '../router.ts'
import { useTarget } from '../target-api.ts'
import { Loaded } from '../ui/loaded.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { StatusBadge } from '../ui/status-badge.tsx'
import { count, size, when } from '../ui/words.ts'
import { CanaryResult, Circuit } from './circuit.tsx'

export function TargetView({ name }: { readonly name: string }) {
  const query = useTarget(name)
  return <Loaded query={query}>{(target) => <OneTarget target={target} />}</Loaded>
}

function OneTarget({ target }: { readonly target: TargetDetail }) {
  const { connection, circuit, routes, canary, waiting, owed } = target
  return (
    <>
      <PageTitle text={`Deliveries to ${connection}`} />
      <section className="card" aria-label="circuit">
        <div className="row">
          <Circuit target={target} />
        </div>
        <p className="quiet after">{meanings[circuit]}</p>
        <dl className="facts">
          <dt>connection</dt>
          <dd>
            <a href={connectionAddress(connection)}>{connection}</a>, where it can be verified; a green verification
            lets everything that waits go at once
          </dd>
          <dt>target of</dt>
          <dd>
            <a href="#/routes">{routes.join(', ')}</a>
          </dd>
          <dt>last canary</dt>
          <dd className="row tight">
            {canary === undefined ? 'none was ever sent' : <CanaryResult canary={canary} />}
          </dd>
        </dl>
      </section>
      <section className="card" aria-label="what waits">
        <h2>What waits for it</h2>
        {waiting.length === 0 ? (
          <p className="quiet after">Nothing.</p>
        ) : (
          <>
            <p className="quiet">
              {owed > waiting.length ? `The first ${waiting.length} of ${owed}` : count(owed, 'delivery', 'deliveries')}
              {waiting.length === 1 ? '.' : ', in the order in which they follow.'}
            </p>
            <ol className="plain-list" aria-label="waiting deliveries">
              {waiting.map((one) => (
                <Waiting key={one.id} delivery={one} />
              ))}
            </ol>
          </>
        )}
      </section>
    </>
  )
}

const meanings = {
  closed: 'Deliveries go there as they come.',
  open: 'It did not answer several times in a row, so nobody asks it any more. A failover route goes to its next target meanwhile; at the time above one delivery tries it.',
  'half-open': 'It was down, and one delivery tries it now. If that gets an answer, the others follow.',
} as const

function Waiting({ delivery }: { readonly delivery: WaitingDelivery }) {
  const { id, report, period, route, state, sizeBytes, acceptedAt } = delivery
  return (
    <li className="row check" data-waiting={id}>
      <StatusBadge state={state} />
      <span className="check-detail">
        <a href={`#/deliveries/${id}`}>{report}</a>
        <span className="quiet">
          {' '}
          {period} · {size(sizeBytes)} · on {route}
        </span>
      </span>
      <span className="quiet">{when(acceptedAt)}</span>
    </li>
  )
}
