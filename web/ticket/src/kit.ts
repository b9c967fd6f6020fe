/** The policies as the set-up kit asks for them: to compare with, or to put back as a whole. */
import { element } from './element.ts'
import type { Target } from './page-data.ts'
import { formsView } from './repair.ts'

/** Shows the kit's policies, each in the forms in which it can be applied. */
export function kitView(target: Target): HTMLElement {
  const policies = target.kit.map(({ policy, document }) =>
    element(
      'details',
      { 'data-kit': policy },
      element('summary', {}, `The ${policy} policy`),
      element('pre', {}, JSON.stringify(document, null, 2)),
      formsView(policy, document, target),
    ),
  )
  return element(
    'section',
    { class: 'card', 'aria-label': 'set-up kit' },
    element('h2', {}, 'What the set-up kit asks for'),
    element('p', { class: 'quiet' }, 'To compare with, or to put back as a whole. It replaces what stands there.'),
    ...policies,
  )
}
