/** A diagnosis for the terminal: the chain, then every cause with the statement that decided and its repairs. Pure. */
import type { Cause, DecidingStatement, Diagnosis, Repair } from '../../contract/index.ts'
import { type Colors, printable } from '../terminal.ts'
import { linkLabel, renderChain, wrap } from './chain.ts'

/** Draws a diagnosis. */
export function renderDiagnosis(diagnosis: Diagnosis, columns: number, colors: Colors): string {
  const lines = [renderChain(diagnosis.chain, columns, colors), '', ...wrap(printable(diagnosis.summary), columns)]
  for (const [index, cause] of diagnosis.causes.entries()) {
    lines.push('', ...causeLines(cause, index + 1, columns, colors))
  }
  lines.push(...section('ruled out', diagnosis.ruledOut, columns, colors))
  lines.push(...section('not seen', diagnosis.notSeen, columns, colors))
  if (diagnosis.nextStep !== undefined) {
    lines.push('', colors.bold('next'), ...indented(printable(diagnosis.nextStep), 2, columns))
  }
  return lines.join('\n')
}

/** Draws one cause: statement, reasons and repairs. */
export function causeLines(cause: Cause, number: number, columns: number, colors: Colors): string[] {
  const paint = cause.confidence === 'proved' ? colors.red : cause.confidence === 'likely' ? colors.yellow : colors.dim
  const head = `${colors.bold(`${number}.`)} ${paint(cause.confidence)} ${colors.dim(`at ${linkLabel(cause.link)}`)}`
  const lines = [head, ...indented(printable(cause.summary), 3, columns)]
  if (cause.statement !== undefined) lines.push(...statementLines(cause.statement, columns, colors))
  for (const reason of cause.because) lines.push(...indented(`${printable(reason)}`, 5, columns).map(colors.dim))
  for (const repair of cause.repairs) lines.push('', ...repairLines(repair, columns, colors))
  return lines
}

function statementLines(statement: DecidingStatement, columns: number, colors: Colors): string[] {
  const sid = statement.sid === undefined ? '' : ` \`${printable(statement.sid)}\``
  const effect = statement.effect === undefined ? '' : ` (${statement.effect})`
  const which = statement.index === undefined ? 'no statement' : `statement ${statement.index}${sid}${effect}`
  const lines = [`   ${colors.bold(which)} of the ${statement.policy} policy`]
  const { condition } = statement
  if (condition !== undefined) {
    const actual = condition.actual === null ? 'not carried by the request' : list(condition.actual)
    lines.push(
      `     ${condition.operator} ${colors.bold(printable(condition.key))}`,
      ...indented(`wants  ${list(condition.wanted)}`, 7, columns).map(colors.green),
      ...indented(`was    ${actual}`, 7, columns).map(colors.red),
    )
  } else if (statement.text !== undefined) {
    for (const line of printable(statement.text).split('\n').slice(0, 24)) lines.push(`     ${colors.dim(line)}`)
  }
  return lines
}

function list(values: readonly string[]): string {
  return values.length === 0 ? '(nothing)' : values.map(printable).join(', ')
}

function repairLines(repair: Repair, columns: number, colors: Colors): string[] {
  const side = repair.side === 'ours' ? 'our side' : 'their side'
  const proof = repair.proved ? colors.green('proved to work') : colors.dim('not proved')
  const lines = [
    `   ${colors.cyan('repair')} ${colors.dim(`${side}, `)}${proof}`,
    ...indented(printable(repair.summary), 5, columns),
    ...indented(`opens: ${printable(repair.opens)}`, 5, columns).map(colors.dim),
  ]
  if (repair.change !== undefined) {
    lines.push(
      `     ${colors.red(`- ${repair.change.setting}: ${printable(repair.change.from)}`)}`,
      `     ${colors.green(`+ ${repair.change.setting}: ${printable(JSON.stringify(repair.change.to))}`)}`,
    )
  }
  if (repair.patch !== undefined) lines.push(...diffLines(repair.patch.diff, colors))
  return lines
}

/** Colours a unified diff line by line. */
export function diffLines(diff: string, colors: Colors): string[] {
  return printable(diff)
    .trimEnd()
    .split('\n')
    .map((line) => {
      if (line.startsWith('+++') || line.startsWith('---')) return `     ${colors.bold(line)}`
      if (line.startsWith('+')) return `     ${colors.green(line)}`
      if (line.startsWith('-')) return `     ${colors.red(line)}`
      return line.startsWith('@@') ? `     ${colors.cyan(line)}` : `     ${line}`
    })
}

/** Draws a titled list; nothing where it is empty. */
export function section(title: string, items: readonly string[], columns: number, colors: Colors): string[] {
  if (items.length === 0) return []
  return ['', colors.bold(title), ...items.flatMap((item) => indented(printable(item), 2, columns).map(colors.dim))]
}

function indented(text: string, indent: number, columns: number): string[] {
  return wrap(text, Math.max(columns - indent, 40)).map((line) => `${' '.repeat(indent)}${line}`)
}
