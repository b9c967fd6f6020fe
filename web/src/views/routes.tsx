/** The routes: where reports go, in which order, and how each target is; the primary is switched here. */
import { Button } from '@mantine/core'
import type { Connection, Route, TargetHealth } from '../../../src/contract/index.ts'
import { useConnections, useMayConnect, useMayOperate, useRoutes, useSwitch } from '../api.ts'
import { connectionAddress } from '../router.ts'
import { Loaded } from '../ui/loaded.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { StatusBadge } from '../ui/status-badge.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { count, when } from '../ui/words.ts'
import { Canaries } from './canaries.tsx'
import { NewRoute } from './new-route.tsx'

const policies = {
  failover: 'failover: the first that accepts; the others are filled up later',
  mirror: 'mirror: every target gets every report',
} as const

export function RoutesView() {
  const routes = useRoutes()
  const connections = useConnections()
  const mayConnect = useMayConnect()
  return (
    <>
      <PageTitle text="Routes" />
      <Loaded query={connections}>
        {(known) => (
          <>
            <Loaded query={routes}>
              {(list) => (
                <>
                  {list.length === 0 ? <p className="card">No route yet. A report is delivered on one.</p> : null}
                  {list.map((route) => (
                    <RouteCard key={route.id} route={route} connections={known} mayConnect={mayConnect} />
                  ))}
                </>
              )}
            </Loaded>
            {mayConnect ? <NewRoute connections={known} /> : null}
          </>
        )}
      </Loaded>
    </>
  )
}

interface CardProps {
  readonly route: Route
  readonly connections: readonly Connection[]
  readonly mayConnect: boolean
}

function RouteCard({ route, connections, mayConnect }: CardProps) {
  const change = useSwitch(route.name)
  const mayOperate = useMayOperate()
  return (
    <article className="card" data-route={route.name}>
      <div className="row">
        <h2 className="flush">{route.name}</h2>
        <span className="quiet">{policies[route.policy]}</span>
      </div>
      <ol className="plain-list" aria-label={`targets of ${route.name}`}>
        {route.targets.map((target, place) => (
          <li key={target} className="row check" data-target={target} data-place={place}>
            <span className="quiet place">{place + 1}</span>
            <strong>
              <a className="plain-link" href={connectionAddress(target)}>
                {target}
              </a>
            </strong>
            {place === 0 ? <StatusBadge state="primary" /> : null}
            <TargetState
              connection={connections.find(({ name }) => name === target)}
              health={route.health?.find(({ connection }) => connection === target)}
            />
            {place > 0 && mayConnect ? (
              <Button
                className="push"
                size="xs"
                variant="default"
                loading={change.isPending}
                onClick={() => change.mutate(target)}
              >
                Make it the primary
              </Button>
            ) : null}
          </li>
        ))}
      </ol>
      <Canaries route={route} mayConnect={mayConnect} mayOperate={mayOperate} />
      {change.error ? <Trouble error={change.error} /> : null}
      {change.isSuccess ? (
        <p role="status" className="quiet after">
          Deliveries that are accepted from now on go to {route.targets[0]} first.
        </p>
      ) : null}
    </article>
  )
}

interface StateProps {
  readonly connection: Connection | undefined
  readonly health: TargetHealth | undefined
}

/** What verifications say of a target, and what deliveries found out by themselves. */
function TargetState({ connection, health }: StateProps) {
  if (connection === undefined) return null
  const last = connection.lastVerification
  const isDown = health !== undefined && health.circuit !== 'closed'
  return (
    <>
      <StatusBadge state={connection.state} />
      {isDown ? <StatusBadge state="down" word={health.circuit === 'open' ? 'left alone' : 'tried again'} /> : null}
      <span className="quiet">
        {last === undefined
          ? 'not verified yet'
          : last.redSince === undefined
            ? `verified ${when(last.finishedAt)}`
            : `red since ${when(last.redSince)}`}
        {health === undefined || health.owed === 0 ? null : `; owed ${count(health.owed, 'delivery', 'deliveries')}`}
        {isDown && health.since !== undefined ? `; down since ${when(health.since)}` : null}
        {isDown && health.probeAt !== undefined ? `, tried next ${when(health.probeAt)}` : null}
      </span>
    </>
  )
}
