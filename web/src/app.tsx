/** The frame of every page: who is signed in, where one is, and the view. */
import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { isSignedOut, signOut, useStatus } from './api.ts'
import { type Place, usePlace } from './router.ts'
import { ColourScheme } from './ui/colour-scheme.tsx'
import { Loaded } from './ui/loaded.tsx'
import { LostService } from './ui/lost-service.tsx'
import { Trouble } from './ui/trouble.tsx'
import { AccountView } from './views/account.tsx'
import { AlertsView } from './views/alerts.tsx'
import { ConnectionView } from './views/connection.tsx'
import { ConnectionsView } from './views/connections.tsx'
import { DeliveriesView } from './views/deliveries.tsx'
import { DeliveryView } from './views/delivery.tsx'
import { RoutesView } from './views/routes.tsx'
import { ScheduleView } from './views/schedules/schedule.tsx'
import { SchedulesView } from './views/schedules/schedules.tsx'
import { SetUpView } from './views/set-up/set-up.tsx'
import { TargetView } from './views/target.tsx'
import { TargetsView } from './views/targets.tsx'
import { TicketView } from './views/ticket.tsx'
import { TicketsView } from './views/tickets.tsx'

const doors: readonly { readonly href: string; readonly text: string; readonly views: readonly Place['view'][] }[] = [
  { href: '#/connections', text: 'Connections', views: ['connections', 'connection', 'set-up'] },
  { href: '#/routes', text: 'Routes', views: ['routes'] },
  { href: '#/schedules', text: 'Schedules', views: ['schedules', 'schedule'] },
  { href: '#/deliveries', text: 'Deliveries', views: ['deliveries', 'delivery'] },
  { href: '#/targets', text: 'Targets', views: ['targets', 'target'] },
  { href: '#/tickets', text: 'Tickets', views: ['tickets', 'ticket'] },
  { href: '#/alerts', text: 'Alerts', views: ['alerts'] },
]

export function App() {
  const place = usePlace()
  const status = useStatus()
  const isOut = isSignedOut(status.error)
  const who = isOut ? undefined : status.data?.signedIn
  return (
    <>
      <button type="button" className="skip" onClick={() => document.querySelector<HTMLElement>('h1')?.focus()}>
        Skip to the page
      </button>
      <header className="top">
        <div className="top-inner">
          <span className="brand">
            <img src="/favicon.svg" alt="" /> Drawbridge
          </span>
          <nav className="doors" aria-label="main">
            {doors.map(({ href, text, views }) => (
              <a key={href} href={href} aria-current={views.includes(place.view) ? 'page' : undefined}>
                {text}
              </a>
            ))}
          </nav>
          <span className="who">
            {who ? (
              <>
                <a href="#/account" aria-current={place.view === 'account' ? 'page' : undefined}>
                  {who.displayName ?? who.subject}
                </a>
                <Button size="compact-xs" variant="white" color="dark" onClick={() => void signOut(false)}>
                  Sign out
                </Button>
              </>
            ) : null}
            <ColourScheme />
          </span>
        </div>
      </header>
      <main className="page">
        <LostService status={status} />
        {isOut && status.error ? (
          <Trouble error={status.error} />
        ) : (
          <Loaded query={status}>{() => viewOf(place)}</Loaded>
        )}
      </main>
    </>
  )
}

function viewOf(place: Place): ReactNode {
  switch (place.view) {
    case 'connections':
      return <ConnectionsView />
    case 'set-up':
      return <SetUpView />
    case 'connection':
      return <ConnectionView key={place.name} name={place.name} section={place.section} />
    case 'deliveries':
      return <DeliveriesView />
    case 'delivery':
      return <DeliveryView key={place.id} id={place.id} />
    case 'routes':
      return <RoutesView />
    case 'schedules':
      return <SchedulesView />
    case 'schedule':
      return <ScheduleView key={place.name} name={place.name} />
    case 'targets':
      return <TargetsView />
    case 'target':
      return <TargetView key={place.name} name={place.name} />
    case 'alerts':
      return <AlertsView />
    case 'account':
      return <AccountView />
    case 'tickets':
      return <TicketsView />
    case 'ticket':
      return <TicketView key={place.id} id={place.id} />
  }
}
