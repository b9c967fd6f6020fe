/** All connections, each with its chain as the last verification found it. */
import { Loader } from '@mantine/core'
import type { Connection } from '../../../src/contract/index.ts'
import { useConnections } from '../api.ts'
import { ChainRow } from '../ui/chain.tsx'
import { StatusBadge } from '../ui/status-badge.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { placeOf, when } from '../ui/words.ts'

export function ConnectionsView() {
  const connections = useConnections()
  if (connections.isPending) return <Loader aria-label="loading" />
  if (connections.error) return <Trouble error={connections.error} />
  return (
    <>
      <h1>Connections</h1>
      {connections.data.length === 0 ? (
        <p className="card">
          No connection yet. Add one with <code className="mono">drawbridge connection add</code>.
        </p>
      ) : null}
      {connections.data.map((connection) => (
        <ConnectionCard key={connection.id} connection={connection} />
      ))}
    </>
  )
}

function ConnectionCard({ connection }: { readonly connection: Connection }) {
  const last = connection.lastVerification
  return (
    <article className="card" data-connection={connection.name}>
      <div className="row">
        <strong>
          <a className="plain-link" href={`#/connections/${connection.name}`}>
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
