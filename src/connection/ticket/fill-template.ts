/** Puts a ticket's data into the built page. What strangers wrote is in it, so it is written as data that no HTML can end. */
import type { RepairTicketPage } from './ticket-page.ts'

/** What stands in the built page where the data belongs. */
export const dataPlaceholder = '"%TICKET_DATA%"'

const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
}

/**
 * Fills the built page, which becomes the whole ticket: one file without any outside request.
 * @throws TypeError when the template has no place for the data, or more than one
 */
export function fillTemplate(template: string, page: RepairTicketPage): string {
  const [before, after, ...more] = template.split(dataPlaceholder)
  if (before === undefined || after === undefined || more.length > 0) {
    throw new TypeError('the template of the repair ticket has no single place for its data')
  }
  return `${before}${escapeJson(page)}${after}`
}

/** JSON that stands in a script element: neither a tag nor a comment can begin in it. */
function escapeJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (sign) => escapes[sign] ?? '')
}
