/** Explanations as data: which link refused, through which statement, and the smallest repair. */
import { z } from 'zod'
import { chain, linkId } from './chain.ts'

/** The policies of a chain that a repair can touch, by the names that the set-up kit gives them. */
export const policyName = z.enum(['trust', 'permissions', 'boundary', 'session', 'bucket', 'key', 'scp', 'rcp', 'base'])
export type PolicyName = z.infer<typeof policyName>

export const patchOperation = z.object({
  op: z.enum(['add', 'remove', 'replace']),
  path: z.string(),
  value: z.json().optional(),
})
export type PatchOperation = z.infer<typeof patchOperation>

/** One change that would make the wanted operation allowed. */
export const repair = z.object({
  /** `ours`: a setting of the connection. `theirs`: an edit of one of the customer's policies. */
  side: z.enum(['ours', 'theirs']),
  /** One sentence in the imperative. */
  summary: z.string(),
  /** What else the change opens, in one sentence; `nothing else` where it opens nothing. */
  opens: z.string(),
  /** Side `ours`: the input of `connection.change` that applies it. */
  change: z
    .object({ setting: z.enum(['stsRegion', 'identityMapping', 'acl', 'encryption']), from: z.string(), to: z.json() })
    .optional(),
  /** Side `theirs`: the edit as an RFC 6902 patch and as a unified diff of the pretty-printed policy. */
  patch: z
    .object({
      policy: policyName,
      operations: z.array(patchOperation),
      diff: z.string(),
      /** The whole policy after the edit, ready to paste. */
      after: z.json(),
    })
    .optional(),
  /** True only when the evaluator was run on the repaired policies and allowed the operation. */
  proved: z.boolean(),
})
export type Repair = z.infer<typeof repair>

/** The statement and the condition that decided. */
export const decidingStatement = z.object({
  policy: policyName,
  /** Position in the policy's Statement array; absent when nothing in the policy allows. */
  index: z.number().int().optional(),
  sid: z.string().optional(),
  effect: z.enum(['Allow', 'Deny']).optional(),
  /** The statement as it stands. */
  text: z.string().optional(),
  condition: z
    .object({
      operator: z.string(),
      key: z.string(),
      wanted: z.array(z.string()),
      /** Null when the request did not carry the key, or its value is not known to the evaluator. */
      actual: z.array(z.string()).nullable(),
    })
    .optional(),
})
export type DecidingStatement = z.infer<typeof decidingStatement>

export const confidence = z.enum(['proved', 'likely', 'possible'])

export const cause = z.object({
  /** The symptom class: `trust-source-ip`, `external-id-mismatch`, `missing-permission` … */
  id: z.string(),
  confidence,
  link: linkId,
  /** One sentence: what is wrong. */
  summary: z.string(),
  /** Why we think so: what the evidence says, one line each. */
  because: z.array(z.string()),
  statement: decidingStatement.optional(),
  /** Ranked, the smallest first. */
  repairs: z.array(repair),
})
export type Cause = z.infer<typeof cause>

export const diagnosis = z.object({
  /** `vendor` sees errors and probes only and never says `proved`; `administrator` read the policies. */
  view: z.enum(['vendor', 'administrator']),
  /** The operation that was refused: `sts:AssumeRole`, `s3:PutObject`. */
  operation: z.string(),
  /** One sentence. */
  summary: z.string(),
  chain,
  /** Ranked, the most probable first. */
  causes: z.array(cause),
  /** What the evidence excludes, one line each. */
  ruledOut: z.array(z.string()),
  /** What could not be read or tried, one line each. */
  notSeen: z.array(z.string()),
  /** The next most telling thing to look at, when the evidence is not enough. */
  nextStep: z.string().optional(),
})
export type Diagnosis = z.infer<typeof diagnosis>
