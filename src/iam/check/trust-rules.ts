/** Rules about a trust policy as a whole: whom it names, and whether tags and source identity are allowed beside AssumeRole. */
import { quote } from '../read/index.ts'
import { externalIdRules, isAssumedByAccount } from './external-id-rules.ts'
import type { CheckOptions, Draft } from './finding.ts'
import { comparable, covers } from './pattern.ts'
import { isAccountPrincipal } from './principal-rules.ts'
import { tokenRules } from './token-rules.ts'
import { demandsKey, namesAction, type PolicyView, type PrincipalView, type StatementView } from './view.ts'

/** Checks a trust policy; other kinds have nothing here. */
export function* trustRules(policy: PolicyView): Generator<Draft> {
  if (policy.options.kind !== 'trust') return
  for (const view of policy.statements) {
    yield* externalIdRules(view, policy)
    yield* tokenRules(view)
  }
  const assuming = policy.statements.filter((view) => view.isAllow && isAssumedByAccount(view))
  yield* vendorRules(assuming, policy.options)
  for (const view of assuming) {
    yield* companionRules(view, policy, tagSession(view, policy.options))
    yield* companionRules(view, policy, sourceIdentity(view, policy.options))
  }
  yield* tagKeyRules(policy)
}

function* vendorRules(assuming: readonly StatementView[], { ourPrincipal }: CheckOptions): Generator<Draft> {
  const principals = assuming.flatMap((view) => view.principals.filter(({ type }) => type === 'AWS'))
  const [first] = principals
  if (first === undefined) return
  if (ourPrincipal !== undefined && !principals.some(({ text }) => namesPrincipal(text, ourPrincipal))) {
    const message = `the trust policy names ${quote(first.text)}, and we call as ${quote(ourPrincipal)}`
    yield { id: 'vendor-missing', pointer: first.pointer, message }
  }
  const seen = new Set<string>()
  for (const { text, pointer } of principals) {
    if (text === '*') continue
    if (seen.size > 0 && !seen.has(text)) {
      yield {
        id: 'vendor-several',
        pointer,
        message: `${quote(text)} may assume the role as well as ${quote(first.text)}`,
      }
    }
    seen.add(text)
  }
}

/** Tells whether a principal element names the caller, or an account or everybody to whom it belongs. */
function namesPrincipal(element: string, principal: string): boolean {
  if (element === '*' || element === principal) return true
  if (!isAccountPrincipal(element)) return false
  return (element.match(/\d{12}/)?.[0] ?? '') === principal.split(':', 5)[4]
}

/** An action that must stand beside sts:AssumeRole, why, and the finding when it does not. */
interface Companion {
  readonly action: 'TagSession' | 'SetSourceIdentity'
  readonly id: 'tag-session-missing' | 'source-identity-missing'
  /** Null: nothing asks for it. */
  readonly because: string | null
}

function tagSession(view: StatementView, options: CheckOptions): Companion {
  const condition = view.conditions.find(
    (one) => /^(aws:requesttag\/.*|aws:tagkeys|sts:transitivetagkeys)$/.test(one.name) && demandsKey(one),
  )
  const isSent = (options.sessionTagKeys ?? []).length > 0
  const because = isSent
    ? 'we send session tags'
    : condition === undefined
      ? null
      : `${quote(condition.key)} is demanded`
  return { action: 'TagSession', id: 'tag-session-missing', because }
}

function sourceIdentity(view: StatementView, options: CheckOptions): Companion {
  const condition = view.conditions.find((one) => one.name === 'sts:sourceidentity' && demandsKey(one))
  const because =
    options.sourceIdentity === true
      ? 'we send a source identity'
      : condition === undefined
        ? null
        : `${quote(condition.key)} is demanded`
  return { action: 'SetSourceIdentity', id: 'source-identity-missing', because }
}

function* companionRules(view: StatementView, policy: PolicyView, companion: Companion): Generator<Draft> {
  const { action, id, because } = companion
  if (because === null) return
  const allowed = policy.statements
    .filter((other) => other.isAllow && namesAction(other, 'sts', action))
    .flatMap((other) => other.principals)
  const lacking = view.principals.find((one) => one.type === 'AWS' && !allowed.some((other) => admits(other, one)))
  if (lacking === undefined) return
  const message = `${because}, but sts:${action} is not allowed to ${quote(lacking.text)}`
  yield { id, pointer: view.actionPointer, message }
}

function admits(allowed: PrincipalView, wanted: PrincipalView): boolean {
  return allowed.type === 'AWS' && (allowed.text === wanted.text || namesPrincipal(allowed.text, wanted.text))
}

/** Finds tags that we send and no statement for sts:TagSession lets through. */
function* tagKeyRules({ statements, options, hasVariables }: PolicyView): Generator<Draft> {
  const tagging = statements.filter((view) => view.isAllow && namesAction(view, 'sts', 'TagSession'))
  const lists = tagging.map((view) =>
    view.conditions.find(({ name, operator }) => {
      return name === 'aws:tagkeys' && operator.qualifier === 'ForAllValues' && !operator.negated
    }),
  )
  for (const key of options.sessionTagKeys ?? []) {
    const sent = comparable(key.toLowerCase(), false)
    const isAllowed = lists.some(
      (list) =>
        list === undefined ||
        list.values.some(({ text }) => covers(comparable(text.toLowerCase(), hasVariables), sent)),
    )
    const [first] = lists
    if (isAllowed || first === undefined) continue
    yield {
      id: 'tag-keys-other',
      pointer: first.pointer,
      message: `the session tag ${quote(key)}, which we send, is not listed`,
    }
  }
}
