/** Targets and the spool for the terminal: who is left alone and why, what waits, and what is pushed back. Pure. */
import type { OperationOutput, SpoolRoom, Target, TargetDetail } from '../../contract/index.ts'
import { type Colors, printable } from '../terminal.ts'
import { renderTable, sizeText } from './table.ts'

const words: Readonly<Record<Target['circuit'], readonly [string, 'green' | 'red' | 'yellow']>> = {
  closed: ['answers', 'green'],
  open: ['left alone', 'red'],
  'half-open': ['tried again', 'yellow'],
}

/** Lists targets, one a line; below, why those that are down are down. */
export function renderTargets({ targets }: OperationOutput<'target.list'>, _columns: number, colors: Colors): string {
  if (targets.length === 0) return 'no targets yet; `drawbridge route add --help` shows how to begin'
  const rows = targets.map((target) => {
    const [word, color] = words[target.circuit]
    return [
      colors.bold(target.connection),
      colors[color](word),
      target.since ?? '',
      target.probeAt ?? '',
      String(target.owed),
      canaryText(target, colors),
      target.routes.join(', '),
    ]
  })
  const reasons = targets.flatMap(({ connection, reason }) =>
    reason === undefined ? [] : [`  ${connection}: ${colors.dim(printable(reason))}`],
  )
  const head = ['TARGET', 'STATE', 'SINCE', 'TRIED NEXT', 'OWED', 'CANARY', 'ROUTES'].map(colors.dim)
  return [renderTable([head, ...rows]), ...reasons].join('\n')
}

function canaryText({ canary }: Target, colors: Colors): string {
  if (canary === undefined) return colors.dim('none')
  return canary.state === 'delivered' ? colors.green(canary.state) : colors.red(canary.state)
}

/** Draws one target with what waits for it. */
export function renderTarget(target: TargetDetail, columns: number, colors: Colors): string {
  const rows = target.waiting.map(({ id, state, report, period, route, sizeBytes, acceptedAt }) => [
    ...[colors.bold(id), state, printable(report), period, route, sizeText(sizeBytes), acceptedAt],
  ])
  const head = ['WAITS', 'STATE', 'REPORT', 'PERIOD', 'ROUTE', 'SIZE', 'ACCEPTED'].map(colors.dim)
  const waiting = rows.length === 0 ? 'nothing waits for it' : renderTable([head, ...rows])
  return `${renderTargets({ targets: [target] }, columns, colors)}\n\n${waiting}`
}

/** Draws how full the spool is, and whose reports are pushed back. */
export function renderSpool(spool: SpoolRoom, _columns: number, colors: Colors): string {
  const { usedBytes, quotaBytes, routes } = spool
  const most = quotaBytes === null ? 'as much as the disk holds' : sizeText(quotaBytes)
  const rows = routes.map(({ route, heldBytes, limitBytes, isDown, roomBytes }) => [
    colors.bold(route),
    sizeText(heldBytes),
    limitBytes === null ? '' : sizeText(limitBytes),
    roomText(roomBytes, colors),
    isDown ? colors.yellow('every target is down') : '',
  ])
  const head = ['ROUTE', 'WAITS', 'AT MOST', 'NEW REPORTS', ''].map(colors.dim)
  return [`${sizeText(usedBytes)} of ${most}`, ...(rows.length === 0 ? [] : [renderTable([head, ...rows])])].join('\n')
}

function roomText(roomBytes: number | null, colors: Colors): string {
  if (roomBytes === 0) return colors.red('pushed back')
  return roomBytes === null ? colors.green('accepted') : `accepted up to ${sizeText(roomBytes)}`
}
