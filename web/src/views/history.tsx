/** What became of a connection over time: every verification, and what turned where the result turned. */
import type { HistoryEntry, VerificationChange } from '../../../src/contract/index.ts'
import { useHistory } from '../api.ts'
import { Loaded } from '../ui/loaded.tsx'
import { Prose } from '../ui/prose.tsx'
import { StatusBadge } from '../ui/status-badge.tsx'
import { count, when } from '../ui/words.ts'

const meanings: Readonly<Record<HistoryEntry['status'], string>> = {
  pass: 'works',
  fail: 'refused',
  unknown: 'not known',
}

export function ConnectionHistory({ name }: { readonly name: string }) {
  const query = useHistory(name)
  return <Loaded query={query}>{(entries) => <Entries entries={entries} />}</Loaded>
}

function Entries({ entries }: { readonly entries: readonly HistoryEntry[] }) {
  if (entries.length === 0) {
    return (
      <p className="card">
        Nothing has been verified yet. Press Verify configuration in the overview; after that the watch goes on by
        itself.
      </p>
    )
  }
  return (
    <>
      <section className="card">
        <h2 className="flush">The last {count(entries.length, 'verification')}</h2>
        <Strip entries={entries} />
      </section>
      <ol className="plain-list" aria-label="history">
        {runsOf(entries).map((run) => (
          <Run key={run.newest.startedAt} run={run} />
        ))}
      </ol>
    </>
  )
}

/** All results in a row, the newest at the right, as a clock would show them. */
function Strip({ entries }: { readonly entries: readonly HistoryEntry[] }) {
  const red = entries.filter(({ status }) => status === 'fail').length
  const words = `${count(entries.length - red, 'verification')} not refused, ${red} refused`
  return (
    <div className="strip" role="img" aria-label={words}>
      {[...entries].reverse().map((entry) => (
        <span
          key={entry.startedAt}
          data-status={entry.status}
          title={`${when(entry.startedAt)}: ${meanings[entry.status]}`}
        />
      ))}
    </div>
  )
}

/** Verifications one after the other between which nothing turned; the first of them is where it did. */
interface RunOfEntries {
  readonly newest: HistoryEntry
  readonly first: HistoryEntry
  readonly length: number
}

/** Groups entries, the newest first, so that what turned stands out. */
function runsOf(entries: readonly HistoryEntry[]): RunOfEntries[] {
  const runs: RunOfEntries[] = []
  for (const entry of entries) {
    const open = runs.at(-1)
    // The entry that turned is the oldest of its run: after it comes the one that it turned from.
    if (open === undefined || open.first.change !== undefined) runs.push({ newest: entry, first: entry, length: 1 })
    else runs[runs.length - 1] = { ...open, first: entry, length: open.length + 1 }
  }
  return runs
}

function Run({ run: { newest, first, length } }: { readonly run: RunOfEntries }) {
  const { change } = first
  return (
    <li className="card" data-history={first.status}>
      <div className="row">
        <StatusBadge state={first.status} word={meanings[first.status]} />
        <strong>{when(first.startedAt)}</strong>
        <span className="quiet">
          {length === 1
            ? `verified by ${first.by}`
            : `and ${count(length - 1, 'time')} more until ${when(newest.startedAt)}, last by ${newest.by}`}
        </span>
      </div>
      {change === undefined ? (
        <p className="quiet after">The earliest result that is kept.</p>
      ) : (
        <Turn change={change} />
      )}
    </li>
  )
}

function Turn({ change }: { readonly change: VerificationChange }) {
  const { cause } = change
  return (
    <>
      {cause === undefined ? null : (
        <p>
          <strong>
            <Prose text={cause.summary} />
          </strong>{' '}
          <span className="quiet">({cause.confidence})</span>
          {cause.repair === undefined ? null : (
            <>
              {' '}
              Repair: <Prose text={cause.repair} />
            </>
          )}
        </p>
      )}
      {change.turned.length === 0 ? null : (
        <ul className="plain-list turned" aria-label="what turned">
          {change.turned.map((one) => (
            <li key={one.check} className="row check turn" data-turned={one.check}>
              <span className="mono">{one.check}</span>
              <span className="row tight">
                <StatusBadge state={one.from ?? 'new'} /> <span aria-hidden="true">→</span>
                <span className="unseen">turned to</span> <StatusBadge state={one.to} />
              </span>
              <span className="check-detail">
                <Prose text={one.detail} />
              </span>
            </li>
          ))}
        </ul>
      )}
      <p className="quiet">
        {change.from === null ? 'The first verification. ' : null}
        {change.isOursChanged ? 'Our own settings of the connection had changed since the time before. ' : null}
        <Prose text={sentence(change.policies)} />
        {change.routes.length === 0
          ? null
          : ` It concerns the ${change.routes.length === 1 ? 'route' : 'routes'} ${change.routes.join(', ')}.`}
      </p>
    </>
  )
}

/** The contract's sentences have neither capital nor stop. */
function sentence(text: string): string {
  return text === '' ? '' : `${text.slice(0, 1).toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`
}
