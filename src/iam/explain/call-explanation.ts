/** What an explanation of one API call consists of. Shapes only; all of it is plain data. */
import type { ApiCall, Link } from '../operations/index.ts'
import type { AccessRequest, Decision, Effect, GrantOutcome, PolicyType } from '../types.ts'

/** One element of a statement beside what the request had. */
export interface ElementExplanation {
  readonly element: 'Principal' | 'NotPrincipal' | 'Action' | 'NotAction' | 'Resource' | 'NotResource' | 'Condition'
  /** Where it stands in its policy: a JSON pointer. */
  readonly pointer: string
  /** Of a condition, as written. */
  readonly operator?: string
  readonly key?: string
  /** As written, and in conditions with the variables put in. */
  readonly wanted: readonly string[]
  /** Null: the request does not carry the key. */
  readonly actual: readonly string[] | null
  /** Whether the statement passes this element (a NotAction matches when the action is not listed). */
  readonly matched: boolean
}

/** What one statement made of the request. */
export interface StatementExplanation {
  readonly index: number
  readonly sid?: string
  readonly effect: Effect
  readonly pointer: string
  readonly matched: boolean
  readonly elements: readonly ElementExplanation[]
}

/** What one policy made of the request. */
export interface PolicyExplanation {
  readonly policy: string
  readonly policyType: PolicyType
  /** False: the policy was not looked at and taken as allowing; it has no statements here. */
  readonly isSeen: boolean
  readonly statements: readonly StatementExplanation[]
}

/** One of the decisions that make up the call. */
export interface PartExplanation {
  readonly request: AccessRequest
  readonly decision: Decision
  /** Of a refusal: the link that refused. */
  readonly link: Link
  /** What decided, one sentence. */
  readonly sentence: string
  readonly policies: readonly PolicyExplanation[]
  /** What each grant on the key made of it; absent where grants have no say. */
  readonly grants?: readonly GrantOutcome[]
}

/** A place in a policy. */
export interface PolicyPlace {
  readonly policy: string
  readonly policyType: PolicyType
  readonly index: number
  readonly sid?: string
  /** JSON pointer to the element, or to the statement where it decides as a whole. */
  readonly pointer: string
}

/** A statement that nearly allowed, or a Deny that nearly did not apply. */
export interface NearMiss extends PolicyPlace {
  /** `allowed if aws:SourceIp were in 203.0.113.0/24`; where that is not enough, `one step nearer if …`. */
  readonly sentence: string
  /** True: the call was decided again without the elements named, and was allowed. */
  readonly isEnough: boolean
  /** What stood in the way: elements that did not match, or the conditions of a Deny that did. */
  readonly elements: readonly ElementExplanation[]
}

/** Why a call is allowed or refused. */
export interface CallExplanation {
  readonly operation: ApiCall['operation']
  readonly decision: Decision
  /** What decided, one sentence, lower case, without a final period. */
  readonly sentence: string
  /** The refusing link; null when the call is allowed. */
  readonly link: Link | null
  /** The element that decided, or the nearest one to allowing; null when no statement comes near. */
  readonly deciding: PolicyPlace | null
  readonly parts: readonly PartExplanation[]
  /** Of a refusal, the most helpful first. */
  readonly nearMisses: readonly NearMiss[]
  /** Context keys whose values are not known and could turn the decision. */
  readonly missingContextValues: readonly string[]
  /** Policies that were not looked at and taken as allowing. */
  readonly notSeen: readonly string[]
}
