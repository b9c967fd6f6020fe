/** An explanation as plain text for a terminal: no colours, no layout beyond indentation. The data is `explainCall`'s. */
import {
  type CallExplanation,
  type ElementExplanation,
  grantLines,
  listValues,
  type PartExplanation,
  type PolicyExplanation,
  type PolicyPlace,
  policyTypeName,
  type StatementExplanation,
  statementLabel,
} from '../iam/index.ts'
import { underline } from './underline.ts'
import { visible } from './visible.ts'

/** Statements of one policy that are told in full; the rest is counted. */
const mostStatements = 20

/**
 * Renders an explanation: the decision and its sentence, the deciding element, near misses, then each request with its
 * policies. With the text of the deciding policy, by the policy's name, the element is shown underlined in it.
 */
export function renderExplanation(explanation: CallExplanation, texts: Readonly<Record<string, string>> = {}): string {
  const { operation, decision, sentence, deciding, nearMisses } = explanation
  const link = explanation.link === null ? '' : `, refused at the link ${explanation.link}`
  const lines = [`${operation}: ${decision}${link}`, `  ${sentence}`]
  if (deciding !== null) {
    lines.push('', `${decision === 'implicitDeny' ? 'nearest to allowing' : 'decided'} in ${placeText(deciding)}`)
    const text = Object.hasOwn(texts, deciding.policy) ? texts[deciding.policy] : undefined
    if (text !== undefined) lines.push(...underline(text, deciding.pointer).split('\n'))
  }
  if (nearMisses.length > 0) lines.push('', 'what would change it')
  for (const [at, near] of nearMisses.entries()) {
    lines.push(`  ${at + 1}. ${near.sentence}`, `     ${placeText(near)}`)
  }
  lines.push('', 'requests')
  for (const part of explanation.parts) lines.push(...partLines(part))
  lines.push(...notes(explanation))
  return `${lines.map(visible).join('\n')}\n`
}

function placeText({ policy, policyType, index, sid, pointer }: PolicyPlace): string {
  const label = statementLabel(sid === undefined ? { index } : { index, sid })
  return `the ${policyTypeName(policyType)} \`${policy}\`, statement ${label}, at ${pointer}`
}

function partLines(part: PartExplanation): readonly string[] {
  const { request, decision, sentence, policies, grants } = part
  return [
    `  ${request.action} on ${request.resource}: ${decision}`,
    `    ${sentence}`,
    ...policies.flatMap(policyLines),
    ...grantLines(grants).map((line) => `    ${line}`),
  ]
}

function policyLines(explained: PolicyExplanation): readonly string[] {
  const { policy, policyType, isSeen, statements } = explained
  const head = `    ${policyTypeName(policyType)} \`${policy}\``
  if (!isSeen) return [`${head}: taken as allowing`]
  const hidden = statements.length - mostStatements
  return [
    head,
    ...statements.slice(0, mostStatements).flatMap(statementLines),
    ...(hidden > 0 ? [`      and ${hidden} more statements`] : []),
  ]
}

function statementLines(statement: StatementExplanation): readonly string[] {
  const head = `      ${statement.effect} in statement ${statementLabel(statement)}`
  if (statement.matched) return [`${head}: applies`]
  const failing = statement.elements.filter(({ matched }) => !matched)
  const holding = statement.elements.filter(({ matched }) => matched).map(elementName)
  return [
    `${head}: does not apply${holding.length === 0 ? '' : ` (fits: ${holding.join(', ')})`}`,
    ...failing.map(
      (element) =>
        `        ${elementName(element)}: wanted ${listValues(element.wanted)}; was ${element.actual === null ? 'absent' : listValues(element.actual)}`,
    ),
  ]
}

function elementName({ element, operator, key }: ElementExplanation): string {
  return element === 'Condition' ? `${operator ?? ''} ${key ?? ''}` : element
}

function notes({ missingContextValues, notSeen }: CallExplanation): readonly string[] {
  return [
    ...(missingContextValues.length === 0 ? [] : ['', `not known: ${missingContextValues.join(', ')}`]),
    ...(notSeen.length === 0 ? [] : ['', `not looked at, taken as allowing: ${notSeen.join(', ')}`]),
  ]
}
