/**
 * Reads policies: from text or from a JSON value, strictly, as AWS accepts them. Whether an action or a context key exists
 * is not checked, nor whether the policy fits the place it is meant for (a bucket policy needs principals, a trust policy
 * has no resources).
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
import { err, ok, type Result } from '../../base/index.ts'
import type { Policy, PolicyProblem, Statement } from '../types.ts'
import { readJson, readJsonWithPositions } from './json.ts'
import type { PositionIndex } from './positions.ts'
import { isObject, Place, quote, typeName } from './problems.ts'
import { readStatement } from './statement.ts'

const policyElements = new Set(['Version', 'Id', 'Statement'])

/**
 * Reads a policy from JSON text or from a parsed value. All problems are reported, up to 50; text that is not JSON has
 * one, with line and column. A missing Version means `2008-10-17`, as it does to AWS.
 */
export function parsePolicy(input: unknown): Result<Policy, readonly PolicyProblem[]> {
  if (typeof input !== 'string') return readPolicy(input)
  const json = readJson(input)
  if (json.ok) return readPolicy(json.value)
  return err([{ kind: 'not-json', ...json.error }])
}

/** A policy and where each of its elements stands in the text. */
export interface LocatedPolicy {
  readonly policy: Policy
  readonly positions: PositionIndex
}

/** Reads a policy from JSON text and keeps the positions; problems have line and column, whatever their kind. */
export function parsePolicyText(text: string): Result<LocatedPolicy, readonly PolicyProblem[]> {
  const json = readJsonWithPositions(text)
  if (!json.ok) return err([{ kind: 'not-json', ...json.error }])
  const { value, positions } = json.value
  const read = readPolicy(value)
  if (read.ok) return ok({ policy: read.value, positions })
  return err(
    read.error.map((problem) => {
      const { line, column } = positions.nearest(problem.pointer).value
      return { ...problem, line, column }
    }),
  )
}

function readPolicy(value: unknown): Result<Policy, readonly PolicyProblem[]> {
  const { policy, problems } = readPolicyParts(value)
  return policy === null || problems.length > 0 ? err(problems) : ok(policy)
}

/** Reads what can be read: the policy may lack parts when there are problems, and is null when it is no object. */
export function readPolicyParts(value: unknown): {
  readonly policy: Policy | null
  readonly problems: readonly PolicyProblem[]
} {
  const problems: PolicyProblem[] = []
  const place = new Place('', problems)
  if (!isObject(value)) {
    place.report(`a policy is an object, not ${typeName(value)}`)
    return { policy: null, problems }
  }
  for (const name of Object.keys(value)) {
    if (!policyElements.has(name)) place.at(name).report(`unknown element ${quote(name)}`)
  }
  const version = readVersion(value['Version'], place.at('Version'))
  const id = readId(value['Id'], place.at('Id'))
  const statements = readStatements(value['Statement'], place.at('Statement'))
  return { policy: { version, ...(id === undefined ? {} : { id }), statements, source: value }, problems }
}

function readVersion(value: unknown, place: Place): Policy['version'] {
  if (value === undefined || value === '2008-10-17') return '2008-10-17'
  if (value === '2012-10-17') return value
  const given = typeof value === 'string' ? quote(value) : typeName(value)
  place.report(`version must be \`2012-10-17\` or \`2008-10-17\`, not ${given}`)
  return '2012-10-17'
}

function readId(value: unknown, place: Place): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  place.report(`id must be a string, not ${typeName(value)}`)
  return undefined
}

function readStatements(value: unknown, place: Place): readonly Statement[] {
  if (value === undefined) {
    place.report('the policy has no Statement')
    return []
  }
  if (isObject(value)) return compact([readStatement(value, 0, place)])
  if (!Array.isArray(value)) {
    place.report(`a statement is an object, not ${typeName(value)}`)
    return []
  }
  return compact(value.map((member: unknown, index) => readStatement(member, index, place.at(index))))
}

function compact(statements: readonly (Statement | null)[]): readonly Statement[] {
  return statements.filter((statement) => statement !== null)
}
