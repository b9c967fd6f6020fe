/** Findings as plain text for a terminal, in the manner of a compiler. Colours are the caller's business. */
import type { Finding } from '../iam/index.ts'
import { underlineSpan } from './underline.ts'

/**
 * Renders the findings of a text, each with its lines underlined, its help and its page, and a last line that counts them.
 * Findings without a position are rendered with their pointer.
 */
export function renderFindings(text: string, findings: readonly Finding[]): string {
  return `${[...findings.map((finding) => renderFinding(text, finding)), countLine(findings)].join('\n\n')}\n`
}

function renderFinding(text: string, finding: Finding): string {
  const { id, severity, message, pointer, position, help, see } = finding
  const head = `${severity}[${id}]: ${message}`
  const where =
    position === undefined
      ? [`  at ${pointer === '' ? 'the policy' : pointer}`]
      : [`  at line ${position.line}, column ${position.column}`, indent(underlineSpan(text, position))]
  return [head, ...where, `  help: ${help}`, `  see: ${see}`].join('\n')
}

function indent(block: string): string {
  return block
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')
}

/** `2 errors, 1 warning`. */
function countLine(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'no findings'
  const counts = new Map<string, number>()
  for (const { severity } of findings) counts.set(severity, (counts.get(severity) ?? 0) + 1)
  return [...counts].map(([severity, count]) => `${count} ${severity}${count === 1 ? '' : 's'}`).join(', ')
}
