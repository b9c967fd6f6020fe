/** The box in which the administrator pastes the policies as they are now, and sees at once what they make of our calls. */
import type { PastedPolicy } from '../../../src/contract/index.ts'
import { statementView } from './diagnosis.ts'
import { element, lines, sentence } from './element.ts'
import { type CallFinding, evaluatePasted, type Findings, type Pasted, policyIndex } from './evaluate.ts'
import type { Target, Trial } from './page-data.ts'
import { repairView } from './repair.ts'
import { withPolicy } from './unwrap.ts'

const boxes: readonly { readonly policy: PastedPolicy; readonly title: string; readonly hint: string }[] = [
  { policy: 'trust', title: 'Trust policy of the role', hint: 'aws iam get-role' },
  { policy: 'permissions', title: 'Permissions of the role', hint: 'aws iam get-role-policy; several as a JSON list' },
  { policy: 'bucket', title: 'Bucket policy', hint: 'aws s3api get-bucket-policy' },
  { policy: 'key', title: 'Key policy', hint: 'aws kms get-key-policy' },
  { policy: 'boundary', title: 'Permissions boundary', hint: 'aws iam get-policy-version' },
]

/** How long nothing is typed before what stands there is evaluated. */
const quietMs = 250

/** Builds the box; every change is evaluated by itself. */
export function trialView(trial: Trial, target: Target | null): HTMLElement {
  const areas = new Map<PastedPolicy, HTMLTextAreaElement>()
  const answer = element('div', { 'aria-live': 'polite', class: 'answer' })
  const evaluate = (): void => {
    const text = (policy: PastedPolicy): string => areas.get(policy)?.value ?? ''
    const pasted: Pasted = {
      trust: text('trust'),
      permissions: text('permissions'),
      boundary: text('boundary'),
      bucket: text('bucket'),
      key: text('key'),
    }
    const isEmpty = Object.values(pasted).every((one) => one.trim() === '')
    answer.replaceChildren(...(isEmpty ? [] : answerOf(evaluatePasted(pasted, trial), target, apply)))
  }
  const apply: Apply = (policy, after, label) => {
    const area = areas.get(policy)
    if (area === undefined) return
    area.value = withPolicy(area.value, policyIndex(label), after)
    evaluate()
  }
  let timer = 0
  const fields = boxes.map(({ policy, title, hint }) => {
    const area = element('textarea', { id: `paste-${policy}`, rows: '8', spellcheck: 'false', placeholder: hint })
    area.addEventListener('input', () => {
      clearTimeout(timer)
      timer = window.setTimeout(evaluate, quietMs)
    })
    areas.set(policy, area)
    return element('div', {}, element('label', { for: `paste-${policy}` }, title), area)
  })
  return element(
    'section',
    { class: 'card', 'aria-label': 'try policies' },
    element('h2', {}, 'Try the policies as they are now'),
    element(
      'p',
      { class: 'quiet' },
      'Paste them as JSON, or just what the AWS CLI prints. They are evaluated in this page by the engine that Drawbridge itself uses, and go nowhere: the page can not send anything.',
    ),
    element('div', { class: 'boxes' }, ...fields),
    answer,
  )
}

type Apply = (policy: PastedPolicy, after: unknown, label: string) => void

const verdicts = {
  pass: 'These policies allow everything that the connection does.',
  fail: 'These policies refuse what the connection does.',
  unknown: 'What was pasted refuses nothing; what was not seen could.',
} as const

function answerOf(findings: Findings, target: Target | null, apply: Apply): HTMLElement[] {
  if (findings.kind === 'unreadable') {
    const text = `The ${findings.policy} policy can not be read: ${findings.message}`
    return [element('p', { class: 'verdict', 'data-verdict': 'unreadable' }, text)]
  }
  const { status, calls, open, notSeen } = findings
  return [
    element('p', { class: 'verdict', 'data-verdict': status }, verdicts[status]),
    element('ul', { class: 'calls' }, ...calls.map((call) => callView(call, target, apply))),
    lines('Wider than the connection should have it', open),
    lines('Not seen', notSeen),
  ].filter((one) => one !== null)
}

function callView(call: CallFinding, target: Target | null, apply: Apply): HTMLElement {
  const { operation, status, reason, statement, repairs } = call
  return element(
    'li',
    { 'data-call': operation, 'data-status': status },
    element(
      'p',
      {},
      element('span', { class: 'badge', 'data-confidence': status }, status),
      ' ',
      element('code', {}, operation),
      ' ',
      sentence(reason),
    ),
    statement === null ? null : statementView(statement),
    ...repairs.map((repair) => repairView(repair, target, apply)),
  )
}
