/**
 * Checks one policy against all rules and returns findings in the order of the policy. Findings are advice: nothing here
 * decides what a policy allows. The rules stand in `*-rules.ts`, each a generator of drafts; this file reads the policy as
 * far as it can be read, runs them, and joins the rows of the table and the positions.
 */
import {
  isObject,
  type PositionIndex,
  pointerStep,
  readJsonWithPositions,
  readPolicyParts,
  type TextSpan,
} from '../read/index.ts'
import type { Policy, PolicyProblem } from '../types.ts'
import { actionRules } from './action-rules.ts'
import { conditionRules } from './condition-rules.ts'
import { characterRules, limitRules, sidRules, sizeRules, versionRules } from './document-rules.ts'
import type { CheckOptions, Draft, Finding } from './finding.ts'
import { findingRow, type Severity } from './finding-table.ts'
import { grammarFindings } from './grammar-rules.ts'
import { keyAdministration, principalRules } from './principal-rules.ts'
import { reachRules } from './reach-rules.ts'
import { redundancyRules } from './redundancy-rules.ts'
import { resourceRules } from './resource-rules.ts'
import { textRules } from './text-rules.ts'
import { trustRules } from './trust-rules.ts'
import { type PolicyView, type StatementView, viewPolicy } from './view.ts'

/** No more findings than this are given for one policy. */
const maxFindings = 200

/**
 * Checks a policy, given as JSON text or as a parsed value, for what it is meant to be. Statements that can be read are
 * checked even when others can not. Text gives findings with positions. The order is that of the statements, findings
 * about the whole policy first, and within a statement the graver first; at most 200 are given.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
 */
export function checkPolicy(input: unknown, options: CheckOptions): readonly Finding[] {
  if (typeof input !== 'string') return checkValue(input, options, null)
  const json = readJsonWithPositions(input)
  if (json.ok) return checkValue(json.value.value, options, { text: input, positions: json.value.positions })
  const { message, pointer, line, column } = json.error
  const offset = offsetOf(input, line, column)
  return [join({ id: 'json-syntax', pointer, message }, { offset, length: 1, line, column })]
}

function offsetOf(text: string, line: number, column: number): number {
  let start = 0
  for (let i = 1; i < line; i++) start = text.indexOf('\n', start) + 1
  return start + column - 1
}

interface Source {
  readonly text: string
  readonly positions: PositionIndex
}

function checkValue(value: unknown, options: CheckOptions, source: Source | null): readonly Finding[] {
  const isBare = isBareStatement(value)
  const { policy, problems } = readParts(value, isBare)
  const drafts = [...collect(draftsOf(value, policy, problems, isBare, options, source?.text ?? null))]
  const findings = drafts.map((draft) => join(draft, source === null ? null : spanOf(draft, source)))
  return findings.toSorted(byPlace)
}

/** People paste the one statement that a page shows. */
function isBareStatement(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    isObject(value) &&
    value['Statement'] === undefined &&
    'Effect' in value &&
    ('Action' in value || 'NotAction' in value)
  )
}

function readParts(
  value: unknown,
  isBare: boolean,
): { readonly policy: Policy | null; readonly problems: readonly PolicyProblem[] } {
  if (!isBare) return readPolicyParts(value)
  const { policy, problems } = readPolicyParts({ Version: '2012-10-17', Statement: value })
  return {
    policy,
    problems: problems.map((problem) => ({ ...problem, pointer: problem.pointer.replace(/^\/Statement/, '') })),
  }
}

function* collect(drafts: Iterable<Draft>): Generator<Draft> {
  let count = 0
  for (const draft of drafts) {
    yield draft
    if (++count === maxFindings) return
  }
}

function* draftsOf(
  value: unknown,
  policy: Policy | null,
  problems: readonly PolicyProblem[],
  isBare: boolean,
  options: CheckOptions,
  text: string | null,
): Generator<Draft> {
  if (isBare) {
    yield { id: 'bare-statement', pointer: '', message: 'this is one statement, and AWS takes a whole policy' }
  }
  const view = policy === null ? null : viewPolicy(policy, options, isBare)
  yield* grammarFindings(value, rawStatements(value, isBare), notSaidTwice(problems, view), isBare)
  if (text !== null) yield* characterRules(text, options.kind)
  if (view === null) return
  if (!isBare) yield* versionRules(view)
  if (problems.length === 0) yield* sizeRules(view, text)
  yield* sidRules(view)
  yield* limitRules(view)
  yield* keyAdministration(view)
  for (const statement of view.statements) yield* statementRules(statement, view)
  yield* trustRules(view)
  yield* redundancyRules(view)
}

/** That a statement which can be read has neither Resource nor Principal is said by the rules for its kind. */
function notSaidTwice(problems: readonly PolicyProblem[], view: PolicyView | null): readonly PolicyProblem[] {
  const read = new Set(view?.statements.map(({ pointer }) => pointer))
  return problems.filter(
    ({ message, pointer }) => !(message.startsWith('the statement has no Resource') && read.has(pointer)),
  )
}

function* statementRules(statement: StatementView, view: PolicyView): Generator<Draft> {
  yield* principalRules(statement, view)
  yield* actionRules(statement, view)
  yield* resourceRules(statement, view)
  yield* conditionRules(statement, view)
  yield* textRules(statement, view)
  yield* reachRules(statement, view)
}

function rawStatements(
  value: unknown,
  isBare: boolean,
): readonly { readonly raw: Readonly<Record<string, unknown>>; readonly pointer: string }[] {
  if (!isObject(value)) return []
  if (isBare) return [{ raw: value, pointer: '' }]
  const statements = value['Statement']
  if (isObject(statements)) return [{ raw: statements, pointer: '/Statement' }]
  if (!Array.isArray(statements)) return []
  return statements.flatMap((raw: unknown, i) =>
    isObject(raw) ? [{ raw, pointer: `/Statement${pointerStep(i)}` }] : [],
  )
}

/** The run to underline: for a whole statement or policy its first character, else the value or the name. */
function spanOf(draft: Draft & { readonly offset?: number }, { text, positions }: Source): TextSpan {
  if (draft.offset !== undefined) {
    const before = text.slice(0, draft.offset)
    const line = before.split('\n').length
    return { offset: draft.offset, length: 1, line, column: draft.offset - before.lastIndexOf('\n') }
  }
  const { key, value } = positions.nearest(draft.pointer)
  return draft.part === 'key' && key !== null ? key : value
}

function join(draft: Draft, position: TextSpan | null): Finding {
  const row = findingRow(draft.id)
  const { id, message, pointer } = draft
  return {
    id,
    severity: row.severity,
    message,
    pointer,
    ...(position === null ? {} : { position }),
    help: draft.help ?? row.help,
    see: row.see,
  }
}

const severities: readonly Severity[] = ['error', 'security-warning', 'warning', 'suggestion']

function byPlace(a: Finding, b: Finding): number {
  return statementOf(a) - statementOf(b) || severities.indexOf(a.severity) - severities.indexOf(b.severity)
}

function statementOf({ pointer }: Finding): number {
  const index = /^\/Statement\/(\d+)/.exec(pointer)?.[1]
  return index === undefined ? -1 : Number(index)
}
