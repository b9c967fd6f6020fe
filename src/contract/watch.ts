/** What the watch over a connection keeps: the results of verifications, and what turned between them. */
import { z } from 'zod'
import { checkStatus, linkId } from './chain.ts'
import { name } from './connection.ts'
import { confidence } from './diagnosis.ts'

export const verificationStatus = z.enum(['pass', 'fail', 'unknown'])

/** A check whose result is another than the time before. */
export const turnedCheck = z.object({
  check: z.string(),
  link: linkId,
  /** Null: it was not tried before. */
  from: checkStatus.nullable(),
  to: checkStatus,
  /** One line: what came back this time. */
  detail: z.string(),
})

/** The difference between a verification and the one before it. */
export const verificationChange = z.object({
  /** Null: there was none before. */
  from: verificationStatus.nullable(),
  to: verificationStatus,
  /** Red: since when every verification has been red; else the start of the one that turned. */
  since: z.iso.datetime(),
  turned: z.array(turnedCheck),
  /** The routes that deliver to the connection. */
  routes: z.array(name),
  /** The most probable cause of a red result. */
  cause: z
    .object({ id: z.string(), link: linkId, confidence, summary: z.string(), repair: z.string().optional() })
    .optional(),
  /** True: our own settings of the connection are others than the time before. */
  isOursChanged: z.boolean(),
  /** What is known of a change in the customer's policies, one sentence. */
  policies: z.string(),
})
export type VerificationChange = z.infer<typeof verificationChange>

export const historyEntry = z.object({
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  status: verificationStatus,
  /** Who or what verified: `watch`, `operator`, a person. */
  by: z.string(),
  /** The connection's version that was verified. */
  version: z.number().int(),
  /** Checks that failed. */
  failed: z.array(z.string()),
  /** Present where the result turned. */
  change: verificationChange.optional(),
})
export type HistoryEntry = z.infer<typeof historyEntry>

const alertFacts = {
  /** The same when an alert is sent again. */
  id: z.string(),
  tenant: z.string(),
  connection: name,
  at: z.iso.datetime(),
  /** One sentence. */
  summary: z.string(),
}

/** What an alert says, as the body of a webhook and as the source of a mail. */
export const alertMessage = z.discriminatedUnion('event', [
  z.object({ ...alertFacts, event: z.literal('connection.turned'), change: verificationChange }),
  z.object({
    ...alertFacts,
    event: z.literal('connection.warned'),
    /** A SAS token that ends, or an access key that grows old: told once for each threshold. */
    warning: z.object({
      kind: z.enum(['sas-expiry', 'access-key-age']),
      /** Days before the end, 0 after it; days of age. */
      thresholdDays: z.number().int(),
      message: z.string(),
    }),
  }),
])
export type AlertMessage = z.infer<typeof alertMessage>

/** Somebody who is told. Addresses may be secrets in themselves: a webhook is named by its origin, a mail by its hash. */
export const alertRecipient = z.object({
  name: z.string(),
  kind: z.enum(['webhook', 'mail']),
  /** The connections of which it is told. */
  connections: z.array(name),
})
export type AlertRecipient = z.infer<typeof alertRecipient>

/** One alert to one recipient, and what became of it. */
export const alertRecord = z.object({
  id: z.string(),
  recipient: z.string(),
  connection: name,
  event: z.enum(['connection.turned', 'connection.warned']),
  summary: z.string(),
  /** `waiting` is tried again by itself; `given-up` is not. */
  state: z.enum(['waiting', 'taken', 'given-up']),
  /** Attempts that failed. */
  attempts: z.number().int(),
  createdAt: z.iso.datetime(),
  nextAt: z.iso.datetime().optional(),
  takenAt: z.iso.datetime().optional(),
  /** Why the last attempt failed: one line. */
  reason: z.string().optional(),
})
export type AlertRecord = z.infer<typeof alertRecord>
