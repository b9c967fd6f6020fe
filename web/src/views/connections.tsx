/** All connections, each with its chain as the last verification found it. */
import { Button } from '@mantine/core'
import type { Connection } from '../../../src/contract/index.ts'
import { useConnections, useMayConnect } from '../api.ts'
import { connectionAddress } from '../router.ts'
import { ChainRow } from '../ui/chain.tsx'
import { good } from '../ui/colours.ts'
import { Loaded } from '../ui/loaded.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { StatusBadge } from '../ui/status-badge.tsx'
import { placeOf, when } from '../ui/words.ts'

export function ConnectionsView() {
  const query = useConnections()
  const mayConnect = useMayConnect()
  return (
    <>
      <PageTitle text="Connections">
        {mayConnect ? (
          <Button component="a" href="#/set-up" className="push" color={good}>
            Set up a connection
          </Button>
        ) : null}
      </PageTitle>
      <Loaded query={query}>
        {(connections) =>
          connections.length === 0 ? (
            <p className="card">
              No connection yet. Setting one up takes a name, a bucket or a container, and an administrator of the
              customer.
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
