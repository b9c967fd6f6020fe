/** The history of a connection for the terminal: one line a verification, and beneath it what turned. Pure. */
import type { HistoryEntry, OperationOutput, VerificationChange } from '../../contract/index.ts'
import { type Colors, printable } from '../terminal.ts'
import { statusMark, wrap } from './chain.ts'

/** Draws the entries, the newest first. */
export function renderHistory(
  { entries }: OperationOutput<'connection.history'>,
  columns: number,
  colors: Colors,
): string {
  if (entries.length === 0) return 'not verified yet'
  return entries.flatMap((entry) => entryLines(entry, columns, colors)).join('\n')
}

function entryLines(entry: HistoryEntry, columns: number, colors: Colors): string[] {
  const { startedAt, status, by, failed, change } = entry
  const what = failed.length === 0 ? '' : `  ${colors.red(failed.map(printable).join(', '))}`
  const head = `${statusMark(status, colors)} ${startedAt.slice(0, 19)}  ${status}  ${colors.dim(`by ${printable(by)}`)}${what}`
  return change === undefined ? [head] : [head, ...changeLines(change, columns, colors)]
}

function changeLines(change: VerificationChange, columns: number, colors: Colors): string[] {
  const { from, to, since, turned, cause, routes, isOursChanged, policies } = change
  const lines = [
    `turned from ${from ?? 'never verified'} to ${to}${to === 'fail' ? `, red since ${since.slice(0, 19)}` : ''}`,
    ...turned.map(({ check, from: was, to: is, detail }) => `${check}: ${was ?? 'not tried'} → ${is}: ${detail}`),
    ...(cause === undefined ? [] : [`${cause.confidence} at ${cause.link}: ${cause.summary}`]),
    ...(cause?.repair === undefined ? [] : [`repair: ${cause.repair}`]),
    routes.length === 0 ? 'no route delivers there' : `routes: ${routes.join(', ')}`,
    ...(isOursChanged ? ['our own settings of the connection changed since the verification before'] : []),
    policies,
  ]
  return lines.flatMap((line) => wrap(printable(line), columns - 4).map((part) => colors.dim(`    ${part}`)))
}
