/** Rules about what stands inside strings: policy variables and placeholders that nobody replaced. */
import { findConditionKey } from '../data/index.ts'
import { quote } from '../read/index.ts'
import type { Draft } from './finding.ts'
import type { ConditionView, Located, PolicyView, StatementView } from './view.ts'

/** Checks the strings of one statement. */
export function* textRules(view: StatementView, policy: PolicyView): Generator<Draft> {
  for (const entry of view.resources) {
    yield* variableRules(entry, policy)
    yield* misplaced(entry, policy)
    yield* placeholderRules(entry)
  }
  for (const entry of view.principals) yield* placeholderRules(entry)
  for (const condition of view.conditions) {
    for (const value of condition.values) {
      if (takesVariables(condition)) yield* variableRules(value, policy)
      yield* placeholderRules(value)
    }
  }
}

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html */
function takesVariables({ operator }: ConditionView): boolean {
  return operator.comparison.startsWith('string') || operator.comparison === 'arn'
}

function* variableRules({ text, pointer }: Located, policy: PolicyView): Generator<Draft> {
  for (const variable of variablesOf(text)) {
    if (variable.name === null) {
      if (policy.hasVariables) {
        yield { id: 'variable-malformed', pointer, message: `a variable in ${quote(text)} is not closed` }
      }
    } else if (!policy.hasVariables) {
      const message = `${quote(`\${${variable.name}}`)} is plain text in this version`
      yield { id: 'variable-needs-version', pointer, message }
    } else if (!/^[*?$]$/.test(variable.name) && isUnknownKey(variable.name)) {
      yield { id: 'variable-unknown', pointer, message: `there is no context key ${quote(variable.name)}` }
    }
  }
}

/** Keys of other services and of identity providers are not in the table. */
function isUnknownKey(name: string): boolean {
  const key = name.split(',', 1)[0]?.trim() ?? ''
  if (findConditionKey(key) !== null) return false
  return /^(aws|s3|sts|kms|iam):/i.test(key) || !key.includes(':')
}

/** Cuts out what stands between `${` and `}`; the name is null where the brace does not close. */
function* variablesOf(text: string): Generator<{ readonly name: string | null }> {
  for (let at = text.indexOf('${'); at >= 0; ) {
    const close = text.indexOf('}', at)
    if (close < 0) {
      yield { name: null }
      return
    }
    yield { name: text.slice(at + 2, close) }
    at = text.indexOf('${', close)
  }
}

function* misplaced({ text, pointer }: Located, policy: PolicyView): Generator<Draft> {
  const at = policy.hasVariables ? text.indexOf('${') : -1
  if (at < 0) return
  const before = text.slice(0, at).split(':', 6).length
  if (before < 6) {
    yield { id: 'variable-misplaced', pointer, message: `the variable in ${quote(text)} stands before the fifth colon` }
  }
}

const placeholders = /<[A-Za-z][\w .-]{0,60}>|\bYOUR[_-][A-Z]|(?:^|[/:])your-[a-z]|\bREPLACE[_-]ME\b|\bCHANGE[_-]?ME\b/

function* placeholderRules({ text, pointer }: Located): Generator<Draft> {
  const found = placeholders.exec(text)
  if (found === null) return
  yield { id: 'placeholder', pointer, message: `${quote(text)} looks like a placeholder that was left in` }
}
