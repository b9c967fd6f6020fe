/** Reports on their way: routes, deliveries, what became of every target, and receipts. */
import { z } from 'zod'
import { name } from './connection.ts'
import { diagnosis } from './diagnosis.ts'

/** How a target fares as far as deliveries found out. `half-open`: it was down, and one delivery tries it now or next. */
export const targetHealth = z.object({
  connection: z.string(),
  circuit: z.enum(['closed', 'open', 'half-open']),
  /** Passing faults since its last answer. */
  failures: z.number().int(),
  /** Since when it is down. */
  since: z.iso.datetime().optional(),
  /** When it is tried next. */
  probeAt: z.iso.datetime().optional(),
  /** The last fault: one line. */
  reason: z.string().optional(),
  /** Deliveries that it is still to get. */
  owed: z.number().int(),
})
export type TargetHealth = z.infer<typeof targetHealth>

export const routePolicy = z.enum(['failover', 'mirror'])
export const route = z.object({
  id: z.string(),
  name,
  policy: routePolicy,
  /** Names of connections, the primary first. */
  targets: z.array(name).min(1),
  /** In the order of the targets; where a route is shown or listed. */
  health: z.array(targetHealth).optional(),
  createdAt: z.iso.datetime(),
  /** Every so many hours a canary goes to every target; 0: none but by hand. Absent: as the deployment says. */
  canaryEveryHours: z.number().int().optional(),
  /** How it is, whoever says so; where a route is shown or listed. */
  canaries: z
    .object({
      everyHours: z.number().int(),
      /** The earliest moment of the next; absent: none comes by itself. */
      nextAt: z.iso.datetime().optional(),
    })
    .optional(),
  /** The newest canary; where a route is shown or listed. */
  canary: z
    .object({
      delivery: z.string(),
      at: z.iso.datetime(),
      /** `cancelled`: it did not arrive everywhere, and was given up. */
      state: z.string(),
      targets: z.array(z.object({ connection: z.string(), state: z.string(), reason: z.string().optional() })),
    })
    .optional(),
})
export type Route = z.infer<typeof route>

/** How strongly the bytes at the target were verified, the strongest first. Only what the store echoed counts. */
export const verificationLevel = z.enum(['read-back', 'server-checksum', 'etag-equal', 'sent-only', 'occupied'])
export type VerificationLevel = z.infer<typeof verificationLevel>

/** A person, an operator at the terminal, or a schedule, in whose name something happens. */
export const actor = z.object({
  kind: z.enum(['person', 'operator', 'schedule']),
  issuer: z.string(),
  subject: z.string(),
  displayName: z.string().optional(),
})
export type ActorSummary = z.infer<typeof actor>

export const reportFile = z.object({
  name: z.string(),
  sizeBytes: z.number().int(),
  sha256: z.string(),
})

export const targetState = z.enum([
  'waiting',
  'sending',
  'delivered',
  'refused',
  'failed',
  'conflict',
  'skipped',
  'cancelled',
])

export const deliveryTarget = z.object({
  connection: name,
  state: targetState,
  attempts: z.number().int(),
  /** The keys under which the objects stand, root path included. */
  keys: z.array(z.string()),
  bytesSent: z.number().int(),
  deliveredAt: z.iso.datetime().optional(),
  verificationLevel: verificationLevel.optional(),
  /** Why it did not arrive: one line, lower case. */
  reason: z.string().optional(),
  diagnosis: diagnosis.optional(),
  hasReceipt: z.boolean(),
})
export type DeliveryTarget = z.infer<typeof deliveryTarget>

/**
 * `accepted` durable, not yet anywhere; `delivered` wherever the route wants it; `owed` delivered to a backup, backfill
 * outstanding; `parked` nowhere, needs attention; `conflict` somebody else's object stands at the key; `quarantined`
 * five attempts ended without an answer; `cancelled` somebody ended it: what was delivered before stays, with its receipts.
 */
export const deliveryState = z.enum(['accepted', 'delivered', 'owed', 'parked', 'conflict', 'quarantined', 'cancelled'])

export const delivery = z.object({
  id: z.string(),
  route: name,
  report: z.string(),
  period: z.string(),
  actor,
  /** The session tags that the identity mapping made of the actor's claims at acceptance, per connection name. */
  sessionTags: z.record(z.string(), z.record(z.string(), z.string())),
  state: deliveryState,
  files: z.array(reportFile),
  targets: z.array(deliveryTarget),
  acceptedAt: z.iso.datetime(),
  /** When somebody asked to end it. */
  cancelledAt: z.iso.datetime().optional(),
})
export type Delivery = z.infer<typeof delivery>

/** What is told to whoever follows a delivery; the last event is a `delivery` that has ended. */
export const deliveryFollowEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('progress'),
    connection: name,
    key: z.string(),
    /** Of this object, as far as they were handed to the network. */
    bytesSent: z.number().int(),
    sizeBytes: z.number().int(),
    /** Over the last seconds; null while it is not known, or nothing moves. */
    bytesPerSecond: z.number().nullable(),
    secondsLeft: z.number().int().nullable(),
  }),
  z.object({ type: z.literal('delivery'), delivery }),
])
export type DeliveryFollowEvent = z.infer<typeof deliveryFollowEvent>

/** The most that a report has which proves a connection: 1 MiB. */
export const maximumProofBytes = 1024 * 1024

export const uploadedFile = reportFile.extend({ upload: z.string() })
export type UploadedFile = z.infer<typeof uploadedFile>

/** A receipt as it can be handed over: every file of the evidence, byte for byte. */
export const receiptBundle = z.object({
  delivery: z.string(),
  connection: name,
  files: z.array(z.object({ path: z.string(), base64: z.base64() })),
})
export type ReceiptBundle = z.infer<typeof receiptBundle>
