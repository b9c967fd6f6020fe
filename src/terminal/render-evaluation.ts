/** An evaluation as plain text for a terminal: no colours, no layout beyond indentation. */
import {
  type ConditionOutcome,
  describeFailure,
  describeMatch,
  type Evaluation,
  grantLines,
  nameStatement,
  policyTypeName,
  type StatementOutcome,
} from '../iam/index.ts'

/** At most this many statements that nearly allowed are shown. */
const maxNearMisses = 3

/** Renders the decision, the deciding statement, the conditions that failed and the keys that were missing. */
export function renderEvaluation(evaluation: Evaluation): string {
  const lines = [`${evaluation.decision} (${policyTypeName(evaluation.decidedBy)})`, `  ${evaluation.reason}`]
  if (evaluation.statement !== undefined) lines.push('', 'decided by', ...renderStatement(evaluation.statement))
  const shown = evaluation.nearMisses.slice(0, maxNearMisses)
  if (shown.length > 0) lines.push('', 'nearly allowed')
  for (const { statement } of shown) lines.push(...renderStatement(statement))
  const hidden = evaluation.nearMisses.length - shown.length
  if (hidden > 0) lines.push(`  and ${hidden} more`)
  const grants = grantLines(evaluation.grants)
  if (grants.length > 0) lines.push('', 'on the key', ...grants.map((line) => `  ${line}`))
  if (evaluation.missingContextValues.length > 0) {
    lines.push('', `context keys not given: ${evaluation.missingContextValues.join(', ')}`)
  }
  return `${lines.join('\n')}\n`
}

function renderStatement(statement: StatementOutcome): readonly string[] {
  const policy = statement.policy === '' ? '' : ` of \`${statement.policy}\``
  const head = `  ${statement.effect} in ${nameStatement(statement)}${policy}`
  return [head, ...statement.conditions.flatMap(renderCondition)]
}

function renderCondition(condition: ConditionOutcome): readonly string[] {
  const mark = condition.matched ? 'holds' : 'fails'
  const text = condition.matched ? describeMatch(condition) : describeFailure(condition)
  return [`    ${mark}  ${condition.operator} ${condition.key}`, `           ${text}`]
}
