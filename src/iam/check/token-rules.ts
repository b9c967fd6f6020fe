/**
 * Rules about roles that an ID token opens: the provider lets in every token of its issuer, and what narrows that to one
 * workload is that the trust policy compares the token's subject and audience. Both stand under keys named after the provider.
 */
import { quote } from '../read/index.ts'
import type { Draft } from './finding.ts'
import type { FindingId } from './finding-table.ts'
import { comparable } from './pattern.ts'
import {
  type ConditionView,
  demandsKey,
  type Located,
  namesAction,
  type PrincipalView,
  type StatementView,
} from './view.ts'

/** A claim that should be compared, and what is found when it is not. */
interface Claim {
  readonly key: string
  readonly missing: FindingId
  /** What is let in then. */
  readonly otherwise: string
}

/** What AWS compares of the providers that it knows without registration; their subjects are persons. */
const builtInKeys: Readonly<Record<string, string>> = {
  'accounts.google.com': 'aud',
  'cognito-identity.amazonaws.com': 'aud',
  'graph.facebook.com': 'app_id',
  'www.amazon.com': 'app_id',
}

/** Checks one statement of a trust policy. */
export function* tokenRules(view: StatementView): Generator<Draft> {
  if (!view.isAllow || !namesAction(view, 'sts', 'AssumeRoleWithWebIdentity')) return
  for (const principal of view.principals) {
    if (principal.type !== 'Federated') continue
    for (const claim of claimsOf(principal)) yield* claimRules(view, principal, claim)
  }
}

function claimsOf({ text }: PrincipalView): readonly Claim[] {
  const builtIn = Object.hasOwn(builtInKeys, text) ? builtInKeys[text] : undefined
  const audience = { missing: 'token-audience-missing', otherwise: 'whatever audience it was made for' } as const
  if (builtIn !== undefined) return [{ key: `${text}:${builtIn}`, ...audience }]
  const provider = /:oidc-provider\/(.+)$/.exec(text)?.[1]
  if (provider === undefined) return []
  return [
    { key: `${provider}:sub`, missing: 'token-subject-missing', otherwise: 'whoever it speaks for' },
    { key: `${provider}:aud`, ...audience },
  ]
}

function* claimRules(view: StatementView, principal: PrincipalView, claim: Claim): Generator<Draft> {
  const name = claim.key.toLowerCase()
  const conditions = view.conditions.filter((one) => one.name === name)
  const holding = conditions.filter(isCompared)
  const [weak] = conditions
  if (holding.length === 0) {
    const opens = `every ID token of ${quote(principal.text)} opens the role, ${claim.otherwise}`
    yield weak === undefined
      ? { id: claim.missing, pointer: view.pointer, message: opens }
      : {
          id: claim.missing,
          pointer: weak.pointer,
          part: 'key',
          message: `${opens}: ${quote(weak.operatorText)} lets all of them pass`,
        }
    return
  }
  if (claim.missing !== 'token-subject-missing') return
  const wild = holding.map(wildcardIn)
  const [first] = wild
  // One exact comparison is enough: all conditions of a statement must hold.
  if (first === undefined || wild.includes(undefined)) return
  yield {
    id: 'token-subject-wildcard',
    pointer: first.pointer,
    message: `${quote(first.text)} stands for many subjects`,
  }
}

/** Whether the condition keeps any token out: it needs the claim, and more than that there be one. */
function isCompared(condition: ConditionView): boolean {
  const { operator, values } = condition
  if (!demandsKey(condition) || operator.comparison === 'null') return false
  return operator.comparison !== 'stringLike' || !values.some(({ text }) => /^\*+$/.test(text))
}

/** The first value that stands for many; undefined where the comparison is exact. */
function wildcardIn({ operator, values }: ConditionView): Located | undefined {
  if (operator.comparison !== 'stringLike') return undefined
  return values.find(({ text }) => comparable(text, true).hasWildcard)
}
