/** A repair: what to do, what it opens, the diff, and the forms in which it can be applied. */
import type { PastedPolicy, Repair } from '../../../src/contract/index.ts'
import { formsOf } from './commands.ts'
import { element, sentence } from './element.ts'
import type { Target } from './page-data.ts'

const pasteable: ReadonlySet<string> = new Set(['trust', 'permissions', 'boundary', 'bucket', 'key'])

/** What a repair shows; `apply` puts it into the box of pasted policies. */
export type Shown = Pick<Repair, 'side' | 'summary' | 'opens' | 'proved'> & {
  readonly patch?:
    | { readonly policy: string; readonly name?: string; readonly diff: string; readonly after: unknown }
    | undefined
}

/** Shows a repair. */
export function repairView(
  repair: Shown,
  target: Target | null,
  apply?: (policy: PastedPolicy, after: unknown, label: string) => void,
): HTMLElement {
  const { side, summary, opens, proved, patch } = repair
  const whose = side === 'ours' ? 'On our side, nothing for you to do: ' : 'In your policy: '
  const view = element(
    'section',
    { class: 'repair', 'data-repair': side },
    element('p', {}, element('strong', {}, whose), sentence(summary)),
    element(
      'p',
      { class: 'quiet' },
      'Opens: ',
      sentence(opens),
      proved ? '. Tried with the evaluator: with it the call is allowed.' : '. Not tried.',
    ),
  )
  if (patch === undefined) return view
  view.append(diffView(patch.diff))
  if (!isPasteable(patch.policy)) return view
  const { policy } = patch
  if (apply !== undefined) {
    const button = element('button', { type: 'button' }, 'Try it in the box')
    button.addEventListener('click', () => apply(policy, patch.after, patch.name ?? policy))
    view.append(button)
  }
  if (target !== null && side === 'theirs') view.append(formsView(policy, patch.after, target))
  return view
}

function isPasteable(policy: string): policy is PastedPolicy {
  return pasteable.has(policy)
}

/** The forms in which a policy can be applied, each to be opened. */
export function formsView(policy: PastedPolicy, after: unknown, target: Target): HTMLElement {
  const forms = formsOf(policy, after, target).map(({ title, text }) =>
    element('details', { 'data-form': title }, element('summary', {}, title), element('pre', {}, text)),
  )
  return element('div', { class: 'forms' }, ...forms)
}

/** A unified diff, line by line. */
function diffView(text: string): HTMLElement {
  const rows = text
    .trimEnd()
    .split('\n')
    .map((line) => element('code', { 'data-kind': kindOf(line) }, line === '' ? ' ' : line))
  return element('div', { class: 'diff', role: 'region', 'aria-label': 'diff' }, ...rows)
}

function kindOf(line: string): string {
  if (line.startsWith('@@') || line.startsWith('---') || line.startsWith('+++')) return 'place'
  if (line.startsWith('+')) return 'added'
  return line.startsWith('-') ? 'removed' : 'same'
}
