/** What a plan would do, for the terminal: the chain under the plan, every call that changes, and the causes. Pure. */
import type { PlannedCall, WhatIf } from '../../contract/index.ts'
import { type Colors, printable } from '../terminal.ts'
import { renderChain, wrap } from './chain.ts'
import { causeLines, section } from './diagnosis.ts'
import { renderTable } from './table.ts'

const words: Readonly<Record<PlannedCall['effect'], string>> = {
  none: 'as before',
  breaks: 'breaks',
  repairs: 'works again',
  opens: 'opens',
  closes: 'is closed',
  uncertain: 'not certain',
  'still-refused': 'refused before and after',
  'still-open': 'open before and after',
}

/** Draws the answer of `connection whatif`. */
export function renderWhatIf(found: WhatIf, columns: number, colors: Colors): string {
  const lines = [
    renderChain(found.chain, columns, colors),
    '',
    ...wrap(`${verdictOf(found)}: ${printable(found.summary)}`, columns),
    '',
    renderTable(found.calls.map((call) => callRow(call, colors))),
  ]
  for (const [index, cause] of found.causes.entries()) {
    lines.push('', ...causeLines(cause, index + 1, columns, colors))
  }
  lines.push(...section('not seen', found.notSeen, columns, colors))
  return lines.join('\n')
}

function verdictOf({ connection, status }: WhatIf): string {
  if (status === 'pass') return `${connection} would go on working`
  return status === 'fail' ? `${connection} would break` : `${connection} might break`
}

function callRow(call: PlannedCall, colors: Colors): string[] {
  const { effect, isForbidden } = call
  const isBad = effect === 'breaks' || effect === 'opens'
  const isGrey = effect === 'uncertain' || effect === 'still-refused' || effect === 'still-open'
  const mark = isBad ? colors.red('✗') : isGrey ? colors.yellow('?') : colors.green('●')
  const word = isForbidden && effect === 'none' ? 'stays refused' : words[effect]
  return [mark, isBad ? colors.bold(colors.red(word)) : word, call.operation, colors.dim(printable(call.what))]
}
