/** Rules about `sts:ExternalId` in a trust policy: demanded, exact, the right one, and on `sts:AssumeRole` alone. */
import { quote } from '../read/index.ts'
import type { CheckOptions, Draft } from './finding.ts'
import { comparable } from './pattern.ts'
import { type ConditionView, namesAction, type PolicyView, type StatementView } from './view.ts'

/** Checks one statement of a trust policy. */
export function* externalIdRules(view: StatementView, policy: PolicyView): Generator<Draft> {
  const conditions = view.conditions.filter(({ name }) => name === 'sts:externalid')
  yield* wrongActions(view, conditions)
  if (!view.isAllow || !isAssumedByAccount(view)) return
  let isDemanded = false
  for (const condition of conditions) {
    const faults = [...strengthRules(condition), ...valueRules(condition, policy)]
    yield* faults
    isDemanded ||= faults.length > 0 || isExact(condition)
    yield* otherRules(condition, policy.options)
  }
  if (isDemanded || policy.options.externalId === null) return
  const [first] = view.principals
  yield {
    id: 'external-id-missing',
    pointer: view.pointer,
    message: `${quote(first?.text ?? '*')} may assume the role without an External ID`,
  }
}

/** Tells whether an AWS principal, and not only a service or a provider, may assume the role by the statement. */
export function isAssumedByAccount(view: StatementView): boolean {
  return namesAction(view, 'sts', 'AssumeRole') && view.principals.some(({ type }) => type === 'AWS')
}

function isExact({ operator }: ConditionView): boolean {
  return operator.name === 'StringEquals' && operator.qualifier !== 'ForAllValues' && !operator.ifExists
}

function* strengthRules(condition: ConditionView): Generator<Draft> {
  const { operator, operatorText, pointer, values } = condition
  const part = 'key'
  if (operator.comparison === 'null') {
    if (values.some(({ text }) => text.toLowerCase() === 'true')) return
    yield { id: 'external-id-wildcard', pointer, part, message: 'any External ID is accepted' }
  } else if (operator.negated) {
    yield {
      id: 'external-id-negated',
      pointer,
      part,
      message: `${quote(operatorText)} accepts every other External ID`,
    }
  } else if (operator.ifExists || operator.qualifier === 'ForAllValues') {
    yield {
      id: 'external-id-optional',
      pointer,
      part,
      message: `${quote(operatorText)} also holds without an External ID`,
    }
  } else if (operator.comparison === 'stringIgnoreCase' || operator.comparison === 'stringLike') {
    const isWild = operator.comparison === 'stringLike' && values.some(({ text }) => comparable(text, true).hasWildcard)
    if (!isWild) {
      yield {
        id: 'external-id-operator',
        pointer,
        part,
        message: `the External ID is compared by ${quote(operatorText)}`,
      }
    }
  }
}

function* valueRules({ operator, values, pointer }: ConditionView, policy: PolicyView): Generator<Draft> {
  if (operator.comparison === 'null' || operator.negated) return
  if (values.length > 1) {
    yield { id: 'external-id-several', pointer, message: `${values.length} External IDs are accepted` }
  }
  for (const { text, pointer: at } of values) {
    const isWild = operator.comparison === 'stringLike' && comparable(text, policy.hasVariables).hasWildcard
    if (isWild)
      yield { id: 'external-id-wildcard', pointer: at, message: `${quote(text)} stands for many External IDs` }
    else if (!/^[\w+=,.@:/-]{2,1224}$/.test(text)) {
      yield { id: 'external-id-form', pointer: at, message: `${quote(text)} is no External ID that STS takes` }
    }
  }
}

function* otherRules({ operator, values, pointer }: ConditionView, { externalId }: CheckOptions): Generator<Draft> {
  if (externalId === undefined || operator.comparison === 'null' || operator.negated) return
  if (externalId === null) {
    yield { id: 'external-id-other', pointer, message: 'an External ID is demanded, and we send none' }
  } else if (!values.some(({ text }) => text === externalId || /[*?]/.test(text))) {
    const wanted = quote(values[0]?.text ?? '')
    yield {
      id: 'external-id-other',
      pointer,
      message: `the policy demands ${wanted}, and we send ${quote(externalId)}`,
    }
  }
}

const actionsWithoutId = [
  'TagSession',
  'SetSourceIdentity',
  'SetContext',
  'AssumeRoleWithSAML',
  'AssumeRoleWithWebIdentity',
]

/** A demand never holds for these actions; a negated one always does. */
function* wrongActions(view: StatementView, conditions: readonly ConditionView[]): Generator<Draft> {
  const [condition] = conditions
  if (condition === undefined || view.statement.action.negated) return
  for (const action of view.actions) {
    const name = actionsWithoutId.find((one) => action.facts?.some((facts) => facts.name === one) === true)
    if (name === undefined) continue
    const message = `requests of sts:${name} carry no External ID, which ${quote(action.text)} is held to here`
    yield { id: 'external-id-wrong-action', pointer: action.pointer, message }
  }
}
