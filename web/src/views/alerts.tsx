/** Who is told when a connection turns, and what became of every alert. */
import type { AlertRecipient, AlertRecord } from '../../../src/contract/index.ts'
import { useAlerts } from '../api.ts'
import { connectionAddress } from '../router.ts'
import { Loaded } from '../ui/loaded.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { Prose } from '../ui/prose.tsx'
import { StatusBadge } from '../ui/status-badge.tsx'
import { count, when } from '../ui/words.ts'

const words = { taken: 'taken', waiting: 'waiting', 'given-up': 'given up' } as const

export function AlertsView() {
  const query = useAlerts()
  return (
    <>
      <PageTitle text="Alerts" />
      <Loaded query={query}>
        {({ recipients, alerts }) => (
          <>
            <section className="card" aria-label="who is told">
              <h2>Who is told</h2>
              {recipients.length === 0 ? <NobodyIsTold /> : <Recipients recipients={recipients} />}
            </section>
            <section className="card" aria-label="what was told">
              <h2>What was told</h2>
              {alerts.length === 0 ? (
                <p className="quiet after">Nothing yet. A connection that turns red or green is told at once.</p>
              ) : (
                <ul className="plain-list">
                  {alerts.map((alert) => (
                    <Alert key={alert.id} alert={alert} />
                  ))}
                </ul>
              )}
            </section>
          </>
        )}
      </Loaded>
    </>
  )
}

function NobodyIsTold() {
  return (
    <p className="after">
      Nobody. Whoever runs this deployment names webhooks and mail recipients in its configuration, under{' '}
      <code className="mono">alerts</code>.
    </p>
  )
}

function Recipients({ recipients }: { readonly recipients: readonly AlertRecipient[] }) {
  return (
    <>
      <ul className="plain-list">
        {recipients.map(({ name, kind, connections }) => (
          <li key={name} className="row check" data-recipient={kind}>
            <StatusBadge state={kind} />
            <span className="mono">{name}</span>
            <span className="check-detail quiet">
              {connections.length === 0 ? 'of no connection yet' : `of ${connections.join(', ')}`}
            </span>
          </li>
        ))}
      </ul>
      <p className="quiet after">
        Addresses are not shown, because they may be secrets in themselves. They stand in the configuration of this
        deployment, under <code className="mono">alerts</code>.
      </p>
    </>
  )
}

function Alert({ alert }: { readonly alert: AlertRecord }) {
  return (
    <li className="row check" data-alert={alert.state}>
      <StatusBadge state={alert.state} word={words[alert.state]} />
      <span className="check-detail">
        <Prose text={alert.summary} />{' '}
        <a href={connectionAddress(alert.connection, 'history')} aria-label={`History of ${alert.connection}`}>
          history
        </a>
        {alert.reason === undefined ? null : (
          <>
            <br />
            <span className="quiet">
              {count(alert.attempts, 'attempt')} failed, the last because: <Prose text={alert.reason} />
              {alert.nextAt === undefined ? null : `; tried again ${when(alert.nextAt)}`}
            </span>
          </>
        )}
      </span>
      <span className="quiet">
        {when(alert.createdAt)}, to <span className="mono">{alert.recipient}</span>
      </span>
    </li>
  )
}
