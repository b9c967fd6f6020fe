/**
 * The reference model's own reading of a policy: plain JSON values in, statements as lists of texts out. It takes policies
 * that are well-formed for granted (what is malformed is the parser's business), and shares nothing with the engine.
 */

export interface ModelCondition {
  readonly operator: string
  readonly key: string
  readonly values: readonly string[]
}

export interface ModelStatement {
  readonly index: number
  readonly sid: string | null
  readonly isAllow: boolean
  readonly actions: readonly string[]
  readonly actionsAreNegated: boolean
  /** Null: the statement has no such element. */
  readonly resources: readonly string[] | null
  readonly resourcesAreNegated: boolean
  /** Pairs of kind and value; the kind of a plain `"*"` is `*`. Null: the statement has no such element. */
  readonly principals: readonly (readonly [kind: string, value: string])[] | null
  readonly principalsAreNegated: boolean
  readonly conditions: readonly ModelCondition[]
  /** Only the newer version of the language knows policy variables. */
  readonly hasVariables: boolean
}

/** Reads a policy document. @throws TypeError when it is no object with statements */
export function readStatements(policy: unknown): readonly ModelStatement[] {
  const document = members(policy)
  const statements = listed(document['Statement'])
  const hasVariables = document['Version'] === '2012-10-17'
  return statements.map((statement, index) => readStatement(members(statement), index, hasVariables))
}

function readStatement(from: Members, index: number, hasVariables: boolean): ModelStatement {
  const resource = from['Resource'] ?? from['NotResource']
  const principal = from['Principal'] ?? from['NotPrincipal']
  return {
    index,
    sid: typeof from['Sid'] === 'string' ? from['Sid'] : null,
    isAllow: from['Effect'] === 'Allow',
    actions: listed(from['Action'] ?? from['NotAction']).map(text),
    actionsAreNegated: from['NotAction'] !== undefined,
    resources: resource === undefined ? null : listed(resource).map(text),
    resourcesAreNegated: from['NotResource'] !== undefined,
    principals: principal === undefined ? null : readPrincipals(principal),
    principalsAreNegated: from['NotPrincipal'] !== undefined,
    conditions: readConditions(from['Condition']),
    hasVariables,
  }
}

function readPrincipals(value: unknown): readonly (readonly [string, string])[] {
  if (value === '*') return [['*', '*']]
  return Object.entries(members(value)).flatMap(([kind, values]) =>
    listed(values).map((one): readonly [string, string] => [kind, text(one)]),
  )
}

function readConditions(value: unknown): readonly ModelCondition[] {
  if (value === undefined) return []
  return Object.entries(members(value)).flatMap(([operator, keys]) =>
    Object.entries(members(keys)).map(([key, values]) => ({ operator, key, values: listed(values).map(text) })),
  )
}

type Members = Readonly<Record<string, unknown>>

function members(value: unknown): Members {
  if (typeof value !== 'object' || value === null) throw new TypeError('the reference model reads well-formed policies')
  return Object.fromEntries(Object.entries(value))
}

function listed(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}

function text(value: unknown): string {
  return String(value)
}
