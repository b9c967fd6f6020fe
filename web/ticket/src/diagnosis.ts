/** The diagnosis that is handed over: the chain with its red link, the causes, their statements and repairs. */
import type { Cause, DecidingStatement, Diagnosis } from '../../../src/contract/index.ts'
import { chainRow } from './chain.ts'
import { element, lines, sentence } from './element.ts'
import type { Target } from './page-data.ts'
import { repairView } from './repair.ts'

/** Shows a diagnosis. */
export function diagnosisView(diagnosis: Diagnosis, target: Target | null): HTMLElement {
  const { view, operation, summary, causes, ruledOut, notSeen, nextStep } = diagnosis
  const seen =
    view === 'administrator' ? 'seen with read access to the policies' : 'seen from our side: errors and probes'
  return element(
    'section',
    { 'aria-label': 'diagnosis', class: 'card' },
    element('p', { class: 'summary' }, sentence(summary)),
    element('p', { class: 'quiet' }, `${operation}, ${seen}`),
    chainRow(diagnosis.chain),
    ...causes.map((cause, place) => causeView(cause, place === 0, target)),
    lines('Ruled out', ruledOut),
    lines('Not seen', notSeen),
    nextStep === undefined ? null : element('p', {}, element('strong', {}, 'Next: '), sentence(nextStep)),
  )
}

function causeView(cause: Cause, isOpen: boolean, target: Target | null): HTMLElement {
  const { id, confidence, summary, because, statement, repairs } = cause
  return element(
    'details',
    { 'data-cause': id, ...(isOpen ? { open: '' } : {}) },
    element(
      'summary',
      {},
      element('span', { class: 'badge', 'data-confidence': confidence }, confidence),
      ' ',
      sentence(summary),
    ),
    statement === undefined ? null : statementView(statement),
    lines('Why', because),
    ...repairs.map((repair) => repairView(repair, target)),
  )
}

/** The statement that decided, with the value it wanted and the value it saw. */
export function statementView({ policy, index, sid, text, condition }: DecidingStatement): HTMLElement {
  const which = index === undefined ? 'no statement' : `statement ${index}${sid === undefined ? '' : ` (${sid})`}`
  const fact = (name: string, value: string): HTMLElement[] => [element('dt', {}, name), element('dd', {}, value)]
  return element(
    'div',
    { class: 'statement' },
    element('p', {}, element('strong', {}, which), ` of the ${policy} policy`),
    condition === undefined
      ? null
      : element(
          'dl',
          {},
          ...fact('condition', `${condition.operator} ${condition.key}`),
          ...fact('wanted', condition.wanted.join(', ')),
          ...fact('actual', condition.actual === null ? 'not sent, or not known' : condition.actual.join(', ')),
        ),
    text === undefined ? null : element('pre', {}, text),
  )
}
