/** What a verification tried and found, check by check. */
import { z } from 'zod'
import { chain, checkStatus, linkId } from './chain.ts'
import { diagnosis } from './diagnosis.ts'

export const check = z.object({
  /** Stable: `assume-role`, `external-id-required`, `put-object` … docs/checks.md lists them all. */
  id: z.string(),
  link: linkId,
  status: checkStatus,
  durationMs: z.number(),
  /** One line: what was tried and what came back. */
  detail: z.string(),
  /** The provider's request ids, with which the customer finds the calls in CloudTrail or the storage log. */
  requestIds: z.array(z.string()),
  /** Of a red check: the class of what is most probably wrong, as in `docs/diagnosis.md`. */
  cause: z.string().optional(),
  /** Of a red check: what repairs it, one sentence in the imperative. */
  repair: z.string().optional(),
  /** `missing`: not tried, because the customer did not agree to it. Such an `unknown` does not keep a verification from passing. */
  consent: z.literal('missing').optional(),
})
export type Check = z.infer<typeof check>

export const verification = z.object({
  connection: z.string(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  /** `pass` only when every check that ran passed and none that the purpose needs is unknown. */
  status: z.enum(['pass', 'fail', 'unknown']),
  checks: z.array(check),
  chain,
  /** Since when every verification has been red; absent while it is not. */
  redSince: z.iso.datetime().optional(),
  /** Red, yet a session issued earlier still works until then. */
  sessionValidUntil: z.iso.datetime().optional(),
  diagnosis: diagnosis.optional(),
})
export type Verification = z.infer<typeof verification>

/** A refusal of something new that is tried again, because permissions take seconds to arrive everywhere. */
export const verificationWait = z.object({
  /** The check that waits. */
  check: z.string(),
  /** One line: what was refused. */
  detail: z.string(),
  /** When it is tried again. */
  retryAt: z.iso.datetime(),
  /** Until when it is tried before it is called wrong. */
  until: z.iso.datetime(),
  secondsLeft: z.number(),
})
export type VerificationWait = z.infer<typeof verificationWait>

/** What streams out while a verification runs. */
export const verificationEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('check'), check }),
  z.object({ type: z.literal('wait'), wait: verificationWait }),
  z.object({ type: z.literal('done'), verification }),
])
export type VerificationEvent = z.infer<typeof verificationEvent>
