/** A statement's elements beside what the request had, each with where it stands. */
import type { AccessRequest, NamedPolicy, PrincipalElement, Statement, StatementOutcome } from '../types.ts'
import type { ElementExplanation, StatementExplanation } from './call-explanation.ts'
import { conditionPointer, statementPointer } from './locate.ts'

/** Explains one statement of a policy. */
export function explainElements(
  named: NamedPolicy,
  outcome: StatementOutcome,
  request: AccessRequest,
): StatementExplanation {
  const pointer = statementPointer(named, outcome.index)
  const statement = named.policy.statements.find((one) => one.index === outcome.index)
  const { index, sid, effect, matched } = outcome
  return {
    index,
    ...(sid === undefined ? {} : { sid }),
    effect,
    pointer,
    matched,
    elements: statement === undefined ? [] : elementsOf(statement, outcome, request, pointer),
  }
}

function elementsOf(
  statement: Statement,
  outcome: StatementOutcome,
  request: AccessRequest,
  pointer: string,
): readonly ElementExplanation[] {
  const { principal, action, resource } = statement
  const list = (
    name: 'Principal' | 'Action' | 'Resource',
    negated: boolean,
    wanted: readonly string[],
    actual: string,
    matched: boolean | null,
  ): ElementExplanation => {
    const element = negated ? (`Not${name}` as const) : name
    return { element, pointer: `${pointer}/${element}`, wanted, actual: [actual], matched: matched !== false }
  }
  return [
    ...(principal === undefined
      ? []
      : [
          list(
            'Principal',
            principal.negated,
            principalTexts(principal.element),
            request.principal,
            outcome.principalMatched,
          ),
        ]),
    list('Action', action.negated, action.patterns, request.action, outcome.actionMatched),
    ...(resource === undefined
      ? []
      : [list('Resource', resource.negated, resource.patterns, request.resource, outcome.resourceMatched)]),
    ...outcome.conditions.map(
      ({ operator, key, wanted, actual, matched }): ElementExplanation => ({
        element: 'Condition',
        pointer: conditionPointer(pointer, operator, key),
        operator,
        key,
        wanted,
        actual,
        matched,
      }),
    ),
  ]
}

/** The entries of a Principal element, with their kind where it is not AWS. */
export function principalTexts(element: PrincipalElement): readonly string[] {
  if (element === '*') return ['*']
  return Object.entries(element).flatMap(([kind, entries]) =>
    (entries ?? []).map((entry) => (kind === 'AWS' ? entry : `${kind} ${entry}`)),
  )
}
