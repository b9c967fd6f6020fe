/** The checks of a verification, in the order in which they ended. */
import type { Check } from '../../../src/contract/index.ts'
import { Prose } from './prose.tsx'
import { StatusBadge } from './status-badge.tsx'

export function CheckList({ checks }: { readonly checks: readonly Check[] }) {
  return (
    <ul className="plain-list" aria-label="checks">
      {checks.map((check) => (
        <li key={check.id} className="row check tried" data-check={check.id} data-status={check.status}>
          <StatusBadge state={check.status} />
          <span className="mono">{check.id}</span>
          <span className="check-detail">
            <Prose text={check.detail} />
            {check.repair === undefined ? null : (
              <>
                <br />
                <strong>Repair:</strong> <Prose text={`${check.repair}.`} />
              </>
            )}
          </span>
          <span className="quiet push">{Math.round(check.durationMs)} ms</span>
        </li>
      ))}
    </ul>
  )
}
