/** The canaries of a route: how often they go, what the last one found, and what each leaves with the customer. */
import { NativeSelect } from '@mantine/core'
import type { Route } from '../../../src/contract/index.ts'
import { useCanaries } from '../target-api.ts'
import { Confirm } from '../ui/confirm.tsx'
import { Prose } from '../ui/prose.tsx'
import { StatusBadge } from '../ui/status-badge.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { when } from '../ui/words.ts'

const paces: readonly (readonly [hours: number, word: string])[] = [
  [0, 'never by themselves'],
  [1, 'every hour'],
  [6, 'every six hours'],
  [24, 'every day'],
  [168, 'every week'],
]

interface Props {
  readonly route: Route
  readonly mayConnect: boolean
  readonly mayOperate: boolean
}

export function Canaries({ route, mayConnect, mayOperate }: Props) {
  const { name, canary, canaries } = route
  const { send, pace } = useCanaries(name)
  const hours = canaries?.everyHours ?? 0
  const error = send.error ?? pace.error
  return (
    <details className="more canaries" data-canaries={hours}>
      <summary>Canaries: {wordOf(hours)}</summary>
      <p className="quiet after">
        A canary is a small report that goes all the way to every target, backups included: through spool, session,
        write, receipt and log. Each leaves an object and its receipt under{' '}
        <code className="mono">.drawbridge/canary/</code> of every target, and where we may only write, we can not take
        them away again. Agree with the customer on a lifecycle rule for that prefix first.
      </p>
      {canary === undefined ? <p className="quiet">None was ever sent.</p> : <LastCanary canary={canary} />}
      {canaries?.nextAt === undefined ? null : (
        <p className="quiet after">The next goes after {when(canaries.nextAt)}.</p>
      )}
      <div className="row actions bottom">
        {mayConnect ? (
          <NativeSelect
            label="How often"
            value={String(hours)}
            disabled={pace.isPending}
            data={choicesOf(hours)}
            onChange={(event) => pace.mutate(Number(event.currentTarget.value))}
          />
        ) : null}
        {mayOperate ? (
          <Confirm
            text="Send one now"
            question={`Send a canary to every target of ${name}?`}
            yes="Yes, send it"
            busy={send.isPending}
            onYes={() => send.mutate()}
          >
            <p className="flush">
              It leaves one object and its receipt at {route.targets.join(' and at ')}. What came of it stands here.
            </p>
          </Confirm>
        ) : null}
      </div>
      {error ? <Trouble error={error} /> : null}
    </details>
  )
}

function LastCanary({ canary }: { readonly canary: NonNullable<Route['canary']> }) {
  return (
    <>
      <p className="after">
        The last went {when(canary.at)}. <a href={`#/deliveries/${canary.delivery}`}>Its delivery</a>
      </p>
      <ul className="plain-list" aria-label="what the last canary found">
        {canary.targets.map(({ connection, state, reason }) => (
          <li key={connection} className="row check" data-canary={connection} data-state={state}>
            <StatusBadge state={state} word={state === 'cancelled' ? 'did not arrive' : state} />
            <span className="mono">{connection}</span>
            {reason === undefined ? null : (
              <span className="check-detail quiet">
                <Prose text={reason} />
              </span>
            )}
          </li>
        ))}
      </ul>
    </>
  )
}

function wordOf(hours: number): string {
  return paces.find(([pace]) => pace === hours)?.[1] ?? `every ${hours} hours`
}

/** The usual paces, and the one that is set where it is another. */
function choicesOf(hours: number): { value: string; label: string }[] {
  const known = paces.some(([pace]) => pace === hours) ? paces : [...paces, [hours, wordOf(hours)] as const]
  return known.map(([pace, label]) => ({ value: String(pace), label }))
}
