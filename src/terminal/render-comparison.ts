/** A comparison as plain text for a terminal: no colours, no layout beyond indentation. */
import {
  type ApiCall,
  type ChangeCause,
  type ElementChange,
  listValues,
  type PolicyChange,
  type StatementChange,
  statementLabel,
  type VerdictChange,
} from '../iam/index.ts'
import { visible } from './visible.ts'

/** Statements that a cause names. */
const mostStatements = 4

/** Renders which calls changed their verdict and through what, and then what differs in the policies. */
export function renderComparison(verdicts: readonly VerdictChange[], policies: readonly PolicyChange[]): string {
  const head = verdicts.length === 0 ? 'no call changes its verdict' : `verdicts that change: ${verdicts.length}`
  const differences =
    policies.length === 0 ? ['', 'the policies say the same'] : ['', 'what differs', ...policies.flatMap(policyLines)]
  const lines = [head, ...verdicts.flatMap(verdictLines), ...differences]
  return `${lines.map(visible).join('\n')}\n`
}

function verdictLines({ call, before, after, through }: VerdictChange): readonly string[] {
  return [
    '',
    `  ${callText(call)}: ${before.decision} -> ${after.decision}`,
    `    before: ${before.sentence}`,
    `    after:  ${after.sentence}`,
    ...through.map((cause) => `    through: ${causeText(cause)}`),
  ]
}

function callText(call: ApiCall): string {
  if (call.operation === 'sts:AssumeRole') return `${call.operation} on ${call.roleArn}`
  return `${call.operation} on ${'key' in call ? `${call.bucket}/${call.key}` : call.bucket}`
}

function causeText(cause: ChangeCause): string {
  if (cause.kind === 'restrictPublicBuckets') {
    return `RestrictPublicBuckets turned ${cause.after ? 'on' : 'off'}`
  }
  if (cause.kind === 'grants') {
    const list = (names: readonly string[], what: string): readonly string[] =>
      names.length === 0 ? [] : [`${what} ${listValues(names)}`]
    return `grants ${[...list(cause.added, 'added:'), ...list(cause.removed, 'removed:')].join(', ')}`
  }
  const { change, statements, isAlone } = cause
  const shown = statements.slice(0, mostStatements).map((statement) => `, ${statementText(statement)}`)
  const place = `${shown.join('')}${statements.length > mostStatements ? ', and more' : ''}`
  return `${change.policy} policy \`${change.name}\` ${change.kind}${place}${isAlone ? '' : ' (with others)'}`
}

function statementText(statement: StatementChange): string {
  const { kind, sid, beforeIndex, afterIndex } = statement
  const index = afterIndex ?? beforeIndex ?? 0
  return `statement ${statementLabel(sid === undefined ? { index } : { index, sid })} ${kind}`
}

function policyLines(change: PolicyChange): readonly string[] {
  const { policy, name, kind, statements } = change
  return [
    `  ${policy} policy \`${name}\` ${kind}`,
    ...statements.flatMap((statement) => [
      `    ${statementText(statement)}`,
      ...statement.elements.flatMap(elementLines),
    ]),
  ]
}

/** Of a list that stays, only what came and went. */
function elementLines({ element, before, after, added, removed }: ElementChange): readonly string[] {
  return [
    ...(before !== null && (removed.length > 0 || after === null)
      ? [`      - ${element}: ${listValues(removed)}`]
      : []),
    ...(after !== null && (added.length > 0 || before === null) ? [`      + ${element}: ${listValues(added)}`] : []),
  ]
}
