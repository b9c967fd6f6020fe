/** What an alert says as a mail: one subject, the difference as text, and the same as HTML without anything from outside. Pure. */
import type { AlertMessage, VerificationChange } from '../../contract/index.ts'

/** The mail's subject: one line of at most 150 characters, whatever the summary holds. */
export function subjectOf({ summary }: AlertMessage): string {
  const line = `Drawbridge: ${summary.replaceAll('`', '')}`.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()
  const letters = [...line]
  return letters.length <= 150 ? line : `${letters.slice(0, 149).join('')}…`
}

/** A heading with lines below it. */
interface Part {
  readonly title: string
  readonly lines: readonly string[]
}

/** Writes the mail. */
export function mailTextOf(message: AlertMessage): { readonly text: string; readonly html: string } {
  const parts = partsOf(message)
  const footer = `alert ${message.id}, tenant ${message.tenant}, ${message.at}`
  const text = [
    oneLine(message.summary),
    ...parts.map(({ title, lines }) => [title, ...lines.map((line) => `  ${oneLine(line)}`)].join('\n')),
    footer,
  ].join('\n\n')
  const html = [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"></head><body style="font-family:sans-serif">',
    `<p><strong>${escapeHtml(oneLine(message.summary))}</strong></p>`,
    ...parts.map(({ title, lines }) => {
      const items = lines.map((line) => `<li>${escapeHtml(oneLine(line))}</li>`).join('')
      return `<h3>${escapeHtml(title)}</h3><ul>${items}</ul>`
    }),
    `<p style="color:#666">${escapeHtml(footer)}</p></body></html>`,
  ].join('\n')
  return { text: `${text}\n`, html }
}

function partsOf(message: AlertMessage): Part[] {
  const where = [`connection ${message.connection}`]
  if (message.event === 'connection.warned') {
    return [{ title: 'What is to be done', lines: [...where, message.warning.message] }]
  }
  return changeParts(message.change, where)
}

function changeParts(change: VerificationChange, where: readonly string[]): Part[] {
  const { from, to, since, turned, routes, cause, policies } = change
  const parts: Part[] = [
    {
      title: 'What changed',
      lines: [
        ...where,
        `result: ${from ?? 'never verified'} → ${to}${to === 'pass' ? '' : `, since ${since}`}`,
        ...(routes.length === 0 ? [] : [`routes that deliver there: ${routes.join(', ')}`]),
      ],
    },
    { title: 'Checks', lines: turned.map((one) => `${one.check}: ${one.from ?? 'new'} → ${one.to}: ${one.detail}`) },
    {
      title: 'Probable cause',
      lines:
        cause === undefined
          ? []
          : [
              `${cause.confidence} at ${cause.link}: ${cause.summary}`,
              ...(cause.repair === undefined ? [] : [`repair: ${cause.repair}`]),
            ],
    },
    { title: 'Policies', lines: [policies] },
  ]
  return parts.filter(({ lines }) => lines.length > 0)
}

/** What the other side said may hold anything. */
function oneLine(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()
  return line.length <= 2000 ? line : `${line.slice(0, 1999)}…`
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character)
}
