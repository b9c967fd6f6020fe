/** What turned between two verifications of a connection. Pure. */
import type { AlertMessage, Check, HistoryEntry, Verification, VerificationChange } from '../../contract/index.ts'

/** What surrounds a result. */
export interface ResultFacts {
  /** Since when every verification has been red; null while it is not. */
  readonly redSince: Date | null
  /** The routes that deliver to the connection. */
  readonly routes: readonly string[]
  readonly isOursChanged: boolean
}

/**
 * Tells what turned: another result, or the same with other checks that fail. Null when nothing did. A first verification
 * that is green turned nothing.
 */
export function changeBetween(
  before: Verification | null,
  after: Verification,
  facts: ResultFacts,
): VerificationChange | null {
  const from = before?.status ?? null
  const isSame = from === after.status && sameFailures(before?.checks ?? [], after.checks)
  if (isSame || (from === null && after.status === 'pass')) return null
  const cause = after.status === 'pass' ? undefined : after.diagnosis?.causes[0]
  const repair = cause?.repairs[0]?.summary
  return {
    from,
    to: after.status,
    since: facts.redSince?.toISOString() ?? after.startedAt,
    turned: turnedChecks(before?.checks ?? [], after.checks),
    routes: [...facts.routes],
    ...(cause === undefined
      ? {}
      : {
          cause: {
            id: cause.id,
            link: cause.link,
            confidence: cause.confidence,
            summary: cause.summary,
            ...(repair === undefined ? {} : { repair }),
          },
        }),
    isOursChanged: facts.isOursChanged,
    policies: policiesText(after),
  }
}

function sameFailures(before: readonly Check[], after: readonly Check[]): boolean {
  const failed = (checks: readonly Check[]): string =>
    checks
      .filter(({ status }) => status === 'fail')
      .map(({ id }) => id)
      .sort()
      .join()
  return failed(before) === failed(after)
}

/** Checks behind a red link are skipped and say nothing, so only those that turned red, grey or green again count. */
function turnedChecks(before: readonly Check[], after: readonly Check[]): VerificationChange['turned'] {
  return after.flatMap(({ id, link, status, detail }) => {
    const from = before.find((check) => check.id === id)?.status ?? null
    const isWorse = status === 'fail' || status === 'unknown'
    const isBetter = status === 'pass' && (from === 'fail' || from === 'unknown')
    return from !== status && (isWorse || isBetter) ? [{ check: id, link, from, to: status, detail }] : []
  })
}

function policiesText({ status, diagnosis }: Verification): string {
  if (status === 'pass') return 'the policies were not looked at; what was refused is allowed again'
  return diagnosis?.view === 'administrator'
    ? 'the policies were read, and the cause names the statement'
    : "the customer's policies were not seen, so which text changed is not known here; `drawbridge diagnose` with read access to them names the statement"
}

/** The entry of the history. */
export function historyEntryOf(
  verification: Verification,
  by: string,
  version: number,
  change: VerificationChange | null,
): HistoryEntry {
  const { startedAt, finishedAt, status, checks } = verification
  const failed = checks.filter((check) => check.status === 'fail').map((check) => check.id)
  return { startedAt, finishedAt, status, by, version, failed, ...(change === null ? {} : { change }) }
}

/** One sentence about a change: `acme turned red at assume-role: …`. */
export function changeSummary(connection: string, change: VerificationChange): string {
  const { from, to, turned, cause } = change
  if (to === 'pass') return `\`${connection}\` works again`
  const word = to === 'fail' ? (from === 'fail' ? 'is red for another reason' : 'turned red') : 'could not be verified'
  const [first] = turned
  const where = first === undefined ? '' : ` at \`${first.check}\``
  const why = cause?.summary ?? first?.detail
  return `\`${connection}\` ${word}${where}${why === undefined ? '' : `: ${why}`}`
}

/** What is sent about a change. */
export function alertMessageOf(
  id: string,
  tenant: string,
  connection: string,
  at: Date,
  change: VerificationChange,
): AlertMessage {
  const summary = changeSummary(connection, change)
  return { id, event: 'connection.turned', tenant, connection, at: at.toISOString(), summary, change }
}
