/** Deliveries for the terminal: where every target stands, and what the way to a refused one looks like. Pure. */
import type { Delivery, DeliveryTarget } from '../../contract/index.ts'
import { type Colors, printable } from '../terminal.ts'
import { renderDiagnosis } from './diagnosis.ts'
import { renderTable, sizeText } from './table.ts'

const targetMarks: Readonly<Record<DeliveryTarget['state'], readonly [string, 'green' | 'red' | 'dim' | 'yellow']>> = {
  waiting: ['…', 'dim'],
  sending: ['…', 'yellow'],
  delivered: ['●', 'green'],
  refused: ['✗', 'red'],
  failed: ['✗', 'red'],
  conflict: ['✗', 'red'],
  skipped: ['○', 'dim'],
  cancelled: ['○', 'yellow'],
}

function stateColor(state: Delivery['state'], colors: Colors): (text: string) => string {
  if (state === 'delivered') return colors.green
  if (state === 'owed' || state === 'cancelled') return colors.yellow
  return state === 'accepted' ? colors.dim : colors.red
}

/** Lists deliveries, one a line. */
export function renderDeliveries(deliveries: readonly Delivery[], colors: Colors): string {
  if (deliveries.length === 0) return 'no deliveries yet; `drawbridge deliver --help` shows how to begin'
  return renderTable([
    ['ID', 'STATE', 'REPORT', 'PERIOD', 'ROUTE', 'ACCEPTED'].map(colors.dim),
    ...deliveries.map((delivery) => [
      colors.bold(delivery.id),
      stateColor(delivery.state, colors)(delivery.state),
      printable(delivery.report),
      delivery.period,
      delivery.route,
      delivery.acceptedAt,
    ]),
  ])
}

/** Draws one delivery with its targets. */
export function renderDelivery(delivery: Delivery, columns: number, colors: Colors): string {
  const size = delivery.files.reduce((sum, file) => sum + file.sizeBytes, 0)
  const files = delivery.files.length === 1 ? '1 file' : `${delivery.files.length} files`
  const lines = [
    `${colors.bold(delivery.id)}  ${stateColor(delivery.state, colors)(colors.bold(delivery.state))}`,
    renderTable([
      [`  ${colors.dim('report')}`, `${printable(delivery.report)}, ${delivery.period} (${files}, ${sizeText(size)})`],
      [`  ${colors.dim('route')}`, delivery.route],
      [`  ${colors.dim('for')}`, printable(delivery.actor.displayName ?? delivery.actor.subject)],
      [`  ${colors.dim('accepted')}`, delivery.acceptedAt],
    ]),
    '',
    ...delivery.targets.map((target) => targetLines(target, colors)),
  ]
  const refused = delivery.targets.find((target) => target.diagnosis !== undefined)
  if (refused?.diagnosis !== undefined) lines.push('', renderDiagnosis(refused.diagnosis, columns, colors))
  return lines.join('\n')
}

function targetLines(target: DeliveryTarget, colors: Colors): string {
  const [mark, color] = targetMarks[target.state]
  const how = target.verificationLevel === undefined ? '' : `, ${target.verificationLevel}`
  const receipt = target.hasReceipt ? ', receipt' : ''
  const when = target.deliveredAt === undefined ? '' : ` ${target.deliveredAt}`
  const lines = [
    `${colors[color](mark)} ${colors.bold(target.connection)}  ${target.state}${how}${receipt}${colors.dim(when)}`,
  ]
  if (target.reason !== undefined) lines.push(`  ${colors[color](printable(target.reason))}`)
  if (target.state === 'delivered') for (const key of target.keys) lines.push(`  ${colors.dim(printable(key))}`)
  return lines.join('\n')
}
