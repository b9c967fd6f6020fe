/**
 * The form in which knowledge about refusals is kept: classes of symptoms as data, each with the signs by which a text
 * shows them. The classes stand in `symptoms/`; nothing here knows a provider.
 */
import type { Confidence, LinkId, RepairSide } from './words.ts'

/** One way in which a class shows. Every condition that is present must hold. */
export interface Sign {
  /** Operations as `service:Action`, or a service with a colon: `s3:`. */
  readonly operations?: readonly string[]
  /** Error codes, letter case ignored. */
  readonly codes?: readonly string[]
  /** HTTP statuses, of which the text names one. */
  readonly statuses?: readonly number[]
  /** Lower-case phrases that must all occur. */
  readonly all?: readonly string[]
  /** Lower-case phrases of which one must occur. */
  readonly any?: readonly string[]
  /** Lower-case phrases of which none may occur. */
  readonly not?: readonly string[]
  /** The policy types of which the text names one; `unnamed` stands for a text that names none. */
  readonly policyTypes?: readonly string[]
  /** How much the sign tells; a text alone never proves. */
  readonly confidence: Exclude<Confidence, 'proved'>
  /** Why it tells that, one line. */
  readonly because: string
}

/** A repair in words; the patch needs the policies. */
export interface RepairWords {
  readonly side: RepairSide
  readonly summary: string
  readonly opens: string
}

/** A class of refusals with one cause and one repair. */
export interface Symptom {
  /** Stable: `trust-source-ip`, `external-id-mismatch` … */
  readonly id: string
  readonly provider: 'aws' | 'azure' | 'any'
  readonly link: LinkId
  /** What is wrong, one sentence. */
  readonly summary: string
  readonly signs: readonly Sign[]
  /** Words that people use around an error of this class, in lower case; they raise the rank and prove nothing. */
  readonly hints: readonly string[]
  readonly repairs: readonly RepairWords[]
  /** What to look at or run next. */
  readonly nextStep: string
  /** The vendor's page that decides. */
  readonly page: string
}
