/** The chain in a row, its red link open. */
import type { Chain, CheckStatus } from '../../../src/contract/index.ts'
import { element } from './element.ts'

const marks: Readonly<Record<CheckStatus, string>> = { pass: '✓', fail: '✕', unknown: '?', skipped: '–' }
const words: Readonly<Record<CheckStatus, string>> = {
  pass: 'works',
  fail: 'refused',
  unknown: 'not known',
  skipped: 'not reached',
}

/** Draws a chain; on a narrow page from top to bottom. */
export function chainRow(chain: Pick<Chain, 'links'>): HTMLElement {
  const links = chain.links.map(({ id, status, title, detail }) =>
    element(
      'li',
      { 'data-link': id, 'data-status': status },
      element('span', { class: 'mark', role: 'img', 'aria-label': words[status] }, marks[status]),
      element('span', { class: 'title' }, title),
      element('span', { class: 'detail', title: detail }, detail.replaceAll('`', '')),
    ),
  )
  return element('ol', { class: 'chain', 'aria-label': 'access chain' }, ...links)
}
