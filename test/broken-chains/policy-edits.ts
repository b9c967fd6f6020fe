/** Policies as JSON, and the edits that somebody of the customer's IT makes to them. */

/** A policy as JSON, as edits want it. */
export interface PolicyDocument {
  Version: string
  Statement: Statement[]
}

/** One statement as JSON. */
export interface Statement {
  Effect: string
  Action: string | string[]
  Condition?: Record<string, Record<string, string | string[]>>
  [element: string]: unknown
}

export type PolicyKind = 'trust' | 'permissions' | 'boundary' | 'bucket' | 'key' | 'scp' | 'rcp'

/** A statement of an identity-based policy. */
export function allow(Action: string | string[], Resource: string): Statement {
  return { Sid: 'Added', Effect: 'Allow', Action, Resource }
}

/** The statement that has an action. */
export function statementWith(policy: PolicyDocument, action: string): Statement {
  const found = policy.Statement.find((statement) => [statement.Action].flat().includes(action))
  if (found === undefined) throw new Error(`the policy has no statement for \`${action}\``)
  return found
}

/** Adds a condition to the statement that has an action. */
export function demand(
  policy: PolicyDocument,
  action: string,
  operator: string,
  key: string,
  value: string | string[],
): void {
  const statement = statementWith(policy, action)
  statement.Condition = { ...statement.Condition, [operator]: { ...statement.Condition?.[operator], [key]: value } }
}

/** Takes an action away wherever it stands. */
export function drop(policy: PolicyDocument, action: string): void {
  for (const statement of [...policy.Statement]) {
    const kept = [statement.Action].flat().filter((one) => one !== action)
    if (kept.length === 0) policy.Statement.splice(policy.Statement.indexOf(statement), 1)
    else statement.Action = kept
  }
}
