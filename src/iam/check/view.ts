/**
 * A policy as the rules look at it: each statement with the JSON pointers of its parts, its actions looked up and its
 * operators and condition keys read. Made once per check.
 */
import {
  type ActionFacts,
  actionsMatching,
  actionsOf,
  type ConditionKeyFacts,
  findConditionKey,
  isService,
} from '../data/index.ts'
import { compileGlobText } from '../match/glob.ts'
import { type Operator, parseOperator } from '../match/operator.ts'
import { isObject, pointerStep } from '../read/index.ts'
import type { Policy, Statement } from '../types.ts'
import type { CheckOptions } from './finding.ts'

/** A string of the policy and where it stands. */
export interface Located {
  readonly text: string
  readonly pointer: string
}

/** An entry of Action or NotAction. */
export interface ActionView extends Located {
  /** Lower case; `*` for all services. */
  readonly service: string
  readonly hasWildcard: boolean
  /** True: the service exists. */
  readonly isKnownService: boolean
  /** What it covers among the services whose actions are known; null for other services and for `*`. */
  readonly facts: readonly ActionFacts[] | null
}

export type PrincipalType = 'AWS' | 'Service' | 'Federated' | 'CanonicalUser'

/** An entry of Principal or NotPrincipal; a bare `*` counts as one of type `AWS`. */
export interface PrincipalView extends Located {
  readonly type: PrincipalType
}

/** One operator with one key. */
export interface ConditionView {
  readonly operator: Operator
  /** As written. */
  readonly operatorText: string
  readonly key: string
  /** Lower case. */
  readonly name: string
  /** Null for a key that the table does not have. */
  readonly facts: ConditionKeyFacts | null
  readonly values: readonly Located[]
  /** Of the key. */
  readonly pointer: string
}

/** A statement with the places of its parts. */
export interface StatementView {
  readonly statement: Statement
  readonly isAllow: boolean
  readonly pointer: string
  readonly actions: readonly ActionView[]
  readonly actionPointer: string
  readonly resources: readonly Located[]
  readonly resourcePointer: string
  readonly principals: readonly PrincipalView[]
  readonly principalPointer: string
  readonly conditions: readonly ConditionView[]
}

/** The whole policy. */
export interface PolicyView {
  readonly policy: Policy
  readonly options: CheckOptions
  /** True: policy variables count. */
  readonly hasVariables: boolean
  readonly statements: readonly StatementView[]
}

/** Prepares a policy. `isBare`: the source is one statement without the document around it. */
export function viewPolicy(policy: Policy, options: CheckOptions, isBare: boolean): PolicyView {
  const source = isObject(policy.source) ? policy.source['Statement'] : undefined
  const statements = policy.statements.map((statement) => {
    const raw: unknown = Array.isArray(source) ? source[statement.index] : source
    const inList = Array.isArray(source) ? pointerStep(statement.index) : ''
    return viewStatement(statement, isObject(raw) ? raw : {}, isBare ? '' : `/Statement${inList}`)
  })
  return { policy, options, hasVariables: policy.version === '2012-10-17', statements }
}

type Raw = Readonly<Record<string, unknown>>

function viewStatement(statement: Statement, raw: Raw, pointer: string): StatementView {
  const action = statement.action.negated ? 'NotAction' : 'Action'
  const resource = statement.resource?.negated === true ? 'NotResource' : 'Resource'
  const principal = statement.principal?.negated === true ? 'NotPrincipal' : 'Principal'
  return {
    statement,
    isAllow: statement.effect === 'Allow',
    pointer,
    actions: located(raw[action], `${pointer}/${action}`).flatMap(viewAction),
    actionPointer: `${pointer}/${action}`,
    resources: statement.resource === undefined ? [] : located(raw[resource], `${pointer}/${resource}`),
    resourcePointer: `${pointer}/${resource}`,
    principals: statement.principal === undefined ? [] : viewPrincipals(raw[principal], `${pointer}/${principal}`),
    principalPointer: `${pointer}/${principal}`,
    conditions: viewConditions(raw['Condition'], `${pointer}/Condition`),
  }
}

/** The strings of a value or a list, with their pointers; numbers and booleans as text. Anything else is passed over. */
export function located(value: unknown, pointer: string): readonly Located[] {
  if (Array.isArray(value)) {
    return value.flatMap((member: unknown, i) => (Array.isArray(member) ? [] : located(member, `${pointer}/${i}`)))
  }
  if (typeof value === 'string') return [{ text: value, pointer }]
  return typeof value === 'number' || typeof value === 'boolean' ? [{ text: String(value), pointer }] : []
}

function viewAction(entry: Located): readonly ActionView[] {
  const text = entry.text.toLowerCase()
  if (text === '*' || text === '*:*') {
    return [{ ...entry, service: '*', hasWildcard: true, isKnownService: true, facts: null }]
  }
  const colon = text.indexOf(':')
  // Of no such form: the reader has said so.
  if (colon < 1 || colon === text.length - 1) return []
  const service = text.slice(0, colon)
  const name = text.slice(colon + 1)
  return [
    {
      ...entry,
      service,
      hasWildcard: /[*?]/.test(name),
      isKnownService: isService(service),
      facts: actionsOf(service) !== null ? actionsMatching(service, compileGlobText(name)) : null,
    },
  ]
}

const principalTypes: readonly PrincipalType[] = ['AWS', 'Service', 'Federated', 'CanonicalUser']

function viewPrincipals(value: unknown, pointer: string): readonly PrincipalView[] {
  if (value === '*') return [{ type: 'AWS', text: '*', pointer }]
  if (!isObject(value)) return []
  return principalTypes.flatMap((type) =>
    located(value[type], `${pointer}/${type}`).map((entry) => ({ ...entry, type })),
  )
}

function viewConditions(value: unknown, pointer: string): readonly ConditionView[] {
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([operatorText, keys]) => {
    const operator = parseOperator(operatorText)
    if (operator === null || !isObject(keys)) return []
    return Object.entries(keys).map(([key, values]): ConditionView => {
      const at = pointer + pointerStep(operatorText) + pointerStep(key)
      return {
        operator,
        operatorText,
        key,
        name: key.toLowerCase(),
        facts: findConditionKey(key),
        values: located(values, at),
        pointer: at,
      }
    })
  })
}

/** Tells whether the statement allows or denies (`Action`, not `NotAction`) the one action. */
export function namesAction(view: StatementView, service: string, name: string): boolean {
  if (view.statement.action.negated) return false
  const wanted = name.toLowerCase()
  return view.actions.some(
    (action) =>
      action.service === '*' ||
      (action.service === service && (action.facts ?? []).some((facts) => facts.name.toLowerCase() === wanted)),
  )
}

/** Tells whether a condition can only hold when the request carries the key. */
export function demandsKey({ operator, values }: ConditionView): boolean {
  if (operator.comparison === 'null') return values.some((value) => value.text.toLowerCase() === 'false')
  return !operator.negated && !operator.ifExists && operator.qualifier !== 'ForAllValues'
}
