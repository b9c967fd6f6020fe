/** Where in the planned texts a statement stands, so that a code review can show the finding at its line. */
import type { DecidingStatement, PlanCause } from '../../contract/index.ts'
import { type PositionIndex, parsePolicyText } from '../../iam/index.ts'
import type { PolicyTexts } from '../diagnose/policy-texts.ts'

/** Finds the place of a statement, or of its condition; undefined when the statement is in none of the planned policies. */
export function placeOf(statement: DecidingStatement, planned: PolicyTexts): PlanCause['place'] {
  for (const [document, text] of textsOf(statement.policy, planned).entries()) {
    const parsed = parsePolicyText(text)
    if (!parsed.ok) continue
    const { policy, positions } = parsed.value
    const pointer = statementPointer(policy.source, statement)
    // Several permissions policies have a statement of that number; the one with that text is meant.
    if (pointer === null) continue
    const { line, column } = locate(positions, pointer, statement)
    return { policy: statement.policy, document, line, column }
  }
  return undefined
}

function textsOf(policy: DecidingStatement['policy'], planned: PolicyTexts): readonly string[] {
  if (policy === 'permissions') return planned.permissions ?? []
  if (policy !== 'trust' && policy !== 'boundary' && policy !== 'bucket' && policy !== 'key') return []
  const text = planned[policy]
  return text === undefined ? [] : [text]
}

/** `/Statement/2`; of a policy in which nothing allows, all its statements. */
function statementPointer(source: unknown, { index, text }: DecidingStatement): string | null {
  if (index === undefined) return '/Statement'
  const found = statementText(source, index)
  if (found === null || (text !== undefined && found !== text)) return null
  return Array.isArray(statementsOf(source)) ? `/Statement/${index}` : '/Statement'
}

/** The statement as it stands in a policy's own JSON; null when there is none of that number. */
export function statementText(source: unknown, index: number): string | null {
  const statements = statementsOf(source)
  const one: unknown = Array.isArray(statements) ? statements[index] : statements
  return one === undefined ? null : JSON.stringify(one, null, 2)
}

function statementsOf(source: unknown): unknown {
  return typeof source === 'object' && source !== null && 'Statement' in source ? source.Statement : undefined
}

function locate(positions: PositionIndex, pointer: string, { condition }: DecidingStatement) {
  const step = (name: string): string => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
  const inside =
    condition === undefined
      ? null
      : positions.at(`${pointer}/Condition${step(condition.operator)}${step(condition.key)}`)
  const { key, value } = inside ?? positions.nearest(pointer)
  return key ?? value
}
