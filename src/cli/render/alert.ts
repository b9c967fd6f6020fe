/** Alerts for the terminal. Pure. */
import type { OperationOutput } from '../../contract/index.ts'
import { type Colors, printable } from '../terminal.ts'
import { renderTable } from './table.ts'

/** Lists who is told, and what was. */
export function renderAlerts(
  { recipients, alerts }: OperationOutput<'alert.list'>,
  _columns: number,
  colors: Colors,
): string {
  if (recipients.length === 0) return 'nobody is told; docs/watch.md says how webhooks and mail are set up'
  const marks = { taken: colors.green('●'), waiting: colors.yellow('○'), 'given-up': colors.red('✗') }
  const told = recipients.map(({ name, connections }) => [colors.bold(name), connections.join(', ') || 'no connection'])
  const sent = alerts.map(({ state, createdAt, recipient, summary, reason }) => [
    marks[state],
    createdAt.slice(0, 16),
    recipient,
    printable(summary),
    printable(reason ?? ''),
  ])
  const tables = [renderTable([['TOLD', 'OF'].map(colors.dim), ...told])]
  if (sent.length > 0) tables.push(renderTable([['', 'AT', 'TO', 'WHAT', 'TROUBLE'].map(colors.dim), ...sent]))
  return tables.join('\n\n')
}
