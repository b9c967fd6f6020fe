/**
 * The chain as one row of links from the person to the object, the emblem of the product: `●` works, `✗` refuses, `○`
 * was not reached, `?` is not known. The marks differ in form, so that the row reads without colours too. Pure.
 */
import type { Chain, ChainLink, CheckStatus, LinkId } from '../../contract/index.ts'
import { type Colors, printable } from '../terminal.ts'

const marks: Readonly<Record<CheckStatus, string>> = { pass: '●', fail: '✗', skipped: '○', unknown: '?' }

const labels: Readonly<Record<LinkId, string>> = {
  person: 'person',
  'base-identity': 'base identity',
  'assume-role': 'AssumeRole',
  session: 'session',
  permissions: 'permissions',
  'bucket-policy': 'bucket policy',
  'kms-key': 'KMS key',
  object: 'object',
  'access-key': 'access key',
  'sas-token': 'SAS token',
  container: 'container',
}

const joint = ' ── '

/** Colours a status. */
export function statusColor(status: CheckStatus, colors: Colors): (text: string) => string {
  if (status === 'pass') return colors.green
  if (status === 'fail') return colors.red
  return colors.dim
}

/** The mark of a status in its colour. */
export function statusMark(status: CheckStatus, colors: Colors): string {
  return statusColor(status, colors)(marks[status])
}

/** The short name of a link. */
export function linkLabel(id: LinkId): string {
  return labels[id]
}

/**
 * Draws the row, broken where the terminal ends, and opens every red link beneath it with what stands there.
 * @param columns the width of the terminal
 */
export function renderChain(chain: Chain, columns: number, colors: Colors): string {
  const rows = breakRows(chain.links, columns)
  const lines: string[] = []
  for (const [index, row] of rows.entries()) {
    const lead = index === 0 ? '' : joint.trimStart()
    const trail = index === rows.length - 1 ? '' : joint.trimEnd()
    const drawn = row.map((link) => drawLink(link, colors)).join(colors.dim(joint))
    lines.push(`${colors.dim(lead)}${drawn}${colors.dim(trail)}`, ...openRed(row, lead.length, columns, colors))
  }
  return lines.join('\n')
}

function drawLink(link: ChainLink, colors: Colors): string {
  const label = labels[link.id]
  const text = link.status === 'fail' ? colors.bold(label) : label
  return `${statusMark(link.status, colors)} ${statusColor(link.status, colors)(text)}`
}

function widthOf(link: ChainLink): number {
  return 2 + labels[link.id].length
}

function breakRows(links: readonly ChainLink[], columns: number): ChainLink[][] {
  const rows: ChainLink[][] = []
  let used = 0
  for (const link of links) {
    const row = rows.at(-1)
    const needed = joint.length + widthOf(link)
    // Room is left for the joint that leads on to the next row.
    if (row === undefined || used + needed + joint.length > columns) {
      rows.push([link])
      used = widthOf(link) + (row === undefined ? 0 : joint.length)
    } else {
      row.push(link)
      used += needed
    }
  }
  return rows
}

/** Below this width a text breaks into scraps, so it is drawn to the left instead. */
const leastRoom = 34

/** Hangs what a red link says beneath its mark, led to the left where the line would end too soon. */
function openRed(row: readonly ChainLink[], lead: number, columns: number, colors: Colors): string[] {
  const lines: string[] = []
  let column = lead
  for (const link of row) {
    if (link.status === 'fail') lines.push(...openLink(link, column, columns, colors))
    column += widthOf(link) + joint.length
  }
  return lines
}

function openLink(link: ChainLink, column: number, columns: number, colors: Colors): string[] {
  const fits = columns - column - 3 >= leastRoom
  const indent = fits ? ' '.repeat(column) : ''
  const stem = fits ? `${indent}│` : `╭${'─'.repeat(Math.max(column - 1, 0))}╯`
  const [first = '', ...rest] = wrap(`${link.title}: ${printable(link.detail)}`, columns - indent.length - 3)
  return [colors.red(stem), `${indent}${colors.red('╰─')} ${first}`, ...rest.map((line) => `${indent}   ${line}`)]
}

/** Breaks a text at spaces; a word longer than the width stands on a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  lines.push(line)
  return lines
}
