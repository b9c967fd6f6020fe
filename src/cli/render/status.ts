/** The status of the deployment for the terminal. Pure. */
import type { OperationOutput } from '../../contract/index.ts'
import { type Colors, printable } from '../terminal.ts'
import { renderTable } from './table.ts'

/** Draws who we are and who is signed in. */
export function renderStatus(status: OperationOutput<'service.status'>, _columns: number, colors: Colors): string {
  const { kind, subject, displayName } = status.signedIn
  const rows = [
    ['version', status.version],
    ['tenant', status.tenant],
    ['signed in', `${printable(displayName ?? subject)} (${kind})`],
    ['may', status.signedIn.rights.join(', ') || 'nothing'],
    ['principal', status.principal ?? 'no AWS identity of our own is in reach'],
    ['egress', status.egress],
    ...status.offers.map(({ mode, reason }) => [mode, reason === undefined ? 'offered' : `not offered: ${reason}`]),
  ]
  return renderTable(rows.map(([name = '', value = '']) => [colors.dim(name), value]))
}
