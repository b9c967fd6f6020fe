/**
 * What a repair is, before and after it is proved. `RepairProposal` has the shape of the contract's `repair`; a `Step`
 * is one small change while the search for a repair is still going on.
 */
import type { ApiCall, ChainPolicies, Encryption } from '../operations/index.ts'
import type { PatchOperation } from './patch.ts'

/** The policies that a repair can touch, by the names that the set-up kit gives them. */
export type PolicyName = 'trust' | 'permissions' | 'boundary' | 'session' | 'bucket' | 'key' | 'scp' | 'rcp' | 'base'

/** What is ours to change, and what we know about the bucket. */
export interface OwnSettings {
  /** The addresses our calls come from. */
  readonly egress: 'dynamic' | readonly string[]
  /** The address AWS was seen to see; taken for the call's where the call does not know its own. */
  readonly observedAddress: string | null
  /** Verified claims of the signed-in person that could become session tags, by tag name. */
  readonly availableTags: Readonly<Record<string, string>>
  readonly bucketRegion: string
  readonly objectOwnership?: 'BucketOwnerEnforced' | 'BucketOwnerPreferred' | 'ObjectWriter' | null
  /** The connection's root path, to which new grants are narrowed; absent: the folder of the object. */
  readonly rootPath?: string
}

/** A change of one of our own settings. `from` is for people; `to` is what the setting becomes. */
export type OwnChange =
  | { readonly setting: 'stsRegion'; readonly from: string; readonly to: string }
  | { readonly setting: 'acl'; readonly from: string; readonly to: 'none' | 'bucket-owner-full-control' }
  | { readonly setting: 'encryption'; readonly from: string; readonly to: Encryption }
  | { readonly setting: 'identityMapping'; readonly from: string; readonly to: TagChange }

/** Which session tags are mapped too, with the values they would carry, and which are sent no longer. */
export interface TagChange {
  readonly add?: Readonly<Record<string, string>>
  readonly remove?: readonly string[]
}

/** An edit of one policy. */
export interface PolicyPatch {
  readonly policy: PolicyName
  /** The policy's own name. */
  readonly name: string
  readonly operations: readonly PatchOperation[]
  /** Unified diff of the pretty-printed policy. */
  readonly diff: string
  /** The whole policy after the edit; null when nothing of it is left, and it is to be deleted. */
  readonly after: unknown
}

/** One change that would make the wanted call allowed. */
export interface RepairProposal {
  /** `ours`: a setting of the connection, or a policy of ours. `theirs`: an edit of a policy of the customer. */
  readonly side: 'ours' | 'theirs'
  /** One sentence in the imperative. */
  readonly summary: string
  /** What else the change opens; `nothing else` where it opens nothing. */
  readonly opens: string
  readonly change?: OwnChange
  readonly patch?: PolicyPatch
  /** True only when the call was decided again after this change, together with those in `requires`, and was allowed. */
  readonly proved: boolean
  /** Summaries of the other changes that are needed too; empty when this one is enough. */
  readonly requires: readonly string[]
}

/** Where a policy stands in the chain's policies. */
export interface Slot {
  readonly policy: PolicyName
  /** Of service and resource control policies: from the root down. */
  readonly level: number
  /** Position among the policies of that kind and level. */
  readonly index: number
}

/** A call and the policies it meets, as they would be after the steps so far. */
export interface Situation {
  readonly call: ApiCall
  readonly policies: ChainPolicies
}

/** One small change on the way to a repair. */
export interface Step {
  readonly side: 'ours' | 'theirs'
  readonly summary: string
  /** Why the change is right, for the end of the sentence; said once where several steps share it. */
  readonly reason?: string
  readonly opens: string
  /** Lower comes first: below 20 our own settings, above policy edits by how much they open. */
  readonly cost: number
  readonly change?: OwnChange
  readonly edit?: { readonly slot: Slot; readonly operations: readonly PatchOperation[] }
  /** The call after the step, where the step changes it. */
  readonly call?: ApiCall
  /** True: grants beside a statement whose conditions refuse, instead of meeting them. The last resort. */
  readonly isBypass?: boolean
  /** True: helps only if our address is a declared one, which nobody has observed. */
  readonly isAssuming?: boolean
}

/** Answers for a change that opens nothing. */
export const nothingElse = 'nothing else'
