/** How deliveries fare where they go: how full the spool is, and every target with its circuit and its last canary. */
import { Progress } from '@mantine/core'
import type { SpoolRoom, Target } from '../../../src/contract/index.ts'
import { useSpool, useTargets } from '../target-api.ts'
import { Loaded } from '../ui/loaded.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { StatusBadge } from '../ui/status-badge.tsx'
import { count, size } from '../ui/words.ts'
import { CanaryResult, Circuit } from './circuit.tsx'

export function TargetsView() {
  const targets = useTargets()
  const spool = useSpool()
  return (
    <>
      <PageTitle text="Targets" />
      <Loaded query={spool}>{(room) => <Spool room={room} />}</Loaded>
      <Loaded query={targets}>
        {(list) =>
          list.length === 0 ? (
            <p className="card">
              No route has a target yet. <a href="#/routes">Routes</a> are where targets are put in order.
            </p>
          ) : (
            list.map((target) => <TargetCard key={target.connection} target={target} />)
          )
        }
      </Loaded>
    </>
  )
}

function Spool({ room }: { readonly room: SpoolRoom }) {
  const { usedBytes, quotaBytes, retryAfterSeconds, routes } = room
  const percent = quotaBytes === null ? null : Math.min(100, Math.round((100 * usedBytes) / quotaBytes))
  const isTight = routes.some(({ roomBytes, isDown }) => isDown || roomBytes === 0) || percent === 100
  return (
    <section className="card" aria-label="the spool">
      <div className="row">
        <h2 className="flush">Reports that wait</h2>
        <span className="push quiet">
          {quotaBytes === null ? `${size(usedBytes)} on disk` : `${size(usedBytes)} of ${size(quotaBytes)}`}
        </span>
      </div>
      {percent === null ? null : (
        <Progress.Root mt={8} mb={4}>
          <Progress.Section value={percent} color={percent > 85 ? 'red' : 'teal'} aria-label="the spool is filled" />
        </Progress.Root>
      )}
      <p className="quiet after">
        {quotaBytes === null
          ? 'Every report is accepted for as long as the disk has room.'
          : `Reports are accepted until ${size(quotaBytes)} are on disk. While every target of a route is down, its own reports may take half of that. What is pushed back is told to come again after ${retryAfterSeconds} seconds; what was accepted is never dropped.`}
      </p>
      {isTight ? (
        <ul className="plain-list" aria-label="what is pushed back">
          {routes.map((route) => (
            <Room key={route.route} room={route} />
          ))}
        </ul>
      ) : null}
    </section>
  )
}

function Room({
  room: { route, heldBytes, isDown, limitBytes, roomBytes },
}: {
  readonly room: SpoolRoom['routes'][0]
}) {
  return (
    <li className="row check" data-room={route}>
      {roomBytes === 0 ? (
        <StatusBadge state="refused" word="pushed back" />
      ) : (
        <StatusBadge state="taken" word="accepted" />
      )}
      <strong>{route}</strong>
      <span className="check-detail">
        {heldBytes === 0 ? 'nothing waits' : `${size(heldBytes)} wait`}
        {limitBytes === null ? null : `, of at most ${size(limitBytes)}`}
        {roomBytes === null
          ? null
          : roomBytes === 0
            ? '; no further report fits'
            : `; a report of ${size(roomBytes)} still fits`}
      </span>
      {isDown ? <span className="quiet">every target is down</span> : null}
    </li>
  )
}

function TargetCard({ target }: { readonly target: Target }) {
  const { connection, routes, owed, canary } = target
  return (
    <article className="card" data-target={connection}>
      <div className="row">
        <strong>
          <a className="plain-link" href={`#/targets/${connection}`}>
            {connection}
          </a>
        </strong>
        <Circuit target={target} />
        <span className="push quiet">
          {owed === 0 ? 'nothing waits' : `${count(owed, 'delivery', 'deliveries')} waiting`} · {routes.join(', ')}
        </span>
      </div>
      {canary === undefined ? null : (
        <div className="row tight targets">
          <span className="quiet">Last canary:</span> <CanaryResult canary={canary} />
        </div>
      )}
    </article>
  )
}
