/** The frame of every page: who is signed in, where one is, and the view. */
import { Button, Loader } from '@mantine/core'
import { signOut, useStatus } from './api.ts'
import { usePlace } from './router.ts'
import { Trouble } from './ui/trouble.tsx'
import { ConnectionView } from './views/connection.tsx'
import { ConnectionsView } from './views/connections.tsx'
import { DeliveriesView } from './views/deliveries.tsx'
import { DeliveryView } from './views/delivery.tsx'

export function App() {
  const place = usePlace()
  const status = useStatus()
  const who = status.data?.signedIn
  const onConnections = place.view === 'connections' || place.view === 'connection'
  return (
    <>
      <header className="top">
        <nav className="top-inner" aria-label="main">
          <span className="brand">
            <img src="/favicon.svg" alt="" /> Drawbridge
          </span>
          <a href="#/connections" aria-current={onConnections ? 'page' : undefined}>
            Connections
          </a>
          <a href="#/deliveries" aria-current={onConnections ? undefined : 'page'}>
            Deliveries
          </a>
          {who ? (
            <span className="who">
              {who.displayName ?? who.subject}
              <Button size="compact-xs" variant="white" color="dark" onClick={() => void signOut()}>
                Sign out
              </Button>
            </span>
          ) : null}
        </nav>
      </header>
      <main className="page">
        {status.isPending ? <Loader aria-label="loading" /> : null}
        {status.error ? <Trouble error={status.error} /> : null}
        {status.data ? <View /> : null}
      </main>
    </>
  )
}

function View() {
  const place = usePlace()
  if (place.view === 'connection') return <ConnectionView key={place.name} name={place.name} />
  if (place.view === 'deliveries') return <DeliveriesView />
  if (place.view === 'delivery') return <DeliveryView key={place.id} id={place.id} />
  return <ConnectionsView />
}
