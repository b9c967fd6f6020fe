/** A verification for the terminal: one line a check, then the chain, then why it is red. Pure. */
import type { Check, Verification, VerificationWait } from '../../contract/index.ts'
import { type Colors, printable } from '../terminal.ts'
import { renderChain, statusColor, statusMark, wrap } from './chain.ts'
import { renderDiagnosis } from './diagnosis.ts'

const idWidth = 22

/** Draws one check as it ends. */
export function renderCheck(check: Check, columns: number, colors: Colors): string {
  const time = `${Math.round(check.durationMs)} ms`.padStart(8)
  const lead = `${statusMark(check.status, colors)} ${check.id.padEnd(idWidth)}${colors.dim(time)}  `
  const indent = 2 + idWidth + 8 + 2
  const width = Math.max(columns - indent, 40)
  const repair = check.repair === undefined ? [] : wrap(`repair: ${printable(check.repair)}`, width)
  const [first = '', ...rest] = [...wrap(printable(check.detail), width), ...repair]
  return [`${lead}${first}`, ...rest.map((line) => `${' '.repeat(indent)}${line}`)].join('\n')
}

/** Draws that a check waits. */
export function renderWait(wait: VerificationWait, columns: number): string {
  const text = `${wait.check}: ${printable(wait.detail)} (${wait.secondsLeft} s left)`
  return wrap(text, Math.max(columns - 2, 40)).join('\n  ')
}

/** Draws how it ended: verdict, chain, and the diagnosis when there is one. */
export function renderVerification(verification: Verification, columns: number, colors: Colors): string {
  const { status, checks } = verification
  const verdict = { pass: 'works', fail: 'is refused', unknown: 'is not proved' }[status]
  const lines = [
    statusColor(status, colors)(colors.bold(`${verification.connection} ${verdict}`)) + colors.dim(countText(checks)),
  ]
  if (verification.redSince !== undefined) lines.push(`red since ${verification.redSince}`)
  if (verification.sessionValidUntil !== undefined) {
    lines.push(`an earlier session still works until ${verification.sessionValidUntil}`)
  }
  lines.push('')
  if (verification.diagnosis === undefined) lines.push(renderChain(verification.chain, columns, colors))
  else lines.push(renderDiagnosis(verification.diagnosis, columns, colors))
  return lines.join('\n')
}

function countText(checks: readonly Check[]): string {
  const count = (status: Check['status']): number => checks.filter((check) => check.status === status).length
  const parts = (['pass', 'fail', 'unknown', 'skipped'] as const)
    .map((status) => [count(status), status] as const)
    .filter(([number]) => number > 0)
    .map(([number, status]) => `${number} ${status}`)
  return ` (${parts.join(', ')})`
}
