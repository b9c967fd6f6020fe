/** Rules about Principal and NotPrincipal: where they may stand, what names a principal, and who is let in. */
import { isPublicStatement } from '../evaluate/public-policy.ts'
import { arnSegments } from '../match/arn.ts'
import { quote } from '../read/index.ts'
import { kindName } from './action-rules.ts'
import { accountFault, arnRules } from './arn-rules.ts'
import type { Draft } from './finding.ts'
import {
  demandsKey,
  type Located,
  namesAction,
  type PolicyView,
  type PrincipalView,
  type StatementView,
} from './view.ts'

/** Checks the principals of one statement. */
export function* principalRules(view: StatementView, policy: PolicyView): Generator<Draft> {
  const { kind } = policy.options
  const { principal } = view.statement
  if (kind === 'identity' || kind === 'boundary' || kind === 'session' || kind === 'scp') {
    if (principal === undefined) return
    const message = `${kindName(kind)} has no Principal`
    yield { id: 'principal-not-allowed', pointer: view.principalPointer, message, part: 'key' }
    return
  }
  if (kind === 'rcp') return
  if (principal === undefined) {
    yield {
      id: 'principal-missing',
      pointer: view.pointer,
      message: `a statement of ${kindName(kind)} has a Principal`,
    }
    return
  }
  for (const one of view.principals) yield* formRules(one)
  yield* repeated(view.principals)
  if (principal.negated) yield* negatedRules(view, kind === 'trust')
  else if (view.isAllow) yield* opennessRules(view, policy)
}

function* formRules(principal: PrincipalView): Generator<Draft> {
  const { type, text } = principal
  if (type === 'AWS') yield* accountPrincipal(principal)
  else if (type === 'Service') {
    if (/^[a-z0-9][a-z0-9.-]*\.(amazonaws\.com(\.cn)?|amazon\.com|aws\.internal)$/.test(text)) return
    yield malformed(principal, 'is no service principal such as `s3.amazonaws.com`')
  } else if (type === 'Federated') {
    if (text.startsWith('arn:')) yield* arnRules(principal)
    else if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(text)) yield malformed(principal, 'is no identity provider')
  } else if (!/^[0-9a-f]{64}$/i.test(text))
    yield malformed(principal, 'is no canonical user id, which has 64 hexadecimal digits')
}

function malformed({ text, pointer }: Located, what: string): Draft {
  return { id: 'principal-malformed', pointer, message: `${quote(text)} ${what}` }
}

const principalTypes = /^(user\/.|role\/.|root$|assumed-role\/[^/]+\/.|federated-user\/.)/

function* accountPrincipal(principal: PrincipalView): Generator<Draft> {
  const { text, pointer } = principal
  if (text === '*' || /^\d{12}$/.test(text)) return
  if (/[*?]/.test(text)) return
  if (/^A(ROA|IDA)[A-Z0-9]{6,}$/.test(text)) {
    yield {
      id: 'principal-dead',
      pointer,
      message: `${quote(text)} is the id of a deleted ${text[1] === 'R' ? 'role' : 'user'}`,
    }
    return
  }
  if (/^\d+$/.test(text)) {
    yield { id: 'account-id', pointer, message: accountFault(text) }
    return
  }
  const segments = arnSegments(text)
  if (segments === null || segments[0] !== 'arn') {
    yield malformed(principal, 'is neither an ARN nor an account id')
    return
  }
  yield* arnRules(principal)
  const [, , service = '', , , resource = ''] = segments
  const isSts = /^(assumed-role|federated-user)\//.test(resource)
  if (!principalTypes.test(resource)) yield malformed(principal, 'names no user, role, session or account')
  else if (service !== (isSts ? 'sts' : 'iam'))
    yield malformed(principal, `is of ${service}, not of ${isSts ? 'sts' : 'iam'}`)
}

function* repeated(principals: readonly PrincipalView[]): Generator<Draft> {
  const seen = new Set<string>()
  for (const { type, text, pointer } of principals) {
    const name = `${type} ${text}`
    if (seen.has(name)) yield { id: 'principal-repeated', pointer, message: `${quote(text)} stands above already` }
    seen.add(name)
  }
}

function* negatedRules(view: StatementView, isTrust: boolean): Generator<Draft> {
  const pointer = view.principalPointer
  if (isTrust)
    yield { id: 'not-principal-refused', pointer, message: 'a trust policy has no NotPrincipal', part: 'key' }
  else if (view.isAllow) {
    yield { id: 'not-principal-allow', pointer, message: 'everybody but those listed is let in', part: 'key' }
  } else {
    const message = 'principals with a permissions boundary are denied, whoever is listed'
    yield { id: 'not-principal-deny', pointer, message, part: 'key' }
  }
}

const accountKeys = /^aws:principal(arn|tag\/.*)$/

function* opennessRules(view: StatementView, { options }: PolicyView): Generator<Draft> {
  const anybody = view.principals.find(({ text }) => text === '*')
  const isFixed = !isPublicStatement(view.statement)
  if (options.kind === 'trust') {
    if (anybody !== undefined && !isFixed && assumesRole(view)) {
      yield { id: 'trust-anybody', pointer: anybody.pointer, message: 'principals of any account may assume the role' }
    }
    if (!view.conditions.some((one) => accountKeys.test(one.name) && demandsKey(one))) yield* wholeAccounts(view)
  } else if (options.kind === 'bucket') {
    if (!isFixed) {
      const pointer = (anybody ?? view.principals[0])?.pointer ?? view.pointer
      yield { id: 'bucket-public', pointer, message: 'the statement lets in callers that nobody named' }
    }
    yield* unguardedServices(view)
  } else if (anybody !== undefined && !isFixed && !view.conditions.some(isCallerAccount)) {
    yield { id: 'key-anybody', pointer: anybody.pointer, message: 'principals of any account are let in' }
  }
}

function assumesRole(view: StatementView): boolean {
  const actions = ['AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity']
  return view.statement.action.negated || actions.some((name) => namesAction(view, 'sts', name))
}

function isCallerAccount(condition: StatementView['conditions'][number]): boolean {
  return condition.name === 'kms:calleraccount' && demandsKey(condition) && condition.operator.comparison !== 'null'
}

/** Tells whether a principal stands for a whole account. */
export function isAccountPrincipal(text: string): boolean {
  return /^\d{12}$/.test(text) || /^arn:[^:]*:iam::[^:]*:root$/.test(text)
}

function* wholeAccounts(view: StatementView): Generator<Draft> {
  if (!namesAction(view, 'sts', 'AssumeRole')) return
  for (const { type, text, pointer } of view.principals) {
    if (type !== 'AWS' || !isAccountPrincipal(text)) continue
    yield { id: 'trust-account', pointer, message: `${quote(text)} stands for every identity of the account` }
  }
}

const sourceKeys = /^aws:source(arn|account|orgid|orgpaths|owner)$/

function* unguardedServices(view: StatementView): Generator<Draft> {
  if (view.conditions.some((one) => sourceKeys.test(one.name) && demandsKey(one))) return
  for (const { type, text, pointer } of view.principals) {
    if (type !== 'Service') continue
    yield { id: 'service-unguarded', pointer, message: `${quote(text)} is let in for any account that it acts for` }
  }
}

/** Finds key policies that nobody may change; whoever is named may at least be let in by the account's own policies. */
export function* keyAdministration(policy: PolicyView): Generator<Draft> {
  if (policy.options.kind !== 'key' || policy.statements.length === 0) return
  const isManaged = policy.statements.some(
    (view) => view.isAllow && (view.statement.action.negated || namesAction(view, 'kms', 'PutKeyPolicy')),
  )
  if (!isManaged) yield { id: 'key-unmanageable', pointer: '/Statement', message: 'nobody may call kms:PutKeyPolicy' }
}
