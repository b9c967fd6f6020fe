/** All connections, each with its chain as the last verification found it. */
import type { Connection } from '../../../src/contract/index.ts'
import { useConnections } from '../api.ts'
import { connectionAddress } from '../router.ts'
import { ChainRow } from '../ui/chain.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { StatusBadge } from '../ui/status-badge.tsx'
import { placeOf, when } from '../ui/words.ts'

export function ConnectionsView() {
  const query = useConnections()
  return (
    <>
      <PageTitle text="Connections" />
      <Loaded query={query}>
        {(connections) =>
          connections.length === 0 ? (
            <p className="card">
              No connection yet. Add one with <code className="mono">drawbridge connection add</code>.
            </p>
          ) : (
            connections.map((connection) => <ConnectionCard key={connection.id} connection={connection} />)
          )
        }
      </Loaded>
    </>
  )
}

function ConnectionCard({ connection }: { readonly connection: Connection }) {
  const last = connection.lastVerification
  return (
    <article className="card" data-connection={connection.name}>
      <div className="row">
        <strong>
          <a className="plain-link" href={connectionAddress(connection.name)}>
            {connection.name}
          </a>
        </strong>
        <StatusBadge state={connection.state} />
        <span className="quiet">{connection.purpose}</span>
        <span className="push mono">{placeOf(connection.location)}</span>
      </div>
      {last ? <ChainRow chain={last.chain} /> : <p className="quiet">Not verified yet.</p>}
      {last ? <span className="quiet">verified {when(last.finishedAt)}</span> : null}
    </article>
  )
}
