/** The circuit of a target and its last canary, in words. */
import type { Target } from '../../../src/contract/index.ts'
import { Prose } from '../ui/prose.tsx'
import { StatusBadge } from '../ui/status-badge.tsx'
import { count, when } from '../ui/words.ts'

const words = { closed: 'answers', open: 'left alone', 'half-open': 'tried again' } as const

/** The badge, and one line that says why and since when. */
export function Circuit({ target }: { readonly target: Target }) {
  const { circuit, since, probeAt, failures, reason } = target
  return (
    <>
      <StatusBadge state={circuit} word={words[circuit]} />
      <span className={circuit === 'closed' && failures === 0 ? undefined : 'check-detail'} data-circuit={circuit}>
        {circuit === 'closed' ? (
          failures === 0 ? null : (
            `${count(failures, 'fault')} in a row`
          )
        ) : (
          <>
            since {when(since ?? '')}
            {circuit === 'half-open' ? ', tried now' : `, tried next ${when(probeAt ?? '')}`}
          </>
        )}
        {reason === undefined ? null : (
          <>
            {': '}
            <Prose text={reason} />
          </>
        )}
      </span>
    </>
  )
}

/** What the newest canary found at a target. */
export function CanaryResult({ canary }: { readonly canary: NonNullable<Target['canary']> }) {
  return (
    <>
      <span className="quiet">{when(canary.at)}</span>
      <StatusBadge state={canary.state} word={canary.state === 'cancelled' ? 'did not arrive' : canary.state} />
      {canary.reason === undefined ? null : (
        <span className="quiet">
          <Prose text={canary.reason} />
        </span>
      )}
    </>
  )
}
