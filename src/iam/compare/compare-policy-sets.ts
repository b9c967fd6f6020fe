/**
 * Two versions of a chain's policies and the calls that matter: which calls change their verdict, and through which
 * statement. The cause is tried, not guessed: each difference is put into the earlier version alone, and the call decided.
 */
import { explainCall, type PolicyPlace } from '../explain/index.ts'
import { type ApiCall, type ChainPolicies, decideCall, type Link } from '../operations/index.ts'
import type { Decision } from '../types.ts'
import { withoutPolicyChange, withPolicyChange, withStatementChanges } from './apply-change.ts'
import { diffPolicySets, type PolicyChange, type StatementChange } from './policy-changes.ts'

/** What became of a call under one version. */
export interface VerdictSide {
  readonly decision: Decision
  /** The refusing link; null when allowed. */
  readonly link: Link | null
  /** What decided, one sentence. */
  readonly sentence: string
  readonly deciding: PolicyPlace | null
}

/** A difference that turned a verdict. */
export type ChangeCause =
  | {
      readonly kind: 'policy'
      readonly change: PolicyChange
      /** The statements that count: one where it turns the verdict by itself, otherwise those that it takes together. */
      readonly statements: readonly StatementChange[]
      /** True: this difference alone turns the verdict. False: it takes several. */
      readonly isAlone: boolean
    }
  | { readonly kind: 'restrictPublicBuckets'; readonly before: boolean; readonly after: boolean }
  /** Grants on the key that came and went, by name. */
  | { readonly kind: 'grants'; readonly added: readonly string[]; readonly removed: readonly string[] }

/** A call whose verdict differs between the versions. */
export interface VerdictChange {
  readonly call: ApiCall
  readonly before: VerdictSide
  readonly after: VerdictSide
  /** What turned it; where several differences would do so alone, all of them. */
  readonly through: readonly ChangeCause[]
}

/** Policies come from strangers: beyond this many differences of statements only whole policies are tried. */
const mostTries = 100

/**
 * Lists the calls whose decision differs between two versions of a chain's policies, in the order given, each with what
 * decided before and after and the differences that turned it. Pure. Calls that stay refused for another reason are not
 * listed.
 */
export function comparePolicySets(
  before: ChainPolicies,
  after: ChainPolicies,
  calls: readonly ApiCall[],
): readonly VerdictChange[] {
  const changes = diffPolicySets(before, after)
  return calls.flatMap((call): VerdictChange[] => {
    const [was, is] = [decideCall(call, before).decision, decideCall(call, after).decision]
    if (was === is) return []
    return [
      {
        call,
        before: sideOf(call, before),
        after: sideOf(call, after),
        through: causesOf(call, before, after, changes),
      },
    ]
  })
}

function sideOf(call: ApiCall, policies: ChainPolicies): VerdictSide {
  const { decision, link, sentence, deciding } = explainCall(call, policies)
  return { decision, link, sentence, deciding }
}

function causesOf(
  call: ApiCall,
  before: ChainPolicies,
  after: ChainPolicies,
  changes: readonly PolicyChange[],
): readonly ChangeCause[] {
  const [was, is] = [decideCall(call, before).decision, decideCall(call, after).decision]
  // Between allowed and refused it does not matter how a refusal is worded.
  const isOpened = (was === 'allowed') !== (is === 'allowed')
  const equals = (one: Decision, other: Decision): boolean =>
    isOpened ? (one === 'allowed') === (other === 'allowed') : one === other
  const turns = (policies: ChainPolicies): boolean => equals(decideCall(call, policies).decision, is)
  const restricts = (policies: ChainPolicies): boolean => policies.restrictPublicBuckets ?? false
  const setting: ChangeCause[] =
    restricts(before) !== restricts(after) && turns({ ...before, restrictPublicBuckets: restricts(after) })
      ? [{ kind: 'restrictPublicBuckets', before: restricts(before), after: restricts(after) }]
      : []
  const came = newGrants(before, after)
  const went = newGrants(after, before)
  const { grants = [] } = after
  if (came.length + went.length > 0 && turns({ ...before, grants })) {
    setting.push({ kind: 'grants', added: came, removed: went })
  }
  const isFew = changes.reduce((sum, change) => sum + change.statements.length, 0) <= mostTries
  const alone = changes.flatMap((change): ChangeCause[] => {
    const tried = (statements: readonly StatementChange[]): boolean =>
      turns(withStatementChanges(before, change, statements))
    // A policy that comes or goes does so as a whole: with some of its statements it would limit otherwise.
    const isTryable = isFew && change.kind === 'changed'
    const single = isTryable ? change.statements.filter((one) => tried([one])) : []
    if (single.length > 0) return single.map((one) => causeOf(change, [one], true))
    if (!turns(withPolicyChange(before, change))) return []
    const needed = isTryable
      ? change.statements.filter((one) => !tried(change.statements.filter((other) => other !== one)))
      : []
    return [causeOf(change, needed.length > 0 ? needed : change.statements, true)]
  })
  if (alone.length + setting.length > 0) return [...setting, ...alone]
  const needed = changes.filter((change) => equals(decideCall(call, withoutPolicyChange(after, change)).decision, was))
  return (needed.length > 0 ? needed : changes).map((change) => causeOf(change, change.statements, false))
}

/** Names of the grants of a version that the other does not have. */
function newGrants({ grants: had = [] }: ChainPolicies, { grants = [] }: ChainPolicies): readonly string[] {
  const known = new Set(had.map((grant) => JSON.stringify(grant)))
  return grants.filter((grant) => !known.has(JSON.stringify(grant))).map(({ name }) => name)
}

function causeOf(change: PolicyChange, statements: readonly StatementChange[], isAlone: boolean): ChangeCause {
  return { kind: 'policy', change, statements, isAlone }
}
