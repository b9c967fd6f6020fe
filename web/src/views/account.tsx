/** Who is signed in here, what that person may do, and the ways out. */
import { Button } from '@mantine/core'
import { signOut, useStatus } from '../api.ts'
import { Loaded } from '../ui/loaded.tsx'
import { PageTitle } from '../ui/page-title.tsx'

const meanings = {
  view: 'look at everything',
  operate: 'deliver, verify, diagnose, hand tickets over',
  connect: 'set connections and routes up and change them',
} as const

export function AccountView() {
  const query = useStatus()
  return (
    <Loaded query={query}>
      {({ signedIn, tenant, version, principal, egress }) => (
        <>
          <PageTitle text={signedIn.displayName ?? signedIn.subject} />
          <section className="card" aria-label="who is signed in">
            <dl className="facts">
              <dt>signed in as</dt>
              <dd>
                {signedIn.subject} <span className="quiet">({signedIn.kind})</span>
              </dd>
              <dt>may</dt>
              <dd>
                {signedIn.rights.length === 0 ? 'nothing' : signedIn.rights.map((right) => meanings[right]).join('; ')}
              </dd>
            </dl>
            <div className="row actions">
              <Button variant="default" onClick={() => void signOut(false)}>
                Sign out here
              </Button>
              <Button variant="default" onClick={() => void signOut(true)}>
                Sign out everywhere
              </Button>
            </div>
          </section>
          <section className="card" aria-label="this deployment">
            <h2>This deployment</h2>
            <dl className="facts">
              <dt>version</dt>
              <dd>{version}</dd>
              <dt>tenant</dt>
              <dd>{tenant}</dd>
              <dt>principal</dt>
              <dd className="mono">{principal ?? 'no AWS identity of our own is in reach'}</dd>
              <dt>egress</dt>
              <dd className="mono">{egress}</dd>
            </dl>
          </section>
        </>
      )}
    </Loaded>
  )
}
