/** One connection: the frame around its sections, which the tabs lead to. */
import type { ReactNode } from 'react'
import type { Connection } from '../../../src/contract/index.ts'
import { useConnection } from '../api.ts'
import { type ConnectionSection, connectionAddress, connectionSections } from '../router.ts'
import { Loaded } from '../ui/loaded.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { StatusBadge } from '../ui/status-badge.tsx'
import { ConnectionHistory } from './history.tsx'
import { ConnectionKit } from './kit.tsx'
import { ConnectionOverview } from './overview.tsx'
import { WhatIfView } from './what-if.tsx'

const titles: Readonly<Record<ConnectionSection, string>> = {
  overview: 'Overview',
  history: 'History',
  'what-if': 'What if',
  kit: 'Set-up kit',
}

const views: Readonly<Record<ConnectionSection, (connection: Connection) => ReactNode>> = {
  overview: (connection) => <ConnectionOverview connection={connection} />,
  history: (connection) => <ConnectionHistory name={connection.name} />,
  'what-if': (connection) => <WhatIfView connection={connection} />,
  kit: (connection) => <ConnectionKit name={connection.name} />,
}

export function ConnectionView({ name, section }: { readonly name: string; readonly section: ConnectionSection }) {
  const query = useConnection(name)
  return (
    <Loaded query={query}>
      {(connection) => (
        <>
          <PageTitle text={section === 'overview' ? name : `${name}: ${titles[section].toLowerCase()}`}>
            <StatusBadge state={connection.state} />
          </PageTitle>
          <nav className="tabs" aria-label={`sections of ${name}`}>
            {connectionSections.map((one) => (
              <a key={one} href={connectionAddress(name, one)} aria-current={one === section ? 'page' : undefined}>
                {titles[one]}
              </a>
            ))}
          </nav>
          {views[section](connection)}
        </>
      )}
    </Loaded>
  )
}
