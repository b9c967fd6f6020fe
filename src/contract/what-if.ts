/** What a planned change of the customer's policies would do to a connection: call by call, before and after. */
import { z } from 'zod'
import { chain } from './chain.ts'
import { cause, policyName } from './diagnosis.ts'

/** The customer's policies as text, by the names of the set-up kit. Absent: not given. */
export const policyTexts = z.object({
  trust: z.string().max(200_000).optional(),
  /** Every identity-based policy of the role. */
  permissions: z.array(z.string().max(200_000)).max(40).optional(),
  boundary: z.string().max(200_000).optional(),
  bucket: z.string().max(200_000).optional(),
  key: z.string().max(200_000).optional(),
})

export const decision = z.enum(['allowed', 'explicitDeny', 'implicitDeny'])

/**
 * What the plan does to one call. `breaks`, `repairs`: a call of the job is refused, or allowed, from then on. `opens`,
 * `closes`: a call that must stay refused is allowed, or refused, from then on. `uncertain`: a value that is not known here
 * decides. `still-refused`, `still-open`: wrong already, and not by the plan.
 */
export const planEffect = z.enum([
  'none',
  'breaks',
  'repairs',
  'opens',
  'closes',
  'uncertain',
  'still-refused',
  'still-open',
])

export const plannedCall = z.object({
  /** `s3:PutObject`. */
  operation: z.string(),
  /** What it is about, for people: `acme-audit/reports/…`, with what is special about the call. */
  what: z.string(),
  /** True: the purpose must not be able to do it. */
  isForbidden: z.boolean(),
  before: decision,
  after: decision,
  effect: planEffect,
})
export type PlannedCall = z.infer<typeof plannedCall>

/** Where in the planned policies something stands. */
export const policyPlace = z.object({
  policy: policyName,
  /** Which of the role's permissions policies, from 0; 0 for all other policies. */
  document: z.number().int(),
  /** From 1. */
  line: z.number().int(),
  column: z.number().int(),
})

export const planCause = cause.extend({
  effect: z.enum(['breaks', 'opens', 'uncertain']),
  /** The calls that it touches. */
  operations: z.array(z.string()),
  /** Absent: it stands in none of the planned policies. */
  place: policyPlace.optional(),
})
export type PlanCause = z.infer<typeof planCause>

export const whatIf = z.object({
  connection: z.string(),
  /** `pass` only when nothing breaks, nothing opens and nothing is uncertain that was certain before. */
  status: z.enum(['pass', 'fail', 'unknown']),
  /** One sentence. */
  summary: z.string(),
  /** The chain under the planned policies. */
  chain,
  calls: z.array(plannedCall),
  causes: z.array(planCause),
  /** What was supposed or could not be looked at, one line each. */
  notSeen: z.array(z.string()),
})
export type WhatIf = z.infer<typeof whatIf>
