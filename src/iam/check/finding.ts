/** What a check of a policy says and what it may be told beforehand. The ids and their texts stand in `finding-table.ts`. */
import type { TextSpan } from '../read/index.ts'
import type { FindingId, Severity } from './finding-table.ts'

/** What the policy is meant for. */
export type PolicyKind = 'trust' | 'identity' | 'bucket' | 'key' | 'scp' | 'rcp' | 'session' | 'boundary'

/** What is known about the place of the policy and about us, its vendor. */
export interface CheckOptions {
  readonly kind: PolicyKind
  /** The principal that we call as; a trust policy must name it. */
  readonly ourPrincipal?: string
  /** The External ID that we send; null when none is agreed, which is right only within one account. */
  readonly externalId?: string | null
  /** The session tags that we send. */
  readonly sessionTagKeys?: readonly string[]
  /** True: our calls carry a source identity. */
  readonly sourceIdentity?: boolean
  /** Where our calls come from: addresses that may change, or CIDRs. */
  readonly egress?: 'dynamic' | readonly string[]
}

/** One thing that is wrong, risky or needless in a policy. */
export interface Finding {
  readonly id: FindingId
  readonly severity: Severity
  /** One line, lower case, no final period; quoted input in backticks. */
  readonly message: string
  /** JSON pointer (RFC 6901) to the element, or to where it is missing. */
  readonly pointer: string
  /** Where to underline; present when the policy came as text. */
  readonly position?: TextSpan
  readonly help: string
  /** The vendor's page that says so. */
  readonly see: string
}

/** A finding before its row of the table is joined. */
export interface Draft {
  readonly id: FindingId
  readonly pointer: string
  readonly message: string
  /** Said in place of the table's help. */
  readonly help?: string
  /** `key`: the name of the member is underlined instead of its value. */
  readonly part?: 'key'
}
