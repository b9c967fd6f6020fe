/** The data of this ticket, as the service wrote it into the page. */
import type { TicketPage } from '../../../src/contract/index.ts'
import type { ApiCall, OwnSettings } from '../../../src/iam/index.ts'

export type Page = TicketPage<ApiCall, OwnSettings>
export type Trial = NonNullable<Page['trial']>
export type Target = NonNullable<Page['target']>

/** Reads the data that stands in the page. */
export function readPage(): Page {
  const text = document.getElementById('ticket')?.textContent ?? ''
  return JSON.parse(text) as Page
}
